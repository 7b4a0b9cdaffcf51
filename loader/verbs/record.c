// SPDX-License-Identifier: GPL-2.0-only
/* record.c - lwload start, attach and dump: runs in the background, and what they record */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "recorder/flight.h"
#include "recorder/rendezvous.h"
#include "text/output.h"
#include "util/file.h"
#include "util/log.h"
#include "util/number.h"
#include "util/signals.h"
#include "verbs/choose.h"
#include "verbs/lwload.h"

#define KEEP (4 << 20)
#define KEEP_LEAST LW_FLIGHT_LINE
#define KEEP_MOST (1ULL << 30)
#define ANSWER_SECONDS 2

static bool is_root(const char *verb, const char *tool)
{
	if (geteuid() == 0)
		return true;
	lw_error("%s: recorders are root's; try sudo lwload %s %s", verb, verb, tool);
	return false;
}

/* ---- start ---- */

struct start {
	const struct lw_host *host;
	int argc;
	char **argv; /* as those of lw_run() */
};

static enum lw_exit run_it(void *context, const struct lw_recorded *recorded)
{
	const struct start *start = context;

	return lw_run_recorded(start->host, start->argc, start->argv, recorded);
}

static bool parse_keep(const char *value, size_t *keep)
{
	unsigned long long bytes;
	const char *end = lw_parse_size(value, KEEP_LEAST, KEEP_MOST, &bytes);

	if (end && !*end) {
		*keep = bytes;
		return true;
	}
	lw_error("start: option --keep: \"%.64s\" is not a size of 64K to 1G, such as 4M", value);
	return false;
}

/* Takes --keep out of the arguments, wherever it is. Returns how many are left, 0 if it is wrong. */
static int take_keep(char **argv, size_t *keep)
{
	int i, n = 1;

	for (i = 1; argv[i]; i++) {
		const char *value = NULL;

		if (!strncmp(argv[i], "--keep=", 7))
			value = argv[i] + 7;
		else if (strcmp(argv[i], "--keep"))
			argv[n++] = argv[i];
		else
			value = argv[i + 1] ? argv[++i] : "";
		if (value && !parse_keep(value, keep))
			return 0;
	}
	argv[n] = NULL;
	return n;
}

static bool has_name(const char *verb, const char *tool)
{
	if (tool && *tool != '-')
		return true;
	lw_error("%s: want the name of a tool; \"lwload list\" shows the tools", verb);
	return false;
}

enum lw_exit lw_start(const struct lw_host *host, int argc, char **argv)
{
	struct lw_flight flight = { .root = host->root, .keep = KEEP, .run = run_it };
	struct lw_farewell farewell;
	struct start start = { host, 0, argv + 1 };
	char run[LW_RUN_NAME];
	const char *tool;
	enum lw_exit code;

	argc = take_keep(argv, &flight.keep);
	tool = flight.tool = argv[1];
	if (!argc || !has_name("start", tool) || !lw_find_name_ok(tool))
		return LW_USAGE;
	if (!is_root("start", tool))
		return LW_REFUSED;
	start.argc = argc - 1;
	flight.context = &start;
	code = lw_flight_start(&flight, run);
	/* There is no recorder after --help. */
	if (code == LW_OK && *run && lw_rendezvous_look(host->root, run, &farewell))
		printf("%s: recording (pid %d)\n", run, farewell.pid);
	return code;
}

/* ---- attach and dump ---- */

struct reader {
	struct lw_output *output;
	int fd;
	bool writing;       /* what failed was stdout */
	bool tail;          /* what comes is the farewell */
	long long deadline; /* of lw_clock_msec(), for that; 0: the recorder has not been told */
	size_t len;
	char text[LW_FAREWELL_SIZE]; /* that, as far as it is here */
};

/* Records up to a NUL, then the farewell. */
static int take(struct reader *reader, const char *buf, size_t len)
{
	const char *end = reader->tail ? buf - 1 : memchr(buf, '\0', len);
	size_t n = reader->tail ? 0 : end ? (size_t)(end - buf) : len;
	int err;

	reader->writing = true;
	err = lw_output_write(reader->output, buf, n);
	if (err)
		return err;
	reader->writing = false;
	if (!end)
		return 0;
	reader->tail = true;
	len -= end + 1 - buf;
	if (reader->len + len >= sizeof(reader->text))
		return -EPROTO;
	memcpy(reader->text + reader->len, end + 1, len);
	reader->len += len;
	return 0;
}

/* Milliseconds that the recorder has left to answer, -1: as long as it likes. */
static int patience(const struct reader *reader)
{
	long long left = reader->deadline - lw_clock_msec();

	if (!reader->deadline)
		return -1;
	return left > 0 ? left : 0;
}

