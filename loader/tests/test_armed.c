// SPDX-License-Identifier: GPL-2.0-only
/* test_armed.c - the switches that silence kprobes, before and during a run */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/armed.h"
#include "helper.h"

#define ENABLED "sys/kernel/debug/kprobes/enabled"
#define FTRACE "proc/sys/kernel/ftrace_enabled"
#define SYMBOLS "proc/kallsyms"
#define OFF "is 0: kprobes do not fire, and what they see is missed until it is 1"

static char *root;
static const struct lw_tool tool = { .name = "x", .kprobes = true };
static struct lw_armed *armed;

static int setup(void **state)
{
	(void)state;
	root = tree_new();
	tree_text(root, ENABLED, "1\n");
	tree_text(root, FTRACE, "1\n");
	tree_text(root, SYMBOLS, "0 T kprobe_ftrace_handler\n");
	armed = lw_armed_watch(&tool, root);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lw_armed_free(armed);
	tree_free(root);
	return 0;
}

/* Opens the file, writes to it and closes it, as echo does. */
static void echo(const char *text, const char *path)
{
	char name[512];
	int fd;

	snprintf(name, sizeof(name), "%s/%s", root, path);
	fd = open(name, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void gone(const char *path)
{
	char name[512];

	snprintf(name, sizeof(name), "%s/%s", root, path);
	assert_int_equal(unlink(name), 0);
}

/* The only piece of news is this one, and poll(2) says so. NULL: there is no news. */
static void news_are(const char *want, bool want_lost)
{
	struct pollfd fd = { .fd = lw_armed_fd(armed), .events = POLLIN };
	const char *text;
	bool lost = !want_lost;

	assert_int_equal(poll(&fd, 1, 0), 1);
	text = lw_armed_news(armed, &lost);
	if (want) {
		assert_non_null(text);
		assert_string_equal(text, want);
		assert_int_equal(lost, want_lost);
		text = lw_armed_news(armed, &lost);
	}
	assert_null(text);
	assert_int_equal(poll(&fd, 1, 0), 0);
}

static void a_switch_is_off(void **state)
{
	(void)state;
	assert_int_equal(lw_armed_kprobes(root), 1);
	assert_int_equal(lw_armed_ftrace(root), 1);
	echo("0\n", ENABLED);
	echo("0\n", FTRACE);
	assert_int_equal(lw_armed_kprobes(root), 0);
	assert_int_equal(lw_armed_ftrace(root), 0);
	/* Its kprobes do not go through ftrace. */
	tree_text(root, SYMBOLS, "0 T register_kprobe\n0 t kprobe_ftrace_handler.cold\n");
	assert_int_equal(lw_armed_ftrace(root), 1);
	gone(FTRACE);
	assert_int_equal(lw_armed_ftrace(root), -ENOENT);
}

static void turned_off_and_on(void **state)
{
	(void)state;
	echo("0\n", FTRACE);
	news_are("kernel.ftrace_enabled " OFF, true);
	echo("0\n", FTRACE);
	news_are(NULL, false);
	echo("1\n", FTRACE);
	news_are("kernel.ftrace_enabled is 1 again: kprobes fire", false);
	echo("0\n", ENABLED);
	news_are("/sys/kernel/debug/kprobes/enabled " OFF, true);
}

/* Two writes before the loader could look are news; one write that changes nothing is not. */
static void off_for_a_moment(void **state)
{
	(void)state;
	echo("0\n", ENABLED);
	echo("1\n", ENABLED);
	news_are(
		"/sys/kernel/debug/kprobes/enabled was written to, and may have been 0 for a moment",
		true);
	echo("1\n", ENABLED);
	news_are(NULL, false);
}

static void nothing_to_watch(void **state)
{
	struct lw_tool none = { .name = "x" };
	bool lost;

	(void)state;
	assert_null(lw_armed_watch(&none, root));
	assert_int_equal(lw_armed_fd(NULL), -1);
	assert_null(lw_armed_news(NULL, &lost));
	lw_armed_free(NULL);
	lw_armed_free(armed);
	gone(ENABLED);
	gone(FTRACE);
	armed = lw_armed_watch(&tool, root);
	assert_null(lw_armed_news(armed, &lost));
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = { FRESH(a_switch_is_off), FRESH(turned_off_and_on),
						   FRESH(off_for_a_moment),
						   FRESH(nothing_to_watch) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
