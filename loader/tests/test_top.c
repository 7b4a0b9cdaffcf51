// SPDX-License-Identifier: GPL-2.0-only
/* test_top.c - --sort and --top: the order of records, and which are kept */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/top.h"
#include "helper.h"

static const struct lw_tool tool = {
	.name = (char *)"tool",
	.fields = {
		{ .name = "time", .type = LW_TIME, .option = 'T' },
		{ .name = "pid", .type = LW_INT },
		{ .name = "comm", .type = LW_STR },
		{ .name = "latency", .type = LW_DIST },
		{ .name = "ms", .type = LW_MSEC },
		{ .name = "flags", .type = LW_STR, .option = 'e' },
	},
	.nfields = 6,
};

enum { TIME, PID, COMM, LATENCY, MS, FLAGS };

static const struct lw_tool plain = {
	.name = (char *)"plain",
	.fields = { { .name = "pid", .type = LW_INT }, { .name = "path", .type = LW_STR } },
	.nfields = 2,
};

/* ---- options ---- */

static int parse(const struct lw_tool *of, const char *sort, struct lw_top_options *options,
		 char **said)
{
	const bool given[128] = { ['T'] = true };
	struct capture err;
	int result;

	capture_begin(&err, 2);
	result = lw_top_parse(of, given, sort, options);
	*said = capture_end(&err, NULL);
	return result;
}

static void parsed(const char *sort, int field, bool upward)
{
	struct lw_top_options options = { .most = 3 };
	char *said;

	assert_int_equal(parse(&tool, sort, &options, &said), 0);
	assert_string_equal(said, "");
	assert_int_equal(options.field, field);
	assert_int_equal(options.upward, upward);
	assert_int_equal(options.most, 3);
	free(said);
}

static void good_options(void **state)
{
	(void)state;
	parsed(NULL, LATENCY, false);
	parsed("pid", PID, false);
	parsed("-pid", PID, false);
	parsed("+pid", PID, true);
	parsed("time", TIME, false);
	parsed("comm", COMM, true);
	parsed("-comm", COMM, false);
	parsed("+ms", MS, true);
}

static void refused(const struct lw_tool *of, const char *sort, const char *message)
{
	struct lw_top_options options;
	char *said;

	assert_int_equal(parse(of, sort, &options, &said), -EINVAL);
	if (!text_says(said, message))
		fail_msg("no \"%s\" in: %s", message, said);
	free(said);
}

static void bad_options(void **state)
{
	(void)state;
	refused(&tool, "pit", "tool: option --sort: field \"pit\" *pid?");
	refused(&tool, "", "option --sort: field \"\"");
	refused(&tool, "+", "option --sort: field \"\"");
	refused(&tool, "--pid", "option --sort: field \"-pid\"");
	refused(&tool, "flags", "option --sort: *flags *option -e");
	refused(&plain, NULL, "plain: option --top: *--sort pid");
}

/* ---- records ---- */

struct row {
	long long pid;
	const char *comm;  /* NULL: not known */
	long long latency; /* the sum; -1: no value */
};

static void make(const struct row *row, struct lw_dist *dist, struct lw_value values[6])
{
	memset(values, 0, 6 * sizeof(*values));
	values[TIME].state = LW_NONE;
	values[PID].number = row->pid;
	values[COMM].state = row->comm ? LW_VALUE : LW_UNREADABLE;
	values[COMM].text = row->comm;
	values[COMM].len = row->comm ? strlen(row->comm) : 0;
	/* As of the record before it */
	values[LATENCY].dist = dist;
	values[LATENCY].state = row->latency < 0 ? LW_NONE : LW_VALUE;
	values[LATENCY].text = "";
	values[MS].state = values[FLAGS].state = LW_NONE;
	*dist = (struct lw_dist){ .unit = "usecs", .unit_len = 5, .sum = row->latency };
}

struct list {
	char text[4096];
	size_t n;
	int stop_after; /* 0: never */
};

static int put(void *context, const struct lw_value *values)
{
	struct list *list = context;

	list->n += snprintf(list->text + list->n, sizeof(list->text) - list->n, "%s%lld:%.*s",
			    list->n ? " " : "", values[PID].number, (int)values[COMM].len,
			    values[COMM].text);
	if (values[LATENCY].dist)
		assert_memory_equal(values[LATENCY].dist->unit, "usecs", 5);
	return list->stop_after && !--list->stop_after ? -EPIPE : 0;
}

