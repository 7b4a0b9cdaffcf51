// SPDX-License-Identifier: GPL-2.0-only
/* test_runs.c - the names and places of a tool's runs, and the module of a further one */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/runs.h"
#include "module/append.h"
#include "module/rename.h"
#include "module/section.h"
#include "module/tool.h"
#include "fake.h"
#include "helper.h"

#define MAGIC "~Module signature appended~\n"
#define NAME_AT 24 /* in the section that helper.c writes */

static char *root;
static struct lw_tool *tool;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	root = tree_new();
	tree_text(root, "run/x", "");
	tree_text(root, "proc/modules", "");
	tool = tool_of("opensnoop");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lw_tool_free(tool);
	tree_free(root);
	return 0;
}

/* ---- names ---- */

static void names(void **state)
{
	char name[LW_RUN_NAME], longest[64];

	(void)state;
	assert_true(lw_runs_name(name, "opensnoop", 1));
	assert_string_equal(name, "opensnoop");
	assert_true(lw_runs_name(name, "opensnoop", 2));
	assert_string_equal(name, "opensnoop_2");
	assert_int_equal(lw_runs_tool("opensnoop_2"), 9);
	assert_int_equal(lw_runs_tool("opensnoop_8"), 9);
	assert_int_equal(lw_runs_tool("opensnoop_9"), 11);
	assert_int_equal(lw_runs_tool("opensnoop_1"), 9);
	assert_int_equal(lw_runs_tool("opensnoop_0"), 11);
	assert_int_equal(lw_runs_tool("accept2close"), 12);
	assert_int_equal(lw_runs_tool("_2"), 2);
	/* The kernel has room for 55 bytes, of which lw_ takes three. */
	memset(longest, 'a', sizeof(longest));
	longest[48] = '\0';
	assert_true(lw_runs_name(name, longest, 8));
	longest[48] = 'a';
	longest[49] = '\0';
	assert_false(lw_runs_name(name, longest, 2));
	assert_true(lw_runs_name(name, longest, 1));
}

/* ---- places ---- */

struct wish {
	const char *root;
	int most;
};

/* In a process of its own, which has the lock until it ends. */
static int take_body(void *arg)
{
	const struct wish *wish = arg;
	char name[LW_RUN_NAME];
	pid_t pid;
	int number = lw_runs_take(wish->root, "opensnoop", wish->most, name, &pid);

	printf("%s %d", number > 0 ? name : strerror(-number), pid);
	return 0;
}

static void takes(int most, const char *name, pid_t holder)
{
	struct wish wish = { root, most };
	struct outcome outcome;
	char want[80];

	snprintf(want, sizeof(want), "%s %d", name, holder);
	in_child(take_body, &wish, &outcome);
	assert_string_equal(outcome.out, want);
	outcome_free(&outcome);
}

static void places(void **state)
{
	pid_t first, third;

	(void)state;
	takes(8, "opensnoop", 0);
	tree_text(root, "proc/systemtap/lw_opensnoop/.cmd", "");
	tree_text(root, "proc/modules", "lw_opensnoop 1 1 - Live 0x0\n");
	takes(8, "opensnoop_2", 0);
	third = lock_elsewhere(root, "opensnoop_3");
	tree_text(root, "proc/systemtap/lw_opensnoop_2/.cmd", "");
	tree_text(root, "proc/modules",
		  "lw_opensnoop 1 1 - Live 0x0\nlw_opensnoop_2 1 1 - Live 0x0\n");
	takes(8, "opensnoop_4", third);
	takes(3, strerror(EBUSY), third);
	/* A killed run has left the first. */
	tree_text(root, "proc/modules",
		  "lw_opensnoop 1 0 - Live 0x0\nlw_opensnoop_2 1 1 - Live 0x0\n");
	takes(8, "opensnoop", 0);
	lock_end(third);
	first = lock_elsewhere(root, "opensnoop");
	takes(8, "opensnoop_3", first);
	takes(1, strerror(EBUSY), first);
	lock_end(first);
}

static void places_without_run(void **state)
{
	char *tree = tree_new(), name[LW_RUN_NAME];
	pid_t pid;

	(void)state;
	assert_int_equal(lw_runs_take(tree, "opensnoop", 8, name, &pid), -ENOENT);
	tree_free(tree);
}

/* ---- what killed runs have left ---- */

static char swept[128];

static void note_removed(const char *of, const char *module)
{
	assert_string_equal(of, "opensnoop");
	strcat(strcat(swept, " "), module);
}

static void sweeps(int number, const char *modules)
{
	swept[0] = '\0';
	lw_runs_sweep(root, "opensnoop", number, note_removed);
	assert_string_equal(swept, modules);
}

