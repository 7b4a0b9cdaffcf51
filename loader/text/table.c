// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "text/render_parts.h"
#include "util/escape.h"

bool lw_table_left(enum lw_type type)
{
	return type == LW_STR || type == LW_ARGS || type == LW_TIME;
}

int lw_table_width(const struct lw_field *field)
{
	int width = field->type == LW_TIME ? 12 : field->width;
	int name = strlen(field->name);

	return width > name ? width : name;
}

/* Returns the columns used. */
static int put_visible(struct lw_render *r, const char *text, size_t len)
{
	int columns;

	r->out.len =
		lw_escape_visible(r->out.bytes + r->out.len, text, len, &columns) - r->out.bytes;
	return columns;
}

int lw_table_time(struct lw_render *r, long long nsec)
{
	put_second(r, nsec / 1000000000);
	put_fraction(r, nsec % 1000000000 / 1000000, 3);
	return r->clock_len + 4;
}

/* The characters of a number, @n of them: those of the wire, or others in buf. */
const char *lw_table_number(enum lw_type type, const struct lw_value *value, char buf[32], int *n)
{
	if (value->state == LW_NONE) {
		*n = 1;
		return "-";
	}
	if (type == LW_INT) {
		*n = value->len;
		return value->text;
	}
	if (type == LW_MSEC)
		*n = lw_render_msec(buf, value->number);
	else
		*n = snprintf(buf, 32, type == LW_HEX ? "0x%llx" : "%04llo", value->number);
	return buf;
}

static void put_number(struct lw_render *r, int i, const struct lw_value *value)
{
	enum lw_type type = r->tool->fields[i].type;
	char *out, buf[32];
	const char *text = value->text;
	int n = value->len, k;

	/* Most are printed as they come. */
	if (type != LW_INT || value->state == LW_NONE)
		text = lw_table_number(type, value, buf, &n);
	lw_put_spaces(&r->out, r->width[i] - n);
	out = r->out.bytes + r->out.len;
	for (k = 0; k < n; k++)
		out[k] = text[k];
	r->out.len += n;
}

int lw_table_text(struct lw_render *r, const struct lw_field *field, const struct lw_value *value)
{
	const char *p = value->text, *end = value->text + value->len;
	int columns = 0;

	if (value->state == LW_UNREADABLE) {
		lw_put_char(&r->out, '?');
		return 1;
	}
	while (field->type == LW_ARGS) {
		const char *next = memchr(p, '\0', end - p);

		if (!next)
			break;
		columns += put_visible(r, p, next - p) + 1;
		lw_put_char(&r->out, ' ');
		p = next + 1;
	}
	columns += put_visible(r, p, end - p);
	if (value->cut) {
		lw_put(&r->out, "...", 3);
		columns += 3;
	}
	return columns;
}

static bool is_last(const struct lw_render *r, int i)
{
	return i == r->columns.field[r->columns.n - 1];
}

static void put_column(struct lw_render *r, int i, const struct lw_value *value)
{
	const struct lw_field *field = &r->tool->fields[i];
	bool left = lw_table_left(field->type);
	int n = 0;

	if (!left)
		put_number(r, i, value);
	else if (field->type == LW_TIME && value->state == LW_VALUE)
		n = lw_table_time(r, value->number);
	else
		n = lw_table_text(r, field, value);
	if (left && !is_last(r, i))
		lw_put_spaces(&r->out, r->width[i] - n);
	lw_put_char(&r->out, is_last(r, i) ? '\n' : ' ');
}

void lw_table_heading(struct lw_render *r)
{
	int k;

	r->headed = true;
	for (k = 0; k < r->columns.n; k++) {
		int i = r->columns.field[k];
		const struct lw_field *field = &r->tool->fields[i];
		int n = strlen(field->name);
		const char *p;

		if (!lw_table_left(field->type))
			lw_put_spaces(&r->out, r->width[i] - n);
		for (p = field->name; *p; p++)
			lw_put_char(&r->out, toupper((unsigned char)*p));
		if (lw_table_left(field->type) && !is_last(r, i))
			lw_put_spaces(&r->out, r->width[i] - n);
		lw_put_char(&r->out, is_last(r, i) ? '\n' : ' ');
		r->last_line = LAST_ROW;
	}
}

void lw_table_break(struct lw_render *r)
{
	if (r->last_line != LAST_EMPTY)
		lw_put_char(&r->out, '\n');
	r->last_line = LAST_EMPTY;
}

void lw_table_row(struct lw_render *r, const struct lw_value *values)
{
	int k;

	if (!r->columns.n)
		return;
	/* Not a row of the report before. */
	if (r->last_line == LAST_REPORT && !r->in_report)
		lw_table_break(r);
	if (!r->headed)
		lw_table_heading(r);
	for (k = 0; k < r->columns.n; k++)
		put_column(r, r->columns.field[k], &values[r->columns.field[k]]);
	r->last_line = LAST_ROW;
}
