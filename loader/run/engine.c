// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/armed.h"
#include "kernel/control.h"
#include "kernel/inserted.h"
#include "kernel/relay.h"
#include "kernel/words.h"
#include "run/engine.h"
#include "util/file.h"
#include "util/log.h"
#include "util/reason.h"
#include "util/signals.h"

/* How long to collect output that keeps coming, and to wait for a late packet. */
#define BATCH_MSEC 20
#define LATE_MSEC 5
/* How long to let the module write on while it ends */
#define PAUSE_USEC 5000
/*
 * Descriptors before those of the streams: control channel, the run's output, what silences probes, what
 * ends the run.
 */
#define FIXED_FDS 4

struct engine {
	const struct lw_job *job;
	struct lw_control control;
	struct lw_relay *relay;
	struct lw_armed *armed;
	long long looked;   /* milliseconds of that clock: at whether probes fire */
	struct pollfd *fds; /* control, output, armed, until, then the streams */
	long long deadline; /* milliseconds of the monotonic clock, 0: none */
	bool busy;          /* there was output in the last round */
	bool transport;     /* the module is ready for START */
	bool started;       /* START was answered */
	bool finished;      /* EXIT was answered */
	bool failed;        /* the module reported an error */
	bool exit_asked;    /* the script wants to end */
	bool printed;       /* the sink has said what is wrong */
	int start_result;
	struct lw_loss loss;
	struct lw_loss *known; /* the caller's copy, with what the relay lost */
};

/* ---- inserting and removing ---- */

static bool is_refusal(int err)
{
	return err == ENOEXEC || err == EKEYREJECTED || err == ENOKEY || err == EPERM ||
	       err == EACCES || err == EBADMSG;
}

static void insert_error(const struct lw_job *job, int err, struct lw_reason *why)
{
	switch (err) {
	case EEXIST:
		lw_because(why, "a module of that name is in use by another program; see lsmod");
		return;
	case ENOEXEC:
		lw_because(
			why,
			"damaged, or built for another kernel; reinstall the package that has it");
		return;
	case ENOMEM:
		lw_because(
			why,
			"no memory for its buffers or its variables of each processor (see dmesg); try a smaller --buffer, or end other runs");
		return;
	case ENOENT:
		lw_because(why, "it needs a symbol this kernel does not have (see dmesg)");
		return;
	default:
		if (is_refusal(err))
			job->sink.refused(job->sink.context, err, why);
		else
			lw_because(why, "%s", strerror(err));
	}
}

static char *join(char *const *params)
{
	size_t len = 1;
	char *text;
	int i;

	for (i = 0; params[i]; i++)
		len += strlen(params[i]) + 1;
	text = calloc(1, len);
	for (i = 0; text && params[i]; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, params[i]);
	}
	return text;
}

/*
 * A module of our name that nobody is attached to was left by a run that was
 * killed: the run's lock is ours, so no lwload is about to attach to it.
 */
static int remove_leftover(const struct lw_job *job)
{
	int err = lw_inserted_remove(job->module);

	if (!err)
		lw_warn("%s: removed module %s, which a killed run had left", job->name,
			job->module);
	return err;
}

static int insert(const struct lw_job *job)
{
	char *params = join(job->params);
	struct lw_reason why;
	int err = 0;

	if (!params)
		return -ENOMEM;
	if (syscall(SYS_init_module, job->image, job->size, params) < 0)
		err = -errno;
	if (err == -EEXIST && remove_leftover(job) == 0)
		err = syscall(SYS_init_module, job->image, job->size, params) < 0 ? -errno : 0;
	if (err) {
		insert_error(job, -err, &why);
		lw_error("%s: %s: cannot insert it: %s", job->name, job->path, why.text);
	}
	free(params);
	return is_refusal(-err) ? -EPERM : err;
}

