// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "util/signals.h"

static volatile sig_atomic_t stopped;
static volatile sig_atomic_t sent; /* the signal that stopped it, if a process sent it */
static volatile sig_atomic_t alarms;
static volatile sig_atomic_t expires; /* the next alarm is that of lw_signals_expire() */
static volatile sig_atomic_t expired;
static volatile sig_atomic_t reopen; /* SIGHUP has asked for that */
static bool ignored_hangup;          /* the caller did so */
static bool had_terminal;

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };
#define NSTOP (sizeof(stop_signals) / sizeof(stop_signals[0]))

/*
 * A signal that arrives right before write(2) blocks would be noticed only when
 * the write ends. The alarm repeats until then.
 */
static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (number == SIGALRM && expires) {
		expires = 0;
		expired = 1;
	} else if (number == SIGALRM) {
		alarms++;
	} else {
		expires = 0;
		stopped = 1;
		if (info->si_code <= 0)
			sent = number;
	}
	alarm(1);
}

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

static void on_hangup(int number, siginfo_t *info, void *context)
{
	int before = errno;

	if (had_terminal && !ignored_hangup && !has_terminal())
		on_signal(number, info, context);
	else
		reopen = 1;
	errno = before;
}

static void stop_set(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	sigaddset(set, SIGALRM);
	for (i = 0; i < NSTOP; i++)
		sigaddset(set, stop_signals[i]);
}

/* As nohup(1) and those who outlive their terminal ask for; SIGINT may be ignored by a shell's &. */
static void catch_one(int number, const struct sigaction *action)
{
	struct sigaction old;

	if (number == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
		ignored_hangup = true;
	else
		sigaction(number, action, NULL);
}

void lw_signals_catch(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	sigset_t set;
	size_t i;

	stop_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	action.sa_mask = set;
	sigaction(SIGALRM, &action, NULL);
	for (i = 0; i < NSTOP; i++)
		catch_one(stop_signals[i], &action);
	action = (struct sigaction){ .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
}

void lw_signals_reopen(void)
{
	struct sigaction action = { .sa_sigaction = on_hangup, .sa_flags = SA_SIGINFO };

	stop_set(&action.sa_mask);
	had_terminal = has_terminal();
	sigaction(SIGHUP, &action, NULL);
}

void lw_signals_expire(double seconds)
{
	struct itimerval timer = { .it_value = { seconds, 0 } };

	timer.it_value.tv_usec = (seconds - timer.it_value.tv_sec) * 1000000;
	expired = 0;
	expires = seconds > 0;
	/* An alarm that a signal has set goes on. */
	if (!stopped)
		setitimer(ITIMER_REAL, &timer, NULL);
}

bool lw_signals_stop(void)
{
	return stopped;
}

int lw_signals_sent(void)
{
	return sent;
}

bool lw_signals_take_reopen(void)
{
	bool taken = reopen;

	if (taken)
		reopen = 0;
	return taken;
}

int lw_signals_poll(struct pollfd *fds, int n, int msec)
{
	struct timespec timeout = { msec / 1000, msec % 1000 * 1000000L };
	sigset_t set;
	int ret;

	sigprocmask(SIG_SETMASK, NULL, &set);
	sigdelset(&set, SIGALRM);
	sigdelset(&set, SIGINT);
	sigdelset(&set, SIGTERM);
	sigdelset(&set, SIGHUP);
	ret = ppoll(fds, n, msec < 0 ? NULL : &timeout, &set);
	if (ret < 0 && errno == EINTR)
		return 0;
	return ret < 0 ? -errno : ret;
}

static int wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int ret = lw_signals_poll(&p, 1, 1000);

	return ret < 0 ? ret : 0;
}

static int write_all(int fd, const char *buf, size_t len, size_t *done)
{
	int before = alarms;

	while (*done < len) {
		ssize_t n = write(fd, buf + *done, len - *done);

		if (n >= 0) {
			*done += n;
		} else if (errno == EAGAIN) {
			int err = wait_writable(fd);

			if (err)
				return err;
		} else if (errno != EINTR) {
			return -errno;
		}
		if (*done < len && (stopped || expired) && alarms > before)
			return -EINTR;
	}
	return 0;
}

int lw_signals_write(int fd, const char *buf, size_t len, size_t *done)
{
	sigset_t set;
	int err;

	*done = 0;
	stop_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	err = write_all(fd, buf, len, done);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return err;
}
