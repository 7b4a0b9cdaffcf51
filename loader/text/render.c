// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/escape.h"
#include "text/render.h"

/* What the last line of a table is: empty lines go between some of them. */
enum last_line { LAST_EMPTY, LAST_REPORT, LAST_ROW };

/* A line of a histogram, or a bucket in JSON, is shorter; some have a beginning, too. */
#define DIST_ROOM ((LW_BUCKETS + 2) * 100)

struct lw_render {
	const struct lw_tool *tool;
	struct lw_output *output;
	bool json;
	bool in_report;
	bool headed;     /* the rows outside of reports, or of this one, have a heading */
	bool was_headed; /* those outside, while a report is open */
	enum last_line last_line;
	bool shown[LW_MAX_FIELDS];
	int width[LW_MAX_FIELDS]; /* columns, not less than the name's */
	size_t fixed;             /* what a record can take beside its values */
	time_t clock_sec;         /* the second that clock shows */
	char clock[32];
	size_t clock_len;
	char *keys[LW_MAX_FIELDS]; /* JSON: what comes before the value, such as ,"pid": */
	size_t key_len[LW_MAX_FIELDS];
	int last;   /* the last column, which is not padded; -1: there is none */
	int ndists; /* fields of that type */
	char *buf;
	size_t len, size;
};

/* ---- buffer ---- */

/*
 * Makes room for that much. Each interface function does so first, for all it may
 * put, so that to put is no more than to copy. Returns false if out of memory.
 */
static bool reserve(struct lw_render *r, size_t more)
{
	size_t size = r->size ? r->size : 64 << 10;
	char *buf;

	if (r->len + more <= r->size)
		return true;
	while (size < r->len + more)
		size *= 2;
	buf = realloc(r->buf, size);
	if (!buf)
		return false;
	r->buf = buf;
	r->size = size;
	return true;
}

static void put(struct lw_render *r, const char *s, size_t n)
{
	memcpy(r->buf + r->len, s, n);
	r->len += n;
}

static void put_char(struct lw_render *r, char c)
{
	r->buf[r->len++] = c;
}

static void put_string(struct lw_render *r, const char *s)
{
	put(r, s, strlen(s));
}

