// SPDX-License-Identifier: GPL-2.0-only
/*
 * pace.c - counts seconds by the work that the guest gets done in them, for the limits of tests
 *
 * usage: pace FILE
 *
 * A VM gets less done in a second when its host is slow or busy, and cannot see why. So pace
 * times a piece of work again and again, whose time on an idle host is known. If the work takes
 * longer, a second counts for less. FILE has one line, "SECONDS PERCENT": the count so far, and
 * how long the work took last. 100 means as long as on the idle host, or less.
 * pace returns when FILE is there, and runs in the background until it is killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WORK 8000000ULL       /* rounds of the loop: two percent of a CPU, once a second */
#define WORK_NSEC 15000000ULL /* their time under TCG on the machine that the limits were made on */

/* A volatile variable, so that the compiler keeps the work */
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

/* The line has the same length each time, so a reader always gets a whole line. */
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
		/* A single time of the work may be short by luck. */
		slow = before > after ? before : after;
		next = now();
		counted += (next - last) * 100 / slow;
		last = next;
		tell(fd, counted, slow);
	}
}
