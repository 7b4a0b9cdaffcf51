// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recorder/flight.h"
#include "recorder/rendezvous.h"
#include "recorder/ring.h"
#include "util/file.h"
#include "util/log.h"
#include "util/number.h"
#include "util/place.h"
#include "util/signals.h"

/* So many readers get records at once. They may stand still; others always find a slot. */
#define MAX_READERS 8
#define SLOTS 12
/* How long who has come has to ask for something. */
#define REQUEST_SECONDS 3
/* How long who asked has to take the farewell, when the recorder ends. */
#define GOODBYE_SECONDS 2

struct reader {
	int fd;
	long long since; /* it is here: lw_clock_msec() */
	char request;    /* 0: not yet */
	bool busy;       /* it asked for records, and too many others have */
	bool leaving;    /* has shut its side down */
	bool goodbye;    /* what is pending is the farewell */
	struct lw_cursor cursor, end;
	size_t at, len; /* of what is pending, which comes before anything else */
	char pending[LW_FLIGHT_LINE];
};

struct recorder {
	const struct lw_flight *flight;
	struct lw_ring *ring;
	int records, messages, ready; /* pipes from the run; -1: at their end */
	int report;                   /* pipe to the process that started it; -1: told */
	int listener;
	pid_t run;
	char number;            /* of the run, when its probes are in place; 0: not yet */
	char name[LW_RUN_NAME]; /* of the run */
	bool ended;             /* the run has */
	bool stop;              /* and the recorder shall */
	int code;               /* of the run */
	size_t heading_len, line_len, said_len;
	char heading[4096];
	char line[LW_FLIGHT_LINE]; /* the start of a line whose end has not come yet */
	char said[8 << 10];        /* the last that the run said on stderr */
	struct reader *readers[SLOTS];
};

/* ---- the run ---- */

static void say(struct recorder *r, const char *text, size_t len)
{
	if (len > sizeof(r->said)) {
		text += len - sizeof(r->said);
		len = sizeof(r->said);
	}
	if (r->said_len + len > sizeof(r->said)) {
		size_t less = r->said_len + len - sizeof(r->said);

		memmove(r->said, r->said + less, r->said_len - less);
		r->said_len -= less;
	}
	memcpy(r->said + r->said_len, text, len);
	r->said_len += len;
}

/* Moves whole lines from the buffer to what is kept. */
static void keep_lines(struct recorder *r)
{
	char *end = memrchr(r->line, '\n', r->line_len);
	size_t n;

	if (!end && r->line_len == sizeof(r->line)) {
		end = r->line + sizeof(r->line) - 1;
		*end = '\n';
	}
	if (!end)
		return;
	n = end + 1 - r->line;
	lw_ring_put(r->ring, r->line, n);
	memmove(r->line, end + 1, r->line_len - n);
	r->line_len -= n;
}

/* Returns what read(2) does, with the pipe closed at its end. */
static ssize_t read_pipe(int *fd, char *buf, size_t size)
{
	ssize_t n = read(*fd, buf, size);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return n;
	close(*fd);
	*fd = -1;
	return 0;
}

static void read_records(struct recorder *r)
{
	ssize_t n = read_pipe(&r->records, r->line + r->line_len, sizeof(r->line) - r->line_len);

	if (n <= 0)
		return;
	r->line_len += n;
	/* Until then it is a heading, or the text of --help. */
	if (r->ready < 0)
		keep_lines(r);
}

static void read_messages(struct recorder *r)
{
	char buf[4096];
	ssize_t n = read_pipe(&r->messages, buf, sizeof(buf));

	if (n > 0)
		say(r, buf, n);
}

/* The run ends, and the recorder when it has. */
static void stop(struct recorder *r)
{
	/* Never 0 or -1, which would be others. */
	if (!r->stop && !r->ended && r->run > 0)
		kill(r->run, SIGTERM);
	r->stop = true;
}

