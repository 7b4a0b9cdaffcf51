// SPDX-License-Identifier: GPL-2.0-only
/* test_here.c - disks, file systems and processes as a person names them, on a host of a tree */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/here.h"
#include "helper.h"

#define RELEASE_HERE "6.1.0-99-test"

static char *root;

static void link_to(const char *target, const char *path)
{
	char name[512];

	/* This makes the directories. */
	tree_text(root, path, "");
	snprintf(name, sizeof(name), "%s/%s", root, path);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(symlink(target, name), 0);
}

/* Adds a disk to the tree, with requests of its own or without */
static void add_disk(const char *name, bool requests)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "sys/devices/%s/size", name);
	tree_text(root, path, "");
	snprintf(path, sizeof(path), "sys/devices/%s/mq/0", name);
	if (requests)
		tree_text(root, path, "");
	snprintf(target, sizeof(target), "../../devices/%s", name);
	snprintf(path, sizeof(path), "sys/block/%s", name);
	link_to(target, path);
	snprintf(target, sizeof(target), "../../devices/%s", name);
	snprintf(path, sizeof(path), "sys/class/block/%s", name);
	link_to(target, path);
}

static int setup(void **state)
{
	(void)state;
	root = tree_new();
	add_disk("sda", true);
	add_disk("sdb", true);
	add_disk("cciss!c0d0", true);
	add_disk("dm-0", false);
	add_disk("ram0", false);
	tree_text(root, "sys/devices/sda/sda1/partition", "1\n");
	tree_text(root, "sys/devices/sda/sda1/start", "2048\n");
	tree_text(root, "sys/devices/sda/sda1/size", "4096\n");
	link_to("../../devices/sda/sda1", "sys/class/block/sda1");
	link_to("../../sda/sda1", "sys/devices/dm-0/slaves/sda1");
	/* A file that is no device has number 0:0. */
	tree_text(root, "dev/plain", "");
	link_to("../../devices/sda", "sys/dev/block/0:0");
	tree_text(root, "proc/filesystems", "nodev\ttmpfs\n\text4\n\tfuseblk\n");
	tree_text(root, "proc/12/comm", "");
	tree_text(root, "lib/modules/" RELEASE_HERE "/modules.alias", "alias fs-xfs xfs\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

struct row {
	const char *tool, *option, *value;
	const char *want; /* the first parameter, or the reason of a refusal */
};

static const struct row rows[] = {
	{ "biolatency", "-d", "sda", "disk=\"sda\"" },
	{ "biolatency", "-d", "sda1", "disk=\"sda 2048 4096\"" },
	{ "bitesize", "-d", "cciss/c0d0", "disk=\"cciss/c0d0\"" },
	{ "bitesize", "-d", "cciss!c0d0", "disk=\"cciss/c0d0\"" },
	{ "biolatency", "-d", "nosuch",
	  "lwload: biolatency: option -d: no disk \"nosuch\" here; there are cciss!c0d0, sda, sdb\n" },
	{ "biolatency", "-d", ".", "lwload: biolatency: option -d: no disk \".\" here; there are" },
	{ "bitesize", "-d", "/dev/../etc",
	  "lwload: bitesize: option -d: no disk \"/dev/../etc\" here" },
	{ "biolatency", "-d", "/dev/plain", "lwload: biolatency: *-d: *disk*/dev/plain*" },
	{ "biolatency", "-d", "dm-0", "lwload: biolatency: *-d: *dm-0*requests*sda1\n" },
	{ "biolatency", "-d", "ram0",
	  "lwload: biolatency: *-d: *ram0*requests*cciss!c0d0, sda, sdb\n" },
	{ "fslatency", "-t", "ext4", "fs=\"ext4\"" },
	{ "fsslower", "-t", "tmpfs", "fs=\"tmpfs\"" },
	{ "fslatency", "-t", "xfs", "fs=\"xfs\"" },
	{ "fslatency", "-t", "ext", "lwload: fslatency: *-t: *\"ext\"*ext4, fuseblk\n" },
	{ "opensnoop", "-p", "7", "pid=7" },
	{ "opensnoop", "--not-pid", "7,0x8", "lw_not_pid=7,8" },
	{ "execsnoop", "--pid", "7", "lwload: execsnoop: *--pid*7 here\n" },
	{ "execsnoop", "-p", "12", "lw_only_pid=12" },
	{ "execsnoop", "--tree", "12,7", "lwload: execsnoop: *--tree*7 here\n" },
	{ "opensnoop", "--ppid", "12", "lw_only_ppid=12" },
	{ "bitesize", "-u", "0,root", "lw_only_uid=0,0" },
	{ "opensnoop", "--process", "a b,c", "lw_only_process=\"a b,c\"" },
	{ "opensnoop", "--not-comm", "a", "lw_not_comm=\"a\"" },
	{ "opensnoop", "--pidns", "4026531836", "lw_only_pidns=4026531836" },
	{ "opensnoop", "--pidns", "7", "lwload: opensnoop: *--pidns*7 here\n" },
	{ "opensnoop", "--mntns", "4194305,4294967295", "lwload: *\"4294967295\"*namespace" },
	{ "opensnoop", "--cgroup", "/", "lwload: opensnoop: *--cgroup*cgroup2" },
	{ "opensnoop", "--not-container", "web", "lwload: opensnoop: *--not-container*cgroup2" },
};

/* Returns the first parameter, or the reason of a refusal; free it. */
static char *answer(const struct row *row)
{
	struct lw_tool *tool = tool_of(row->tool);
	char *argv[] = { tool->name, (char *)row->option, (char *)row->value, NULL };
	struct lw_options options;
	struct capture err;
	char *text;
	int result;

	capture_begin(&err, 2);
	assert_int_equal(lw_options_parse(tool, 3, argv, &options), 0);
	result = lw_here_options(root, RELEASE_HERE, tool, &options);
	text = capture_end(&err, NULL);
	assert_int_equal(result < 0, *text != '\0');
	if (!result) {
		free(text);
		/* Lists of tasks come after the buffer. */
		text = strdup(options.params[options.nparams > 1 && *options.params[0] == '_']);
	}
	lw_options_free(&options);
	lw_tool_free(tool);
	return text;
}

static void check(const struct row *row)
{
	char *text = answer(row);

	if (strncmp(text, row->want, strcspn(row->want, "*")) || !text_says(text, row->want))
		fail_msg("%s %s %s: wanted \"%s\", got \"%s\"", row->tool, row->option, row->value,
			 row->want, text);
	free(text);
}

/* The number of a file of the tree stands for that of a namespace or a control group. */
static void expect_number(const char *option, const char *value, const char *param,
			  const char *files)
{
	char want[128], path[256], name[64];
	struct row row = { "opensnoop", option, value, want };
	struct stat st;
	int n;

	n = snprintf(want, sizeof(want), "%s=", param);
	for (; *files; files += strspn(files, " ")) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(files, " "), files);
		files += strlen(name);
		snprintf(path, sizeof(path), "%s/%s", root, name);
		assert_int_equal(stat(path, &st), 0);
		n += snprintf(want + n, sizeof(want) - n, "%s%llu", want[n - 1] == '=' ? "" : ",",
			      (unsigned long long)st.st_ino);
	}
	check(&row);
}

