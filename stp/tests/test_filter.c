// SPDX-License-Identifier: GPL-2.0-only
/* test_filter.c - lists as options give them, and the tasks that they are for */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "shim.h"

#define PID_MAX_LIMIT 4194304 /* of linux/threads.h, 64 bit */
#include "filter.h"

#define TEN "4194301,4194302,4194303,4194304,1,2,3,4,5,6"
#define FORTY TEN "," TEN "," TEN "," TEN
#define NAMES "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o"

/* The task is thread 12 of process 11, a child of 10, which is one of 9, and user 1000's. */
static struct task_struct init, grandparent, parent, leader;
/* It has namespaces of its own, and is in /machines/web of cgroup2, and in /old of controller memory. */
static struct pid_namespace pids = { { 4026532000 } };
static struct mnt_namespace mounts = { { 4026532001 } };
static struct nsproxy proxy = { &mounts };
static struct cgroup top = { 1, 0, { &top } },
		     machines = { 1ULL << 32 | 7, 1, { &top, &machines } },
		     web = { 300, 2, { &top, &machines, &web } }, old = { 400, 1, { &top, &old } };

static int setup(void **state)
{
	struct task_struct *task = current;

	(void)state;
	memset(&lw_filter, 0, sizeof(lw_filter));
	memset(&lw_only_lists, 0, sizeof(lw_only_lists));
	memset(&lw_not_lists, 0, sizeof(lw_not_lists));
	init.tgid = init.pid = 1;
	init.real_parent = &init;
	grandparent.tgid = grandparent.pid = 9;
	grandparent.real_parent = &init;
	parent.tgid = parent.pid = 10;
	parent.real_parent = &grandparent;
	leader.tgid = leader.pid = task->tgid = 11;
	task->pid = 12;
	task->uid.val = 1000;
	task->real_parent = &parent;
	task->group_leader = &leader;
	task->cgroup = &web;
	task->controllers[0].cgroup = &top;
	task->controllers[1].cgroup = &old;
	task->nsproxy = &proxy;
	task->thread_pid.ns = &pids;
	strcpy(task->comm, "http-nio-8080");
	strcpy(leader.comm, "java");
	return 0;
}

/* The list is copied to memory that ends where it ends, for AddressSanitizer. */
static bool takes(enum lw_kind kind, const char *list)
{
	char *copy = strdup(list);
	bool taken = !lw_only(kind, copy);

	free(copy);
	return taken;
}

static void no_filter_wants_all(void **state)
{
	(void)state;
	assert_true(takes(LW_BY_PID, "all") && takes(LW_BY_UID, "all") && takes(LW_BY_COMM, ""));
	assert_int_equal(lw_filter.by, 0);
	assert_true(lw_wanted() && lw_begin_wanted() && lw_target_wanted(5));
}

