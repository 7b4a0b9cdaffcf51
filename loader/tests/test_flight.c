// SPDX-License-Identifier: GPL-2.0-only
/* test_flight.c - recorders: the records they keep and give, slow readers, each way to end */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/flight.h"
#include "recorder/rendezvous.h"
#include "util/signals.h"
#include "helper.h"

#define KEEP (64 << 10)

static char *root;
static size_t keep;

static int setup(void **state)
{
	(void)state;
	root = tree_new();
	keep = KEEP;
	tree_text(root, "run/x", "");
	return 0;
}

static int teardown(void **state)
{
	struct lw_farewell farewell;
	int fd;

	(void)state;
	/* A run may wait for these files. */
	tree_text(root, "go", "");
	tree_text(root, "more", "");
	fd = lw_rendezvous_ask(root, "x", LW_REQUEST_STOP);
	if (fd >= 0)
		lw_rendezvous_answer(fd, 5, &farewell);
	tree_free(root);
	return 0;
}

/* ---- runs of this test's own ---- */

static void begin(const struct lw_recorded *recorded, char form)
{
	struct lw_ready ready = { form, 1 };

	lw_signals_catch();
	if (write(recorded->ready, &ready, sizeof(ready)) != sizeof(ready))
		_exit(90);
	close(recorded->ready);
	dup2(recorded->messages, STDERR_FILENO);
}

static void put(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(91);
}

static void wait_for_signal(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	/* A run ends when nobody reads it, as the engine's do. */
	while (!lw_signals_stop() && lw_signals_poll(&out, 1, -1) <= 0)
		;
}

static enum lw_exit short_run(void *context, const struct lw_recorded *recorded)
{
	(void)context;
	put("HEAD\n");
	begin(recorded, LW_READY_HEADING);
	put("one\nhalf a ");
	put("line\n");
	wait_for_signal();
	put("last\n");
	fprintf(stderr, "lwload: x: 3 records were lost\n");
	return LW_LOST;
}

#define LINES 40000

/* Waits until the test has made this file. */
static void wait_for(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	while (access(path, F_OK))
		usleep(1000);
}

static void put_lines(void)
{
	char line[128];
	int i;

	for (i = 1; i <= LINES; i++) {
		snprintf(line, sizeof(line), "%d %*s\n", i, i % 90, "");
		put(line);
	}
}

/* Prints megabytes, far more than are kept. */
static enum lw_exit long_run(void *context, const struct lw_recorded *recorded)
{
	(void)context;
	begin(recorded, LW_READY_LINES);
	wait_for("go");
	put_lines();
	put("end\n");
	wait_for("more");
	put_lines();
	put("very end\n");
	wait_for_signal();
	return LW_OK;
}

static enum lw_exit block_run(void *context, const struct lw_recorded *recorded)
{
	int i;

	(void)context;
	begin(recorded, LW_READY_BLOCKS);
	for (i = 0; i < 20000; i++)
		put("report\n1\n2\n\n");
	put("end\n\n");
	wait_for_signal();
	return LW_OK;
}

static volatile sig_atomic_t told; /* how often this process was told to end */

static void on_told(int number)
{
	(void)number;
	told++;
}

/* Takes its time to end. */
static enum lw_exit slow_run(void *context, const struct lw_recorded *recorded)
{
	sigset_t none;

	(void)context;
	begin(recorded, LW_READY_LINES);
	signal(SIGTERM, on_told);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	put("one\n");
	wait_for("go");
	return told == 1 ? LW_OK : LW_FAILED;
}

static enum lw_exit refused_run(void *context, const struct lw_recorded *recorded)
{
	(void)context;
	(void)recorded;
	put("usage\n");
	fprintf(stderr, "lwload: x: refused\n");
	return LW_REFUSED;
}

/* ---- other processes ---- */

static enum lw_exit start(enum lw_exit (*run)(void *, const struct lw_recorded *))
{
	struct lw_flight flight = { root, "x", keep, run, NULL };

	char name[LW_RUN_NAME];

	return lw_flight_start(&flight, name);
}

static int start_short(void *arg)
{
	(void)arg;
	return start(short_run);
}

/*
 * Each signal goes through here. A process that was not found is -1, which kill(2) takes for
 * all processes of the host, and any other number could be a stranger's by now.
 */