/* Something has happened: the recorder sent something, a signal came, or stdout's reader went. */
static int take_part(struct reader *reader)
{
	/* No event: poll(2) reports by itself that the reader of a pipe is gone. */
	struct pollfd fds[] = { { .fd = reader->fd, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	char buf[64 << 10];
	ssize_t n;
	int err;

	if (lw_signals_stop() && !reader->deadline) {
		reader->deadline = lw_clock_msec() + ANSWER_SECONDS * 1000;
		shutdown(reader->fd, SHUT_WR);
	}
	err = lw_signals_poll(fds, 2, patience(reader));
	if (err < 0)
		return err;
	if (!err)
		return patience(reader) ? 0 : -ETIMEDOUT;
	reader->writing = fds[1].revents & (POLLERR | POLLHUP | POLLNVAL);
	if (reader->writing)
		return -EPIPE;
	n = read(reader->fd, buf, sizeof(buf));
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n ? take(reader, buf, n) : 1;
}

/* Returns false if what there is, is none. */
static bool say_farewell(struct reader *reader, const char *tool, struct lw_farewell *farewell)
{
	reader->text[reader->len] = '\0';
	if (!reader->tail || !lw_rendezvous_read(reader->text, farewell))
		return false;
	if (farewell->busy) {
		lw_error(
			"%s: its recorder has no room for another reader; end an lwload attach or dump",
			tool);
		return true;
	}
	if (farewell->ended) {
		lw_note("%s: the run has ended; lwload stop %s lets go of what is kept", tool,
			tool);
		(void)!write(STDERR_FILENO, farewell->messages, strlen(farewell->messages));
	}
	if (farewell->dropped)
		lw_warn("%s: %llu lines are not shown, as newer ones came faster than they were read",
			tool, farewell->dropped);
	return true;
}

static enum lw_exit end(struct reader *reader, const char *tool, int err)
{
	struct lw_farewell farewell;

	if (err == -EPIPE && reader->writing)
		return LW_OK;
	if (err == -EINTR && reader->writing) {
		lw_warn("%s: stdout did not take the last lines", tool);
		return LW_LOST;
	}
	/* It has been printed. */
	if (err < 0 && reader->writing)
		return LW_FAILED;
	if (say_farewell(reader, tool, &farewell)) {
		if (farewell.busy)
			return LW_FAILED;
		return farewell.dropped ? LW_LOST : LW_OK;
	}
	lw_error("%s: its recorder ended without a message, or is stuck; see lwload status", tool);
	return LW_FAILED;
}

static enum lw_exit read_all(const struct lw_host *host, const char *tool, enum lw_request request,
			     struct reader *reader)
{
	int err = 0;

	reader->fd = lw_rendezvous_ask(host->root, tool, request);
	if (reader->fd == -EAGAIN) {
		lw_error(LW_RENDEZVOUS_AGAIN, tool);
		return LW_FAILED;
	}
	if (reader->fd < 0) {
		lw_error("%s: nothing records it (%s); lwload start %s would", tool,
			 strerror(-reader->fd), tool);
		return LW_FAILED;
	}
	while (!err)
		err = take_part(reader);
	close(reader->fd);
	return end(reader, tool, err);
}

static enum lw_exit read_recorder(const struct lw_host *host, char **argv, enum lw_request request)
{
	static const struct lw_output_options to_stdout;
	struct reader reader = { 0 };
	const char *tool = argv[1];
	enum lw_exit code;
	struct lw_chosen chosen;
	const char *run;

	if (!has_name(argv[0], tool))
		return LW_USAGE;
	if (argv[2]) {
		lw_error("%s: takes no argument \"%.64s\"", argv[0], argv[2]);
		return LW_USAGE;
	}
	if (!is_root(argv[0], tool))
		return LW_REFUSED;
	code = lw_choose_one(host, argv[0], tool, true, &chosen);
	if (code != LW_OK)
		return code;
	run = chosen.n ? chosen.runs[0].name : tool;
	code = LW_FAILED;
	lw_signals_catch();
	if (!lw_output_open(run, &to_stdout, &reader.output))
		code = read_all(host, run, request, &reader);
	lw_output_close(reader.output);
	return code;
}

enum lw_exit lw_attach(const struct lw_host *host, int argc, char **argv)
{
	(void)argc;
	return read_recorder(host, argv, LW_REQUEST_ATTACH);
}

enum lw_exit lw_dump(const struct lw_host *host, int argc, char **argv)
{
	(void)argc;
	return read_recorder(host, argv, LW_REQUEST_DUMP);
}