static const struct {
	enum lw_kind kind;
	const char *list;
	bool taken, wanted;
} rows[] = {
	{ LW_BY_PID, "11", true, true },
	{ LW_BY_PID, "12", true, false },
	{ LW_BY_PID, FORTY, true, false },
	{ LW_BY_PID, "1,4194304,11", true, true },
	{ LW_BY_PID, FORTY ",11", false, false },
	{ LW_BY_PID, "", false, false },
	{ LW_BY_PID, "0", false, false },
	{ LW_BY_PID, "4194305", false, false },
	{ LW_BY_PID, "4294967307", false, false }, /* 11 and 2^32 */
	{ LW_BY_PID, "18446744073709551627", false, false },
	{ LW_BY_PID, "-11", false, false },
	{ LW_BY_PID, "0x11", false, false },
	{ LW_BY_PID, "11 ", false, false },
	{ LW_BY_PID, "11,", false, false },
	{ LW_BY_PID, ",11", false, false },
	{ LW_BY_PID, "11,,12", false, false },
	{ LW_BY_PID, "11,all", false, false },
	{ LW_BY_TID, "11,12", true, true },
	{ LW_BY_TID, "11", true, false },
	{ LW_BY_UID, "0,1000", true, true },
	{ LW_BY_UID, "0", true, false },
	{ LW_BY_UID, "4294967294", true, false },
	{ LW_BY_UID, "4294967295", false, false },
	{ LW_BY_PARENT, "9,10", true, true },
	{ LW_BY_PARENT, "11", true, false },
	{ LW_BY_COMM, "nio", true, true },
	{ LW_BY_COMM, "http-nio-8080", true, true },
	{ LW_BY_COMM, "8080", true, true },
	{ LW_BY_COMM, "8080x", true, false },
	{ LW_BY_COMM, "java", true, true },
	{ LW_BY_COMM, "nobody,av", true, true },
	{ LW_BY_COMM, "javah", true, false },
	{ LW_BY_COMM, "python", true, false },
	{ LW_BY_COMM, "java,h", true, true },
	{ LW_BY_COMM, "n-nio", true, false },
	{ LW_BY_COMM, "all", true, false },
	{ LW_BY_COMM, NAMES ",http", true, true },
	{ LW_BY_COMM, NAMES ",p,http", false, false },
	{ LW_BY_COMM, "123456789012345", true, false },
	{ LW_BY_COMM, "1234567890123456", false, false },
	{ LW_BY_COMM, "http,", false, false },
	{ LW_BY_COMM, ",http", false, false },
	{ LW_BY_PROGRAM, "nio", true, true },
	{ LW_BY_PROGRAM, "java", true, true },
	{ LW_BY_PROGRAM, "python", true, false },
};

static void lists_are_taken_and_ask(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(state);
		if (takes(rows[i].kind, rows[i].list) != rows[i].taken ||
		    (rows[i].taken && lw_wanted() != rows[i].wanted))
			fail_msg("%u: \"%s\"", rows[i].kind, rows[i].list);
	}
}

static void each_kind_must_match(void **state)
{
	(void)state;
	assert_true(takes(LW_BY_PID, "11") && takes(LW_BY_UID, "1000"));
	assert_true(takes(LW_BY_COMM, "http") && lw_wanted());
	assert_true(takes(LW_BY_PARENT, "9") && !lw_wanted());
}

static void numbers_are_those_of_a_namespace(void **state)
{
	(void)state;
	current->thread_pid.level = 1;
	assert_true(takes(LW_BY_PID, "12,11"));
	assert_false(lw_wanted());
	current->tgid = 1011;
	assert_true(lw_wanted());
	assert_false(takes(LW_BY_TID, "12,100"));
	assert_true(takes(LW_BY_UID, "1000"));
	current->thread_pid.level = 0;
}

/* Bytes after the end of a name are not a part of it. */
static void names_end_with_their_nul(void **state)
{
	(void)state;
	memcpy(current->comm, "sh\0ttpd\0", 8);
	assert_true(takes(LW_BY_COMM, "ttpd") && !lw_wanted());
}

static void programs_and_targets_are_no_matter_of_the_begin(void **state)
{
	(void)state;
	assert_true(takes(LW_BY_PROGRAM, "python") && takes(LW_BY_TARGET, "5,6"));
	assert_true(lw_begin_wanted() && !lw_wanted());
	assert_true(lw_target_wanted(6) && !lw_target_wanted(11) && !lw_target_wanted(-6));
	assert_true(takes(LW_BY_TID, "11") && !lw_begin_wanted());
}

/* ---- common options ---- */

#define COMMON(name)                                                          \
	{                                                                     \
#name, &shim_param_lw_only_##name, &shim_param_lw_not_##name, \
			&shim_ops_lw_only_##name                              \
	}
static const struct {
	const char *name;
	const struct kernel_param *only, *left_out;
	const struct kernel_param_ops *const *ops;
} commons[] = {
	COMMON(pid),   COMMON(tid),   COMMON(uid),    COMMON(ppid), COMMON(process), COMMON(comm),
	COMMON(pidns), COMMON(mntns), COMMON(cgroup), COMMON(tree), COMMON(below),
};