static void signal_to(pid_t pid, int number)
{
	struct stat own, its;
	char path[64];

	assert_true(pid > 1 && pid != getpid());
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	/* Files are compared, since valgrind's own process has another name. */
	assert_int_equal(stat("/proc/self/exe", &own), 0);
	assert_int_equal(stat(path, &its), 0);
	assert_true(own.st_dev == its.st_dev && own.st_ino == its.st_ino);
	assert_int_equal(kill(pid, number), 0);
}

/* Returns the recorder of this run, which leads the run's session. */
static pid_t recorder_of(pid_t run)
{
	pid_t pid = getsid(run);

	assert_true(pid > 1 && pid != run && pid != getsid(0));
	return pid;
}

/* A process that nobody has waited for is gone as well: it has no program. */
static bool is_gone(pid_t pid)
{
	char path[64], program[256];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, program, sizeof(program)) < 0;
}

static void look(struct lw_farewell *farewell)
{
	assert_true(lw_rendezvous_look(root, "x", farewell));
}

/* Reads all that a recorder sends. Returns the records and the number of their lines. */
static char *read_records(int fd, int *lines, struct lw_farewell *farewell)
{
	size_t size = 8 << 20, len = 0;
	char *text = malloc(size), *end;
	ssize_t n;

	while ((n = read(fd, text + len, size - len)) > 0)
		len += n;
	close(fd);
	end = memchr(text, '\0', len);
	assert_non_null(end);
	text[len] = '\0';
	assert_true(lw_rendezvous_read(end + 1, farewell));
	*lines = 0;
	for (end = text; *end; end++)
		*lines += *end == '\n';
	/* The last line is whole. */
	assert_true(end == text || end[-1] == '\n');
	return text;
}

static char *dump(int *lines, struct lw_farewell *farewell)
{
	int fd = lw_rendezvous_ask(root, "x", LW_REQUEST_DUMP);

	assert_true(fd >= 0);
	return read_records(fd, lines, farewell);
}

/* Waits until this is the last line that is kept. */
static void comes_to(const char *last)
{
	struct lw_farewell farewell;
	size_t n, want = strlen(last);
	bool there = false;
	int i, lines;

	for (i = 0; i < PATIENCE && !there; i++) {
		char *text = dump(&lines, &farewell);

		n = strlen(text);
		there = n >= want && !strcmp(text + n - want, last);
		free(text);
		if (!there)
			usleep(20000);
	}
	assert_true(there);
}

static void stop(struct lw_farewell *farewell)
{
	int fd = lw_rendezvous_ask(root, "x", LW_REQUEST_STOP);

	assert_true(fd >= 0);
	assert_int_equal(lw_rendezvous_answer(fd, 5, farewell), 0);
	assert_true(farewell->ended);
	assert_int_equal(lw_rendezvous_ask(root, "x", LW_REQUEST_STATUS), -ENOENT);
}

/* ---- tests ---- */

static void a_recording(void **state)
{
	struct lw_farewell farewell;
	char *text;
	int lines;

	(void)state;
	assert_int_equal(start(short_run), LW_OK);
	comes_to("half a line\n");
	look(&farewell);
	assert_false(farewell.ended);
	assert_int_equal(farewell.kept, strlen("one\nhalf a line\n"));
	assert_int_equal(farewell.keep, KEEP);
	assert_false(is_gone(farewell.pid));
	text = dump(&lines, &farewell);
	assert_string_equal(text, "HEAD\none\nhalf a line\n");
	assert_int_equal(farewell.dropped, 0);
	free(text);
	/* A dump takes nothing away. */
	text = dump(&lines, &farewell);
	assert_string_equal(text, "HEAD\none\nhalf a line\n");
	free(text);
	stop(&farewell);
	assert_int_equal(farewell.code, LW_LOST);
	assert_string_equal(farewell.messages, "lwload: x: 3 records were lost\n");
}

static int start_refused(void *arg)
{
	(void)arg;
	return start(refused_run);
}

