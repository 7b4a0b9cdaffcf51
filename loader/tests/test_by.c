// SPDX-License-Identifier: GPL-2.0-only
/* test_by.c - --by: the words, the texts of its field, and rows that become one */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/by.h"
#include "text/join.h"
#include "helper.h"

static char *root;

static int setup(void **state)
{
	(void)state;
	root = tree_new();
	tree_text(root, "etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

/* ---- words ---- */

static void words(void **state)
{
	static const struct {
		const char *word, *param;
		bool named;
	} rows[] = {
		{ "container", "lw_by=cgroup", false }, { "cgroup", "lw_by=cgroup", false },
		{ "user", "lw_by=user", false },        { "process", "lw_by=process", true },
		{ "tree", "lw_by=tree", true },
	};
	struct lw_tool *tool = tool_of("syscallbypid");
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int field = lw_by_field(tool, rows[i].word);
		enum lw_more more;

		assert_in_range(field, tool->nfields - tool->nmore, tool->nfields - 1);
		assert_string_equal(tool->fields[field].name, rows[i].word);
		more = tool->more[field - (tool->nfields - tool->nmore)];
		assert_string_equal(lw_by_param(more), rows[i].param);
		assert_int_equal(lw_by_named(more), rows[i].named);
	}
	lw_tool_free(tool);
}

static void refused(const char *name, const char *word, const char *message)
{
	struct lw_tool *tool = tool_of(name);
	struct capture err;
	char *said;

	capture_begin(&err, 2);
	assert_int_equal(lw_by_field(tool, word), -EINVAL);
	said = capture_end(&err, NULL);
	if (!text_says(said, message))
		fail_msg("no \"%s\" in: %s", message, said);
	free(said);
	lw_tool_free(tool);
}

static void bad_words(void **state)
{
	(void)state;
	refused("syscallbypid", "pod", "syscallbypid: option --by: \"pod\" *container");
	refused("syscallbypid", "", "option --by: \"\"");
	/* One of its own fields */
	refused("syscallbypid", "pid", "option --by: \"pid\"");
	refused("biolatency", "user", "biolatency: option --by: *task");
	refused("killsnoop", "user", "killsnoop: option --by: *reports");
}

/* ---- texts ---- */

static void text_is(struct lw_by *by, uint64_t number, const char *name, const char *want)
{
	size_t n;
	const char *text = lw_by_text(by, number, name, strlen(name), &n);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(text, want, n);
}

static void texts(void **state)
{
	struct lw_by *by = lw_by_new(root, LW_USER);

	(void)state;
	text_is(by, 1000, "", "alice");
	text_is(by, 0, "", "root");
	text_is(by, 1000 + 64, "", "1064");
	text_is(by, 4294967295, "", "4294967295");
	/* They are remembered. */
	tree_text(root, "etc/passwd", "bob:x:1064:1::/:/bin/sh\n");
	text_is(by, 0, "", "root");
	text_is(by, 1000, "", "1000");
	text_is(by, 1064, "", "bob");
	lw_by_free(by);
	by = lw_by_new(root, LW_PROCESS);
	text_is(by, 4711, "nginx", "4711/nginx");
	text_is(by, 4711, "", "4711");
	text_is(by, UINT64_MAX, "a name that is longer than any of the kernel's is",
		"18446744073709551615/a name that is longer than any of the kerne");
	lw_by_free(by);
	lw_by_free(NULL);
}

/* ---- rows that become one ---- */

static const struct lw_tool sums = {
	.name = (char *)"sums",
	.fields = {
		{ .name = "time", .type = LW_TIME },
		{ .name = "pid", .type = LW_INT },
		{ .name = "op", .type = LW_STR },
		{ .name = "uid", .type = LW_INT },
		{ .name = "count", .type = LW_INT },
		{ .name = "latency", .type = LW_DIST },
	},
	.nfields = 6,
};

struct row {
	long long pid;
	const char *op; /* NULL: no value */
	long long uid, count;
	int bucket; /* one value in it; -1: no distribution */
	const char *unit;
};

static void add_row(struct lw_join *join, const struct row *row)
{
	struct lw_dist dist = { .unit = row->unit, .unit_len = strlen(row->unit), .count = 1 };
	struct lw_value values[6] = { { .state = LW_NONE } };
	char op[16] = "", count[24], uid[24];

	values[1].number = row->pid;
	values[2].state = row->op ? LW_VALUE : LW_NONE;
	snprintf(op, sizeof(op), "%s", row->op ? row->op : "");
	values[2].text = op;
	values[2].len = strlen(op);
	values[3].number = row->uid;
	values[3].text = uid;
	values[3].len = snprintf(uid, sizeof(uid), "%lld", row->uid);
	values[4].number = row->count;
	values[4].text = count;
	values[4].len = snprintf(count, sizeof(count), "%lld", row->count);
	values[5].state = row->bucket < 0 ? LW_NONE : LW_VALUE;
	if (row->bucket >= 0) {
		dist.sum = 10 * row->bucket;
		dist.last = row->bucket;
		dist.buckets[row->bucket] = 1;
		values[5].dist = &dist;
	}
	assert_int_equal(lw_join_add(join, values), 0);
}

struct list {
	char text[1024];
	size_t n;
	int stop_after;
};

static int put(void *context, const struct lw_value *values)
{
	struct list *list = context;
	const struct lw_dist *dist = values[5].dist;
	int i;

	list->n += snprintf(list->text + list->n, sizeof(list->text) - list->n, "%s%.*s %lld %.*s",
			    list->n ? ", " : "", (int)values[2].len, values[2].text,
			    values[3].number, (int)values[4].len, values[4].text);
	for (i = 0; dist && i <= dist->last; i++)
		if (dist->buckets[i])
			list->n += snprintf(list->text + list->n, sizeof(list->text) - list->n,
					    " %d:%llu", i, dist->buckets[i]);
	if (dist)
		list->n += snprintf(list->text + list->n, sizeof(list->text) - list->n,
				    " %.*s %llu %lld", (int)dist->unit_len, dist->unit, dist->count,
				    dist->sum);
	return list->stop_after && !--list->stop_after ? -EPIPE : 0;
}

static void joined(const struct row *rows, int n, const char *want)
{
	struct lw_join *join = lw_join_new(&sums);
	struct list list = { .n = 0 };
	int i;

	for (i = 0; i < n; i++)
		add_row(join, &rows[i]);
	assert_int_equal(lw_join_each(join, put, &list), 0);
	assert_string_equal(list.text, want);
	/* They are forgotten. */
	list = (struct list){ .n = 0 };
	add_row(join, &rows[0]);
	assert_int_equal(lw_join_each(join, put, &list), 0);
	assert_null(strchr(list.text, ','));
	lw_join_free(join);
}

static void join(void **state)
{
	static const struct row rows[] = {
		{ 1, "read", 7, 5, 3, "usecs" },  { 2, "write", 7, 6, 1, "usecs" },
		{ 3, "read", 7, 95, 4, "usecs" }, { 4, "read", 8, 1, 3, "usecs" },
		{ 5, NULL, 7, 9, -1, "" },        { 6, "read", 7, 2, 3, "msecs" },
		{ 7, NULL, 7, 1, -1, "" },        { 8, "read", 7, 1, 3, "usecs" },
	};

	(void)state;
	joined(rows, 8,
	       "read 7 101 3:2 4:1 usecs 3 100, write 7 6 1:1 usecs 1 10, "
	       "read 8 1 3:1 usecs 1 30,  7 10, read 7 2 3:1 msecs 1 30");
}

static void join_overflows(void **state)
{
	static const struct row rows[] = {
		{ 1, "read", 7, LLONG_MAX, -1, "" },
		{ 1, "read", 7, 1, -1, "" },
		{ 1, "write", 7, LLONG_MIN, -1, "" },
		{ 1, "write", 7, -1, -1, "" },
	};

	(void)state;
	joined(rows, 4, "read 7 9223372036854775807, write 7 -9223372036854775808");
}

static void join_of_many(void **state)
{
	struct lw_join *join = lw_join_new(&sums);
	struct list list = { .stop_after = 2 };
	int i;

	(void)state;
	for (i = 0; i < 6000; i++)
		add_row(join, &(struct row){ 1, "read", i % 3000, i, -1, "" });
	assert_int_equal(lw_join_each(join, put, &list), -EPIPE);
	assert_string_equal(list.text, "read 0 3000, read 1 3002");
	list = (struct list){ .n = 0 };
	assert_int_equal(lw_join_each(join, put, &list), 0);
	assert_int_equal(list.n, 0);
	add_row(join, &(struct row){ 1, "read", 1, 1, -1, "" });
	lw_join_free(join);
	lw_join_free(NULL);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(words), FRESH(bad_words),      FRESH(texts),
		FRESH(join),  FRESH(join_overflows), FRESH(join_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