/* A probe that is running, or a reader of /proc, may hold the module for a moment. */
static int remove_module(const struct lw_job *job)
{
	struct timespec pause = { 0, 10000000 };
	long long deadline = lw_clock_msec() + 5000;

	while (syscall(SYS_delete_module, job->module, O_NONBLOCK) < 0) {
		if (errno == ENOENT)
			return 0;
		if ((errno != EAGAIN && errno != EBUSY) || lw_clock_msec() > deadline) {
			int err = -errno;

			lw_error("%s: module %s cannot be removed: %s; try rmmod %s", job->name,
				 job->module, strerror(-err), job->module);
			return err;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* ---- messages ---- */

static void take_text(struct engine *engine, char *text)
{
	const struct lw_sink *sink = &engine->job->sink;
	char *end = text + strlen(text);
	const char *plain;
	bool error = false;
	char buf[512];

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	/* The prefixes are part of the protocol (runtime/transport/control.c). */
	if (!strncmp(text, "ERROR: ", 7)) {
		error = true;
		engine->failed = true;
		text += 7;
	} else if (!strncmp(text, "WARNING: ", 9)) {
		text += 9;
	}
	plain = lw_words(text, &engine->loss, buf, sizeof(buf));
	if (plain)
		sink->message(sink->context, error, plain);
}

static void take_start(struct engine *engine, const struct lw_control_message *message)
{
	int32_t result = -EPROTO;

	/* struct _stp_msg_start: target, res */
	if (message->len >= 8)
		memcpy(&result, message->text + 4, sizeof(result));
	engine->start_result = result;
	engine->started = true;
}

static int take_message(struct engine *engine, struct lw_control_message *message)
{
	switch (message->type) {
	case LW_MSG_OOB_DATA:
		take_text(engine, message->text);
		return 0;
	case LW_MSG_START:
		take_start(engine, message);
		return 0;
	case LW_MSG_TRANSPORT:
		engine->transport = true;
		return 0;
	case LW_MSG_EXIT:
		engine->finished = true;
		return 0;
	case LW_MSG_REQUEST_EXIT:
		/* It comes once only, perhaps before START is answered. */
		engine->exit_asked = true;
		return 1;
	case LW_MSG_SYSTEM:
		/* staprun runs this text by sh: no tool of ours has a use for that. */
		lw_warn("%s: the module asked to run a command; ignored", engine->job->name);
		return 0;
	default:
		return 0;
	}
}

/* Reads what messages there are. Returns 0, 1 if the script wants to end, or -errno. */
static int read_messages(struct engine *engine)
{
	struct lw_control_message message;
	int err, stop = 0;

	while ((err = lw_control_read(&engine->control, &message)) > 0)
		stop |= take_message(engine, &message);
	return err ? err : stop;
}

static int wait_for(struct engine *engine, const bool *flag)
{
	struct pollfd fd = { .fd = engine->control.cmd, .events = POLLIN };
	long long deadline = lw_clock_msec() + 10000;
	int err;

	for (;;) {
		err = read_messages(engine);
		if (err < 0)
			return err;
		if (*flag)
			return 0;
		if (lw_clock_msec() > deadline)
			return -ETIMEDOUT;
		/* Not lw_signals_poll(): a signal must not cut this short. */
		poll(&fd, 1, 100);
	}
}

/* ---- the sink ---- */

/* It prints its own errors; all others are for the engine to print. */
static int from_sink(struct engine *engine, int err)
{
	if (err < 0)
		engine->printed = true;
	return err;
}

/* The sink gets what has come (relay.h). Returns 0, 1 if it wants no more, or -errno. */
static int read_output(struct engine *engine, bool all)
{
	int err = lw_relay_read(engine->relay, all);

	return lw_relay_failed(engine->relay) ? err : from_sink(engine, err);
}

static void tell_loss(struct engine *engine)
{
	*engine->known = engine->loss;
	if (engine->relay)
		engine->known->lost += lw_relay_lost(engine->relay);
}

static int flush(struct engine *engine)
{
	const struct lw_sink *sink = &engine->job->sink;

	tell_loss(engine);
	return from_sink(engine, sink->flush(sink->context));
}

/* Also once a second while records come: another mount of /proc has files of its own. */
static void tell_armed(struct engine *engine)
{
	const char *text;
	bool lost;

	while ((text = lw_armed_news(engine->armed, &lost))) {
		engine->loss.missed += lost;
		lw_warn("%s: %s", engine->job->name, text);
	}
	engine->looked = lw_clock_msec();
}

/* ---- start, run, stop ---- */

static int start(struct engine *engine)
{
	const struct lw_job *job = engine->job;
	const char *step = "attach to it";
	int err = lw_control_open(job->module, &engine->control);

	if (!err) {
		step = "tell it the kernel's addresses";
		err = lw_control_hello(&engine->control, job->lookup);
	}
	if (!err) {
		step = "get its first answer";
		err = wait_for(engine, &engine->transport);
	}
	if (!err) {
		step = "open its output";
		err = lw_relay_open(&engine->control, &job->sink, &engine->relay);
	}
	if (!err) {
		step = "start its probes";
		err = lw_control_start(&engine->control);
	}
	if (!err)
		err = wait_for(engine, &engine->started);
	if (!err)
		err = engine->start_result;
	if (err)
		lw_error("%s: module %s was inserted, but lwload cannot %s: %s", job->name,
			 job->module, step, strerror(-err));
	return err;
}

static int make_fds(struct engine *engine)
{
	int i, n = lw_relay_streams(engine->relay);

	engine->fds = calloc(n + FIXED_FDS, sizeof(*engine->fds));
	if (!engine->fds)
		return -ENOMEM;
	engine->fds[0] = (struct pollfd){ .fd = engine->control.cmd, .events = POLLIN };
	/* No event: poll(2) reports by itself that the reader of a pipe is gone. */
	engine->fds[1] = (struct pollfd){ .fd = engine->job->out };
	engine->fds[2] = (struct pollfd){ .fd = lw_armed_fd(engine->armed), .events = POLLIN };
	engine->fds[3] = (struct pollfd){ .fd = engine->job->until, .events = POLLIN };
	for (i = 0; i < n; i++)
		engine->fds[i + FIXED_FDS] =
			(struct pollfd){ .fd = lw_relay_fd(engine->relay, i), .events = POLLIN };
	return 0;
}

/* Milliseconds to wait: @most, -1 for no limit, but not beyond the deadline. */
static int timeout(const struct engine *engine, int most)
{
	long long left;

	if (!engine->deadline)
		return most;
	left = engine->deadline - lw_clock_msec();
	if (left < 0)
		return 0;
	if (most >= 0 && left > most)
		return most;
	/* An int holds 24 days. */
	return left > 60000 ? 60000 : left;
}

/*
 * The first record of a quiet time is shown at once. While they keep coming, to
 * be woken for each jiffy's few would cost more than they do: wait and take what
 * has come together.
 */
static int wait_for_output(struct engine *engine)
{
	int err, n = lw_relay_streams(engine->relay);
	int most = -1;

	if (engine->busy) {
		err = lw_signals_poll(engine->fds, FIXED_FDS, timeout(engine, BATCH_MSEC));
		if (err < 0)
			return err;
		most = 0;
	} else if (lw_relay_waiting(engine->relay)) {
		most = LATE_MSEC;
	}
	return lw_signals_poll(engine->fds, n + FIXED_FDS, timeout(engine, most));
}

static void mark_streams(struct engine *engine, bool any)
{
	int i, n = lw_relay_streams(engine->relay);

	engine->busy = false;
	for (i = 0; any && i < n; i++) {
		if (engine->fds[i + FIXED_FDS].revents) {
			lw_relay_mark(engine->relay, i);
			engine->busy = true;
		}
	}
}

/* One round of the main loop. Returns 0, 1 to stop, or -errno. */
static int step(struct engine *engine)
{
	int err = wait_for_output(engine);

	if (err < 0)
		return err;
	if (lw_signals_stop() || (engine->deadline && lw_clock_msec() >= engine->deadline))
		return 1;
	if (err > 0 && engine->fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
		return from_sink(engine, -EPIPE);
	if (err > 0 && engine->fds[3].revents)
		return 1;
	if (err > 0 && engine->fds[0].revents) {
		int stop = read_messages(engine);

		if (stop)
			return stop;
	}
	if ((err > 0 && engine->fds[2].revents) || lw_clock_msec() - engine->looked >= 1000)
		tell_armed(engine);
	mark_streams(engine, err > 0);
	err = read_output(engine, false);
	if (err)
		return err;
	if (lw_relay_full(engine->relay))
		engine->busy = false;
	return flush(engine);
}

/* Reads what has come in a moment, so that the module can write on. Returns 0 or -errno. */
static int read_meanwhile(struct engine *engine)
{
	int i, err;

	usleep(PAUSE_USEC);
	for (i = 0; i < lw_relay_streams(engine->relay); i++)
		lw_relay_mark(engine->relay, i);
	err = read_output(engine, false);
	return err ? err : flush(engine);
}

/*
 * The module runs its end probes and answers before this write returns. A last report that is more than the
 * buffers hold waits for its reader, so another process writes. It is not killed with this one: a module that is
 * told to end does. Returns 0 or -errno, and *err, if that was 0, is that of the output.
 */
static int ask_to_end(struct engine *engine, int *err)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return lw_control_exit(&engine->control);
	if (pid == 0)
		_exit(-lw_control_exit(&engine->control));
	while (waitpid(pid, &status, *err < 0 ? 0 : WNOHANG) == 0)
		*err = read_meanwhile(engine) ?: *err;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* All output is in the buffers then, or has been read: nothing to wait for. */
static int stop(struct engine *engine, int *err)
{
	int stop_err = ask_to_end(engine, err);

	if (!stop_err)
		stop_err = wait_for(engine, &engine->finished);
	return stop_err;
}

static int drain(struct engine *engine)
{
	int err = read_output(engine, true);

	return err < 0 ? err : flush(engine);
}

static void tell_blind(struct engine *engine)
{
	const struct lw_sink *sink = &engine->job->sink;

	if (!lw_relay_came(engine->relay))
		return;
	engine->loss.missed++;
	sink->message(sink->context, 0,
		      "a processor came online after the tool began, and what happened "
		      "there was not seen; run it again");
}

static int run_started(struct engine *engine)
{
	const struct lw_job *job = engine->job;
	int stop_err, err = make_fds(engine);

	tell_armed(engine);
	tell_loss(engine);
	if (job->duration > 0) {
		engine->deadline = lw_clock_msec() + (long long)(job->duration * 1000);
		lw_signals_expire(job->duration);
	}
	if (!err)
		err = from_sink(engine, job->sink.started(job->sink.context));
	if (!err && engine->exit_asked)
		err = 1;
	while (!err)
		err = step(engine);
	tell_armed(engine);
	stop_err = stop(engine, &err);
	tell_blind(engine);
	if (stop_err)
		lw_error("%s: module %s does not end: %s", job->name, job->module,
			 strerror(-stop_err));
	else if (err > 0)
		err = drain(engine);
	lw_signals_expire(0);
	if (err < 0 && !engine->printed)
		lw_error("%s: the output of module %s cannot be read: %s", job->name, job->module,
			 strerror(-err));
	/* That the reader is gone excuses nothing else. */
	return err < 0 && (err != -EPIPE || !stop_err) ? err : stop_err;
}

int lw_engine_run(const struct lw_job *job, struct lw_loss *loss)
{
	struct engine engine = { .job = job, .control = { -1, -1 }, .known = loss };
	int err = insert(job);

	tell_loss(&engine);
	if (err)
		return err;
	job->sink.inserted(job->sink.context);
	if (job->armed)
		engine.armed = lw_armed_watch(job->armed, job->root);
	err = start(&engine);
	if (!err)
		err = run_started(&engine);
	tell_loss(&engine);
	lw_armed_free(engine.armed);
	lw_relay_close(engine.relay);
	lw_control_close(&engine.control);
	free(engine.fds);
	if (remove_module(job) && (!err || err == -EPIPE))
		err = -EBUSY;
	return engine.failed && (!err || err == -EPIPE) ? -EIO : err;
}