static void a_run_that_does_not_begin(void **state)
{
	struct outcome outcome;

	(void)state;
	in_child(start_refused, NULL, &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	assert_string_equal(outcome.err, "lwload: x: refused\n");
	assert_string_equal(outcome.out, "usage\n");
	outcome_free(&outcome);
	assert_int_equal(lw_rendezvous_ask(root, "x", LW_REQUEST_STATUS), -ENOENT);
}

static void no_more_is_kept(void **state)
{
	struct lw_farewell farewell;
	char *text;
	int lines, first;

	(void)state;
	assert_int_equal(start(long_run), LW_OK);
	tree_text(root, "go", "");
	comes_to("\nend\n");
	text = dump(&lines, &farewell);
	assert_in_range(strlen(text), KEEP - 100, KEEP);
	assert_int_equal(farewell.kept, strlen(text));
	/* The lines have no gap up to the end, and none is made up. */
	assert_int_equal(sscanf(text, "%d ", &first), 1);
	assert_int_equal(first + lines - 2, LINES);
	free(text);
	tree_text(root, "more", "");
	stop(&farewell);
	assert_int_equal(farewell.code, LW_OK);
}

static void reports_are_kept_whole(void **state)
{
	struct lw_farewell farewell;
	char *text;
	int lines;

	(void)state;
	assert_int_equal(start(block_run), LW_OK);
	comes_to("end\n\n");
	text = dump(&lines, &farewell);
	assert_memory_equal(text, "report\n1\n2\n\nreport\n", 19);
	free(text);
}

/* A reader who attaches and does not read holds up nobody, and is told what he missed. */
static void a_reader_that_stands_still(void **state)
{
	struct lw_farewell farewell;
	char *text;
	int fd, lines;

	(void)state;
	assert_int_equal(start(long_run), LW_OK);
	fd = lw_rendezvous_ask(root, "x", LW_REQUEST_ATTACH);
	/* The recorder answers in order: it has heard the other request. */
	look(&farewell);
	tree_text(root, "go", "");
	comes_to("\nend\n");
	shutdown(fd, SHUT_WR);
	text = read_records(fd, &lines, &farewell);
	assert_false(farewell.ended);
	assert_true(farewell.dropped > LINES / 2);
	assert_int_equal(lines + farewell.dropped, LINES + 1);
	assert_string_equal(text + strlen(text) - 4, "end\n");
	free(text);
}

/* Asks for @wanted lines, more than a socket takes. Returns the descriptor that they come from. */
static int ask_for_much(int *wanted)
{
	struct lw_farewell farewell;

	keep = 1 << 20;
	assert_int_equal(start(long_run), LW_OK);
	tree_text(root, "go", "");
	comes_to("\nend\n");
	free(dump(wanted, &farewell));
	return lw_rendezvous_ask(root, "x", LW_REQUEST_DUMP);
}

/* A dump has the records up to the request; later ones do not count as missed. */
static void a_dump_that_stands_still(void **state)
{
	struct lw_farewell farewell;
	int fd, lines, wanted;
	char *text;

	(void)state;
	fd = ask_for_much(&wanted);
	look(&farewell);
	tree_text(root, "more", "");
	comes_to("very end\n");
	text = read_records(fd, &lines, &farewell);
	assert_true(lines < wanted);
	assert_int_equal(lines + farewell.dropped, wanted);
	free(text);
}

/* A reader may leave before the rest of a dump, which does not count as missed. */
static void a_dump_that_is_interrupted(void **state)
{
	struct lw_farewell farewell;
	int fd, lines, wanted;
	char *text;

	(void)state;
	fd = ask_for_much(&wanted);
	shutdown(fd, SHUT_WR);
	look(&farewell);
	text = read_records(fd, &lines, &farewell);
	assert_in_range(lines, 1, wanted - 1);
	assert_int_equal(farewell.dropped, 0);
	free(text);
}

/* ---- many readers ---- */

static void come(int *fds, int n, enum lw_request request)
{
	int i;

	for (i = 0; i < n; i++) {
		fds[i] = lw_rendezvous_ask(root, "x", request);
		assert_true(fds[i] >= 0);
	}
}

static void go(const int *fds, int n)
{
	while (n--)
		close(fds[n]);
}

/* The number of readers that a recorder sends records to at a time */
#define READERS 8

/* The readers take nothing. One more is told so; requests without records are answered. */
static void all_readers_stand_still(void **state)
{
	struct lw_farewell farewell;
	int fds[READERS], lines;
	char *text;

	(void)state;
	assert_int_equal(start(short_run), LW_OK);
	comes_to("line\n");
	come(fds, READERS, LW_REQUEST_ATTACH);
	text = dump(&lines, &farewell);
	assert_string_equal(text, "");
	assert_true(farewell.busy);
	free(text);
	look(&farewell);
	assert_false(farewell.busy);
	close(fds[3]);
	/* The recorder answers in order: it has seen that the reader left. */
	look(&farewell);
	text = dump(&lines, &farewell);
	assert_string_equal(text, "HEAD\none\nhalf a line\n");
	assert_false(farewell.busy);
	free(text);
	fds[3] = lw_rendezvous_ask(root, "x", LW_REQUEST_DUMP);
	stop(&farewell);
	go(fds, READERS);
}

/* Connects, and sends no request. */
static int come_silently(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/lwtools/x.sock", root);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -errno;
}

static bool is_closed(int fd, int msec)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&p, 1, msec) == 1 && read(fd, &byte, 1) <= 0;
}

