// SPDX-License-Identifier: GPL-2.0-only
/*
 * changes - calls whose arguments or results change before the call has returned
 *
 *	rewrite FIFO OTHER   opens FIFO; while that call waits, its name becomes OTHER, and its flags change
 *	interrupted FIFO     opens FIFO, which a signal ends; then again, while signals restart it; closes it
 *	traced PROGRAM       executes PROGRAM with the argument "given", which becomes "forged" before it runs
 *	checks PROGRAM       asks by execveat(2) whether it may execute PROGRAM
 *	misses COUNT         COUNT times executes a file that is not there, with 4000 arguments; 0: for ever
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	uint64_t flags, mode, resolve;
} how;
static char name[4096];
static const char *other, *fifo;
static atomic_int signals;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* A thread opens the FIFO for writing, which ends the wait of the call that opens it for reading. */
static void with_writer(void *(*writer)(void *), const char *path)
{
	pthread_t thread;
	int fd;

	if (pthread_create(&thread, NULL, writer, NULL))
		die("thread");
	fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	if (fd < 0)
		die(path);
	pthread_join(thread, NULL);
	close(fd);
}

/* Does another thread wait in open(2)? It must not be disturbed before. */
static void await_sleep(void)
{
	char path[64], state = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	while (state != 'S') {
		usleep(20000);
		stat = fopen(path, "r");
		if (!stat || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
			die(path);
		fclose(stat);
	}
}

static void *rewrite_name(void *unused)
{
	await_sleep();
	strcpy(name, other);
	how.flags = O_RDWR | O_APPEND;
	close(open(fifo, O_WRONLY));
	return unused;
}

static void rewrite(void)
{
	strcpy(name, fifo);
	with_writer(rewrite_name, name);
}

static void count_signal(int sig)
{
	(void)sig;
	signals++;
}

static void alarms(int flags, int msec)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };
	struct itimerval each = { { 0, msec * 1000 }, { 0, msec * 1000 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
}

static void *write_after_signals(void *unused)
{
	sigset_t alarm;
	int before = signals;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	await_sleep();
	while (signals < before + 3)
		usleep(20000);
	close(open(fifo, O_WRONLY));
	return unused;
}

static void interrupted(void)
{
	alarms(0, 100);
	if (open(fifo, O_RDONLY) >= 0 || errno != EINTR)
		die("the first open");
	alarms(SA_RESTART, 100);
	with_writer(write_after_signals, fifo);
	alarms(SA_RESTART, 0);
}

/* Returns the address of a process's arguments: field 48 of proc(5)'s stat. */
static unsigned long arguments_of(pid_t pid)
{
	char path[64], line[4096], *p = line;
	FILE *stat;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stat = fopen(path, "r");
	if (!stat || !fgets(line, sizeof(line), stat))
		die(path);
	fclose(stat);
	for (i = 1; i < 48 && p; i++)
		p = strchr(p + 1, ' ');
	return p ? strtoul(p, NULL, 10) : 0;
}

static void traced(const char *program)
{
	unsigned long at;
	char path[64];
	int status, mem;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execl(program, "true", "given", NULL);
		die(program);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC);
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
	if (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8))
		die("no stop at the exec");
	at = arguments_of(pid) + strlen("true") + 1;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDWR);
	if (mem < 0 || pwrite(mem, "forge", 5, at) != 5)
		die(path);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	waitpid(pid, &status, 0);
}

static void checks(const char *program)
{
	char *const argv[] = { "checked", NULL }, *const none[] = { NULL };

	printf("%ld\n", syscall(SYS_execveat, AT_FDCWD, program, argv, none, 0x10000));
}

static void misses(long count)
{
	static char *argv[4001];
	long n;
	int i;

	for (i = 0; i < 4000; i++)
		argv[i] = "";
	for (n = 0; !count || n < count; n++)
		execve("/no-such-program", argv, argv + 4000);
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";

	fifo = argv[2];
	other = argv[3];
	if (!strcmp(command, "rewrite") && argc == 4)
		rewrite();
	else if (!strcmp(command, "interrupted"))
		interrupted();
	else if (!strcmp(command, "traced"))
		traced(argv[2]);
	else if (!strcmp(command, "checks"))
		checks(argv[2]);
	else if (!strcmp(command, "misses"))
		misses(atol(argv[2]));
	else
		return 2;
	return 0;
}