static void reap(struct recorder *r)
{
	char text[64];
	int status;

	while (waitpid(r->run, &status, 0) < 0 && errno == EINTR)
		;
	r->ended = true;
	r->code = WIFEXITED(status) ? WEXITSTATUS(status) : LW_FAILED;
	if (WIFSIGNALED(status))
		say(r, text,
		    snprintf(text, sizeof(text), "lwload: %s: the run was killed by signal %d\n",
			     r->name, WTERMSIG(status)));
}

/* ---- readers ---- */

static void drop(struct recorder *r, int i)
{
	close(r->readers[i]->fd);
	free(r->readers[i]);
	r->readers[i] = NULL;
}

static bool gets_records(const struct reader *reader)
{
	return reader->request == LW_REQUEST_DUMP || reader->request == LW_REQUEST_ATTACH;
}

static int count_readers(const struct recorder *r)
{
	int i, n = 0;

	for (i = 0; i < SLOTS; i++)
		n += r->readers[i] && gets_records(r->readers[i]);
	return n;
}

/* Where who comes can be: of those that get no records, the first to have come makes room. */
static int find_slot(struct recorder *r)
{
	int i, first = 0;

	for (i = 0; i < SLOTS && r->readers[i]; i++)
		if (!gets_records(r->readers[i]) &&
		    (gets_records(r->readers[first]) ||
		     r->readers[i]->since < r->readers[first]->since))
			first = i;
	if (i < SLOTS)
		return i;
	drop(r, first);
	return first;
}

static void admit(struct recorder *r)
{
	int fd = lw_rendezvous_accept(r->listener);
	struct reader *reader;

	if (fd < 0)
		return;
	reader = calloc(1, sizeof(*reader));
	if (!reader) {
		close(fd);
		return;
	}
	reader->fd = fd;
	reader->since = lw_clock_msec();
	r->readers[find_slot(r)] = reader;
}

/* Drops who asks for nothing. Returns milliseconds until the next one's time is up, -1: none. */
static int drop_silent(struct recorder *r)
{
	long long oldest = lw_clock_msec() - REQUEST_SECONDS * 1000;
	int i, next = -1;

	for (i = 0; i < SLOTS; i++) {
		const struct reader *reader = r->readers[i];

		if (!reader || reader->request)
			continue;
		if (reader->since <= oldest)
			drop(r, i);
		else if (next < 0 || reader->since - oldest < next)
			next = reader->since - oldest;
	}
	return next;
}

static void take_request(struct recorder *r, struct reader *reader, char request)
{
	reader->request = request;
	/* Itself is one. */
	reader->busy = gets_records(reader) && count_readers(r) > MAX_READERS;
	if (reader->busy)
		reader->request = LW_REQUEST_STATUS;
	reader->cursor = reader->end = lw_ring_newest(r->ring);
	if (reader->request == LW_REQUEST_DUMP)
		reader->cursor = lw_ring_oldest(r->ring);
	if (gets_records(reader)) {
		memcpy(reader->pending, r->heading, r->heading_len);
		reader->len = r->heading_len;
	}
	if (reader->request == LW_REQUEST_STOP)
		stop(r);
}

/* A reader sends a request, and the end of its side. Returns false if it is gone. */
static bool listen_to(struct recorder *r, struct reader *reader)
{
	char byte;
	ssize_t n = recv(reader->fd, &byte, 1, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0 && (!reader->request || reader->request == LW_REQUEST_STOP))
		return false;
	if (n > 0 && !reader->request)
		take_request(r, reader, byte);
	if (n == 0 && !reader->leaving) {
		reader->leaving = true;
		/* A reader of the kept records does not wait for the rest. */
		reader->end = reader->request == LW_REQUEST_ATTACH ? lw_ring_newest(r->ring)
								   : reader->cursor;
	}
	return true;
}

static void put_goodbye(struct recorder *r, struct reader *reader)
{
	struct lw_farewell farewell = {
		.ended = r->ended,
		.busy = reader->busy,
		.code = r->code,
		.pid = r->run,
		.kept = lw_ring_kept(r->ring),
		.keep = r->flight->keep,
		.dropped = reader->cursor.dropped,
	};

	memcpy(farewell.messages, r->said, r->said_len);
	reader->at = 0;
	reader->len = lw_rendezvous_write(reader->pending, &farewell);
	reader->goodbye = true;
}