__attribute__((format(printf, 2, 3))) static void put_format(struct lw_render *r,
							     const char *format, ...)
{
	char text[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(r, text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
}

/* Sixteen at once, for which there is room: a call of memset(3) for few takes longer. */
static void pad(struct lw_render *r, int n)
{
	int i;

	for (i = 0; i < n; i += 16)
		memcpy(r->buf + r->len + i, "                ", 16);
	r->len += n > 0 ? n : 0;
}

/* ---- text from strangers ---- */

/* Returns the columns used. */
static int put_visible(struct lw_render *r, const char *text, size_t len)
{
	int columns;

	r->len = lw_escape_visible(r->buf + r->len, text, len, &columns) - r->buf;
	return columns;
}

/* Returns whether it is all UTF-8. */
static bool put_json_string(struct lw_render *r, const char *text, size_t len)
{
	bool bad = false;

	r->len = lw_escape_json(r->buf + r->len, text, len, &bad) - r->buf;
	return !bad;
}

static bool put_base64(struct lw_render *r, const char *text, size_t len)
{
	r->len = lw_escape_base64(r->buf + r->len, text, len) - r->buf;
	return true;
}

/* ---- table ---- */

/*
 * The text of a time to the second, local for people and RFC 3339 for machines.
 * Most records come in the second of the one before.
 */
static void put_second(struct lw_render *r, time_t sec)
{
	struct tm tm;

	if (!r->clock[0] || sec != r->clock_sec) {
		if (r->json)
			gmtime_r(&sec, &tm);
		else
			localtime_r(&sec, &tm);
		r->clock_len = strftime(r->clock, sizeof(r->clock),
					r->json ? "%Y-%m-%dT%H:%M:%S" : "%H:%M:%S", &tm);
		r->clock_sec = sec;
	}
	put(r, r->clock, r->clock_len);
}

/* So many digits, the last ones of the number. */
static void put_fraction(struct lw_render *r, unsigned int number, int digits)
{
	char *out = r->buf + r->len;
	int i;

	out[0] = '.';
	for (i = digits; i; i--, number /= 10)
		out[i] = '0' + number % 10;
	r->len += digits + 1;
}

static int put_time(struct lw_render *r, long long nsec)
{
	put_second(r, nsec / 1000000000);
	put_fraction(r, nsec % 1000000000 / 1000000, 3);
	return 12;
}

static bool left_aligned(enum lw_type type)
{
	return type == LW_STR || type == LW_ARGS || type == LW_TIME;
}

static int width_of(const struct lw_field *field)
{
	int width = field->type == LW_TIME ? 12 : field->width;
	int name = strlen(field->name);

	return width > name ? width : name;
}

/* Nanoseconds as milliseconds, cut off behind the third decimal. */
static int msec_text(char *text, size_t size, long long nsec)
{
	unsigned long long n = nsec;

	if (nsec < 0)
		n = -n;
	return snprintf(text, size, "%s%llu.%03llu", nsec < 0 ? "-" : "", n / 1000000,
			n / 1000 % 1000);
}

/* The characters of a number, @n of them: those of the wire, or others in buf. */
static const char *number_text(enum lw_type type, const struct lw_value *value, char buf[32],
			       int *n)
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
		*n = msec_text(buf, 32, value->number);
	else
		*n = snprintf(buf, 32, type == LW_HEX ? "0x%llx" : "%04llo", value->number);
	return buf;
}

static void put_number(struct lw_render *r, int i, const struct lw_value *value)
{
	char *out, buf[32];
	int n, k;
	const char *text = number_text(r->tool->fields[i].type, value, buf, &n);

	pad(r, r->width[i] - n);
	out = r->buf + r->len;
	for (k = 0; k < n; k++)
		out[k] = text[k];
	r->len += n;
}

static int put_text(struct lw_render *r, const struct lw_field *field, const struct lw_value *value)
{
	const char *p = value->text, *end = value->text + value->len;
	int columns = 0;

	if (value->state == LW_UNREADABLE) {
		put_char(r, '?');
		return 1;
	}
	while (field->type == LW_ARGS) {
		const char *next = memchr(p, '\0', end - p);

		if (!next)
			break;
		columns += put_visible(r, p, next - p) + 1;
		put_char(r, ' ');
		p = next + 1;
	}
	columns += put_visible(r, p, end - p);
	if (value->cut) {
		put(r, "...", 3);
		columns += 3;
	}
	return columns;
}

static void put_column(struct lw_render *r, int i, const struct lw_value *value)
{
	const struct lw_field *field = &r->tool->fields[i];
	bool left = left_aligned(field->type);
	int n = 0;

	if (!left)
		put_number(r, i, value);
	else if (field->type == LW_TIME && value->state == LW_VALUE)
		n = put_time(r, value->number);
	else
		n = put_text(r, field, value);
	if (left && i != r->last)
		pad(r, r->width[i] - n);
	put_char(r, i == r->last ? '\n' : ' ');
}

static void put_heading(struct lw_render *r)
{
	int i;

	r->headed = true;
	for (i = 0; i < r->tool->nfields; i++) {
		const struct lw_field *field = &r->tool->fields[i];
		int n = strlen(field->name);
		const char *p;

		if (!r->shown[i])
			continue;
		if (!left_aligned(field->type))
			pad(r, r->width[i] - n);
		for (p = field->name; *p; p++)
			put_char(r, toupper((unsigned char)*p));
		if (left_aligned(field->type) && i != r->last)
			pad(r, r->width[i] - n);
		put_char(r, i == r->last ? '\n' : ' ');
		r->last_line = LAST_ROW;
	}
}

static void put_empty_line(struct lw_render *r)
{
	if (r->last_line != LAST_EMPTY)
		put_char(r, '\n');
	r->last_line = LAST_EMPTY;
}

static void put_row(struct lw_render *r, const struct lw_value *values)
{
	int i;

	if (r->last < 0)
		return;
	/* Not a row of the report before. */
	if (r->last_line == LAST_REPORT && !r->in_report)
		put_empty_line(r);
	if (!r->headed)
		put_heading(r);
	for (i = 0; i < r->tool->nfields; i++)
		if (r->shown[i])
			put_column(r, i, &values[i]);
	r->last_line = LAST_ROW;
}

/* ---- histograms, laid out as those of bcc's tools ---- */

static unsigned long long bucket_low(int i)
{
	return i ? 1ULL << i : 0;
}

static unsigned long long bucket_high(int i)
{
	return (2ULL << i) - 1;
}

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
	memset(r->buf + r->len, '*', stars);
	r->len += stars;
	pad(r, width - stars);
}