static void leftovers_are_swept(void **state)
{
	static const char *const runs[] = { "opensnoop", "opensnoop_2", "opensnoop_3",
					    "opensnoop_8", "opensnooper" };
	char path[64];
	pid_t third;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(runs); i++) {
		snprintf(path, sizeof(path), "proc/systemtap/lw_%s/.cmd", runs[i]);
		tree_text(root, path, "");
	}
	tree_text(root, "proc/modules",
		  "lw_opensnoop 1 0 - Live 0x0\nlw_opensnoop_2 1 1 - Live 0x0\n"
		  "lw_opensnoop_3 1 0 - Live 0x0\nlw_opensnoop_8 1 0 - Live 0x0\n"
		  "lw_opensnooper 1 0 - Live 0x0\n");
	third = lock_elsewhere(root, "opensnoop_3");
	sweeps(4, " lw_opensnoop lw_opensnoop_8");
	sweeps(1, " lw_opensnoop_8");
	lock_end(third);
	sweeps(8, " lw_opensnoop lw_opensnoop_3");
	assert_int_equal(fake->removes, 5);
	/* Its locks are given back. */
	lock_end(lock_elsewhere(root, "opensnoop"));
	fake->remove_errno = EAGAIN;
	sweeps(4, "");
}

/* ---- renamed modules ---- */

/* The copy differs from the image in the name alone. */
static void is_renamed(const void *image, size_t size, size_t left)
{
	size_t offset, len, copy_size;
	void *copy;

	assert_int_equal(
		lw_rename(image, size, "lw_opensnoop", "lw_opensnoop_2", &copy, &copy_size), 0);
	assert_int_equal(copy_size, left);
	assert_int_equal(
		lw_section_find(copy, copy_size, ".gnu.linkonce.this_module", &offset, &len), 0);
	assert_string_equal((char *)copy + offset + NAME_AT, "lw_opensnoop_2");
	strcpy((char *)copy + offset + NAME_AT, "lw_opensnoop");
	((char *)copy)[offset + NAME_AT + 13] = '\0';
	assert_memory_equal(copy, image, copy_size);
	free(copy);
}

static void renamed(void **state)
{
	(void)state;
	is_renamed(tool->image, tool->size, tool->size);
}

/* An image with the kernel's own signature of @len bytes, as scripts/sign-file.c appends it */
static char *with_signature(uint32_t len, size_t *size)
{
	static const char kind[8] = { 0, 0, 2 };
	uint32_t big = __builtin_bswap32(len);
	char *p, *image;

	*size = tool->size + len + sizeof(kind) + sizeof(big) + strlen(MAGIC);
	image = calloc(1, *size);
	assert_non_null(image);
	p = mempcpy(image, tool->image, tool->size) + len;
	p = mempcpy(p, kind, sizeof(kind));
	p = mempcpy(p, &big, sizeof(big));
	memcpy(p, MAGIC, strlen(MAGIC));
	return image;
}

static void renamed_without_signature(void **state)
{
	size_t size;
	char *image = with_signature(700, &size);

	(void)state;
	assert_int_equal(lw_kernel_signature(image, size), size - tool->size);
	assert_int_equal(lw_kernel_signature(tool->image, tool->size), 0);
	is_renamed(image, size, tool->size);
	free(image);
}

static void is_not_renamed(const void *image, size_t size, const char *from, const char *to)
{
	size_t copy_size;
	void *copy;

	assert_int_equal(lw_rename(image, size, from, to, &copy, &copy_size), -ENOEXEC);
}

static void not_renamed(void **state)
{
	char *image = malloc(tool->size), x56[57];
	size_t offset, len, size;
	char *bad;

	(void)state;
	memset(x56, 'x', 56);
	x56[56] = '\0';
	is_not_renamed(tool->image, tool->size, "lw_opensnoo", "lw_x");
	is_not_renamed(tool->image, tool->size, "lw_killsnoop", "lw_x");
	is_not_renamed(tool->image, tool->size, "lw_opensnoop", x56);
	is_not_renamed(tool->image, tool->size, x56, "lw_x");
	is_not_renamed("x", 1, "lw_opensnoop", "lw_x");
	is_not_renamed(MAGIC, strlen(MAGIC), "lw_opensnoop", "lw_x");
	/* Its length is more than there is. */
	bad = with_signature(8, &size);
	bad[size - strlen(MAGIC) - 4] = 127;
	is_not_renamed(bad, size, "lw_opensnoop", "lw_x");
	free(bad);
	/* The name is there twice. */
	memcpy(image, tool->image, tool->size);
	assert_int_equal(
		lw_section_find(image, tool->size, ".gnu.linkonce.this_module", &offset, &len), 0);
	memcpy(image + offset + NAME_AT + 64, "lw_opensnoop", 12);
	is_not_renamed(image, tool->size, "lw_opensnoop", "lw_x");
	free(image);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(names),
		FRESH(places),
		FRESH(places_without_run),
		FRESH(leftovers_are_swept),
		FRESH(renamed),
		FRESH(renamed_without_signature),
		FRESH(not_renamed),
	};

	leaks_in_children_only();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
