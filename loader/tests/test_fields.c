// SPDX-License-Identifier: GPL-2.0-only
/* test_fields.c - names of fields: found, chosen, refused */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/fields.h"
#include "helper.h"

static const struct lw_tool tool = {
	.name = (char *)"tool",
	.fields = {
		{ .name = "time", .type = LW_TIME, .option = 'T' },
		{ .name = "pid", .type = LW_INT },
		{ .name = "ppid", .type = LW_INT },
		{ .name = "comm", .type = LW_STR },
		{ .name = "ms", .type = LW_MSEC, .option = 'T', .without = true },
	},
	.nfields = 5,
};
/* The same with two fields of lwload's */
static const struct lw_tool more = {
	.name = (char *)"tool",
	.fields = {
		{ .name = "time", .type = LW_TIME, .option = 'T' },
		{ .name = "pid", .type = LW_INT },
		{ .name = "cgroup", .type = LW_STR },
		{ .name = "process", .type = LW_STR },
	},
	.nfields = 4,
	.more = { LW_CGROUP, LW_PROCESS },
	.nmore = 2,
};
static const bool none[128], with_time[128] = { ['T'] = true };

/* Prints what is wrong into @said, which is to be freed. */
static int choose(const bool *given, const char *list, struct lw_columns *columns, char **said)
{
	struct capture err;
	int result;

	capture_begin(&err, 2);
	result = lw_fields_choose(&tool, given, list, columns);
	*said = capture_end(&err, NULL);
	return result;
}

static void are_chosen(const bool *given, const char *list, int n, const int *fields)
{
	struct lw_columns columns;
	char *said;

	if (choose(given, list, &columns, &said) < 0)
		fail_msg("%s: %s", list, said);
	assert_int_equal(columns.n, n);
	assert_memory_equal(columns.field, fields, n * sizeof(*fields));
	free(said);
}

static void in_the_order_of_the_list(void **state)
{
	(void)state;
	are_chosen(none, "pid", 1, (const int[]){ 1 });
	are_chosen(none, "comm,pid", 2, (const int[]){ 3, 1 });
	are_chosen(with_time, "ppid,time,pid,comm", 4, (const int[]){ 2, 0, 1, 3 });
}

static void fields_that_are_added(void **state)
{
	struct lw_columns columns = { .n = 0 };

	(void)state;
	assert_int_equal(lw_fields_choose(&more, none, "+process,+cgroup", &columns), 0);
	assert_true(columns.added && columns.n == 2 && columns.field[0] == 3 &&
		    columns.field[1] == 2);
	assert_int_equal(lw_fields_choose(&more, none, "process,pid", &columns), 0);
	assert_true(!columns.added && columns.n == 2 && columns.field[0] == 3);
	assert_int_equal(lw_fields_more(&more, 1), -1);
	assert_int_equal(lw_fields_more(&more, 2), LW_CGROUP);
	assert_int_equal(lw_fields_more(&more, 3), LW_PROCESS);
	columns = (struct lw_columns){ .n = 0 };
	assert_false(lw_fields_add(&more, LW_CONTAINER, &columns) || columns.n);
	assert_true(lw_fields_add(&more, LW_CGROUP, &columns));
	assert_true(columns.added && columns.n == 1 && columns.field[0] == 2);
}

static void fields_that_an_option_empties(void **state)
{
	struct lw_columns columns;
	char *said;

	(void)state;
	are_chosen(none, "ms,pid", 2, (const int[]){ 4, 1 });
	assert_true(choose(with_time, "ms", &columns, &said));
	assert_has(said, "ms only without option -T");
	free(said);
}

static void lists_that_are_refused(void **state)
{
	static const struct {
		const char *list, *says;
	} refused[] = {
		{ "", "\"\" is unknown" },
		{ "pid,", "\"\" is unknown" },
		{ ",pid", "\"\" is unknown" },
		{ "pid comm", "unknown" },
		{ "commm", "did you mean comm?" },
		{ "elephant", "lwload tool --help" },
		{ "pid,comm,pid", "pid is given twice" },
		{ "pid,time", "only with option -T" },
		{ "+pid", "own fields" },
		{ "+process", "unknown" },
	};
	struct lw_columns columns;
	char *said;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		if (!choose(none, refused[i].list, &columns, &said))
			fail_msg("%s was taken", refused[i].list);
		assert_has(said, refused[i].says);
		assert_has(said, "lwload: tool: option --fields: ");
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		free(said);
	}
}

static void lists_that_mix_are_refused(void **state)
{
	static const char *const lists[] = { "+process,pid", "pid,+process", "+process,+process",
					     "+" };
	struct lw_columns columns;
	struct capture err;
	size_t i;
	char *said;

	(void)state;
	for (i = 0; i < COUNT(lists); i++) {
		capture_begin(&err, 2);
		assert_int_equal(lw_fields_choose(&more, none, lists[i], &columns), -EINVAL);
		said = capture_end(&err, NULL);
		assert_has(said, "lwload: tool: option --fields: ");
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_order_of_the_list),
		cmocka_unit_test(fields_that_are_added),
		cmocka_unit_test(lists_that_are_refused),
		cmocka_unit_test(fields_that_an_option_empties),
		cmocka_unit_test(lists_that_mix_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