/* Up to where it gets what is kept. */
static uint64_t end_of(const struct recorder *r, const struct reader *reader)
{
	if (reader->request == LW_REQUEST_ATTACH && !reader->leaving)
		return lw_ring_newest(r->ring).at;
	return reader->end.at;
}

/* The next bytes for it, 0 if there are none now. */
static size_t next_piece(const struct recorder *r, struct reader *reader, const char **text)
{
	uint64_t end = end_of(r, reader);
	size_t n;

	*text = reader->pending + reader->at;
	if (reader->at < reader->len || reader->goodbye)
		return reader->len - reader->at;
	if (reader->cursor.at >= end)
		return 0;
	n = lw_ring_next(r->ring, &reader->cursor, text);
	if (reader->cursor.at >= end) {
		/* Lines that came after its end are no loss to it. */
		if (reader->request == LW_REQUEST_DUMP || reader->leaving)
			reader->cursor.dropped -= reader->cursor.lines - reader->end.lines;
		return 0;
	}
	return n < end - reader->cursor.at ? n : end - reader->cursor.at;
}

/* The rest of a line that was begun is copied: it may have to make room before it is sent. */
static void pass(const struct recorder *r, struct reader *reader, size_t n)
{
	if (reader->at < reader->len) {
		reader->at += n;
		return;
	}
	lw_ring_pass(r->ring, &reader->cursor, n);
	reader->at = 0;
	reader->len = lw_ring_rest(r->ring, &reader->cursor, reader->pending);
}

/* Has it all that it asked for, when there is nothing to send? */
static bool is_served(const struct recorder *r, const struct reader *reader)
{
	if (!reader->request)
		return false;
	/* When the next recorder can have the place, too. */
	if (reader->request == LW_REQUEST_STOP)
		return r->ended && r->listener < 0;
	return reader->request != LW_REQUEST_ATTACH || reader->leaving || r->ended;
}

/* Sends what it takes now. Returns false if it has all, or is gone. */
static bool serve(struct recorder *r, struct reader *reader)
{
	const char *text;

	for (;;) {
		size_t len = next_piece(r, reader, &text);
		ssize_t n;

		if (!len && reader->goodbye)
			return false;
		if (!len && !is_served(r, reader))
			return true;
		if (!len) {
			put_goodbye(r, reader);
			continue;
		}
		n = send(reader->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		pass(r, reader, n);
	}
}

static bool has_more(const struct recorder *r, const struct reader *reader)
{
	return reader->at < reader->len || reader->cursor.at < end_of(r, reader);
}

static bool has_readers(const struct recorder *r)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (r->readers[i])
			return true;
	return false;
}

/* ---- the beginning ---- */

/* The message to the one who started it */
struct told {
	char code;
	char number; /* of the run; 0: it has not begun */
};

/* Tells the one who started it, once. Returns false if he has gone away. */
static bool report(struct recorder *r, int code)
{
	const struct told message = { code, r->number };
	bool told = write(r->report, &message, sizeof(message)) == sizeof(message);

	close(r->report);
	r->report = -1;
	return told;
}

/* From now on nothing of who started it is in use. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

/*
 * Ends the recorder of a previous run that has ended. One that stands still ends when it goes on.
 * One that cannot be told, since its queue is full, would remain for ever without a name for its
 * socket: then this prints a message and returns false.
 */
static bool replace_old(const struct recorder *r)
{
	int fd = lw_rendezvous_ask(r->flight->root, r->name, LW_REQUEST_STOP);
	struct lw_farewell farewell;
	pid_t pid;
	int err;

	if (fd == -EAGAIN)
		lw_error(LW_RENDEZVOUS_AGAIN, r->name);
	if (fd < 0)
		return fd != -EAGAIN;
	pid = lw_rendezvous_pid(fd);
	err = lw_rendezvous_answer(fd, GOODBYE_SECONDS, &farewell);
	if (!err)
		lw_note("%s: the previous run's records, %zu bytes, are gone", r->name,
			farewell.kept);
	else if (err == -ETIMEDOUT && !pid)
		lw_warn(LW_RENDEZVOUS_AGAIN, r->name);
	else if (err == -ETIMEDOUT)
		lw_warn("%s: the previous run's recorder (pid %d) is stopped; kill -KILL %d ends it",
			r->name, pid, pid);
	return true;
}

