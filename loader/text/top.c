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

		if (lw_field_is_filled(field, given) && (field->width || field->type == LW_INT))
			any = i;
	}
	return any;
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
	options->upward = sign ? *sort == '+' : lw_fields_is_text(&tool->fields[options->field]);
	return 0;
}

/* ---- records ---- */

struct lw_top {
	const struct lw_tool *tool;
	struct lw_top_options options;
	struct lw_kept_list list; /* with --top, a heap: no record comes after the first */
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

void lw_top_free(struct lw_top *top)
{
	if (!top)
		return;
	lw_kept_forget(&top->list);
	free(top->list.records);
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
	else if (lw_fields_is_text(&top->tool->fields[top->options.field]))
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
	struct lw_kept *record = top->list.records[a];

	top->list.records[a] = top->list.records[b];
	top->list.records[b] = record;
}

static void sift_up(struct lw_top *top, size_t i)
{
	for (; i && is_before(top, top->list.records[(i - 1) / 2], top->list.records[i]);
	     i = (i - 1) / 2)
		swap(top, i, (i - 1) / 2);
}

static void sift_down(struct lw_top *top)
{
	size_t i = 0, last;

	for (;;) {
		last = 2 * i + 1;
		if (last >= top->list.n)
			return;
		if (last + 1 < top->list.n &&
		    is_before(top, top->list.records[last], top->list.records[last + 1]))
			last++;
		if (!is_before(top, top->list.records[i], top->list.records[last]))
			return;
		swap(top, i, last);
		i = last;
	}
}

int lw_top_add(struct lw_top *top, const struct lw_value *values)
{
	struct lw_kept_list *list = &top->list;
	bool full = top->options.most && list->n == (size_t)top->options.most;
	struct lw_kept *record;

	top->came++;
	top->left_out += full;
	if (full && compare(top, values, top->came, list->records[0]) > 0)
		return 0;
	record = full ? lw_kept_copy(top->tool, values) : lw_kept_add(list, top->tool, values);
	if (!record)
		return -ENOMEM;
	record->number = top->came;
	if (full) {
		free(list->records[0]);
		list->records[0] = record;
		sift_down(top);
	} else if (top->options.most) {
		sift_up(top, list->n - 1);
	}
	return 0;
}

int lw_top_each(struct lw_top *top, int (*fn)(void *context, const struct lw_value *values),
		void *context)
{
	struct lw_kept_list *list = &top->list;
	int err;

	if (list->n)
		qsort_r(list->records, list->n, sizeof(*list->records), in_order, top);
	err = lw_kept_each(list, fn, context);
	lw_kept_forget(list);
	return err;
}

unsigned long long lw_top_left_out(const struct lw_top *top)
{
	return top ? top->left_out : 0;
}
