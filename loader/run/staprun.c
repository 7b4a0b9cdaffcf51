// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/armed.h"
#include "kernel/inserted.h"
#include "run/staprun.h"
#include "util/file.h"
#include "util/log.h"
#include "util/signals.h"

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

static char **arguments(const struct lw_job *job)
{
	char **argv;
	int i, n = 0;

	while (job->params[n])
		n++;
	argv = calloc(n + 3, sizeof(*argv));
	if (!argv)
		return NULL;
	argv[0] = "staprun";
	argv[1] = (char *)job->path;
	for (i = 0; i < n; i++)
		argv[i + 2] = job->params[i];
	return argv;
}

/* When, by the monotonic clock: 0: not yet */
struct ending {
	long long told, last; /* it was told to end, first and last */
	long long heard;      /* it said something last */
	long long killed;     /* it was killed first */
};

/* One run: what it says is passed on, and read for what it lost. */
struct staprun {
	const struct lw_job *job;
	struct lw_loss *loss; /* the caller's, who looks at it in each flush */
	struct lw_armed *armed;
	struct ending ending;
	pid_t pid;
	int out, err;   /* pipes from its stdout and stderr */
	char line[512]; /* the start of a line whose end has not come yet */
	size_t len;
	bool exists; /* the kernel has a module of that name already */
};

/*
 * staprun gets from us only its command, its environment, stdin, its output and stderr:
 * no file that is open here, no signal that somebody has made us ignore.
 */
