// SPDX-License-Identifier: GPL-2.0-only
/* stop.c - lwload stop: end runs, and remove what killed ones have left */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/inserted.h"
#include "recorder/rendezvous.h"
#include "util/file.h"
#include "util/log.h"
#include "util/place.h"
#include "verbs/choose.h"
#include "verbs/lwload.h"

/* End probes run, and what was recorded is still printed. */
#define PATIENCE_SECONDS 10
#define TRY_NSEC 10000000L

struct stop {
	const struct lw_host *host;
	const char *name;
	pid_t only;   /* 0: any process that is attached */
	pid_t pid;    /* told to end; 0: none yet */
	int process;  /* its descriptor, -1 */
	bool removed; /* by us, as nobody was attached */
	bool has_lock;
	bool locked;  /* somebody else has the lock, and nobody is attached */
	pid_t locker; /* 0: not known */
};

/* ---- one look ---- */

static bool is_one_of_ours(const char *name)
{
	return !strcmp(name, "lwload") || !strcmp(name, "staprun") || !strcmp(name, "stapio");
}

/* By the name of the command, or of the file that it was before a new one was installed. */
static bool is_runner(const char *root, pid_t pid)
{
	char text[PATH_MAX], path[PATH_MAX], *name;
	ssize_t n;

	lw_file_read(text, sizeof(text), "%s/proc/%d/comm", root, pid);
	if (is_one_of_ours(text))
		return true;
	snprintf(path, sizeof(path), "%s/proc/%d/exe", root, pid);
	n = readlink(path, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	name = strrchr(text, '/');
	if (!name)
		return false;
	name[strcspn(name, " ")] = '\0';
	return is_one_of_ours(name + 1);
}

/*
 * Whether it is still the one that is attached is asked when @process is open: a number
 * can be another process's by then.
 */
static int send_signal(const struct stop *stop, pid_t pid, int process)
{
	if (process < 0)
		return -errno;
	if (lw_inserted_holder(stop->host->root, stop->name) != pid)
		return -ESRCH;
	return syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0) < 0 ? -errno : 0;
}

/* Returns 0, or -errno, printed. */
static int tell_to_end(struct stop *stop, pid_t pid)
{
	int process, err;

	if (!is_runner(stop->host->root, pid)) {
		lw_error(
			"%s: process %d is attached to it and is none of lwload, staprun and stapio; end that first",
			stop->name, pid);
		return -EPERM;
	}
	process = syscall(SYS_pidfd_open, pid, 0);
	err = send_signal(stop, pid, process);
	if (!err) {
		stop->pid = pid;
		stop->process = process;
		return 0;
	}
	if (process >= 0)
		close(process);
	/* It has ended by itself. */
	if (err == -ESRCH)
		return 0;
	lw_error("%s: cannot signal process %d: %s", stop->name, pid, strerror(-err));
	return err;
}

/* Returns 1 if that is done, 0 to try again, or -errno, printed. */
static int remove_leftover(struct stop *stop)
{
	char module[64];
	int err;

	/* An lwload that is about to attach, or has just detached, holds the lock. */
	err = stop->has_lock ? 0 : lw_lock_take(stop->host->root, stop->name, &stop->locker);
	stop->has_lock = !err;
	stop->locked = err == -EAGAIN;
	if (stop->locked)
		return 0;
	if (err) {
		lw_error("%s: cannot lock " LW_LOCK_DIR "/%s: %s", stop->name, stop->name,
			 strerror(-err));
		return err;
	}
	snprintf(module, sizeof(module), "lw_%s", stop->name);
	err = lw_inserted_remove(module);
	stop->removed = !err;
	if (!err)
		return 1;
	if (err == -EBUSY || err == -EAGAIN || err == -ENOENT)
		return 0;
	lw_error("%s: module %s cannot be removed: %s; try rmmod %s", stop->name, module,
		 strerror(-err), module);
	return err;
}

/* Is the process that was told to end still there? */
static bool is_ending(const struct stop *stop)
{
	struct pollfd fd = { .fd = stop->process, .events = POLLIN };

	return stop->pid && poll(&fd, 1, 0) == 0;
}

