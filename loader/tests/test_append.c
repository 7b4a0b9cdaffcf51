// SPDX-License-Identifier: GPL-2.0-only
/* test_append.c - the kernel's signature of a module in a file of its own */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/append.h"
#include "module/rename.h"
#include "module/signature.h"
#include "rules/table.h"
#include "fake.h"
#include "helper.h"

#define PLACE "lib/modules/" RELEASE "/systemtap"
#define MODULE PLACE "/lw_killsnoop.ko"
#define BYTES "\x30\x82 no real PKCS#7"
#define MAGIC "~Module signature appended~\n"
#define TRAILER 12

static char *root;
static char name[sizeof(PLACE) + LW_HASH + 32]; /* of the signature's file */

/* A host on which killsnoop may run, with a signature of its module */
static int setup(void **state)
{
	char hash[LW_HASH + 1], *path, *bytes;
	size_t size;

	(void)state;
	fake_reset();
	root = tree_new();
	tree_host(root);
	path = tree_add(root, "killsnoop");
	bytes = file_read(path, &size);
	lw_hash(bytes, size, hash);
	snprintf(name, sizeof(name), PLACE "/signatures/%s.p7s", hash);
	tree_write(root, name, BYTES, sizeof(BYTES));
	free(bytes);
	free(path);
	return chmod(root, 0755);
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

static struct lw_tool *opened(void)
{
	struct lw_tool *tool;

	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	return tool;
}

/* include/linux/module_signature.h: after the signature its kind, 2, at the third place, and its length */
static void is_appended(const char *image, size_t size)
{
	const unsigned char *trailer = (const unsigned char *)image + size + sizeof(BYTES);

	assert_memory_equal(image + size, BYTES, sizeof(BYTES));
	assert_memory_equal(trailer, "\0\0\2\0\0\0\0\0\0\0\0", TRAILER - 1);
	assert_int_equal(trailer[TRAILER - 1], sizeof(BYTES));
	assert_memory_equal(trailer + TRAILER, MAGIC, strlen(MAGIC));
}

static void appended(void **state)
{
	struct lw_tool *tool = opened();
	size_t copy_size;
	void *copy;

	(void)state;
	assert_int_equal(tool->signed_size - tool->size, sizeof(BYTES) + TRAILER + strlen(MAGIC));
	is_appended(tool->image, tool->size);
	assert_int_equal(lw_kernel_signature(tool->image, tool->signed_size),
			 tool->signed_size - tool->size);
	assert_true(lw_is_signed(tool));
	/* The signature does not cover a copy with another name. */
	assert_int_equal(lw_rename(tool->image, tool->size, "lw_killsnoop", "lw_killsnoop_2", &copy,
				   &copy_size),
			 0);
	assert_int_equal(copy_size, tool->size);
	free(copy);
	lw_tool_free(tool);
}

static int run_body(void *arg)
{
	struct lw_host host = { root, RELEASE };
	char *argv[] = { "killsnoop", "-d", "1", NULL };

	(void)arg;
	return lw_run(&host, 3, argv);
}

static void runs(int code, const char *pattern)
{
	struct outcome outcome;

	in_child(run_body, NULL, &outcome);
	assert_int_equal(outcome.code, code);
	if (!text_says(outcome.err, pattern))
		fail_msg("no \"%s\" in: %s", pattern, outcome.err);
	outcome_free(&outcome);
}

/* The manifest has the hash of the module alone. Where signatures are asked for, this is one. */
static void inserted_with_it(void **state)
{
	size_t size;
	char *path = tree_file(root, MODULE), *bytes = file_read(path, &size);

	(void)state;
	tree_text(root, "sys/module/module/parameters/sig_enforce", "Y\n");
	runs(LW_OK, "");
	assert_int_equal(fake->image_size, size + sizeof(BYTES) + TRAILER + strlen(MAGIC));
	assert_memory_equal(fake->image, bytes, size);
	is_appended(fake->image, size);
	free(bytes);
	free(path);
}

static void drop(const char *what)
{
	char *path = tree_file(root, what);

	assert_int_equal(remove(path), 0);
	free(path);
}

static void not_appended(void)
{
	struct lw_tool *tool = opened();

	assert_int_equal(tool->signed_size, tool->size);
	assert_false(lw_is_signed(tool));
	lw_tool_free(tool);
}

/* One of another module, or of an older one, is not its own. */
static void of_other_bytes(void **state)
{
	(void)state;
	drop(name);
	not_appended();
	name[sizeof(PLACE "/signatures")] ^= 1;
	tree_write(root, name, BYTES, sizeof(BYTES));
	not_appended();
	tree_text(root, "sys/module/module/parameters/sig_enforce", "Y\n");
	runs(LW_REFUSED, "*signature: unsigned");
	assert_int_equal(fake->inserts, 0);
}

/* A site may have signed a module in its own bytes, as DKMS does. */
static void one_is_enough(void **state)
{
	char *path = tree_file(root, MODULE);
	FILE *file = fopen(path, "a");
	struct lw_tool *tool;

	(void)state;
	fputs(MAGIC, file);
	fclose(file);
	tool = opened();
	assert_int_equal(tool->signed_size, tool->size);
	assert_true(lw_is_signed(tool));
	lw_tool_free(tool);
	free(path);
}

static void is_refused(const char *pattern)
{
	tree_text(root, "sys/module/module/parameters/sig_enforce", "N\n");
	runs(LW_REFUSED, pattern);
	assert_int_equal(fake->inserts, 0);
}

static void others_may_write(void **state)
{
	char *path = tree_file(root, PLACE "/signatures");

	(void)state;
	assert_int_equal(chmod(path, 0777), 0);
	is_refused("*signatures: others than its owner");
	assert_int_equal(chmod(path, 0755), 0);
	free(path);
	path = tree_file(root, name);
	assert_int_equal(chmod(path, 0666), 0);
	is_refused("*p7s: others than its owner");
	free(path);
}

static void no_file(void **state)
{
	char *path = tree_file(root, name);

	(void)state;
	assert_int_equal(truncate(path, LW_APPEND_LIMIT + 1), 0);
	is_refused("*p7s: too large");
	drop(name);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	is_refused("*p7s: is a symbolic link");
	drop(name);
	free(path);
	drop(PLACE "/signatures");
	path = tree_file(root, PLACE "/signatures");
	assert_int_equal(symlink("/tmp", path), 0);
	is_refused("*signatures: no directory");
	free(path);
}

/* staprun inserts the bytes of the module's file. */
static void not_by_staprun(void **state)
{
	struct lw_tool *tool = opened();
	struct lw_subject subject = {
		.root = root, .release = RELEASE, .name = "killsnoop", .tool = tool, .run = true
	};
	struct lw_reason why;

	(void)state;
	tree_text(root, "sys/module/module/parameters/sig_enforce", "Y\n");
	assert_int_equal(lw_rule_signature(&subject, &why), LW_RULE_OK);
	subject.staprun = true;
	assert_int_equal(lw_rule_signature(&subject, &why), LW_RULE_FAIL);
	lw_tool_free(tool);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(appended),       FRESH(inserted_with_it), FRESH(of_other_bytes),
		FRESH(one_is_enough),  FRESH(others_may_write), FRESH(no_file),
		FRESH(not_by_staprun),
	};

	leaks_in_children_only();
	return cmocka_run_group_tests_name("append", tests, NULL, NULL);
}