/* Bounds of more than ten digits get wider columns, at the expense of the stars. */
static void put_histogram(struct lw_render *r, const struct lw_dist *dist)
{
	bool wide = dist->last > 32;
	int digits = wide ? 20 : 10, stars = wide ? 20 : 40, i;
	unsigned long long max = largest(dist);

	pad(r, wide ? 15 : 5);
	put(r, dist->unit, dist->unit_len);
	pad(r, (wide ? 29 : 19) - (int)dist->unit_len);
	put_string(r, " : count    distribution\n");
	for (i = 0; i <= dist->last; i++) {
		unsigned long long n = dist->buckets[i];

		put_format(r, "%*llu -> %-*llu : %-8llu |", digits, bucket_low(i), digits,
			   bucket_high(i), n);
		put_stars(r, (unsigned __int128)n * stars / max, stars);
		put_string(r, "|\n");
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
	int i, n;

	for (i = 0; i < r->tool->nfields; i++) {
		const struct lw_field *field = &r->tool->fields[i];

		if (!r->shown[i] || field->type == LW_TIME || is_empty(field->type, &values[i]))
			continue;
		put_format(r, "%s%s = ", separator, field->name);
		separator = ", ";
		if (left_aligned(field->type)) {
			put_text(r, field, &values[i]);
		} else {
			text = number_text(field->type, &values[i], buf, &n);
			put(r, text, n);
		}
	}
	if (*separator)
		put_char(r, '\n');
}

/* Returns the number of the first distribution from field i on, -1 if there is none. */
static int next_dist(const struct lw_render *r, const struct lw_value *values, int i)
{
	for (; i < r->tool->nfields; i++)
		if (r->tool->fields[i].type == LW_DIST && values[i].state == LW_VALUE)
			return i;
	return -1;
}

/* @i: the first of the record's distributions */
static void put_block(struct lw_render *r, const struct lw_value *values, int i)
{
	if (r->last_line == LAST_ROW || !r->in_report)
		put_empty_line(r);
	put_names(r, values);
	for (; i >= 0; i = next_dist(r, values, i + 1)) {
		/* With one it is clear which. */
		if (r->ndists > 1)
			put_format(r, "%s\n", r->tool->fields[i].name);
		put_histogram(r, values[i].dist);
		put_char(r, '\n');
	}
	r->last_line = LAST_EMPTY;
}

static void put_table(struct lw_render *r, const struct lw_value *values)
{
	int i = r->ndists ? next_dist(r, values, 0) : -1;

	if (i < 0)
		put_row(r, values);
	else
		put_block(r, values, i);
}

/* ---- JSON ---- */

static void put_json_time(struct lw_render *r, long long nsec)
{
	put_char(r, '"');
	put_second(r, nsec / 1000000000);
	put_fraction(r, nsec % 1000000000 / 1000, 6);
	put(r, "Z\"", 2);
}

typedef bool put_string_fn(struct lw_render *r, const char *text, size_t len);

/* A string, or an array of those between NULs. Returns whether @put returned true for each. */
static bool put_json_text(struct lw_render *r, enum lw_type type, const struct lw_value *value,
			  put_string_fn *put)
{
	const char *p = value->text, *end = value->text + value->len;
	const char *next;
	bool all = true;

	if (type != LW_ARGS)
		return put(r, p, value->len);
	put_char(r, '[');
	while ((next = memchr(p, '\0', end - p))) {
		all &= put(r, p, next - p);
		put_char(r, ',');
		p = next + 1;
	}
	all &= put(r, p, end - p);
	put_char(r, ']');
	return all;
}

static void put_json_dist(struct lw_render *r, const struct lw_dist *dist)
{
	const char *separator = "";
	int i;

	put_string(r, "{\"unit\":\"");
	put(r, dist->unit, dist->unit_len);
	put_format(r, "\",\"count\":%llu,\"sum\":%lld,\"buckets\":[", dist->count, dist->sum);
	for (i = 0; i <= dist->last; i++) {
		if (!dist->buckets[i])
			continue;
		put_format(r, "%s{\"low\":%llu,\"high\":%llu,\"count\":%llu}", separator,
			   bucket_low(i), bucket_high(i), dist->buckets[i]);
		separator = ",";
	}
	put_string(r, "]}");
}

/* Returns false if it has bytes that are no UTF-8. */
static bool put_json_value(struct lw_render *r, enum lw_type type, const struct lw_value *value)
{
	char buf[32];

	if (value->state != LW_VALUE)
		put(r, "null", 4);
	else if (type == LW_TIME)
		put_json_time(r, value->number);
	else if (type == LW_ARGS || type == LW_STR)
		return put_json_text(r, type, value, put_json_string);
	else if (type == LW_DIST)
		put_json_dist(r, value->dist);
	else if (type == LW_MSEC)
		put(r, buf, msec_text(buf, sizeof(buf), value->number));
	else
		put(r, value->text, value->len);
	return true;
}

/* The exact bytes of fields whose values are no UTF-8: names must not look the same. */
static void put_json_bytes(struct lw_render *r, const struct lw_value *values, const bool *bad)
{
	int i;

	for (i = 0; i < r->tool->nfields; i++) {
		if (!bad[i])
			continue;
		put_format(r, ",\"%s_base64\":", r->tool->fields[i].name);
		put_json_text(r, r->tool->fields[i].type, &values[i], put_base64);
	}
}

/* One is cut off at least. */
static void put_json_cut(struct lw_render *r, const struct lw_value *values)
{
	const char *separator = ",\"truncated\":[";
	int i;

	for (i = 0; i < r->tool->nfields; i++) {
		if (!values[i].cut)
			continue;
		put_format(r, "%s\"%s\"", separator, r->tool->fields[i].name);
		separator = ",";
	}
	put_char(r, ']');
}

static void put_object(struct lw_render *r, const struct lw_value *values)
{
	bool bad[LW_MAX_FIELDS], any_bad = false, any_cut = false;
	int i;

	for (i = 0; i < r->tool->nfields; i++) {
		put(r, r->keys[i], r->key_len[i]);
		bad[i] = !put_json_value(r, r->tool->fields[i].type, &values[i]);
		any_bad |= bad[i];
		any_cut |= values[i].cut;
	}
	if (any_bad)
		put_json_bytes(r, values, bad);
	if (any_cut)
		put_json_cut(r, values);
	put(r, "}\n", 2);
}

/* ---- interface ---- */

/* The time of a record in a report is that of the report, which is above its rows. */
static bool is_column(const struct lw_tool *tool, int i, const bool *given)
{
	const struct lw_field *field = &tool->fields[i];

	if (field->type == LW_DIST)
		return false;
	if (field->option)
		return given[(int)field->option];
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
	if (!reserve(r, r->fixed))
		return -ENOMEM;
	put_heading(r);
	err = lw_output_heading(r->output, r->buf, r->len);
	r->len = 0;
	return err;
}

static int make_keys(struct lw_render *r)
{
	int i, n;

	for (i = 0; r->json && i < r->tool->nfields; i++) {
		n = asprintf(&r->keys[i], "%s\"%s\":", i ? "," : "{", r->tool->fields[i].name);
		if (n < 0) {
			r->keys[i] = NULL;
			return -ENOMEM;
		}
		r->key_len[i] = n;
	}
	return 0;
}

struct lw_render *lw_render_new(const struct lw_tool *tool, bool json, const bool *given,
				struct lw_output *output)
{
	struct lw_render *r = calloc(1, sizeof(*r));
	int i;

	if (!r)
		return NULL;
	r->tool = tool;
	r->output = output;
	r->json = json;
	r->fixed = 64;
	r->last = -1;
	for (i = 0; i < tool->nfields; i++) {
		r->width[i] = width_of(&tool->fields[i]);
		/* Padding and heading, or the name as a key up to three times. */
		r->fixed += 3 * r->width[i] + 64;
		r->shown[i] = is_column(tool, i, given);
		if (r->shown[i])
			r->last = i;
		r->ndists += tool->fields[i].type == LW_DIST;
	}
	r->fixed += r->ndists * DIST_ROOM;
	if (make_keys(r) || give_heading(r)) {
		lw_render_free(r);
		return NULL;
	}
	return r;
}

void lw_render_free(struct lw_render *r)
{
	int i;

	if (!r)
		return;
	for (i = 0; i < LW_MAX_FIELDS; i++)
		free(r->keys[i]);
	free(r->buf);
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
	if (!reserve(r, longest(r, values)))
		return -ENOMEM;
	if (r->json)
		put_object(r, values);
	else
		put_table(r, values);
	return 0;
}

void lw_render_start(struct lw_render *r)
{
	if (has_heading(r) && reserve(r, r->fixed))
		put_heading(r);
}

int lw_render_report(struct lw_render *r, long long nsec)
{
	if (r->json)
		return 0;
	if (!reserve(r, 64))
		return -ENOMEM;
	put_empty_line(r);
	put_time(r, nsec);
	put_char(r, '\n');
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

static void put_uncounted(struct lw_render *r, const struct lw_stream *stream)
{
	const struct lw_uncounted *entry;
	int i;

	put_string(r, ",\"uncounted\":[");
	for (i = 0; (entry = lw_stream_uncounted(stream, i)); i++) {
		put_format(r, "%s{\"events\":%llu,\"why\":", i ? "," : "", entry->events);
		put_json_string(r, entry->why, strlen(entry->why));
		put_char(r, '}');
	}
	put_char(r, ']');
}

int lw_render_summary(struct lw_render *r, const struct lw_summary *summary)
{
	/* There are nine reasons at most, each of 127 bytes. */
	if (!reserve(r, 1024 + 9 * (64 + LW_ESCAPED * sizeof(((struct lw_uncounted *)0)->why))))
		return -ENOMEM;
	put_format(r, "{\"lwload\":{\"tool\":\"%s\",\"ended\":\"%s\"", r->tool->name,
		   summary->ended);
	put_format(r, ",\"records\":%llu,\"shown\":%llu", summary->records, summary->shown);
	put_format(r, ",\"shed\":%llu,\"lost\":%llu,\"missed\":%llu", summary->shed, summary->lost,
		   summary->missed);
	put_uncounted(r, summary->stream);
	put_string(r, "}}\n");
	return 0;
}

int lw_render_flush(struct lw_render *r)
{
	int err;

	if (!r->len)
		return 0;
	err = lw_output_write(r->output, r->buf, r->len);
	r->len = 0;
	return err;
}