/* Its files in /proc go first when it is removed. */
static bool is_inserted(const struct stop *stop)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/module/lw_%s", stop->host->root, stop->name);
	return lw_inserted_has(stop->host->root, stop->name) || access(path, F_OK) == 0;
}

/* Returns 1 if the tool is stopped, 0 to look again, or -errno, printed. */
static int look(struct stop *stop)
{
	pid_t pid;

	/* It has the lock until its end, which would turn down a run that comes next. */
	if (is_ending(stop))
		return 0;
	if (!is_inserted(stop))
		return 1;
	pid = lw_inserted_holder(stop->host->root, stop->name);
	if (!pid)
		return remove_leftover(stop);
	/* Another run has the name by now. */
	if (stop->only && pid != stop->only)
		return 1;
	/* Somebody has started it again meanwhile. */
	return stop->pid ? 1 : tell_to_end(stop, pid);
}

/* ---- one run ---- */

static void print_late(const struct stop *stop)
{
	if (is_ending(stop))
		lw_error(
			"%s: process %d has not ended after ten seconds; try kill -KILL %d, then lwload stop %s",
			stop->name, stop->pid, stop->pid, stop->name);
	else if (stop->locked && stop->locker)
		lw_error("%s: nobody is attached to it, but process %d holds " LW_LOCK_DIR
			 "/%s; try kill -KILL %d",
			 stop->name, stop->locker, stop->name, stop->locker);
	else
		lw_error(
			"%s: module lw_%s is in use by a process that cannot be seen from here; see lsmod",
			stop->name, stop->name);
}

/* Returns 0, or -errno, printed. */
static int wait_until_gone(struct stop *stop)
{
	long long deadline = lw_clock_msec() + PATIENCE_SECONDS * 1000;
	struct timespec pause = { 0, TRY_NSEC };
	int done;

	do {
		done = look(stop);
		if (done)
			return done < 0 ? done : 0;
		nanosleep(&pause, NULL);
	} while (lw_clock_msec() < deadline);
	if (!is_inserted(stop))
		return 0;
	print_late(stop);
	return -ETIMEDOUT;
}

/*
 * Prints what the run has said, and sets *code to that of the run.
 * @only: a recorder of another process is left alone; 0: of any process
 * Returns false if no recorder was asked to stop.
 */
static bool stop_recorder(const struct lw_host *host, const char *name, pid_t only,
			  enum lw_exit *code)
{
	struct lw_farewell farewell;
	pid_t pid;
	int fd, err;

	if (only && lw_rendezvous_look(host->root, name, &farewell) && farewell.pid != only)
		return false;
	fd = lw_rendezvous_ask(host->root, name, LW_REQUEST_STOP);
	if (fd < 0 && fd != -EAGAIN)
		return false;
	*code = LW_FAILED;
	if (fd < 0) {
		lw_error(LW_RENDEZVOUS_AGAIN, name);
		return true;
	}
	pid = lw_rendezvous_pid(fd);
	err = lw_rendezvous_answer(fd, PATIENCE_SECONDS, &farewell);
	if (err == -ETIMEDOUT && !pid)
		lw_error(LW_RENDEZVOUS_AGAIN, name);
	else if (err == -ETIMEDOUT)
		lw_error(
			"%s: its recorder (pid %d) has not ended after ten seconds; try kill -KILL %d, then lwload stop %s",
			name, pid, pid, name);
	else if (err)
		lw_error("%s: its recorder ended without a message (%s); see lwload status", name,
			 strerror(-err));
	if (err)
		return true;
	(void)!write(STDERR_FILENO, farewell.messages, strlen(farewell.messages));
	printf("%s: recorder stopped (pid %d)\n", name, farewell.pid);
	*code = farewell.code;
	return true;
}

static enum lw_exit stop_run(const struct lw_host *host, const char *name, pid_t only)
{
	struct stop stop = { .host = host, .name = name, .only = only, .process = -1 };
	int err = wait_until_gone(&stop);

	if (stop.process >= 0)
		close(stop.process);
	if (err)
		return LW_FAILED;
	if (stop.pid)
		printf("%s: stopped (pid %d)\n", name, stop.pid);
	else if (stop.removed)
		printf("%s: removed what a killed run had left\n", name);
	else
		printf("%s: not running\n", name);
	return LW_OK;
}