/* Returns a descriptor, or -1, printed. */
static int listen_for_readers(const struct recorder *r)
{
	int fd;

	if (!replace_old(r))
		return -1;
	fd = lw_rendezvous_listen(r->flight->root, r->name);
	if (fd >= 0)
		return fd;
	lw_error("%s: cannot make %s" LW_PLACE "/%s.sock: %s", r->name, r->flight->root, r->name,
		 strerror(-fd));
	return -1;
}

static void take_heading(struct recorder *r)
{
	char *end = memchr(r->line, '\n', r->line_len);
	size_t n = end ? end + 1 - r->line : 0;

	if (!n || n > sizeof(r->heading))
		return;
	memcpy(r->heading, r->line, n);
	r->heading_len = n;
	memmove(r->line, r->line + n, r->line_len - n);
	r->line_len -= n;
}

static void open_for_readers(struct recorder *r)
{
	r->listener = listen_for_readers(r);
	if (r->listener < 0) {
		report(r, LW_FAILED);
		stop(r);
	} else if (!report(r, LW_OK)) {
		stop(r);
	}
	detach();
}

/* The probes are in place, or they never will. */
static void read_ready(struct recorder *r)
{
	struct lw_ready ready;
	ssize_t n = read_pipe(&r->ready, (char *)&ready, sizeof(ready));

	if (n < (ssize_t)sizeof(ready))
		return;
	close(r->ready);
	/* A heading was written before. */
	read_records(r);
	r->ready = -1;
	if (ready.form == LW_READY_HEADING)
		take_heading(r);
	if (ready.form == LW_READY_BLOCKS)
		lw_ring_blocks(r->ring);
	keep_lines(r);
	r->number = ready.number;
	lw_runs_name(r->name, r->flight->tool, r->number);
	open_for_readers(r);
}

/* ---- the recorder ---- */

enum { RECORDS, MESSAGES, READY, LISTENER, READERS, NFDS = READERS + SLOTS };

static void set_fds(const struct recorder *r, struct pollfd *fds)
{
	int i;

	fds[RECORDS] = (struct pollfd){ .fd = r->records, .events = POLLIN };
	fds[MESSAGES] = (struct pollfd){ .fd = r->messages, .events = POLLIN };
	fds[READY] = (struct pollfd){ .fd = r->ready, .events = POLLIN };
	fds[LISTENER] = (struct pollfd){ .fd = r->listener, .events = POLLIN };
	for (i = 0; i < SLOTS; i++) {
		const struct reader *reader = r->readers[i];
		struct pollfd *p = &fds[READERS + i];

		*p = (struct pollfd){ .fd = reader ? reader->fd : -1 };
		if (reader && !reader->leaving)
			p->events |= POLLIN;
		if (reader && has_more(r, reader))
			p->events |= POLLOUT;
	}
}

static void read_run(struct recorder *r, const struct pollfd *fds)
{
	if (fds[RECORDS].revents)
		read_records(r);
	if (fds[MESSAGES].revents)
		read_messages(r);
	if (fds[READY].revents)
		read_ready(r);
	if (!r->ended && r->records < 0 && r->messages < 0 && r->ready < 0)
		reap(r);
	if (lw_signals_stop())
		stop(r);
}

static void serve_readers(struct recorder *r, const struct pollfd *fds)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		struct reader *reader = r->readers[i];

		if (!reader)
			continue;
		if ((fds[READERS + i].revents & ~POLLOUT && !listen_to(r, reader)) ||
		    !serve(r, reader))
			drop(r, i);
	}
	if (fds[LISTENER].revents)
		admit(r);
}

