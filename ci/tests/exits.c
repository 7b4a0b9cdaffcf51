// SPDX-License-Identifier: GPL-2.0-only
/*
 * exits - ends processes in each way that there is
 *
 * Prints for each what wait(2) tells its parent, as the JSON object that exitsnoop must have printed (without
 * time, uid, comm and ms), and in "most" the milliseconds from before its begin until wait(2) returned.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CROWD 53

static pthread_barrier_t barrier;

static void zero(void)
{
	syscall(SYS_exit, 0);
}

static void seven(void)
{
	_exit(7);
}

static void minus_one(void)
{
	_exit(-1);
}

static void late(void)
{
	usleep(300000);
	_exit(0);
}

static void killed(void)
{
	kill(getpid(), SIGKILL);
}

static void real_time(void)
{
	raise(SIGRTMIN + 3);
}

static void dumps_core(void)
{
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &all);
	abort();
}

/* Waits until the leader is a zombie. */
static void await_leader(void)
{
	char path[64], line[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	while (!strstr(line, ") Z")) {
		usleep(1000);
		file = fopen(path, "r");
		if (file) {
			if (!fgets(line, sizeof(line), file))
				line[0] = '\0';
			fclose(file);
		}
	}
}

static void *ends_group(void *arg)
{
	await_leader();
	_exit(5);
	return arg;
}

static void *ends_itself(void *arg)
{
	await_leader();
	syscall(SYS_exit, 4);
	return arg;
}

static void *executes(void *arg)
{
	execl("/proc/self/exe", "exits", "nothing", NULL);
	return arg;
}

static void *of_crowd(void *arg)
{
	pthread_barrier_wait(&barrier);
	syscall(SYS_exit, 6);
	return arg;
}

static void begin(void *(*run)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, NULL))
		abort();
}

/* The leader ends first, with 3. */
static void then_group(void)
{
	begin(ends_group);
	syscall(SYS_exit, 3);
}

static void then_thread(void)
{
	begin(ends_itself);
	syscall(SYS_exit, 3);
}

static void thread_executes(void)
{
	begin(executes);
	pause();
}

/* All threads end at once. */
static void crowd(void)
{
	int i;

	pthread_barrier_init(&barrier, NULL, CROWD);
	for (i = 1; i < CROWD; i++)
		begin(of_crowd);
	pthread_barrier_wait(&barrier);
	syscall(SYS_exit, 9);
}

static void (*const ways[])(void) = { zero,        seven,           minus_one,  late,
				      killed,      real_time,       dumps_core, then_group,
				      then_thread, thread_executes, crowd };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void name_of(int sig, char *name, size_t size)
{
	if (sig >= SIGRTMIN)
		snprintf(name, size, "RTMIN+%d", sig - SIGRTMIN);
	else
		snprintf(name, size, "%s", sig ? sigabbrev_np(sig) : "");
}

static void end(void (*way)(void))
{
	double start = now_ms();
	pid_t pid = fork();
	char name[32];
	int status;

	if (pid == 0) {
		way();
		pause();
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	name_of(WIFSIGNALED(status) ? WTERMSIG(status) : 0, name, sizeof(name));
	printf("{\"pid\":%d,\"ppid\":%d,\"code\":%d,\"signal\":\"%s\",\"core\":%d,\"most\":%.3f}\n",
	       pid, getpid(), WIFEXITED(status) ? WEXITSTATUS(status) : 0, name,
	       WIFSIGNALED(status) && WCOREDUMP(status), now_ms() - start);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "nothing"))
		return 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		end(ways[i]);
	return 0;
}
