// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost - what a system call costs while somebody traces it
 *
 * Under QEMU's icount (LWACCEL=icount ci/vm) the guest's clock counts
 * instructions, one a nanosecond: then the figures are instructions a call.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 10

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void do_open(void)
{
	close(open("/etc/hostname", O_RDONLY));
}

static void do_getppid(void)
{
	syscall(SYS_getppid);
}

static void do_kill(void)
{
	kill(getpid(), 0);
}

static void do_exec(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/lw/bench/cost", "cost", "nothing", "at", "all", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static const struct loop {
	const char *name;
	void (*call)(void);
	int some, many; /* calls of a round, and of a long run */
} loops[] = {
	{ "open", do_open, 500, 50000 },
	{ "getppid", do_getppid, 500, 50000 },
	{ "kill", do_kill, 500, 50000 },
	{ "exec", do_exec, 50, 500 },
};

static const struct loop *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
		if (!strcmp(loops[i].name, name))
			return &loops[i];
	fprintf(stderr, "cost: no loop %s\n", name);
	exit(2);
}

static long long round_of(const struct loop *loop, int calls)
{
	long long start = now();
	int i;

	for (i = 0; i < calls; i++)
		loop->call();
	return now() - start;
}

/* The kernel's side: the best round, while the reader, if any, stands still. */
static long long kernel_side(const struct loop *loop, pid_t reader)
{
	long long least = -1, took;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (reader)
			kill(reader, SIGSTOP);
		took = round_of(loop, loop->some);
		if (reader)
			kill(reader, SIGCONT);
		usleep(100000);
		if (least < 0 || took < least)
			least = took;
	}
	return least / loop->some;
}

/* Opens names that tell their time, in us since t0: the first one seen tells when
 * the tracer was ready. */
static void markers(long long t0, long long seconds)
{
	long long t;
	char name[64];

	while ((t = now() - t0) < seconds * 1000000000LL) {
		snprintf(name, sizeof(name), "/lwmark-%lld", t / 1000);
		close(open(name, O_RDONLY));
		usleep(1000);
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "kernel"))
		printf("%lld\n", kernel_side(find(argv[2]), atoi(argv[3])));
	else if (argc == 3 && !strcmp(argv[1], "total"))
		printf("%lld\n",
		       round_of(find(argv[2]), find(argv[2])->many) / find(argv[2])->many);
	else if (argc == 2 && !strcmp(argv[1], "now"))
		printf("%lld\n", now());
	else if (argc == 4 && !strcmp(argv[1], "markers"))
		markers(atoll(argv[2]), atoll(argv[3]));
	else if (argc < 2 || strcmp(argv[1], "nothing"))
		return fprintf(stderr, "usage: cost kernel LOOP PID | total LOOP | now | "
				       "markers T0 SECONDS | nothing\n"),
		       2;
	return 0;
}
