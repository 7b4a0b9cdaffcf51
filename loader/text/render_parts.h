/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * render_parts.h - shared by render.c, table.c, histogram.c and object.c
 *
 * All functions but lw_object_keys() put text for which lw_render_*() has made room.
 */
#ifndef LW_RENDER_PARTS_H
#define LW_RENDER_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "text/render.h"
#include "util/buffer.h"

/* The kind of a table's last line: empty lines go between some of them. */
enum last_line { LAST_EMPTY, LAST_REPORT, LAST_ROW };

/*
 * Room for a distribution. A line of a histogram and a bucket in JSON are shorter than 100 bytes.
 */
#define DIST_ROOM ((LW_BUCKETS + 2) * 100)

struct lw_render {
	const struct lw_tool *tool;
	struct lw_output *output;
	bool json;
	bool in_report;
	bool headed;     /* the present rows, outside of reports or in one, have a heading */
	bool was_headed; /* the rows outside have a heading, while a report is open */
	enum last_line last_line;
	struct lw_columns columns; /* of a table, or keys of an object */
	int width[LW_MAX_FIELDS];  /* columns, not less than the name's */
	size_t fixed;              /* the most bytes of a record besides its values */
	time_t clock_sec;          /* the second that clock shows */
	int day;                   /* a table's first day, on which times have no date */
	char clock[32];
	size_t clock_len;
	struct lw_buffer keys; /* keys of JSON, the same in each record, such as ,"pid": */
	size_t key_at[LW_MAX_FIELDS], key_len[LW_MAX_FIELDS];
	int ndists; /* fields of that type */
	struct lw_buffer out;
};

/* ---- render.c: times ---- */

/* lw_render_clock - sets @clock to this second: local for people, RFC 3339 for machines */
void lw_render_clock(struct lw_render *r, time_t sec);

/* Most records come in the same second as the one before. */
static inline void put_second(struct lw_render *r, time_t sec)
{
	if (!r->clock[0] || sec != r->clock_sec)
		lw_render_clock(r, sec);
	lw_put(&r->out, r->clock, r->clock_len);
}

/* Puts a point and the last digits of a number. */
static inline void put_fraction(struct lw_render *r, unsigned int number, int digits)
{
	char *out = r->out.bytes + r->out.len;
	int i;

	out[0] = '.';
	for (i = digits; i; i--, number /= 10)
		out[i] = '0' + number % 10;
	r->out.len += digits + 1;
}

/*
 * lw_render_msec - writes nanoseconds as milliseconds, cut off after the third decimal
 * Returns the number of characters, without a NUL.
 */
int lw_render_msec(char text[32], long long nsec);

/* ---- table.c ---- */

/* lw_table_left - is a column of this type aligned to the left? */
bool lw_table_left(enum lw_type type);

/* lw_table_width - returns the width of a column, not less than its heading's */
int lw_table_width(const struct lw_field *field);

/* lw_table_heading - puts the names of the columns; there must be room for @fixed bytes */
void lw_table_heading(struct lw_render *r);
void lw_table_row(struct lw_render *r, const struct lw_value *values);

/* lw_table_break - puts an empty line, unless the last line is empty */
void lw_table_break(struct lw_render *r);

/* lw_table_time, lw_table_text - put a value. They return the number of columns that it takes. */
int lw_table_time(struct lw_render *r, long long nsec);
int lw_table_text(struct lw_render *r, const struct lw_field *field, const struct lw_value *value);

/* lw_table_number - returns the @n characters of a number, from the value's text or made in buf */
const char *lw_table_number(enum lw_type type, const struct lw_value *value, char buf[32], int *n);

/* ---- histogram.c ---- */

/* lw_histogram_record - puts a record's distributions. False: it has none, and is a row */
bool lw_histogram_record(struct lw_render *r, const struct lw_value *values);

/* The lowest and the highest value of bucket i */
static inline unsigned long long bucket_low(int i)
{
	return i ? 1ULL << i : 0;
}

static inline unsigned long long bucket_high(int i)
{
	return (2ULL << i) - 1;
}

/* ---- object.c: JSON ---- */

/* lw_object_keys - makes the keys, once. Returns 0 or -ENOMEM. */
int lw_object_keys(struct lw_render *r);
void lw_object_record(struct lw_render *r, const struct lw_value *values);
void lw_object_summary(struct lw_render *r, const struct lw_summary *summary);

#endif
