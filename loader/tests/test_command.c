// SPDX-License-Identifier: GPL-2.0-only
/* test_command.c - commands that lwload runs, and the process that keeps them */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/command.h"
#include "helper.h"

static char *root;

static int setup(void **state)
{
	(void)state;
	root = tree_new();
	tree_text(root, "etc/passwd",
		  "root:x:0:0:root:/root:/bin/sh\n"
		  "ann:x:1001:1002:Ann:/home/ann:/bin/sh\n");
	tree_text(root, "etc/group", "ann:x:1002:\ndisk:x:6:bob,ann\nwheel:x:7:bob\nadm:x:4:ann\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

static struct lw_command *begin(const char *const *argv, const char *user)
{
	struct lw_command *command;

	assert_int_equal(lw_command_new("x", root, (char *const *)argv, user, &command), 0);
	return command;
}

static void wait_for_end(const struct lw_command *command)
{
	struct pollfd fd = { .fd = lw_command_fd(command), .events = POLLIN };

	assert_int_equal(poll(&fd, 1, 10 * PATIENCE), 1);
}

/* Runs it to its end. */
static int status_of(const char *const *argv, const char *user)
{
	struct lw_command *command = begin(argv, user);

	lw_command_start(command);
	wait_for_end(command);
	return lw_command_end(command, 0);
}

static int shell(const char *script, const char *user)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return status_of(argv, user);
}

static void status_is_that_of_the_command(void **state)
{
	(void)state;
	assert_int_equal(shell("exit 0", NULL), 0);
	assert_int_equal(shell("exit 7", NULL), 7);
	assert_int_equal(shell("kill -TERM $$", NULL), 128 + SIGTERM);
	assert_int_equal(shell("kill -KILL $$", NULL), 128 + SIGKILL);
}

/* The inner shell reads its parent after that has ended. The parent of the command's shell is the keeper. */
static void a_daemon_is_adopted(void **state)
{
	char script[512], *file = tree_file(root, "parent");

	(void)state;
	snprintf(script, sizeof(script),
		 "exec 2> /dev/null; sh -c '(while kill -0 $$; do :; done; "
		 "exec sed -n \"s/^PPid:.//p\" /proc/self/status > %s) &'; "
		 "until read parent < %s; do :; done; test $parent = $PPID",
		 file, file);
	assert_int_equal(shell(script, NULL), 0);
	free(file);
}

static void nothing_runs_before_the_start(void **state)
{
	struct lw_command *command;
	char *file = tree_file(root, "here");
	char *args[] = { "touch", file, NULL };

	(void)state;
	assert_int_equal(lw_command_new("x", root, args, NULL, &command), 0);
	assert_true(lw_command_keeper(command) > 0);
	assert_int_equal(lw_command_end(command, 0), -1);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(status_of((const char *const *)args, NULL), 0);
	assert_int_equal(access(file, F_OK), 0);
	free(file);
	assert_int_equal(lw_command_end(NULL, SIGTERM), -1);
	assert_int_equal(lw_command_fd(NULL), -1);
}

/* The file is there when the command waits; its last line is the signal that it got. */
static void signals_go_to_the_command(void **state)
{
	char script[512], *file = tree_file(root, "out"), *text;
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct lw_command *command;
	size_t size;
	int i;

	(void)state;
	snprintf(
		script, sizeof(script),
		"trap 'echo TERM >> %s; exit 3' TERM; echo ready > %s; while :; do sleep 0.01; done",
		file, file);
	command = begin(argv, NULL);
	lw_command_start(command);
	for (i = 0; i < PATIENCE && access(file, F_OK); i++)
		usleep(10000);
	/* It has not ended yet, and gets the signal. */
	assert_int_equal(lw_command_end(command, SIGTERM), -1);
	for (i = 0; i < PATIENCE; i++) {
		text = file_read(file, &size);
		if (size >= 11 && !memcmp(text, "ready\nTERM\n", 11))
			break;
		free(text);
		usleep(10000);
	}
	assert_true(i < PATIENCE);
	free(text);
	free(file);
}

/* The caller may have ignored a signal, and the keeper ignores some: the command gets what lwload was given. */
static void signals_are_as_they_were(void **state)
{
	(void)state;
	assert_int_equal(shell("kill -INT $$; exit 1", NULL), 128 + SIGINT);
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(shell("kill -HUP $$; exit 1", NULL), 1);
	signal(SIGHUP, SIG_DFL);
	assert_int_equal(shell("kill -HUP $PPID; kill -TERM $PPID; kill -INT $PPID; exit 4", NULL),
			 4);
}

static void no_descriptor_is_left(void **state)
{
	static const char script[] = "exit $(ls /proc/self/fd | wc -l)";
	int before = descriptors();

	(void)state;
	assert_int_equal(shell(script, NULL), WEXITSTATUS(system(script)));
	assert_int_equal(descriptors(), before);
}

static void the_environment_is_the_callers(void **state)
{
	char *file = tree_file(root, "prog"), path[512];

	(void)state;
	tree_text(root, "prog", "#!/bin/sh\ntest \"$FOO\" = bar\n");
	assert_int_equal(chmod(file, 0755), 0);
	snprintf(path, sizeof(path), "/nonexistent:%s:%s", root, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("FOO", "bar", 1);
	assert_int_equal(status_of((const char *const[]){ "prog", NULL }, NULL), 0);
	unsetenv("FOO");
	assert_int_equal(status_of((const char *const[]){ "prog", NULL }, NULL), 1);
	free(file);
}

static void a_keeper_that_is_killed(void **state)
{
	const char *const argv[] = { "sleep", "1000", NULL };
	struct lw_command *command = begin(argv, NULL);
	struct capture err;
	char *text;

	(void)state;
	lw_command_start(command);
	assert_int_equal(kill(lw_command_keeper(command), SIGKILL), 0);
	wait_for_end(command);
	capture_begin(&err, 2);
	assert_int_equal(lw_command_end(command, 0), 125);
	text = capture_end(&err, NULL);
	assert_true(text_says(text, "x: *kept sleep*killed"));
	free(text);
}

struct bad {
	const char *argv[3];
	const char *user;
	int err;
	const char *message;
};

static void is_bad(const struct bad *bad)
{
	struct lw_command *command;
	struct capture err;
	char *text;
	int result;

	capture_begin(&err, 2);
	result = lw_command_new("x", root, (char *const *)bad->argv, bad->user, &command);
	text = capture_end(&err, NULL);
	if (result != bad->err || !text_says(text, bad->message))
		fail_msg("%s: %d, %s", bad->argv[0], result, text);
	free(text);
}

static void programs_that_cannot_run(void **state)
{
	static const struct bad all[] = {
		{ { "no-such-program" }, NULL, -ENOENT, "x: *no-such-program: No such file" },
		{ { "/no/such" }, NULL, -ENOENT, "x: */no/such: No such file" },
		{ { "" }, NULL, -ENOENT, "x: *No such file" },
		{ { "/etc" }, NULL, -EACCES, "x: */etc: Permission" },
		{ { "/etc/passwd" }, NULL, -EACCES, "x: */etc/passwd: Permission" },
		{ { "true" }, "bob", -EINVAL, "x: *--as*\"bob\"" },
	};
	const char *argv[] = { NULL, NULL };
	char *file = tree_file(root, "text");
	struct capture err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++)
		is_bad(&all[i]);
	/* The kernel refuses it: it has no format. */
	tree_text(root, "text", "plain\n");
	assert_int_equal(chmod(file, 0755), 0);
	argv[0] = file;
	capture_begin(&err, 2);
	assert_int_equal(status_of(argv, NULL), 126);
	free(file);
	file = capture_end(&err, NULL);
	assert_has(file, "Exec format error");
	free(file);
}

static void another_user_has_own_groups(void **state)
{
	(void)state;
	needs_another_user();
	assert_int_equal(shell("test \"$(id -u) $(id -g) $(id -G) $HOME $USER $LOGNAME\" = "
			       "\"1001 1002 1002 4 6 /home/ann ann ann\"",
			       "ann"),
			 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(status_is_that_of_the_command), FRESH(a_daemon_is_adopted),
		FRESH(nothing_runs_before_the_start), FRESH(signals_go_to_the_command),
		FRESH(signals_are_as_they_were),      FRESH(no_descriptor_is_left),
		FRESH(programs_that_cannot_run),      FRESH(the_environment_is_the_callers),
		FRESH(a_keeper_that_is_killed),       FRESH(another_user_has_own_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
