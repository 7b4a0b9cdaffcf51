// SPDX-License-Identifier: GPL-2.0-only
/* test_caller.c - closed descriptors and a hostile environment */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/caller.h"
#include "fake.h"
#include "helper.h"

static int setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

/* ---- descriptors ---- */

static bool is_null(int fd, int mode)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) &&
	       (fcntl(fd, F_GETFL) & O_ACCMODE) == mode;
}

/* Closes the descriptors in @arg, a mask of 0, 1 and 2. Returns a mask of those that are right. */
static int close_some(void *arg)
{
	int fd, closed = *(int *)arg, good = 0;

	for (fd = 0; fd < 3; fd++)
		if (closed & 1 << fd)
			close(fd);
	if (lw_caller())
		return 100;
	for (fd = 0; fd < 3; fd++)
		if (is_null(fd, fd ? O_RDONLY : O_WRONLY) == !!(closed & 1 << fd))
			good |= 1 << fd;
	/* The next file gets another number. */
	return open("/proc/self/stat", O_RDONLY) > 2 ? good : 101;
}

static void closed_descriptors(void **state)
{
	struct outcome outcome;
	int closed;

	(void)state;
	for (closed = 0; closed < 8; closed++) {
		in_child(close_some, &closed, &outcome);
		assert_int_equal(outcome.code, 7);
		outcome_free(&outcome);
	}
}

/* ---- environment ---- */

/* Prints what is left of it. */
static int print_environment(void *arg)
{
	extern char **environ;
	char **variable;

	setenv("TZ", arg, 1);
	setenv("TZDIR", "/tmp/evil", 1);
	setenv("LD_PRELOAD", "/tmp/evil.so", 1);
	setenv("GCONV_PATH", "/tmp/evil", 1);
	setenv("MALLOC_TRACE", "/tmp/evil", 1);
	setenv("LWTOOLS_ROOT", "/tmp/evil", 1);
	signal(SIGCHLD, SIG_IGN);
	if (lw_caller() || signal(SIGCHLD, SIG_DFL) != SIG_DFL)
		return 1;
	for (variable = environ; variable && *variable; variable++)
		printf("%s;", *variable);
	return 0;
}

static void environment(void **state)
{
	static const struct {
		const char *zone, *left;
	} rows[] = {
		{ "UTC", "TZ=UTC;" },
		{ "Europe/Berlin", "TZ=Europe/Berlin;" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "TZ=CET-1CEST,M3.5.0,M10.5.0/3;" },
		{ "<+0530>-5:30", "TZ=<+0530>-5:30;" },
		{ "", "TZ=;" },
		{ ":/etc/shadow", "" },
		{ ":Europe/Berlin", "" },
		{ "/etc/shadow", "" },
		{ "../../../etc/shadow", "" },
		{ "Europe/../../x", "" },
		{ "a b", "" },
		{ "a\nb", "" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "" },
	};
	struct outcome outcome;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		in_child(print_environment, (void *)rows[i].zone, &outcome);
		assert_int_equal(outcome.code, 0);
		assert_string_equal(outcome.out, rows[i].left);
		outcome_free(&outcome);
	}
}

#define FRESH(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	static const struct CMUnitTest tests[] = { FRESH(closed_descriptors), FRESH(environment) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