static void namespaces_and_groups_become_numbers(void **state)
{
	(void)state;
	tree_text(root, "proc/12/ns/pid", "");
	tree_text(root, "proc/12/ns/mnt", "");
	tree_text(root, "sys/fs/cgroup/cgroup.controllers", "");
	tree_text(root, "sys/fs/cgroup/a.slice/b.service/cgroup.procs", "");
	tree_text(root, "sys/fs/cgroup/machine.slice/machine-web.scope/cgroup.procs", "");
	expect_number("--pidns", "12", "lw_only_pidns", "proc/12/ns/pid");
	expect_number("--not-mntns", "12", "lw_not_mntns", "proc/12/ns/mnt");
	expect_number("--cgroup", "a.slice,/a.slice/b.service", "lw_only_cgroup",
		      "sys/fs/cgroup/a.slice sys/fs/cgroup/a.slice/b.service");
	expect_number("--container", "web", "lw_only_cgroup",
		      "sys/fs/cgroup/machine.slice/machine-web.scope");
}

static void values_are_understood(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		check(&rows[i]);
}

/* The tree's file is no namespace of this host: its inode is another. */
static void numbers_of_a_namespace(void **state)
{
	static const struct row is_there = { "opensnoop", "-p", "7,8", "pid=7,8" };
	static const struct row is_not = { "opensnoop", "-t", "7,80,8",
					   "lwload: opensnoop: *-t: *process 80*PID namespace" };
	static const struct row of_others = { "opensnoop", "-p", "7",
					      "lwload: opensnoop: *-p: /proc*PID namespace" };
	char own[16], path[64];

	(void)state;
	tree_text(root, "proc/7/comm", "");
	tree_text(root, "proc/8/comm", "");
	tree_text(root, "proc/other/ns/pid", "");
	link_to("other", "proc/self");
	check(&of_others);
	snprintf(own, sizeof(own), "%d", getpid());
	snprintf(path, sizeof(path), "proc/%s/ns/pid", own);
	tree_text(root, path, "");
	snprintf(path, sizeof(path), "%s/proc/self", root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(own, path), 0);
	check(&is_there);
	check(&is_not);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = { FRESH(values_are_understood),
						   FRESH(namespaces_and_groups_become_numbers),
						   FRESH(numbers_of_a_namespace) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
