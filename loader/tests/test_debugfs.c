// SPDX-License-Identifier: GPL-2.0-only
/* test_debugfs.c - files of debugfs, mounted or not */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kernel/debugfs.h"
#include "fake.h"
#include "helper.h"

static char *root;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	root = tree_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

static void gives(const char *host, const char *path, const char *text)
{
	int fd = lw_debugfs_open(host, path);
	char got[16];
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, got, sizeof(got));
	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, n);
	close(fd);
}

static void is_read_where_it_is_mounted(void **state)
{
	(void)state;
	tree_text(root, "sys/kernel/debug/kprobes/list", "x\n");
	gives(root, "kprobes/list", "x\n");
	assert_int_equal(fake->calls, 0);
}

/* No other process sees this mount. */
static void is_mounted_unseen_if_it_is_not(void **state)
{
	(void)state;
	tree_text(root, "kprobes/list", "x\n");
	fake->debugfs = root;
	gives("", "kprobes/list", "x\n");
	assert_int_equal(lw_debugfs_open("", "nosuch"), -ENOENT);
	assert_int_equal(fake->open_files, 0);
}

static void is_not_mounted_for_another_root(void **state)
{
	(void)state;
	tree_text(root, "kprobes/list", "x\n");
	fake->debugfs = root;
	assert_int_equal(lw_debugfs_open(root, "kprobes/list"), -ENOENT);
	assert_int_equal(fake->calls, 0);
}

static void cannot_be_mounted(void **state)
{
	static const char *const calls[] = { "fsopen", "fsconfig", "fsmount" };
	size_t i;

	(void)state;
	tree_text(root, "kprobes/list", "x\n");
	for (i = 0; i < COUNT(calls); i++) {
		fake_reset();
		fake->debugfs = root;
		fake->fail_call = calls[i];
		assert_int_equal(lw_debugfs_open("", "kprobes/list"), -ENOENT);
		assert_int_equal(fake->failures, 1);
		assert_int_equal(fake->open_files, 0);
	}
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(is_read_where_it_is_mounted),
		FRESH(is_mounted_unseen_if_it_is_not),
		FRESH(is_not_mounted_for_another_root),
		FRESH(cannot_be_mounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
