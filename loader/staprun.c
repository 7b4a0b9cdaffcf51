// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "signals.h"
#include "staprun.h"

#define STAPRUN "/usr/bin/staprun"

/* Exit codes: of a child that is not staprun, as in a shell, and staprun's own refusal. */
#define NOT_STARTED 126
#define NOT_THERE 127
#define STAPRUN_REFUSED 255

static char *const environment[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	"LANG=C",
	/* Lasting changes to the host that staprun makes otherwise (staprun.c). */
	"STAP_PR13193_OVERRIDE=1",
	"STAP_BZ1552745_OVERRIDE=1",
	NULL,
};

static char **arguments(const struct lw_run *run)
{
	char **argv;
	int i, n = 0;

	while (run->params[n])
		n++;
	argv = calloc(n + 3, sizeof(*argv));
	if (!argv)
		return NULL;
	argv[0] = "staprun";
	argv[1] = (char *)run->path;
	for (i = 0; i < n; i++)
		argv[i + 2] = run->params[i];
	return argv;
}

/*
 * What it is to have from us is its command, its environment, stdin, its output and stderr:
 * no file that is open here, no signal that somebody has made us ignore.
 */
static void child(char **argv, int out)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A process group of its own: Ctrl-C reaches it through us, once. */
	setpgid(0, 0);
	if (dup2(out, STDOUT_FILENO) >= 0 &&
	    syscall(__NR_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		execve(STAPRUN, argv, environment);
	_exit(errno == ENOENT ? NOT_THERE : NOT_STARTED);
}

static int spawn(const struct lw_run *run, pid_t *pid, int *out)
{
	char **argv = arguments(run);
	int pipes[2];

	if (!argv)
		return -ENOMEM;
	if (pipe2(pipes, O_CLOEXEC) < 0) {
		free(argv);
		return -errno;
	}
	*pid = fork();
	if (*pid == 0)
		child(argv, pipes[1]);
	free(argv);
	close(pipes[1]);
	*out = pipes[0];
	if (*pid >= 0)
		return 0;
	close(pipes[0]);
	return -EAGAIN;
}

static long long now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Returns 1 at the end of the output, 0 to go on, or -errno. */
static int take(const struct lw_run *run, int fd)
{
	static char buf[64 << 10];
	ssize_t n = read(fd, buf, sizeof(buf));
	int err;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return 1;
	err = run->sink.data(run->sink.context, buf, n);
	return err ? err : run->sink.flush(run->sink.context);
}

/*
 * Passes output on until it ends. The first reason to stop interrupts staprun,
 * which runs the end probes and closes its output.
 */
static int relay(const struct lw_run *run, pid_t pid, int fd)
{
	long long deadline = run->duration > 0 ? now_msec() + run->duration * 1000 : 0;
	bool stopping = false, started = false;
	int ret, err = 0;

	for (;;) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = STDOUT_FILENO } };
		bool stop = lw_signals_stop() || (deadline && now_msec() >= deadline) || err;

		if (stop && !stopping) {
			kill(pid, SIGINT);
			stopping = true;
		}
		/* A second signal would end the wait at once, over and over. */
		if (stopping)
			ret = poll(fds, 1, -1);
		else
			ret = lw_signals_poll(fds, 2, deadline ? 100 : -1);
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (!stopping && ret > 0 && fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
			err = -EPIPE;
		/* The header comes before the probes are registered, but not long. */
		if (ret > 0 && fds[0].revents & POLLIN && !started) {
			started = true;
			err = run->sink.started(run->sink.context);
		}
		if (ret > 0 && fds[0].revents) {
			int got = take(run, fd);

			if (got == 1 && fds[0].revents & POLLHUP)
				return err;
			if (got)
				err = got;
		}
	}
}

/* Returns 0, or -errno, printed: -EPERM if it or the user is refused. */
static int exited(const struct lw_run *run, int code)
{
	switch (code) {
	case 0:
		return 0;
	case NOT_THERE:
		lw_error("%s: no " STAPRUN " on this host; install systemtap-runtime 5.1 or later, "
			 "or leave out --staprun",
			 run->name);
		return -EIO;
	case NOT_STARTED:
		lw_error("%s: uid %u may not run " STAPRUN "; add it to the group stapusr, or run "
			 "lwload as root",
			 run->name, geteuid());
		return -EPERM;
	case STAPRUN_REFUSED:
		lw_error("%s: staprun refused %s; it has said why", run->name, run->path);
		return -EPERM;
	default:
		lw_error("%s: staprun failed with status %d; it must be 5.1 or later", run->name,
			 code);
		return -EIO;
	}
}

static int result(const struct lw_run *run, int status)
{
	if (WIFEXITED(status))
		return exited(run, WEXITSTATUS(status));
	lw_error("%s: staprun was killed by signal %d; try staprun -d %s", run->name,
		 WTERMSIG(status), run->module);
	return -EIO;
}

int lw_staprun_run(const struct lw_run *run, unsigned long long *lost)
{
	int status = 0, fd = -1, err;
	pid_t pid = -1;

	*lost = 0;
	err = spawn(run, &pid, &fd);
	if (err) {
		lw_error("%s: cannot start staprun: %s", run->name, strerror(-err));
		return err;
	}
	err = relay(run, pid, fd);
	close(fd);
	/* It has ended, unless relay() failed. */
	if (err < 0)
		kill(pid, SIGINT);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	status = result(run, status);
	return err < 0 ? err : status;
}