static void ordered(int most, const char *sort, const struct row *rows, int n, const char *want,
		    unsigned long long left_out)
{
	struct lw_top_options options = { .most = most };
	struct list list = { .n = 0 };
	struct lw_value values[6];
	struct lw_dist dist;
	struct lw_top *top;
	char *said, *comm;
	int i;

	assert_int_equal(parse(&tool, sort, &options, &said), 0);
	free(said);
	top = lw_top_new(&tool, &options);
	assert_non_null(top);
	for (i = 0; i < n; i++) {
		struct row row = rows[i];

		/* The bytes are another record's by the end. */
		comm = row.comm ? strdup(row.comm) : NULL;
		row.comm = comm;
		make(&row, &dist, values);
		assert_int_equal(lw_top_add(top, values), 0);
		free(comm);
	}
	assert_int_equal(lw_top_each(top, put, &list), 0);
	assert_string_equal(list.text, want);
	assert_int_equal(lw_top_left_out(top), left_out);
	/* They are forgotten. */
	list = (struct list){ .n = 0 };
	assert_int_equal(lw_top_each(top, put, &list), 0);
	assert_string_equal(list.text, "");
	lw_top_free(top);
}

static const struct row rows[] = {
	{ 5, "b", 70 }, { 3, "ab", 20 }, { 9, NULL, 30 }, { 3, "c", -1 }, { 7, "a", 20 },
};

static void orders(void **state)
{
	(void)state;
	ordered(0, "pid", rows, 5, "9: 7:a 5:b 3:ab 3:c", 0);
	ordered(0, "+pid", rows, 5, "3:ab 3:c 5:b 7:a 9:", 0);
	ordered(0, "comm", rows, 5, "7:a 3:ab 5:b 3:c 9:", 0);
	ordered(0, "-comm", rows, 5, "3:c 5:b 3:ab 7:a 9:", 0);
	ordered(0, "latency", rows, 5, "5:b 9: 3:ab 7:a 3:c", 0);
	ordered(0, "+latency", rows, 5, "3:ab 7:a 9: 5:b 3:c", 0);
	ordered(0, "time", rows, 5, "5:b 3:ab 9: 3:c 7:a", 0);
}

static void tops(void **state)
{
	(void)state;
	ordered(2, "pid", rows, 5, "9: 7:a", 3);
	ordered(3, "+pid", rows, 5, "3:ab 3:c 5:b", 2);
	ordered(1, "comm", rows, 5, "7:a", 4);
	ordered(4, NULL, rows, 5, "5:b 9: 3:ab 7:a", 1);
	ordered(5, "pid", rows, 5, "9: 7:a 5:b 3:ab 3:c", 0);
	ordered(6, "pid", rows, 5, "9: 7:a 5:b 3:ab 3:c", 0);
	ordered(2, "pid", rows, 0, "", 0);
}

/* Against a plain sort, for sizes around the heap's levels */
static int highest_first(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->pid < y->pid) - (x->pid > y->pid);
}

static void many(void **state)
{
	struct row mixed[300], sorted[300];
	char want[4096];
	int most, i, n;

	(void)state;
	srandom(7);
	for (i = 0; i < 300; i++)
		mixed[i] = (struct row){ i * 1000 + random() % 7 * 1000000, "x", 1 };
	memcpy(sorted, mixed, sizeof(sorted));
	qsort(sorted, 300, sizeof(*sorted), highest_first);
	for (most = 1; most <= 40; most++) {
		for (i = n = 0; i < most; i++)
			n += snprintf(want + n, sizeof(want) - n, "%s%lld:x", i ? " " : "",
				      sorted[i].pid);
		ordered(most, "pid", mixed, 300, want, 300 - most);
	}
}

static void an_error_on_the_way(void **state)
{
	struct lw_top_options options = { .field = PID };
	struct list list = { .stop_after = 2 };
	struct lw_value values[6];
	struct lw_dist dist;
	struct lw_top *top = lw_top_new(&tool, &options);
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		make(&rows[i], &dist, values);
		assert_int_equal(lw_top_add(top, values), 0);
	}
	assert_int_equal(lw_top_each(top, put, &list), -EPIPE);
	assert_string_equal(list.text, "9: 7:a");
	list.n = 0;
	assert_int_equal(lw_top_each(top, put, &list), 0);
	assert_int_equal(list.n, 0);
	lw_top_free(top);
	lw_top_free(NULL);
	assert_int_equal(lw_top_left_out(NULL), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_options), cmocka_unit_test(bad_options),
		cmocka_unit_test(orders),       cmocka_unit_test(tops),
		cmocka_unit_test(many),         cmocka_unit_test(an_error_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
