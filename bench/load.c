// SPDX-License-Identifier: GPL-2.0-only
/*
 * load - events at a known rate from several CPUs, and how long one takes to be shown
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CPUS 64
#define NSEC 1000000000LL
/* Timers fire late, so after a pause of this length all due calls come in a burst. */
#define PAUSE_NSEC 1000000

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC + t.tv_nsec;
}

static void nap(long long nsec)
{
	struct timespec t = { nsec / NSEC, nsec % NSEC };

	nanosleep(&t, NULL);
}

/* ---- calls: opens of one file ---- */

struct caller {
	pthread_t thread;
	int cpu;
	long long rate; /* a second, 0: as fast as it can */
	long long calls;
	const char *path;
};

static pthread_barrier_t barrier;

static void go_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0) {
		perror("load: sched_setaffinity");
		exit(1);
	}
}

static long long due(const struct caller *caller, long long since)
{
	long long calls;

	if (!caller->rate)
		return caller->calls;
	calls = (now() - since) * caller->rate / NSEC;
	return calls < caller->calls ? calls : caller->calls;
}

static void *call(void *arg)
{
	const struct caller *caller = arg;
	long long start, done = 0;

	go_to_cpu(caller->cpu);
	pthread_barrier_wait(&barrier);
	start = now();
	for (;;) {
		long long until = due(caller, start);

		for (; done < until; done++)
			close(open(caller->path, O_RDONLY));
		if (done == caller->calls)
			return NULL;
		nap(PAUSE_NSEC);
	}
}

/* Prints the calls per second of all CPUs together. */
static int calls(int cpus, long long rate, long long n, const char *path)
{
	struct caller callers[MAX_CPUS];
	long long took;
	int i;

	pthread_barrier_init(&barrier, NULL, cpus + 1);
	for (i = 0; i < cpus; i++) {
		callers[i] = (struct caller){ .cpu = i, .rate = rate, .calls = n, .path = path };
		if (pthread_create(&callers[i].thread, NULL, call, &callers[i])) {
			fprintf(stderr, "load: no thread for CPU %d\n", i);
			return 1;
		}
	}
	pthread_barrier_wait(&barrier);
	took = now();
	for (i = 0; i < cpus; i++)
		pthread_join(callers[i].thread, NULL);
	took = now() - took;
	printf("%lld\n", cpus * n * NSEC / took);
	return 0;
}

/* ---- latency: from a call to its row ---- */

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* Reads output until the row of that path. Returns the time since made, or -1. */
static long long wait_for_row(int terminal, const char *path, long long made)
{
	char text[8192];
	size_t len = 0;
	long long deadline = now() + NSEC;

	while (now() < deadline) {
		struct pollfd p = { .fd = terminal, .events = POLLIN };
		const char *found;
		ssize_t n;

		if (poll(&p, 1, 100) <= 0)
			continue;
		if (len > sizeof(text) / 2)
			len = 0;
		n = read(terminal, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			return -1;
		len += n;
		text[len] = '\0';
		found = strstr(text, path);
		if (found && strchr(found, '\n'))
			return now() - made;
	}
	return -1;
}

static long long one_row(int terminal)
{
	char path[64];
	long long made = now();

	snprintf(path, sizeof(path), "/lwstamp-%lld", made);
	close(open(path, O_RDONLY));
	return wait_for_row(terminal, path, made);
}

/*
 * Runs the tracer on a terminal, as people do: into a pipe, some keep their rows
 * until they have 4 KiB. Prints the median and the longest of n, in microseconds.
 */
static int latency(int n, char **command)
{
	struct winsize size = { .ws_row = 24, .ws_col = 200 };
	long long *took = calloc(n, sizeof(*took));
	int terminal, i, tries, rows = 0;
	pid_t pid = forkpty(&terminal, NULL, NULL, &size);

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || !took)
		return 1;
	for (tries = 0; tries < 30 && one_row(terminal) < 0; tries++)
		;
	for (i = 0; i < n && tries < 30; i++) {
		/* At no fixed phase of anybody's timer. */
		nap(50000000 + i * 7919000 % 50000000);
		took[rows] = one_row(terminal);
		rows += took[rows] >= 0;
	}
	kill(pid, SIGINT);
	nap(NSEC);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (!rows)
		return 1;
	qsort(took, rows, sizeof(*took), compare);
	printf("%lld %lld\n", took[rows / 2] / 1000, took[rows - 1] / 1000);
	return 0;
}

int main(int argc, char **argv)
{
	int cpus = argc == 6 ? atoi(argv[2]) : 0;

	if (argc == 6 && !strcmp(argv[1], "calls") && cpus > 0 && cpus <= MAX_CPUS)
		return calls(cpus, atoll(argv[3]), atoll(argv[4]), argv[5]);
	if (argc > 3 && !strcmp(argv[1], "latency"))
		return latency(atoi(argv[2]), argv + 3);
	fprintf(stderr, "usage: load calls CPUS RATE N PATH | latency N COMMAND...\n");
	return 2;
}
