// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/fields.h"
#include "text/kept.h"
#include "text/top.h"
#include "util/log.h"

/* ---- options ---- */

/* The first field that tells how much: a distribution or a duration. Returns -1 if there is no such field. */
static int usual_field(const struct lw_tool *tool)
{
	int i;

	for (i = 0; i < tool->nfields; i++)
		if (tool->fields[i].type == LW_DIST || tool->fields[i].type == LW_MSEC)
			return i;
	return -1;
}

/* One that is filled, the last but for long text */
static int any_field(const struct lw_tool *tool, const bool *given)
{
	int i, any = 0;

	for (i = 0; i < tool->nfields - tool->nmore; i++) {
		const struct lw_field *field = &tool->fields[i];

		if ((!field->option || given[(int)field->option]) &&
		    (field->width || field->type == LW_INT))
			any = i;
	}
	return any;
}

static bool is_text(const struct lw_field *field)
{
	return field->type == LW_STR || field->type == LW_ARGS;
}

int lw_top_parse(const struct lw_tool *tool, const bool *given, const char *sort,
		 struct lw_top_options *options)
{
	bool sign = sort && (*sort == '+' || *sort == '-');

	options->field =
		sort ? lw_fields_find(tool, given, "sort", sort + sign, strlen(sort + sign))
		     : usual_field(tool);
	if (!sort && options->field < 0)
		lw_error("%s: option --top: name a field to sort by, such as --sort %s", tool->name,
			 tool->fields[any_field(tool, given)].name);
	if (options->field < 0)
		return -EINVAL;
	options->upward = sign ? *sort == '+' : is_text(&tool->fields[options->field]);
	return 0;
}

/* ---- records ---- */

struct lw_top {
	const struct lw_tool *tool;
	struct lw_top_options options;
	/* With --top, a heap: none comes after the first. */
	struct lw_kept **records;
	size_t n, room;
	unsigned long long came, left_out;
};

struct lw_top *lw_top_new(const struct lw_tool *tool, const struct lw_top_options *options)
{
	struct lw_top *top = calloc(1, sizeof(*top));

	if (!top)
		return NULL;
	top->tool = tool;
	top->options = *options;
	return top;
}

static void forget(struct lw_top *top)
{
	while (top->n)
		free(top->records[--top->n]);
}

void lw_top_free(struct lw_top *top)
{
	if (!top)
		return;
	forget(top);
	free(top->records);
	free(top);
}

/* ---- order ---- */

static long long number_of(const struct lw_value *value)
{
	return value->dist ? value->dist->sum : value->number;
}

static int compare_text(const struct lw_value *a, const struct lw_value *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int order = n ? memcmp(a->text, b->text, n) : 0;

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* Below 0: @a comes first. */
static int compare(const struct lw_top *top, const struct lw_value *a, unsigned long long a_number,
		   const struct lw_kept *b)
{
	const struct lw_value *x = &a[top->options.field], *y = &b->values[top->options.field];
	int order;

	if ((x->state == LW_VALUE) != (y->state == LW_VALUE))
		return x->state == LW_VALUE ? -1 : 1;
	if (x->state != LW_VALUE)
		order = 0;
	else if (is_text(&top->tool->fields[top->options.field]))
		order = compare_text(x, y);
	else
		order = (number_of(x) > number_of(y)) - (number_of(x) < number_of(y));
	if (order)
		return top->options.upward ? order : -order;
	return a_number < b->number ? -1 : 1;
}

static bool is_before(const struct lw_top *top, const struct lw_kept *a, const struct lw_kept *b)
{
	return compare(top, a->values, a->number, b) < 0;
}

static int in_order(const void *a, const void *b, void *top)
{
	const struct lw_kept *x = *(struct lw_kept *const *)a;

	return compare(top, x->values, x->number, *(struct lw_kept *const *)b);
}

/* ---- the heap ---- */

static void swap(struct lw_top *top, size_t a, size_t b)
{
	struct lw_kept *record = top->records[a];

	top->records[a] = top->records[b];
	top->records[b] = record;
}

static void sift_up(struct lw_top *top, size_t i)
{
	for (; i && is_before(top, top->records[(i - 1) / 2], top->records[i]); i = (i - 1) / 2)
		swap(top, i, (i - 1) / 2);
}

static void sift_down(struct lw_top *top)
{
	size_t i = 0, last;

	for (;;) {
		last = 2 * i + 1;
		if (last >= top->n)
			return;
		if (last + 1 < top->n && is_before(top, top->records[last], top->records[last + 1]))
			last++;
		if (!is_before(top, top->records[i], top->records[last]))
			return;
		swap(top, i, last);
		i = last;
	}
}

static int append(struct lw_top *top, struct lw_kept *record)
{
	struct lw_kept **more;

	if (top->n == top->room) {
		more = reallocarray(top->records, top->room ? 2 * top->room : 64, sizeof(*more));
		if (!more)
			return -ENOMEM;
		top->records = more;
		top->room = top->room ? 2 * top->room : 64;
	}
	top->records[top->n++] = record;
	if (top->options.most)
		sift_up(top, top->n - 1);
	return 0;
}

int lw_top_add(struct lw_top *top, const struct lw_value *values)
{
	bool full = top->options.most && top->n == (size_t)top->options.most;
	struct lw_kept *record;
	int err;

	top->came++;
	top->left_out += full;
	if (full && compare(top, values, top->came, top->records[0]) > 0)
		return 0;
	record = lw_kept_copy(top->tool, values);
	if (!record)
		return -ENOMEM;
	record->number = top->came;
	if (full) {
		free(top->records[0]);
		top->records[0] = record;
		sift_down(top);
		return 0;
	}
	err = append(top, record);
	if (err)
		free(record);
	return err;
}

int lw_top_each(struct lw_top *top, int (*fn)(void *context, const struct lw_value *values),
		void *context)
{
	size_t i;
	int err = 0;

	if (top->n)
		qsort_r(top->records, top->n, sizeof(*top->records), in_order, top);
	for (i = 0; i < top->n && !err; i++)
		err = fn(context, top->records[i]->values);
	forget(top);
	return err;
}

unsigned long long lw_top_left_out(const struct lw_top *top)
{
	return top ? top->left_out : 0;
}
