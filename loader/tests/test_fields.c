// SPDX-License-Identifier: GPL-2.0-only
/* test_fields.c - names of fields: found, chosen, refused */
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
	},
	.nfields = 4,
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_order_of_the_list),
		cmocka_unit_test(lists_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