/* As takes(), for the parameter lw_only_NAME or lw_not_NAME */
static bool common(const char *name, bool only, const char *list)
{
	char *copy = strdup(list);
	size_t i = 0;
	int err;

	while (strcmp(commons[i].name, name))
		i++;
	err = (*commons[i].ops)->set(copy, only ? commons[i].only : commons[i].left_out);
	free(copy);
	return !err;
}

static const struct {
	const char *name, *list;
	bool taken, in;
} common_rows[] = {
	{ "pid", "11", true, true },
	{ "pid", "12", true, false },
	{ "pid", "", false, false },
	{ "pid", "all", false, false },
	{ "tid", "12", true, true },
	{ "tid", "11", true, false },
	{ "uid", "0,1000", true, true },
	{ "uid", "0", true, false },
	{ "ppid", "10", true, true },
	{ "ppid", "9", true, false },
	{ "process", "java", true, true },
	{ "process", "http", true, false },
	{ "process", "", false, false },
	{ "comm", "http", true, true },
	{ "comm", "java", true, false },
	{ "tree", "11", true, true },
	{ "tree", "10", true, true },
	{ "tree", "5,9", true, true },
	{ "tree", "1", true, true },
	{ "tree", "12", true, false },
	{ "tree", "0", false, false },
	{ "below", "11", true, false },
	{ "below", "10", true, true },
	{ "below", "9", true, true },
	{ "below", "8,12", true, false },
	{ "pidns", "4026532000", true, true },
	{ "pidns", "4026532001", true, false },
	{ "pidns", "0", false, false },
	{ "mntns", "1,4026532001", true, true },
	{ "mntns", "4026532000", true, false },
	{ "cgroup", "300", true, true },
	{ "cgroup", "4294967303", true, true },
	{ "cgroup", "7", true, false },
	{ "cgroup", "2,1", true, true },
	{ "cgroup", "301", true, false },
	{ "cgroup", "0", false, false },
	{ "cgroup", "300,", false, false },
	{ "cgroup", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,300", true, true },
	{ "cgroup", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,300", false, false },
	{ "cgroup", "/web", false, false },
	{ "cgroup", "memory:400", true, true },
	{ "cgroup", "memory:7,1", true, true },
	{ "cgroup", "memory:300", true, false },
	{ "cgroup", "cpu:1", true, true },
	{ "cgroup", "cpu:400", true, false },
	{ "cgroup", "400", true, false },
	{ "cgroup", "memory:", false, false },
	{ "cgroup", "mem:400", false, false },
	{ "cgroup", ":400", false, false },
	{ "cgroup", "memory:400,cpu:1", false, false },
};

static void common_lists_ask_or_leave_out(void **state)
{
	size_t i;
	int only;

	for (i = 0; i < ARRAY_SIZE(common_rows); i++)
		for (only = 0; only < 2; only++) {
			setup(state);
			if (common(common_rows[i].name, only, common_rows[i].list) !=
				    common_rows[i].taken ||
			    (common_rows[i].taken && (lw_wanted() != (common_rows[i].in == only) ||
						      lw_begin_wanted() != lw_wanted())))
				fail_msg("%s %s \"%s\"", only ? "only" : "not", common_rows[i].name,
					 common_rows[i].list);
		}
}

/* LW_LEVELS groups above each other are looked at, and no more: not the root of 65. */
static void groups_far_above_are_not_looked_at(void **state)
{
	static struct cgroup above[LW_LEVELS], deep = { 600, LW_LEVELS, { &top } };
	int i;

	deep.ancestors[LW_LEVELS] = &deep;
	for (i = 1; i < LW_LEVELS; i++) {
		above[i].id = 500 + i;
		deep.ancestors[i] = &above[i];
	}
	current->cgroup = &deep;
	assert_true(common("cgroup", true, "600") && lw_wanted());
	setup(state);
	current->cgroup = &deep;
	assert_true(common("cgroup", true, "501") && lw_wanted());
	setup(state);
	current->cgroup = &deep;
	assert_true(common("cgroup", true, "1") && !lw_wanted());
}

static void the_module_says_which_common_lists_it_takes(void **state)
{
	char all[64] = "";
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(commons); i++)
		sprintf(all + strlen(all), "%s%s", i ? " " : "", commons[i].name);
	assert_string_equal(all, shim_info_lw_lists);
}

static void common_lists_add_to_those_of_the_script(void **state)
{
	(void)state;
	assert_true(takes(LW_BY_PID, "11") && common("uid", true, "1000") && lw_wanted());
	assert_true(common("ppid", false, "10") && !lw_wanted());
	setup(state);
	assert_true(takes(LW_BY_PID, "12") && common("uid", true, "1000") && !lw_wanted());
	/* The kernel sets parameters first. A task must be in both lists of a kind. */
	setup(state);
	assert_true(common("uid", true, "1000,2") && takes(LW_BY_UID, "1000,3") && lw_wanted());
	setup(state);
	assert_true(common("uid", true, "1000") && takes(LW_BY_UID, "3") && !lw_wanted());
	setup(state);
	assert_true(common("uid", true, "3") && takes(LW_BY_UID, "1000") && !lw_wanted());
}

static void a_task_that_exits_is_in_no_list(void **state)
{
	current->nsproxy = NULL;
	current->thread_pid.ns = NULL;
	/* It was released: its parents may have been freed. */
	current->exits = true;
	current->real_parent = (struct task_struct *)8;
	current->group_leader = (struct task_struct *)8;
	assert_true(common("ppid", false, "10") && common("tree", false, "11,10") && lw_wanted());
	assert_true(common("below", false, "10") && common("process", false, "java") &&
		    lw_wanted());
	current->exits = false;
	setup(state);
	current->nsproxy = NULL;
	current->thread_pid.ns = NULL;
	assert_true(common("pidns", false, "4026532000") && lw_wanted());
	assert_true(common("mntns", true, "4026532001") && !lw_wanted());
}

/* The parents of a kernel thread end with process 0. */
static void a_tree_ends_somewhere(void **state)
{
	static struct task_struct line[100];
	int i;

	assert_true(common("tree", true, "200"));
	for (i = 0; i < 100; i++) {
		line[i].tgid = 200 + i;
		line[i].real_parent = &line[i ? i - 1 : 0];
	}
	current->tgid = 500;
	/* The task, and those of 62 generations above its parent, are looked at. */
	current->real_parent = &line[62];
	assert_true(lw_wanted());
	current->real_parent = &line[63];
	assert_false(lw_wanted());
	setup(state);
	current->tgid = 2;
	current->real_parent = &(struct task_struct){ .real_parent = NULL };
	assert_true(common("tree", true, "200") && !lw_wanted());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_filter_wants_all, setup),
		cmocka_unit_test(lists_are_taken_and_ask),
		cmocka_unit_test_setup(each_kind_must_match, setup),
		cmocka_unit_test_setup(numbers_are_those_of_a_namespace, setup),
		cmocka_unit_test_setup(names_end_with_their_nul, setup),
		cmocka_unit_test_setup(programs_and_targets_are_no_matter_of_the_begin, setup),
		cmocka_unit_test(common_lists_ask_or_leave_out),
		cmocka_unit_test_setup(groups_far_above_are_not_looked_at, setup),
		cmocka_unit_test(the_module_says_which_common_lists_it_takes),
		cmocka_unit_test_setup(common_lists_add_to_those_of_the_script, setup),
		cmocka_unit_test_setup(a_task_that_exits_is_in_no_list, setup),
		cmocka_unit_test_setup(a_tree_ends_somewhere, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