static void child(char **argv, int out, int err)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A process group of its own: Ctrl-C reaches it through us, once. */
	setpgid(0, 0);
	if (dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0 &&
	    syscall(__NR_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		execve(STAPRUN, argv, environment);
	_exit(errno == ENOENT ? NOT_THERE : NOT_STARTED);
}

static int start(struct staprun *staprun, char **argv)
{
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	staprun->out = out[0];
	if (pipe2(err, O_CLOEXEC) < 0) {
		int error = -errno;

		close(out[1]);
		return error;
	}
	staprun->err = err[0];
	staprun->pid = fork();
	if (staprun->pid == 0)
		child(argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	return staprun->pid < 0 ? -EAGAIN : 0;
}

static int spawn(struct staprun *staprun)
{
	char **argv = arguments(staprun->job);
	int err;

	if (!argv)
		return -ENOMEM;
	err = start(staprun, argv);
	free(argv);
	return err;
}

/* ---- what it says ---- */

static void read_line(struct staprun *staprun)
{
	char *text = staprun->line, words[512];

	text[staprun->len] = '\0';
	if (!strncmp(text, "WARNING: ", 9))
		text += 9;
	else if (!strncmp(text, "ERROR: ", 7))
		text += 7;
	/* staprun_funcs.c, and strerror(3): the environment is our own */
	if (!strncmp(text, "Couldn't insert module ", 23) && strstr(text, ": File exists"))
		staprun->exists = true;
	/* For the count only: the line itself has been printed. */
	lw_words(text, staprun->loss, words, sizeof(words));
	staprun->len = 0;
}

/* Returns false at the end. */
static bool take_messages(struct staprun *staprun)
{
	char buf[4096];
	ssize_t i, n = read(staprun->err, buf, sizeof(buf));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	for (i = 0; i < n; i++) {
		if (buf[i] == '\n')
			read_line(staprun);
		else if (staprun->len < sizeof(staprun->line) - 1)
			staprun->line[staprun->len++] = buf[i];
	}
	/* A line that cannot be shown is still counted. */
	lw_pass(buf, n);
	return true;
}

/* ---- its end ---- */

/* Milliseconds without a word, and in all, after which it is killed; and to be gone then */
#define SILENT_MSEC 10000
#define ENDING_MSEC 60000
#define KILLED_MSEC 5000

static void begin_ending(struct staprun *staprun)
{
	struct ending *ending = &staprun->ending;

	ending->told = ending->last = ending->heard = lw_clock_msec();
}

/*
 * One signal can come when staprun is not yet ready for it, and be lost. In the end its
 * whole group is killed, which has stapio: the module stays, and lwload stop removes it. That
 * need not help: a setuid staprun may be another's by then, or wait in the kernel. Returns
 * false if it did not.
 */
static bool remind(struct staprun *staprun)
{
	struct ending *ending = &staprun->ending;
	long long now = lw_clock_msec();

	if (ending->killed && now - ending->killed >= KILLED_MSEC)
		return false;
	if (now - ending->heard >= SILENT_MSEC || now - ending->told >= ENDING_MSEC) {
		kill(-staprun->pid, SIGKILL);
		if (!ending->killed)
			ending->killed = now;
	} else if (now - ending->last >= 1000) {
		kill(staprun->pid, SIGINT);
		ending->last = now;
	}
	return true;
}

/* ---- what silences its probes ---- */

static void tell_armed(struct staprun *staprun)
{
	const char *text;
	bool lost;

	while ((text = lw_armed_news(staprun->armed, &lost))) {
		staprun->loss->missed += lost;
		lw_warn("%s: %s", staprun->job->name, text);
	}
}

/* ---- its output ---- */

/* Returns 1 at the end of the output, 0 to go on, or -errno. */
static int take(const struct staprun *staprun)
{
	const struct lw_sink *sink = &staprun->job->sink;
	static char buf[64 << 10];
	ssize_t n = read(staprun->out, buf, sizeof(buf));
	int err;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return 1;
	err = sink->data(sink->context, buf, n);
	return err ? err : sink->flush(sink->context);
}

/* Takes what poll(2) has found. True if the output has ended; *err is a reason to stop. */
static bool take_ready(struct staprun *staprun, struct pollfd fds[4], bool *started, int *err)
{
	const struct lw_job *job = staprun->job;
	int got;

	if (fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
		*err = -EPIPE;
	if (fds[1].revents && !take_messages(staprun))
		fds[1].fd = -1;
	if (fds[3].revents)
		tell_armed(staprun);
	/* The header comes before the probes are registered, but not long. */
	if (fds[0].revents & POLLIN && !*started) {
		*started = true;
		job->sink.inserted(job->sink.context);
		*err = job->sink.started(job->sink.context);
	}
	if (!fds[0].revents)
		return false;
	got = take(staprun);
	if (got == 1 && fds[0].revents & POLLHUP)
		return true;
	if (got)
		*err = got;
	return false;
}

/*
 * Passes output on until it ends. The first reason to stop interrupts staprun,
 * which runs the end probes and closes its output.
 */
static int relay(struct staprun *staprun)
{
	const struct lw_job *job = staprun->job;
	long long deadline = job->duration > 0 ? lw_clock_msec() + job->duration * 1000 : 0;
	bool stopping = false, started = false;
	int ret, err = 0;
	struct pollfd fds[] = { { .fd = staprun->out, .events = POLLIN },
				{ .fd = staprun->err, .events = POLLIN },
				{ .fd = job->out },
				{ .fd = lw_armed_fd(staprun->armed), .events = POLLIN } };

	for (;;) {
		bool stop = lw_signals_stop() || (deadline && lw_clock_msec() >= deadline) || err;

		if (stop && !stopping) {
			kill(staprun->pid, SIGINT);
			stopping = true;
			begin_ending(staprun);
			/* It would end the wait at once, over and over; so would a second signal. */
			fds[2].fd = -1;
		}
		if (stopping)
			ret = poll(fds, 4, 1000);
		else
			ret = lw_signals_poll(fds, 4, deadline ? 100 : -1);
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (ret > 0)
			staprun->ending.heard = lw_clock_msec();
		if (stopping && !remind(staprun))
			return -ETIMEDOUT;
		/* A signal may have asked the sink for something. */
		if (ret == 0 && started && !stopping)
			err = job->sink.flush(job->sink.context);
		if (ret <= 0)
			continue;
		if (take_ready(staprun, fds, &started, &err))
			return err;
	}
}

/* The rule "running" has passed a moment ago, and no lock is for users who are not root. */
static int another_run(const struct lw_job *job)
{
	pid_t pid = lw_inserted_holder(job->root, job->name);
	char who[32] = "";

	if (pid)
		snprintf(who, sizeof(who), " (pid %d)", pid);
	lw_error(
		"%s: running: another run has begun at the same time%s, and the kernel takes one module of a name; wait, or end it with lwload stop %s",
		job->name, who, job->name);
	return -EEXIST;
}

/* Returns 0, or -errno, printed: -EPERM if it or the user is refused. */
static int exited(const struct lw_job *job, int code)
{
	switch (code) {
	case 0:
		return 0;
	case NOT_THERE:
		lw_error(
			"%s: no " STAPRUN
			" on this host; install systemtap-runtime 5.1 or later, or leave out --staprun",
			job->name);
		return -EIO;
	case NOT_STARTED:
		lw_error("%s: uid %u may not run " STAPRUN
			 "; add it to the group stapusr, or run lwload as root",
			 job->name, geteuid());
		return -EPERM;
	case STAPRUN_REFUSED:
		lw_error("%s: staprun refused %s; its message is above", job->name, job->path);
		return -EPERM;
	default:
		lw_error("%s: staprun failed with status %d; it must be 5.1 or later", job->name,
			 code);
		return -EIO;
	}
}

static int result(const struct staprun *staprun, int status)
{
	const struct lw_job *job = staprun->job;

	if (staprun->exists && status)
		return another_run(job);
	if (WIFEXITED(status))
		return exited(job, WEXITSTATUS(status));
	lw_error("%s: staprun was killed by signal %d; try staprun -d %s", job->name,
		 WTERMSIG(status), job->module);
	return -EIO;
}

static int stuck(const struct staprun *staprun)
{
	lw_error(
		"%s: staprun (pid %d) does not end and cannot be killed from here; as root, kill -9 %d, then lwload stop %s",
		staprun->job->name, staprun->pid, staprun->pid, staprun->job->name);
	return -ETIMEDOUT;
}

/* Waits for it, and takes what it says until then. Returns as exited() does. */
static int reap(struct staprun *staprun)
{
	struct pollfd fd = { .fd = staprun->err, .events = POLLIN };
	int status = 0;

	if (!staprun->ending.told)
		begin_ending(staprun);
	while (waitpid(staprun->pid, &status, WNOHANG) == 0) {
		if (!remind(staprun))
			return stuck(staprun);
		if (poll(&fd, 1, 20) > 0) {
			staprun->ending.heard = lw_clock_msec();
			if (!take_messages(staprun))
				fd.fd = -1;
		}
	}
	while (poll(&fd, 1, 0) > 0 && take_messages(staprun))
		;
	return result(staprun, status);
}

int lw_staprun_run(const struct lw_job *job, struct lw_loss *loss)
{
	struct staprun staprun = { .job = job, .loss = loss, .out = -1, .err = -1 };
	int status = 0, err;

	*loss = (struct lw_loss){ 0 };
	if (job->armed)
		staprun.armed = lw_armed_watch(job->armed, job->root);
	err = spawn(&staprun);
	if (err) {
		lw_error("%s: cannot start staprun: %s", job->name, strerror(-err));
	} else {
		tell_armed(&staprun);
		err = relay(&staprun);
		tell_armed(&staprun);
		/* It has ended, unless relay() failed. */
		if (err < 0)
			kill(staprun.pid, SIGINT);
	}
	if (staprun.out >= 0)
		close(staprun.out);
	if (staprun.pid > 0)
		status = reap(&staprun);
	if (staprun.err >= 0)
		close(staprun.err);
	lw_armed_free(staprun.armed);
	/* That the reader is gone excuses nothing else. */
	return err < 0 && (err != -EPIPE || !status) ? err : status;
}
