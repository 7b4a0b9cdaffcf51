// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text/render_parts.h"
#include "util/escape.h"

/* printf(3) would take as long as all else of a record. */
int lw_render_msec(char text[32], long long nsec)
{
	unsigned long long usec = (nsec < 0 ? 0ULL - nsec : (unsigned long long)nsec) / 1000;
	char digits[32], *end = digits + sizeof(digits), *p = end;
	int i;

	/* One digit before the point at least */
	for (i = 0; i < 4 || usec; i++, usec /= 10) {
		if (i == 3)
			*--p = '.';
		*--p = '0' + usec % 10;
	}
	if (nsec < 0)
		*--p = '-';
	memcpy(text, p, end - p);
	return end - p;
}

/* Is it the day of the first time? Later days have their date, since a run may be for weeks. */
static bool first_day(struct lw_render *r, const struct tm *tm)
{
	int day = tm->tm_year * 366 + tm->tm_yday;

	if (!r->clock[0])
		r->day = day;
	return day == r->day;
}

void lw_render_clock(struct lw_render *r, time_t sec)
{
	const char *format = "%Y-%m-%dT%H:%M:%S";
	struct tm tm;

	if (r->json) {
		gmtime_r(&sec, &tm);
	} else {
		localtime_r(&sec, &tm);
		if (first_day(r, &tm))
			format = "%H:%M:%S";
	}
	r->clock_len = strftime(r->clock, sizeof(r->clock), format, &tm);
	r->clock_sec = sec;
}

/* The time of a record in a report is that of the report, which is above its rows. */
static bool is_column(const struct lw_tool *tool, int i, const bool *given)
{
	const struct lw_field *field = &tool->fields[i];

	if (field->type == LW_DIST)
		return false;
	if (field->option)
		return lw_field_is_filled(field, given);
	return i > 0 || field->type != LW_TIME || !lw_tool_interval(tool);
}

/* Reports have headings of their own. */
static bool has_heading(const struct lw_render *r)
{
	return !r->json && !lw_tool_interval(r->tool);
}

static int give_heading(struct lw_render *r)
{
	int err;

	if (!has_heading(r))
		return 0;
	if (!lw_buffer_reserve(&r->out, r->fixed))
		return -ENOMEM;
	lw_table_heading(r);
	err = lw_output_heading(r->output, r->out.bytes, r->out.len);
	r->out.len = 0;
	return err;
}

static void add_column(struct lw_render *r, int field)
{
	/* Distributions have no column in a table. */
	if (r->json || r->tool->fields[field].type != LW_DIST)
		r->columns.field[r->columns.n++] = field;
}

static void add_columns(struct lw_render *r, const struct lw_columns *chosen)
{
	int i;

	for (i = 0; i < chosen->n; i++)
		add_column(r, chosen->field[i]);
}

/* Text of any length comes last in a table, since nothing can be aligned after it. */
static bool is_long(const struct lw_render *r, int i)
{
	const struct lw_field *field = &r->tool->fields[i];

	return !r->json && !field->width && (field->type == LW_STR || field->type == LW_ARGS);
}

/* Is it shown if nobody chose fields? lwload's own fields are shown only if somebody chose them. */
static bool is_usual(const struct lw_render *r, int i, const bool *given,
		     const struct lw_columns *chosen)
{
	if (chosen->by && lw_fields_of_process(r->tool, i))
		return false;
	return r->json || is_column(r->tool, i, given);
}

static void choose_columns(struct lw_render *r, const bool *given, const struct lw_columns *chosen)
{
	int i, own = r->tool->nfields - r->tool->nmore;
	bool usual = !chosen->n || chosen->added;

	for (i = 0; usual && i < own && !is_long(r, i); i++)
		if (is_usual(r, i, given, chosen))
			add_column(r, i);
	add_columns(r, chosen);
	for (; usual && i < own; i++)
		if (is_usual(r, i, given, chosen))
			add_column(r, i);
}

struct lw_render *lw_render_new(const struct lw_tool *tool, bool json, const bool *given,
				const struct lw_columns *chosen, struct lw_output *output)
{
	struct lw_render *r = calloc(1, sizeof(*r));
	int i;

	if (!r)
		return NULL;
	r->tool = tool;
	r->output = output;
	r->json = json;
	r->fixed = 64;
	choose_columns(r, given, chosen);
	for (i = 0; i < tool->nfields; i++) {
		r->width[i] = lw_table_width(&tool->fields[i]);
		/* Padding and heading, or the name as a key up to three times. */
		r->fixed += 3 * r->width[i] + 64;
		r->ndists += tool->fields[i].type == LW_DIST;
	}
	r->fixed += r->ndists * DIST_ROOM;
	if (lw_object_keys(r) || give_heading(r)) {
		lw_render_free(r);
		return NULL;
	}
	return r;
}

void lw_render_free(struct lw_render *r)
{
	if (!r)
		return;
	free(r->keys.bytes);
	free(r->out.bytes);
	free(r);
}

/* The most that a byte becomes in base64: an argument of one byte, and its NUL, are 7. */
#define BASE64 4

/* The most that one record can become: each byte an escape, and in base64 besides. */
static size_t longest(const struct lw_render *r, const struct lw_value *values)
{
	size_t n = r->fixed;
	int i;

	for (i = 0; i < r->tool->nfields; i++)
		n += (LW_ESCAPED + BASE64) * values[i].len;
	return n;
}

int lw_render_record(struct lw_render *r, const struct lw_value *values)
{
	if (!lw_buffer_reserve(&r->out, longest(r, values)))
		return -ENOMEM;
	if (r->json)
		lw_object_record(r, values);
	else if (!r->ndists || !lw_histogram_record(r, values))
		lw_table_row(r, values);
	return 0;
}

void lw_render_start(struct lw_render *r)
{
	if (has_heading(r) && lw_buffer_reserve(&r->out, r->fixed))
		lw_table_heading(r);
}

int lw_render_report(struct lw_render *r, long long nsec)
{
	if (r->json)
		return 0;
	if (!lw_buffer_reserve(&r->out, 64))
		return -ENOMEM;
	lw_table_break(r);
	lw_table_time(r, nsec);
	lw_put_char(&r->out, '\n');
	if (!r->in_report)
		r->was_headed = r->headed;
	r->in_report = true;
	r->headed = false;
	r->last_line = LAST_REPORT;
	return 0;
}

void lw_render_end(struct lw_render *r)
{
	if (!r->in_report)
		return;
	r->in_report = false;
	r->headed = r->was_headed;
	if (r->last_line == LAST_ROW)
		r->last_line = LAST_REPORT;
}

int lw_render_summary(struct lw_render *r, const struct lw_summary *summary)
{
	/* There are nine reasons at most, each of 127 bytes. */
	if (!lw_buffer_reserve(
		    &r->out,
		    1024 + 9 * (64 + LW_ESCAPED * sizeof(((struct lw_uncounted *)0)->why))))
		return -ENOMEM;
	lw_object_summary(r, summary);
	return 0;
}

int lw_render_flush(struct lw_render *r)
{
	int err;

	if (!r->out.len)
		return 0;
	err = lw_output_write(r->output, r->out.bytes, r->out.len);
	r->out.len = 0;
	return err;
}
