// SPDX-License-Identifier: GPL-2.0-only
/*
 * dummy - makes a known number of calls, for the tools of ci/tests/stp
 *
 * usage: dummy mkdirs | sleeps | unlinks | writes | many
 *
 * Each command prints a JSON object for each row that the tool must show, without fields that are not known
 * beforehand. For "sleeps" it has "least", the shortest time that the sleep may take. "many" prints its process
 * id and those of its children. The directory must be there, and empty.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "table32.h"

#define DIR "/tmp/lw-dummy"
#define SLEEPERS 61

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long mkdir32(const char *path, int mode)
{
#ifdef SYS_mkdir
	return table32(39, SYS_mkdir, (long)path, mode, 0, 0);
#else
	return table32(0, SYS_mkdirat, AT_FDCWD, (long)path, mode, 0);
#endif
}

static void made(long ret, int mode, const char *path)
{
	printf("{\"pid\":%d,\"ret\":%ld,\"mode\":%d,\"path\":\"%s\"}\n", getpid(),
	       ret < 0 ? (long)-errno : ret, mode, path);
}

/* 7 that are made, 5 that exist, 3 with a directory's descriptor, 2 by the 32-bit table */
static void mkdirs(void)
{
	static char path[64];
	int i, dir;
	long ret;

	for (i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), DIR "/%d", i % 7);
		made(mkdir(path, 0700 + i), 0700 + i, path);
	}
	dir = open(DIR, O_PATH | O_DIRECTORY);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "at%d", i);
		made(mkdirat(dir, path, 01755), 01755, path);
	}
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), DIR "/table32");
		ret = mkdir32(path, 0750);
		errno = -ret;
		made(ret, 0750, path);
	}
}

static void slept(int msec)
{
	printf("{\"pid\":%d,\"tid\":%d,\"least\":%d}\n", getpid(), (int)gettid(), msec * 1000);
}

static void *sleeper(void *barrier)
{
	struct timespec half = { .tv_nsec = 500000000 };

	pthread_barrier_wait(barrier);
	syscall(SYS_nanosleep, &half, NULL);
	slept(500);
	return NULL;
}

/* 3 of 1 ms by each of the two calls; then 61 threads at once, of 500 ms each */
static void sleeps(void)
{
	struct timespec msec = { .tv_nsec = 1000000 };
	pthread_t threads[SLEEPERS];
	pthread_barrier_t barrier;
	int i;

	for (i = 0; i < 3; i++) {
		syscall(SYS_nanosleep, &msec, NULL);
		slept(1);
		syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &msec, NULL);
		slept(1);
	}
	pthread_barrier_init(&barrier, NULL, SLEEPERS);
	for (i = 0; i < SLEEPERS; i++)
		if (pthread_create(&threads[i], NULL, sleeper, &barrier))
			die("pthread_create");
	for (i = 0; i < SLEEPERS; i++)
		pthread_join(threads[i], NULL);
}

static void unlinked(int error, int calls)
{
	printf("{\"pid\":%d,\"comm\":\"dummy\",\"errno\":%d,\"calls\":%d}\n", getpid(), error,
	       calls);
	fflush(stdout);
}

/* n files by unlink, n + 2 missing files by unlinkat, 3 files by rmdir, which fails */
static void unlinks(int n)
{
	char path[64];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), DIR "/file%d", i);
		close(open(path, O_WRONLY | O_CREAT, 0600));
		unlink(path);
	}
	for (i = 0; i < n + 2; i++)
		unlinkat(AT_FDCWD, path, 0);
	for (i = 0; i < 3; i++)
		rmdir("/dev/null");
	unlinked(0, n);
	unlinked(ENOENT, n + 2);
	unlinked(ENOTDIR, 3);
}

/* Calls in another process */
static void in_child(void (*work)(int), int n)
{
	pid_t pid = fork();

	if (!pid) {
		work(n);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void write_to(int fd, int calls, int bytes)
{
	static char buf[4096];
	int i;

	dup2(1023, fd);
	for (i = 0; i < calls; i++)
		if (write(fd, buf, bytes) != bytes)
			die("write");
}

/* The numbers of calls and those of bytes have different orders; writes that fail have no bytes. */
static void writes(void)
{
	dup2(open("/dev/null", O_WRONLY), 1023);
	write_to(50, 31, 10);
	write_to(51, 17, 4096);
	write_to(52, 53, 3);
	write_to(53, 5, 1000);
	write_to(54, 11, 1);
	close(54);
	while (write(54, "", 1) != -1)
		;
	printf("{\"pid\":%d,\"comm\":\"dummy\",\"fd\":52,\"calls\":53,\"bytes\":159}\n", getpid());
	printf("{\"pid\":%d,\"comm\":\"dummy\",\"fd\":50,\"calls\":31,\"bytes\":310}\n", getpid());
	printf("{\"pid\":%d,\"comm\":\"dummy\",\"fd\":51,\"calls\":17,\"bytes\":69632}\n",
	       getpid());
	printf("{\"pid\":%d,\"comm\":\"dummy\",\"fd\":54,\"calls\":12,\"bytes\":11}\n", getpid());
}

/* 7 children, 5 of which execute themselves; 13 writes of 3 bytes, 3 fsyncs, 4 sleeps of 1 ms */
static void many(void)
{
	struct timespec msec = { .tv_nsec = 1000000 };
	int fd = open("/var/tmp/lw-dummy", O_WRONLY | O_CREAT | O_TRUNC, 0600), i;
	pid_t pids[7];

	for (i = 0; i < 13; i++)
		if (write(fd, "abc", 3) != 3)
			die("/var/tmp/lw-dummy");
	for (i = 0; i < 3; i++)
		fsync(fd);
	for (i = 0; i < 4; i++)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &msec, NULL);
	for (i = 0; i < 7; i++) {
		pids[i] = fork();
		if (!pids[i] && i < 5)
			execl("/proc/self/exe", "dummy", "ends", NULL);
		if (!pids[i])
			_exit(0);
		waitpid(pids[i], NULL, 0);
	}
	unlink("/var/tmp/lw-dummy");
	printf("%d", getpid());
	for (i = 0; i < 7; i++)
		printf(" %d", pids[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	const char *what = argc >= 2 ? argv[1] : "";

	if (!strcmp(what, "mkdirs"))
		mkdirs();
	else if (!strcmp(what, "sleeps"))
		sleeps();
	else if (!strcmp(what, "unlinks"))
		in_child(unlinks, 11), in_child(unlinks, 23);
	else if (!strcmp(what, "writes"))
		writes();
	else if (!strcmp(what, "many"))
		many();
	else if (strcmp(what, "ends"))
		die("usage: dummy mkdirs|sleeps|unlinks|writes|many");
	return 0;
}