/* The socket is gone before anybody is told, so that the next recorder has the place. */
static void say_goodbye(struct recorder *r)
{
	long long deadline = lw_clock_msec() + GOODBYE_SECONDS * 1000;
	struct pollfd fds[NFDS] = { 0 };

	if (r->listener >= 0)
		lw_rendezvous_remove(r->flight->root, r->name, r->listener);
	r->listener = -1;
	for (;;) {
		serve_readers(r, fds);
		if (!has_readers(r) || lw_clock_msec() > deadline)
			return;
		set_fds(r, fds);
		poll(fds, NFDS, 100);
	}
}

static void record(struct recorder *r)
{
	struct pollfd fds[NFDS];

	while (!r->ended || !r->stop) {
		int msec = drop_silent(r);

		set_fds(r, fds);
		lw_signals_poll(fds, NFDS, msec);
		read_run(r, fds);
		serve_readers(r, fds);
		/* It never began: what it printed is the answer, such as to --help. */
		if (r->ended && r->report >= 0) {
			(void)!write(STDOUT_FILENO, r->line, r->line_len);
			report(r, r->code);
			r->stop = true;
		}
	}
	say_goodbye(r);
}

/* ---- the processes ---- */

static void run(const struct lw_flight *flight, int out, int ready, int messages)
{
	struct lw_recorded recorded = { ready, messages };
	int code;

	dup2(out, STDOUT_FILENO);
	code = flight->run(flight->context, &recorded);
	fflush(stdout);
	_exit(code);
}

/* Returns 0 or -errno. */
static int spawn(struct recorder *r)
{
	int records[2], messages[2], ready[2];

	if (pipe2(records, O_CLOEXEC) < 0 || pipe2(messages, O_CLOEXEC) < 0 ||
	    pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	r->run = fork();
	if (r->run < 0)
		return -errno;
	if (r->run == 0) {
		/* Only the recorder has these: their other ends must notice when it closes them. */
		close(r->report);
		close(records[0]);
		run(r->flight, records[1], ready[1], messages[1]);
	}
	close(records[1]);
	close(messages[1]);
	close(ready[1]);
	r->records = records[0];
	r->messages = messages[0];
	r->ready = ready[0];
	fcntl(r->records, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Closes other descriptors, such as a pipe whose reader waits until all processes have ended. */
static void close_others(int but)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		unsigned long long fd;

		if (lw_parse_decimal(entry->d_name, STDERR_FILENO + 1, INT_MAX, &fd) &&
		    (int)fd != but && (int)fd != dirfd(dir))
			close(fd);
	}
	if (dir)
		closedir(dir);
}

/* The recorder's process, which does not return. */
static void be_recorder(const struct lw_flight *flight, int told)
{
	static struct recorder recorder;
	struct recorder *r = &recorder;
	int null, err;

	setsid();
	signal(SIGHUP, SIG_IGN);
	umask(077);
	close_others(told);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	close(null);
	r->flight = flight;
	snprintf(r->name, sizeof(r->name), "%s", flight->tool);
	r->report = told;
	r->listener = -1;
	r->ring = lw_ring_new(flight->keep);
	err = r->ring ? 0 : -ENOMEM;
	if (!err)
		err = chdir("/") < 0 ? -errno : spawn(r);
	if (err) {
		lw_error("%s: cannot begin to record: %s", flight->tool, strerror(-err));
		_exit(!report(r, LW_FAILED));
	}
	lw_signals_catch();
	record(r);
	_exit(LW_OK);
}

enum lw_exit lw_flight_start(const struct lw_flight *flight, char name[LW_RUN_NAME])
{
	struct told message;
	int told[2];
	ssize_t n;
	pid_t pid;

	fflush(NULL);
	if (pipe2(told, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		lw_error("%s: cannot begin to record: %s", flight->tool, strerror(errno));
		return LW_FAILED;
	}
	if (pid == 0)
		be_recorder(flight, told[1]);
	close(told[1]);
	while ((n = read(told[0], &message, sizeof(message))) < 0 && errno == EINTR)
		;
	close(told[0]);
	name[0] = '\0';
	if (n == sizeof(message) && message.number)
		lw_runs_name(name, flight->tool, message.number);
	if (n == sizeof(message))
		return message.code;
	lw_error("%s: its recorder was killed before it began", flight->tool);
	return LW_FAILED;
}
