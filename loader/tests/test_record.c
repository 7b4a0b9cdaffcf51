// SPDX-License-Identifier: GPL-2.0-only
/* test_record.c - recorders that are slow, stuck or gone, and those who ask them */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/rendezvous.h"
#include "verbs/lwload.h"
#include "fake.h"
#include "helper.h"

static char *root;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	root = tree_new();
	tree_text(root, "run/x", "");
	tree_text(root, "proc/modules", "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

struct command {
	enum lw_exit (*verb)(const struct lw_host *host, int argc, char **argv);
	const char *name;
	int (*before)(void);
};

static int command_body(void *arg)
{
	struct command *command = arg;
	struct lw_host host = { root, RELEASE };
	char *args[] = { (char *)command->name, "killsnoop", NULL };

	if (command->before && command->before())
		return 97;
	return command->verb(&host, 2, args);
}

static void is_told(struct command command, const char *err)
{
	struct outcome outcome;

	in_child(command_body, &command, &outcome);
	assert_string_equal(outcome.err, err);
	assert_string_equal(outcome.out, "");
	assert_int_equal(outcome.code, LW_FAILED);
	outcome_free(&outcome);
}

static int interrupt_twice(void)
{
	return interrupt_soon(2);
}

/* Stands in for a recorder: sends lines, and after a request a farewell with a delay, or none. */
static pid_t play_recorder(int lines, bool farewell)
{
	static struct lw_farewell none;
	int fd, listener = lw_rendezvous_listen(root, "killsnoop");
	struct pollfd in = { .events = POLLIN };
	char text[LW_FAREWELL_SIZE];
	pid_t pid = fork();

	if (pid) {
		close(listener);
		return pid;
	}
	in.fd = listener;
	poll(&in, 1, -1);
	fd = in.fd = lw_rendezvous_accept(listener);
	while (lines-- && send(fd, "line\n", 5, MSG_NOSIGNAL) == 5)
		usleep(300000);
	/* Reads the request and the end after it. */
	while (farewell && poll(&in, 1, -1) > 0 && read(fd, text, sizeof(text)) > 0)
		;
	usleep(1500000);
	if (farewell)
		write(fd, text, lw_rendezvous_write(text, &none));
	else
		pause();
	_exit(0);
}

/* A reader that is interrupted twice ends after the answer, or when it has waited long enough. */
static void told_twice(int lines, bool farewell, int code, const char *err)
{
	struct command command = { lw_attach, "attach", interrupt_twice };
	struct outcome outcome;
	pid_t pid;

	needs_root();
	pid = play_recorder(lines, farewell);
	in_child(command_body, &command, &outcome);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_string_equal(outcome.err, err);
	assert_int_equal(outcome.code, code);
	assert_memory_equal(outcome.out, "line\n", 5);
	outcome_free(&outcome);
}

#define STUCK                                                                               \
	"lwload: killsnoop: its recorder ended without a message, or is stuck; see lwload " \
	"status\n"

static void a_recorder_that_takes_its_time(void **state)
{
	(void)state;
	told_twice(1, true, LW_OK, "");
	told_twice(1, false, LW_FAILED, STUCK);
	told_twice(60, false, LW_FAILED, STUCK);
}

/* Nobody accepts: the queue fills up, and later requests get a message that says what to do. */
static void a_recorder_that_takes_no_request(void **state)
{
	static const char text[] = "lwload: killsnoop: its recorder stands still and takes no "
				   "request; pgrep -a lwload shows it, end it\n";
	int fd, listener, n = 0, fds[100];

	(void)state;
	needs_root();
	listener = lw_rendezvous_listen(root, "killsnoop");
	while ((fd = lw_rendezvous_ask(root, "killsnoop", LW_REQUEST_STATUS)) >= 0 && n < 100)
		fds[n++] = fd;
	assert_int_equal(fd, -EAGAIN);
	is_told((struct command){ lw_dump, "dump", NULL }, text);
	is_told((struct command){ lw_stop, "stop", NULL }, text);
	close(listener);
	while (n--)
		close(fds[n]);
}

/* The recorder ends between the request and the answer. */
static void a_recorder_that_goes(void **state)
{
	int listener, fd;
	pid_t pid;

	(void)state;
	needs_root();
	listener = lw_rendezvous_listen(root, "killsnoop");
	pid = fork();
	if (!pid) {
		poll(&(struct pollfd){ .fd = listener, .events = POLLIN }, 1, -1);
		/* The request has come, and is not read. */
		fd = lw_rendezvous_accept(listener);
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
		_exit(0);
	}
	is_told((struct command){ lw_stop, "stop", NULL },
		"lwload: killsnoop: its recorder ended without a message (Connection reset by "
		"peer); see lwload status\n");
	close(listener);
	waitpid(pid, NULL, 0);
}

/* "lwload stop" waits for ten seconds of the fake clock, and no longer. */
static void a_recorder_that_does_not_end(void **state)
{
	int listener;
	char text[256];

	(void)state;
	needs_root();
	listener = lw_rendezvous_listen(root, "killsnoop");
	snprintf(text, sizeof(text),
		 "lwload: killsnoop: its recorder (pid %d) has not ended after ten seconds; try "
		 "kill -KILL %d, then lwload stop killsnoop\n",
		 getpid(), getpid());
	fake->hasty = true;
	is_told((struct command){ lw_stop, "stop", NULL }, text);
	assert_int_equal(fake->clock / 1000000000, 1000 + 10);
	close(listener);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(a_recorder_that_takes_its_time),
		FRESH(a_recorder_that_takes_no_request),
		FRESH(a_recorder_that_goes),
		FRESH(a_recorder_that_does_not_end),
	};

	leaks_in_children_only();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
