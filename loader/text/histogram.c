// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "text/render_parts.h"

/* Never 0, since it divides. */
static unsigned long long largest(const struct lw_dist *dist)
{
	unsigned long long max = 1;
	int i;

	for (i = 0; i <= dist->last; i++)
		if (dist->buckets[i] > max)
			max = dist->buckets[i];
	return max;
}

static void put_stars(struct lw_render *r, int stars, int width)
{
	memset(r->out.bytes + r->out.len, '*', stars);
	r->out.len += stars;
	lw_put_spaces(&r->out, width - stars);
}

/*
 * As bcc's tools lay them out. Bounds of more than ten digits get wider columns, at the expense of
 * the stars.
 */
static void put_histogram(struct lw_render *r, const struct lw_dist *dist)
{
	bool wide = dist->last > 32;
	int digits = wide ? 20 : 10, stars = wide ? 20 : 40, i;
	unsigned long long max = largest(dist);

	lw_put_spaces(&r->out, wide ? 15 : 5);
	lw_put(&r->out, dist->unit, dist->unit_len);
	lw_put_spaces(&r->out, (wide ? 29 : 19) - (int)dist->unit_len);
	lw_put_string(&r->out, " : count    distribution\n");
	for (i = 0; i <= dist->last; i++) {
		unsigned long long n = dist->buckets[i];

		lw_put_format(&r->out, "%*llu -> %-*llu : %-8llu |", digits, bucket_low(i), digits,
			      bucket_high(i), n);
		put_stars(r, (unsigned __int128)n * stars / max, stars);
		lw_put_string(&r->out, "|\n");
	}
}

static bool is_empty(enum lw_type type, const struct lw_value *value)
{
	if (type == LW_STR || type == LW_ARGS)
		return value->state == LW_VALUE && !value->len && !value->cut;
	return value->state == LW_NONE;
}

/* name = value, name = value: what the histogram is of. */
static void put_names(struct lw_render *r, const struct lw_value *values)
{
	const char *separator = "", *text;
	char buf[32];
	int k, n;

	for (k = 0; k < r->columns.n; k++) {
		int i = r->columns.field[k];
		const struct lw_field *field = &r->tool->fields[i];

		if (field->type == LW_TIME || is_empty(field->type, &values[i]))
			continue;
		lw_put_format(&r->out, "%s%s = ", separator, field->name);
		separator = ", ";
		if (lw_table_left(field->type)) {
			lw_table_text(r, field, &values[i]);
		} else {
			text = lw_table_number(field->type, &values[i], buf, &n);
			lw_put(&r->out, text, n);
		}
	}
	if (*separator)
		lw_put_char(&r->out, '\n');
}

/* Returns the number of the first distribution from field i on, -1 if there is none. */
static int next_dist(const struct lw_render *r, const struct lw_value *values, int i)
{
	for (; i < r->tool->nfields; i++)
		if (r->tool->fields[i].type == LW_DIST && values[i].state == LW_VALUE)
			return i;
	return -1;
}

bool lw_histogram_record(struct lw_render *r, const struct lw_value *values)
{
	int i = next_dist(r, values, 0);

	if (i < 0)
		return false;
	if (r->last_line == LAST_ROW || !r->in_report)
		lw_table_break(r);
	put_names(r, values);
	for (; i >= 0; i = next_dist(r, values, i + 1)) {
		/* With one it is clear which. */
		if (r->ndists > 1)
			lw_put_format(&r->out, "%s\n", r->tool->fields[i].name);
		put_histogram(r, values[i].dist);
		lw_put_char(&r->out, '\n');
	}
	r->last_line = LAST_EMPTY;
	return true;
}