/* Connections without a request make room for newer ones, and for requests. */
static void many_say_nothing(void **state)
{
	struct lw_farewell farewell;
	int fds[READERS], silent[20], i;

	(void)state;
	assert_int_equal(start(short_run), LW_OK);
	come(fds, READERS, LW_REQUEST_ATTACH);
	for (i = 0; i < 20; i++) {
		look(&farewell);
		/* The recorder's times are in milliseconds. */
		usleep(2000);
		silent[i] = come_silently();
		assert_true(silent[i] >= 0);
	}
	look(&farewell);
	assert_true(is_closed(silent[0], 0));
	assert_false(is_closed(silent[19], 0));
	/* A connection without a request is closed after three seconds. */
	assert_true(is_closed(silent[19], PATIENCE * 10));
	assert_false(is_closed(fds[0], 0));
	go(silent, 20);
	stop(&farewell);
	go(fds, READERS);
}

/* ---- ends ---- */

static void attached_until_the_run_ends(void **state)
{
	struct lw_farewell farewell;
	char *text;
	int fd, lines;

	(void)state;
	assert_int_equal(start(short_run), LW_OK);
	comes_to("line\n");
	fd = lw_rendezvous_ask(root, "x", LW_REQUEST_ATTACH);
	usleep(100000);
	look(&farewell);
	signal_to(farewell.pid, SIGTERM);
	text = read_records(fd, &lines, &farewell);
	assert_string_equal(text, "HEAD\nlast\n");
	assert_true(farewell.ended);
	free(text);
	/* The records are still kept. */
	text = dump(&lines, &farewell);
	assert_string_equal(text, "HEAD\none\nhalf a line\nlast\n");
	assert_true(farewell.ended);
	assert_int_equal(farewell.code, LW_LOST);
	free(text);
}

/* A terminal that is closed sends SIGHUP. */
static void hangup(void **state)
{
	struct lw_farewell farewell;
	pid_t pid, recorder;

	(void)state;
	assert_int_equal(start(short_run), LW_OK);
	comes_to("line\n");
	look(&farewell);
	pid = farewell.pid;
	recorder = recorder_of(pid);
	signal_to(pid, SIGHUP);
	signal_to(recorder, SIGHUP);
	usleep(100000);
	look(&farewell);
	assert_false(farewell.ended);
}

static void a_run_that_is_killed(void **state)
{
	struct lw_farewell farewell;
	struct capture err;
	char *text;
	int i, lines;

	(void)state;
	assert_int_equal(start(short_run), LW_OK);
	comes_to("line\n");
	look(&farewell);
	signal_to(farewell.pid, SIGKILL);
	for (i = 0; i < PATIENCE && !farewell.ended; i++) {
		usleep(10000);
		look(&farewell);
	}
	assert_int_equal(farewell.code, LW_FAILED);
	assert_string_equal(farewell.messages, "lwload: x: the run was killed by signal 9\n");
	text = dump(&lines, &farewell);
	assert_string_equal(text, "HEAD\none\nhalf a line\n");
	free(text);
	/* The next recorder takes its place. */
	capture_begin(&err, 2);
	assert_int_equal(start(short_run), LW_OK);
	text = capture_end(&err, NULL);
	assert_true(text_says(text, "lwload: x: *previous*records*16 bytes"));
	free(text);
	look(&farewell);
	assert_false(farewell.ended);
}

/* Makes a recorder whose run has ended, and stops it (SIGSTOP). Returns its process. */
static pid_t a_stopped_recorder(void)
{
	struct lw_farewell farewell;
	pid_t pid;
	int i;

	assert_int_equal(start(short_run), LW_OK);
	look(&farewell);
	pid = recorder_of(farewell.pid);
	signal_to(farewell.pid, SIGTERM);
	for (i = 0; i < PATIENCE && !farewell.ended; i++) {
		usleep(10000);
		look(&farewell);
	}
	signal_to(pid, SIGSTOP);
	return pid;
}