static bool is_anothers(const struct lw_host *host, const char *name, pid_t only)
{
	pid_t pid = lw_inserted_holder(host->root, name);

	return only && pid && pid != only;
}

static enum lw_exit stop_one(const struct lw_host *host, const char *name, pid_t only)
{
	enum lw_exit code = LW_OK;
	bool recorder = stop_recorder(host, name, only, &code);

	/* Also what is left of a recorder's run that was killed, but not another run. */
	if (lw_inserted_has(host->root, name) && !(recorder && is_anothers(host, name, only)))
		return stop_run(host, name, only) == LW_OK ? code : LW_FAILED;
	if (!recorder)
		printf("%s: not running\n", name);
	return code;
}

/* The exit code of all of them: a failure, or else the last that is not LW_OK. */
static enum lw_exit worse(enum lw_exit code, enum lw_exit other)
{
	return code == LW_FAILED || other == LW_OK ? code : other;
}

struct all {
	const struct lw_host *host;
	enum lw_exit code;
	const struct lw_inserted *list; /* what has been told already */
	int n;
};

/*
 * A recorder whose run has ended has no module in the list any more, but must be stopped as well.
 */
static void stop_next(const char *run, void *arg)
{
	struct all *all = arg;
	enum lw_exit code = LW_OK;
	int i;

	for (i = 0; i < all->n; i++)
		if (!strcmp(all->list[i].run, run))
			return;
	stop_recorder(all->host, run, 0, &code);
	all->code = worse(all->code, code);
}

static enum lw_exit stop_all(const struct lw_host *host)
{
	struct lw_inserted *list;
	int i, n = lw_inserted_list(host->root, &list);
	struct all all = { host, LW_OK, list, n };

	if (n < 0) {
		lw_error("stop: %s/proc/modules cannot be read: %s", host->root, strerror(-n));
		return LW_FAILED;
	}
	for (i = 0; i < n; i++)
		all.code = worse(all.code, stop_one(host, list[i].run, 0));
	lw_rendezvous_each(host->root, stop_next, &all);
	free(list);
	return all.code;
}

static enum lw_exit stop_chosen(const struct lw_host *host, const char *text,
				const struct lw_chosen *chosen)
{
	enum lw_exit code = LW_OK;
	int i;

	if (!chosen->n)
		return stop_one(host, text, 0);
	for (i = 0; i < chosen->n; i++)
		code = worse(code, stop_one(host, chosen->runs[i].name, chosen->asked));
	return code;
}

/* With @all a tool may have any number of runs. No run is stopped if an argument is wrong. */
static enum lw_exit stop_those(const struct lw_host *host, char **argv, int n, bool all)
{
	struct lw_chosen *chosen = calloc(n, sizeof(*chosen));
	enum lw_exit code = LW_OK;
	int i;

	if (!chosen) {
		lw_error("stop: %s", strerror(ENOMEM));
		return LW_FAILED;
	}
	for (i = 0; i < n && code == LW_OK; i++)
		code = (all ? lw_choose : lw_choose_one)(host, "stop", argv[i], false, &chosen[i]);
	for (i = 0; i < n && code != LW_USAGE; i++)
		code = worse(code, stop_chosen(host, argv[i], &chosen[i]));
	free(chosen);
	return code;
}

/* ---- arguments ---- */

/* Returns the index of the first that is no option, or 0, printed. */
static int parse_target(int argc, char **argv, bool *all)
{
	int first;

	*all = argc > 1 && !strcmp(argv[1], "--all");
	first = 1 + *all;
	if (argc > first ? argv[first][0] != '-' : *all)
		return first;
	lw_error(
		"stop: want tools, processes of runs, or --all; \"lwload status\" shows what runs");
	return 0;
}

enum lw_exit lw_stop(const struct lw_host *host, int argc, char **argv)
{
	bool all;
	int i = parse_target(argc, argv, &all);

	if (!i)
		return LW_USAGE;
	if (geteuid() != 0) {
		lw_error("stop: removing a module takes root; try sudo lwload stop %s", argv[1]);
		return LW_REFUSED;
	}
	return i == argc ? stop_all(host) : stop_those(host, argv + i, argc - i, all);
}
