// SPDX-License-Identifier: GPL-2.0-only
/* test_log.c - neither messages nor records hold up a run whose reader stands still */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"
#include "helper.h"
#include "log.h"
#include "signals.h"

/* The writing end of a pipe that is full. */
static int full_pipe(int *reader)
{
	char bytes[4096] = { 0 };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	while (write(fds[1], bytes, sizeof(bytes)) > 0)
		;
	fcntl(fds[1], F_SETFL, 0);
	*reader = fds[0];
	return fds[1];
}

static void stderr_that_takes_nothing(void **state)
{
	int reader, writer = full_pipe(&reader), saved = dup(STDERR_FILENO);
	time_t start = time(NULL);

	(void)state;
	assert_true(saved >= 0);
	dup2(writer, STDERR_FILENO);
	lw_warn("%s", "x");
	lw_pass("y\n", 2);
	dup2(saved, STDERR_FILENO);
	assert_in_range(time(NULL) - start, 1, 4);
	close(saved);
	close(writer);
	close(reader);
}

static void strangers_bytes(void **state)
{
	struct capture err;
	char *text;

	(void)state;
	capture_begin(&err, STDERR_FILENO);
	lw_pass("a\tb\033[31m\n\xff", 10);
	text = capture_end(&err, NULL);
	assert_string_equal(text, "a\tb\\x1b[31m\n\\xff");
	free(text);
}

static void stdout_when_time_is_up(void **state)
{
	int reader, writer = full_pipe(&reader);
	time_t start = time(NULL);

	(void)state;
	lw_signals_catch();
	lw_signals_expire(0.2);
	assert_int_equal(lw_signals_write(writer, "x", 1), -EINTR);
	lw_signals_expire(0);
	assert_in_range(time(NULL) - start, 1, 4);
	assert_false(lw_signals_stop());
	close(writer);
	close(reader);
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stderr_that_takes_nothing),
		cmocka_unit_test(strangers_bytes),
		cmocka_unit_test(stdout_when_time_is_up),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