/* The next recorder takes its place. It ends when it goes on. */
static void a_recorder_that_stands_still(void **state)
{
	struct lw_farewell farewell;
	pid_t pid = a_stopped_recorder();
	char want[64];
	struct capture err;
	char *text;
	int i;

	(void)state;
	capture_begin(&err, 2);
	assert_int_equal(start(short_run), LW_OK);
	text = capture_end(&err, NULL);
	snprintf(want, sizeof(want), "x: *previous*recorder (pid %d)*kill -KILL", pid);
	assert_true(text_says(text, want));
	free(text);
	look(&farewell);
	assert_int_not_equal(recorder_of(farewell.pid), pid);
	signal_to(pid, SIGCONT);
	for (i = 0; i < PATIENCE && !is_gone(pid); i++)
		usleep(10000);
	assert_true(is_gone(pid));
	look(&farewell);
	assert_false(farewell.ended);
}

/* Its queue is full, so that it cannot be told: it keeps its place, and lwload stop works later. */
static void a_recorder_that_cannot_be_told(void **state)
{
	struct lw_farewell farewell;
	pid_t pid = a_stopped_recorder();
	struct outcome outcome;
	int silent[100], n = 0;

	(void)state;
	while (n < 100 && (silent[n] = come_silently()) >= 0)
		n++;
	assert_int_equal(silent[n], -EAGAIN);
	in_child(start_short, NULL, &outcome);
	assert_int_equal(outcome.code, LW_FAILED);
	assert_string_equal(outcome.err, "lwload: x: its recorder stands still and takes no "
					 "request; pgrep -a lwload shows it, end it\n");
	outcome_free(&outcome);
	assert_int_equal(lw_rendezvous_ask(root, "x", LW_REQUEST_STATUS), -EAGAIN);
	go(silent, n);
	signal_to(pid, SIGCONT);
	look(&farewell);
	assert_true(farewell.ended);
	stop(&farewell);
}

static void a_recorder_that_is_killed(void **state)
{
	struct lw_farewell farewell;
	char *path = NULL;
	pid_t pid;
	int i;

	(void)state;
	assert_int_equal(start(short_run), LW_OK);
	look(&farewell);
	pid = farewell.pid;
	signal_to(recorder_of(pid), SIGKILL);
	for (i = 0; i < PATIENCE && !is_gone(pid); i++)
		usleep(10000);
	/* The run has ended, since nobody reads it. */
	assert_true(is_gone(pid));
	assert_int_equal(lw_rendezvous_ask(root, "x", LW_REQUEST_STATUS), -ENOENT);
	assert_true(asprintf(&path, "%s/run/lwtools/x.sock", root) > 0);
	assert_int_equal(access(path, F_OK), 0);
	free(path);
	assert_int_equal(start(short_run), LW_OK);
	look(&farewell);
}

static void the_recorder_is_told_to_end(void **state)
{
	struct lw_farewell farewell;
	pid_t pid;
	int i;

	(void)state;
	assert_int_equal(start(short_run), LW_OK);
	look(&farewell);
	pid = farewell.pid;
	signal_to(recorder_of(pid), SIGTERM);
	for (i = 0; i < PATIENCE && lw_rendezvous_look(root, "x", &farewell); i++)
		usleep(10000);
	assert_int_equal(lw_rendezvous_ask(root, "x", LW_REQUEST_STATUS), -ENOENT);
	for (i = 0; i < PATIENCE && !is_gone(pid); i++)
		usleep(10000);
	assert_true(is_gone(pid));
}

/* The second time could mean to end at once. */
static void a_run_is_told_once_to_end(void **state)
{
	struct lw_farewell farewell;
	int i, fds[2];

	(void)state;
	assert_int_equal(start(slow_run), LW_OK);
	comes_to("one\n");
	for (i = 0; i < 2; i++) {
		fds[i] = lw_rendezvous_ask(root, "x", LW_REQUEST_STOP);
		/* When this is answered, that has been heard. */
		look(&farewell);
	}
	tree_text(root, "go", "");
	for (i = 0; i < 2; i++) {
		assert_int_equal(lw_rendezvous_answer(fds[i], PATIENCE / 100, &farewell), 0);
		assert_int_equal(farewell.code, LW_OK);
	}
}

/* ---- users ---- */

static int ask_as_nobody(void *arg)
{
	struct lw_farewell farewell;
	int fd;

	(void)arg;
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 97;
	prctl(PR_SET_DUMPABLE, 1);
	fd = lw_rendezvous_ask(root, "x", LW_REQUEST_STATUS);
	if (fd < 0)
		return -fd;
	return lw_rendezvous_answer(fd, 5, &farewell) ? 50 : 0;
}

static void mode_of(const char *end, int mode)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", root, end);
	assert_int_equal(chmod(path, mode), 0);
}

