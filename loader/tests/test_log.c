// SPDX-License-Identifier: GPL-2.0-only
/* test_log.c - messages and records do not hold up a run whose reader stands still */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"
#include "util/signals.h"
#include "fake.h"
#include "helper.h"

/* Returns the end that writes of a full pipe. */
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

/* The journal's socket is like this if it reads slowly: send(2) sees room before poll(2) does. */
static void stderr_that_has_little_room(void **state)
{
	static const char message[] = "lwload: warning: x\n";
	static char bytes[1 << 20];
	int fds[2], size = 1 << 16, saved = dup(STDERR_FILENO);
	size_t n = 0;
	ssize_t got;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	while (send(fds[1], bytes, 4096, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(read(fds[0], bytes, 4096), 4096);
	dup2(fds[1], STDERR_FILENO);
	lw_warn("%s", "x");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	while ((got = read(fds[0], bytes + n, sizeof(bytes) - n)) > 0)
		n += got;
	assert_memory_equal(bytes + n - strlen(message), message, strlen(message));
	close(fds[0]);
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
	size_t done;

	(void)state;
	lw_signals_catch();
	lw_signals_expire(0.2);
	assert_int_equal(lw_signals_write(writer, "x", 1, &done), -EINTR);
	lw_signals_expire(0);
	assert_int_equal(done, 0);
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
		cmocka_unit_test(stderr_that_has_little_room),
		cmocka_unit_test(strangers_bytes),
		cmocka_unit_test(stdout_when_time_is_up),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
