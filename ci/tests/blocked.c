// SPDX-License-Identifier: GPL-2.0-only
/*
 * blocked - calls that stay under way until SIGTERM
 *
 * blocked KIND N FILE: N threads, or processes for exec, each wait in one call. open is of a FIFO, which this
 * program makes as FILE; read is of an empty pipe; write is to FILE on a frozen file system; accept is at a
 * socket to which nobody connects; exec is of FILE, on which this process has a lease. The processes become FILE
 * in the end. Threads that write end when the file system is thawed. It prints "begun" and the number of the call.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *kind, *file;
static int fd;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *call(void *unused)
{
	char byte;

	if (!strcmp(kind, "open"))
		open(file, O_RDONLY);
	else if (!strcmp(kind, "read"))
		read(fd, &byte, 1);
	else if (!strcmp(kind, "write"))
		pwrite(fd, "", 1, 0);
	else
		accept(fd, NULL, NULL);
	return unused;
}

static long number(void)
{
	return !strcmp(kind, "open")    ? SYS_openat
	       : !strcmp(kind, "read")  ? SYS_read
	       : !strcmp(kind, "write") ? SYS_pwrite64
	       : !strcmp(kind, "exec")  ? SYS_execve
					: SYS_accept;
}

static void begin_threads(int n)
{
	pthread_attr_t attr;
	pthread_t thread;
	int pipe_fds[2];

	if (!strcmp(kind, "open") && mkfifo(file, 0600))
		die(file);
	if (pipe(pipe_fds))
		die("pipe");
	fd = strcmp(kind, "write") ? pipe_fds[0] : open(file, O_WRONLY);
	if (fd < 0)
		die(file);
	if (!strcmp(kind, "accept")) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (listen(fd, 5))
			die("listen");
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN + 8192);
	while (n--)
		if (pthread_create(&thread, &attr, call, NULL))
			die("pthread_create");
}

static void begin_execs(int n)
{
	fd = open(file, O_RDONLY);
	signal(SIGIO, SIG_IGN);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK))
		die(file);
	while (n--) {
		if (fork())
			continue;
		/* The lease would go with the last descriptor only. */
		close(fd);
		execl(file, "blocked", (char *)NULL);
		_exit(127);
	}
}

int main(int argc, char **argv)
{
	bool exec;
	sigset_t term;
	int sig;

	if (argc != 4)
		return 2;
	kind = argv[1];
	file = argv[3];
	exec = !strcmp(kind, "exec");
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	if (exec)
		begin_execs(atoi(argv[2]));
	else
		begin_threads(atoi(argv[2]));
	printf("begun %ld\n", number());
	fflush(stdout);
	sigwait(&term, &sig);
	if (!exec)
		return 0;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	close(fd);
	while (wait(NULL) > 0)
		;
	return 0;
}