static void other_users(void **state)
{
	struct outcome outcome;

	(void)state;
	needs_another_user();
	assert_int_equal(start(short_run), LW_OK);
	mode_of("", 0755);
	in_child(ask_as_nobody, NULL, &outcome);
	assert_int_equal(outcome.code, EACCES);
	outcome_free(&outcome);
	/* Other users may not ask, even if they can reach the socket. */
	mode_of("/run/lwtools", 0755);
	mode_of("/run/lwtools/x.sock", 0777);
	in_child(ask_as_nobody, NULL, &outcome);
	/* The recorder turns it away, before or after the request. */
	assert_true(outcome.code == 50 || outcome.code == EPIPE);
	outcome_free(&outcome);
}

static int listen_without_umask(void *arg)
{
	(void)arg;
	umask(0);
	return lw_rendezvous_listen(root, "x") < 0;
}

static int mode_is(const char *end)
{
	struct stat st;
	char path[256];

	snprintf(path, sizeof(path), "%s%s", root, end);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Only the owner may use the directory and the socket, whatever the umask is. */
static void modes(void **state)
{
	struct outcome outcome;

	(void)state;
	in_child(listen_without_umask, NULL, &outcome);
	assert_int_equal(outcome.code, 0);
	outcome_free(&outcome);
	assert_int_equal(mode_is("/run/lwtools"), 0700);
	assert_int_equal(mode_is("/run/lwtools/x.sock"), 0600);
}

/* Others could put files into the directory: the run ends, and one line says why. */
static void a_bad_place(void **state)
{
	struct outcome outcome;
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/run/lwtools", root);
	assert_int_equal(symlink("/tmp", path), 0);
	in_child(start_short, NULL, &outcome);
	assert_int_equal(outcome.code, LW_FAILED);
	assert_int_equal(outcome.err_lines, 1);
	assert_has(outcome.err, "run/lwtools/x.sock: Not a directory");
	outcome_free(&outcome);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0777), 0);
	in_child(start_short, NULL, &outcome);
	assert_int_equal(outcome.code, LW_FAILED);
	assert_has(outcome.err, "run/lwtools/x.sock: Operation not permitted");
	outcome_free(&outcome);
}

#define OLD "ended 1\ncode 5\npid 1\nkept 1\nkeep 1\ndropped 1"

static void farewells(void **state)
{
	struct lw_farewell farewell = { true, true, 5, 42, 100, 200, 7, "a\n\nb\n" }, got;
	char text[LW_FAREWELL_SIZE];
	size_t n = lw_rendezvous_write(text, &farewell);

	(void)state;
	assert_int_equal(n, 1 + strlen(text + 1));
	assert_int_equal(text[0], 0);
	assert_true(lw_rendezvous_read(text + 1, &got));
	assert_memory_equal(&got, &farewell, sizeof(got));
	assert_false(lw_rendezvous_read("", &got));
	assert_false(lw_rendezvous_read("ended 1\ncode 5\n", &got));
	assert_false(lw_rendezvous_read(OLD "\n", &got));
	assert_false(lw_rendezvous_read(OLD "\nbus\n\n", &got));
	assert_false(lw_rendezvous_read(OLD "\nbusy\n", &got));
	/* Version 0.1.0 writes and reads this. */
	assert_true(lw_rendezvous_read(OLD "\n\nx", &got));
	assert_false(got.busy);
	assert_string_equal(got.messages, "x");
	lw_rendezvous_write(text, &got);
	assert_string_equal(text + 1, OLD "\n\nx");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(a_recording),
		FRESH(a_run_that_does_not_begin),
		FRESH(no_more_is_kept),
		FRESH(reports_are_kept_whole),
		FRESH(a_reader_that_stands_still),
		FRESH(a_dump_that_stands_still),
		FRESH(a_dump_that_is_interrupted),
		FRESH(all_readers_stand_still),
		FRESH(many_say_nothing),
		FRESH(attached_until_the_run_ends),
		FRESH(hangup),
		FRESH(a_run_that_is_killed),
		FRESH(a_recorder_that_stands_still),
		FRESH(a_recorder_that_cannot_be_told),
		FRESH(a_recorder_that_is_killed),
		FRESH(the_recorder_is_told_to_end),
		FRESH(a_run_is_told_once_to_end),
		FRESH(other_users),
		FRESH(modes),
		FRESH(a_bad_place),
		FRESH(farewells),
	};

	leaks_in_children_only();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
