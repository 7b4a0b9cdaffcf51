// SPDX-License-Identifier: GPL-2.0-only
/*
 * pace.c - seconds as the guest can use them, for the limits of tests
 *
 * usage: pace FILE
 *
 * A VM gets less done in a second when its host is slow or busy, and cannot see why. So a piece
 * of work whose time on an idle host is known is timed again and again, and a second counts for
 * less by as much as the work took longer. FILE has one line, "SECONDS PERCENT": what has been
 * counted, and how long the work took last, 100 being as long as on the idle host or less.
 * Runs in the background until it is killed; returns when FILE is there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WORK 8000000ULL       /* rounds of the loop: two percent of a CPU, once a second */
#define WORK_NSEC 15000000ULL /* for them, under TCG on the machine that the limits were made on */

/* So that the compiler does the work. */
static volatile unsigned int sink;

static unsigned long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static unsigned long long work(void)
{
	unsigned long long begin = now();
	unsigned long long i;

	for (i = 0; i < WORK; i++)
		sink += i;
	return now() - begin;
}

/* Never less than 100: a fast machine gains nothing from short limits. */
static unsigned int percent(void)
{
	unsigned long long took = work();

	return took > WORK_NSEC ? took * 100 / WORK_NSEC : 100;
}

/* The line has the same length each time, so whoever reads it has a whole one. */
static void tell(int fd, unsigned long long nsec, unsigned int slow)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "%10llu %9u\n", nsec / 1000000000, slow);

	if (pwrite(fd, line, n, 0) != n)
		exit(1);
}

int main(int argc, char **argv)
{
	unsigned long long counted = 0, last = now(), next;
	unsigned int before = 100, after = percent(), slow = after;
	int fd = argc == 2 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;

	if (fd < 0) {
		fprintf(stderr, "usage: pace FILE, which must be writable\n");
		return 2;
	}
	tell(fd, counted, slow);
	if (daemon(0, 0) < 0)
		return 1;
	for (;;) {
		sleep(1);
		before = after;
		after = percent();
		/* The work may just have had luck. */
		slow = before > after ? before : after;
		next = now();
		counted += (next - last) * 100 / slow;
		last = next;
		tell(fd, counted, slow);
	}
}
