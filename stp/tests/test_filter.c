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

/* The task is thread 12 of process 11, a child of 10, and user 1000's. */
static struct task_struct parent, leader;

static int setup(void **state)
{
	struct task_struct *task = current;

	(void)state;
	memset(&lw_filter, 0, sizeof(lw_filter));
	parent.tgid = parent.pid = 10;
	leader.tgid = leader.pid = task->tgid = 11;
	task->pid = 12;
	task->uid.val = 1000;
	task->real_parent = &parent;
	task->group_leader = &leader;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_filter_wants_all, setup),
		cmocka_unit_test(lists_are_taken_and_ask),
		cmocka_unit_test_setup(each_kind_must_match, setup),
		cmocka_unit_test_setup(numbers_are_those_of_a_namespace, setup),
		cmocka_unit_test_setup(names_end_with_their_nul, setup),
		cmocka_unit_test_setup(programs_and_targets_are_no_matter_of_the_begin, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
