// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/stream.h"
#include "util/log.h"
#include "util/number.h"

/* A record fits SystemTap's print buffer of 8 KiB; what is longer is not one. */
#define MAX_LINE (64 << 10)
/* Reasons that are told apart: a module that makes up new ones must not fill memory. */
#define MAX_REASONS (LW_REASONS - 1)
/* Eight times the same byte */
#define ALL(byte) (0x0101010101010101ULL * (byte))

struct lw_stream {
	const struct lw_tool *tool;
	char *line; /* the start of a line whose end has not come yet; eight bytes follow */
	size_t len;
	bool skip;             /* the line is too long: drop the rest of it */
	bool header;           /* has been seen */
	bool in_report;        /* the record belongs to one */
	long long report_time; /* nanoseconds since the epoch */
	unsigned long long bad;
	unsigned int more; /* fields that follow the tool's own */
	struct lw_groups *groups;
	enum lw_more by_more;                           /* the field that --by fills */
	struct lw_by *by;                               /* NULL: not asked for */
	struct lw_uncounted uncounted[MAX_REASONS + 1]; /* used if events is not 0 */
	struct lw_value values[LW_MAX_FIELDS];          /* of one record, by field */
	struct lw_dist dists[LW_MAX_FIELDS];            /* theirs */
};

static const struct lw_value none = { .state = LW_NONE, .text = "" };

/* The record has none of the fields that lwload adds. */
static void no_more(struct lw_stream *stream)
{
	const struct lw_tool *tool = stream->tool;
	int i;

	for (i = tool->nfields - tool->nmore; i < tool->nfields; i++)
		stream->values[i] = none;
}

struct lw_stream *lw_stream_new(const struct lw_tool *tool)
{
	struct lw_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->line = malloc(MAX_LINE + 1 + sizeof(uint64_t));
	if (!stream->line) {
		free(stream);
		return NULL;
	}
	stream->tool = tool;
	no_more(stream);
	return stream;
}

void lw_stream_more(struct lw_stream *stream, unsigned int more, struct lw_groups *groups)
{
	stream->more = more;
	stream->groups = groups;
}

void lw_stream_by(struct lw_stream *stream, enum lw_more more, struct lw_by *by)
{
	stream->by_more = more;
	stream->by = by;
}

void lw_stream_free(struct lw_stream *stream)
{
	if (!stream)
		return;
	free(stream->line);
	free(stream);
}

unsigned long long lw_stream_bad(const struct lw_stream *stream)
{
	return stream->bad;
}

/* ---- header ---- */

static int check_header(const struct lw_stream *stream, const char *line)
{
	const struct lw_tool *tool = stream->tool;
	char want[4096];
	size_t n;
	int i;

	n = snprintf(want, sizeof(want), "#lwtools\t" LW_STREAM "\t%s", tool->name);
	for (i = 0; i < tool->nfields - tool->nmore && n < sizeof(want); i++)
		n += snprintf(want + n, sizeof(want) - n, "\t%s=%s", tool->fields[i].name,
			      lw_type_name(tool->fields[i].type));
	if (n < sizeof(want) && !strcmp(line, want))
		return 0;
	lw_error(
		"%s: the module's output is not what its description says; rebuild or reinstall it",
		tool->name);
	return -EPROTO;
}

/* ---- records ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/*
 * Replaces one escape at *in. Returns the byte, or -1 for \+ (cut), -2 for \?
 * (unreadable), -3 for anything else; advances *in past it.
 */
static int unescape_one(char **in)
{
	static const char from[] = "0tnr\\";
	static const char to[] = "\0\t\n\r\\";
	const char *p;
	char c = (*in)[1];
	int high, low;

	if (c == 'x') {
		high = hex_digit((*in)[2]);
		low = high < 0 ? -1 : hex_digit((*in)[3]);
		*in += 4;
		return high < 0 || low < 0 ? -3 : high << 4 | low;
	}
	*in += 2;
	if (c == '+')
		return -1;
	if (c == '?')
		return -2;
	p = c ? strchr(from, c) : NULL;
	return p ? (unsigned char)to[p - from] : -3;
}

static bool unescape(char *text, struct lw_value *value)
{
	char *in = text, *out = text;

	/* Part of a value, such as one argument of several, may be unreadable too. */
	if (!strcmp(text, "\\?")) {
		value->state = LW_UNREADABLE;
		*in = '\0';
	}
	while (*in) {
		int c;

		if (*in != '\\') {
			*out++ = *in++;
			continue;
		}
		c = unescape_one(&in);
		if (c == -3)
			return false;
		if (c == -2)
			*out++ = '?';
		else if (c == -1)
			value->cut = true;
		else
			*out++ = c;
	}
	*out = '\0';
	value->text = text;
	value->len = out - text;
	return true;
}

/*
 * The parsers below return the end of the value that begins at text, or NULL if it is
 * none. A line ends in a NUL and has no other, so that they need not look for its end.
 */

/*
 * Eight decimal digits at once, the first of them in the lowest byte: pairs, then fours, then all.
 * Returns false if one of the bytes at @text is none.
 */
static bool eight_digits(const char *text, unsigned long long *number)
{
	uint64_t w;

	memcpy(&w, text, sizeof(w));
	w = le64toh(w) ^ ALL('0');
	if ((w | (w + ALL(0x76))) & ALL(0x80))
		return false;
	w = (w * 10 + (w >> 8)) & 0x00ff00ff00ff00ff;
	w = (w * 100 + (w >> 16)) & 0x0000ffff0000ffff;
	*number = *number * 100000000 + (uint32_t)(w * 10000 + (w >> 32));
	return true;
}

/* A decimal number; strtoll(3) would take spaces and a sign +. */
static char *parse_number(char *text, enum lw_type type, struct lw_value *value)
{
	unsigned long long number = 0;
	unsigned int digit;
	bool negative;
	char *first, *p;

	value->text = text;
	if (*text == '\t' || !*text) {
		value->state = LW_NONE;
		value->len = 0;
		return text;
	}
	negative = *text == '-';
	first = text + negative;
	p = first;
	/* Only times are long as a rule. */
	while (type == LW_TIME && p < first + 16 && eight_digits(p, &number))
		p += 8;
	for (; (digit = (unsigned int)*p - '0') <= 9; p++)
		number = number * 10 + digit;
	value->len = p - text;
	if (p == first || p - first > 19)
		return NULL;
	/* The text goes into JSON as it is, where 007 is no number. */
	if (*first == '0' && p - first > 1)
		return NULL;
	/* 19 digits fit 64 bits without a sign. */
	if (number > (unsigned long long)LLONG_MAX + negative)
		return NULL;
	value->number = negative ? 0 - number : number;
	return p;
}

static char *parse_text(char *text, char *line_end, struct lw_value *value)
{
	char *end = memchr(text, '\t', line_end - text);

	if (!end)
		end = line_end;
	value->text = text;
	value->len = end - text;
	if (!memchr(text, '\\', end - text))
		return end;
	/* The NUL takes the place of the tab. */
	*end = '\0';
	return unescape(text, value) ? end : NULL;
}

/* A decimal number without a sign, @max at most. */
static char *parse_digits(char *text, unsigned long long max, unsigned long long *value)
{
	const char *end = lw_decimal(text, max, value);

	/* The text goes into JSON as it is, where 007 is no number. */
	if (!end || (*text == '0' && end - text > 1))
		return NULL;
	return text + (end - text);
}

static char *parse_sum(char *text, long long *sum)
{
	bool negative = *text == '-';
	unsigned long long value;
	char *end = parse_digits(text + negative, (unsigned long long)LLONG_MAX + negative, &value);

	if (end)
		*sum = negative ? 0 - value : value;
	return end;
}

/* LOW:N, N values from LOW on; buckets ascend. */
static char *parse_bucket(char *text, struct lw_dist *dist)
{
	unsigned long long low, n;
	char *p = parse_digits(text, ULLONG_MAX, &low);
	int i;

	if (!p || *p != ':' || (low & (low - 1)) || low == 1)
		return NULL;
	i = low ? __builtin_ctzll(low) : 0;
	p = parse_digits(p + 1, LLONG_MAX, &n);
	if (!p || !n || i <= dist->last)
		return NULL;
	dist->buckets[i] = n;
	dist->last = i;
	return p;
}

/* UNIT COUNT SUM LOW:N ..., with single spaces between. */
static char *parse_dist(char *text, struct lw_value *value, struct lw_dist *dist)
{
	char *p = text;

	value->text = text;
	value->len = 0;
	if (*text == '\t' || !*text) {
		value->state = LW_NONE;
		return text;
	}
	memset(dist, 0, sizeof(*dist));
	dist->last = -1;
	while (*p >= 'a' && *p <= 'z')
		p++;
	dist->unit = text;
	dist->unit_len = p - text;
	p = p > text && *p == ' ' ? parse_digits(p + 1, LLONG_MAX, &dist->count) : NULL;
	p = p && *p == ' ' ? parse_sum(p + 1, &dist->sum) : NULL;
	while (p && *p == ' ')
		p = parse_bucket(p + 1, dist);
	if (!p || dist->last < 0)
		return NULL;
	value->len = p - text;
	value->dist = dist;
	return p;
}

static char *parse_value(struct lw_stream *stream, int i, char *text, struct lw_value *value)
{
	enum lw_type type = stream->tool->fields[i].type;

	if (type == LW_STR || type == LW_ARGS)
		return parse_text(text, stream->line + stream->len, value);
	if (type == LW_DIST)
		return parse_dist(text, value, &stream->dists[i]);
	text = parse_number(text, type, value);
	/* A time is printed without a sign. */
	return text && type == LW_TIME && value->number < 0 ? NULL : text;
}

static void take_report_time(const struct lw_stream *stream, struct lw_value *value)
{
	if (stream->in_report && stream->tool->fields[0].type == LW_TIME &&
	    value->state == LW_NONE) {
		value->state = LW_VALUE;
		value->number = stream->report_time;
	}
}

/* ---- fields that lwload has asked for ---- */

static struct lw_value *value_of(struct lw_stream *stream, enum lw_more more)
{
	const struct lw_tool *tool = stream->tool;
	int i;

	for (i = 0; i < tool->nmore; i++)
		if (tool->more[i] == more)
			return &stream->values[tool->nfields - tool->nmore + i];
	return NULL;
}

static void set_text(struct lw_value *value, const char *text)
{
	if (!value)
		return;
	*value = none;
	if (*text) {
		value->state = LW_VALUE;
		value->text = text;
		value->len = strlen(text);
	}
}

/* The module gives the control group's number. */
static void set_group(struct lw_stream *stream, unsigned long long id)
{
	const struct lw_group *group = lw_groups_find(stream->groups, id);

	set_text(value_of(stream, LW_CGROUP), group->path);
	set_text(value_of(stream, LW_CONTAINER), group->container);
}

/* Returns the end of the value that begins there, NULL if it is none. */
static char *parse_more(struct lw_stream *stream, enum lw_more more, char *text)
{
	struct lw_value ignored, *value = value_of(stream, more) ?: &ignored;
	unsigned long long id;

	value->state = LW_VALUE;
	value->cut = false;
	if (more == LW_PROCESS)
		return parse_text(text, stream->line + stream->len, value);
	if (more != LW_CGROUP)
		return parse_number(text, LW_INT, value);
	text = parse_digits(text, ULLONG_MAX, &id);
	if (text)
		set_group(stream, id);
	return text;
}

/* Fields that were asked for, in their order. A row of a report, or of the end of a run, has none of them. */
static char *parse_all_more(struct lw_stream *stream, char *p, const char *end)
{
	int more;

	if (p > end) {
		no_more(stream);
		return p;
	}
	for (more = 0; more <= LW_CGROUP && p && p <= end; more++) {
		if (!(stream->more & 1U << more))
			continue;
		p = parse_more(stream, more, p);
		p = p && (*p == '\t' || !*p) ? p + 1 : NULL;
	}
	/* All were there. */
	return stream->more >> more ? NULL : p;
}

/* The number, and for a process its name. A row that the tool writes at its end may have neither. */
static char *parse_by(struct lw_stream *stream, char *p, const char *end)
{
	struct lw_value *value = value_of(stream, stream->by_more), name = none;
	unsigned long long number;
	const char *text;
	size_t len;

	no_more(stream);
	if (p > end)
		return p;
	p = parse_digits(p, ULLONG_MAX, &number);
	if (p && lw_by_named(stream->by_more)) {
		if (*p != '\t')
			return NULL;
		name.state = LW_VALUE;
		p = parse_text(p + 1, stream->line + stream->len, &name);
	}
	if (!p || (*p != '\t' && *p))
		return NULL;
	text = lw_by_text(stream->by, number, name.text, name.len, &len);
	if (len) {
		value->state = LW_VALUE;
		value->text = text;
		value->len = len;
	}
	return p + 1;
}

/* This and what follows returns an enum lw_item, or 0 for a line that is none. */
static int parse_record(struct lw_stream *stream, char *line)
{
	struct lw_value *values = stream->values;
	char *end = line + stream->len, *p = line;
	int i, n = stream->tool->nfields - stream->tool->nmore;

	for (i = 0; i < n && p <= end; i++) {
		values[i].state = LW_VALUE;
		values[i].cut = false;
		values[i].number = 0;
		p = parse_value(stream, i, p, &values[i]);
		if (!p || (*p != '\t' && *p))
			break;
		p++;
	}
	if (i == n && stream->more)
		p = parse_all_more(stream, p, end);
	if (i == n && stream->by)
		p = parse_by(stream, p, end);
	if (!i || i < n || !p || p <= end) {
		stream->bad++;
		return 0;
	}
	take_report_time(stream, &values[0]);
	return LW_RECORD;
}

/* ---- lines that are no records ---- */

static int begin_report(struct lw_stream *stream, char *text)
{
	unsigned long long nsec;
	char *end = parse_digits(text, LLONG_MAX, &nsec);

	if (!end || *end) {
		stream->bad++;
		return 0;
	}
	stream->in_report = true;
	stream->report_time = nsec;
	return LW_REPORT;
}

static int end_report(struct lw_stream *stream)
{
	stream->in_report = false;
	return LW_REPORT_END;
}

static void add_uncounted(struct lw_stream *stream, unsigned long long n, const char *why)
{
	struct lw_uncounted *entry = stream->uncounted, *other = entry + MAX_REASONS;
	char text[sizeof(entry->why)];

	snprintf(text, sizeof(text), "%s", why);
	while (entry < other && entry->events && strcmp(entry->why, text))
		entry++;
	strcpy(entry->why, entry < other ? text : "other reasons");
	if (__builtin_add_overflow(entry->events, n, &entry->events))
		entry->events = ULLONG_MAX;
}

static int take_lost(struct lw_stream *stream, char *text)
{
	struct lw_value why = { .state = LW_VALUE };
	char *end = stream->line + stream->len;
	unsigned long long n;
	char *p = parse_digits(text, LLONG_MAX, &n);

	if (p && *p == '\t' && parse_text(p + 1, end, &why) == end && why.len)
		add_uncounted(stream, n, why.text);
	else
		stream->bad++;
	return 0;
}

static int parse_line(struct lw_stream *stream, char *line)
{
	if (*line != '#')
		return parse_record(stream, line);
	if (!strncmp(line, "#report\t", 8))
		return begin_report(stream, line + 8);
	if (!strcmp(line, "#end"))
		return end_report(stream);
	if (!strncmp(line, "#lost\t", 6))
		return take_lost(stream, line + 6);
	return parse_record(stream, line);
}

const struct lw_uncounted *lw_stream_uncounted(const struct lw_stream *stream, int i)
{
	if (i < 0 || i > MAX_REASONS || !stream->uncounted[i].events)
		return NULL;
	return &stream->uncounted[i];
}

static int end_of_line(struct lw_stream *stream)
{
	char *line = stream->line;

	/* eight_digits() looks past its end. */
	memset(line + stream->len, 0, 1 + sizeof(uint64_t));
	if (stream->skip || memchr(line, '\0', stream->len)) {
		stream->bad++;
		return 0;
	}
	if (!stream->header) {
		stream->header = true;
		return check_header(stream, line);
	}
	return parse_line(stream, line);
}

/* Bytes of a line, with its end or without */
static void hold(struct lw_stream *stream, const char *bytes, size_t n)
{
	if (stream->len + n > MAX_LINE)
		stream->skip = true;
	if (stream->skip)
		return;
	memcpy(stream->line + stream->len, bytes, n);
	stream->len += n;
}

int lw_stream_next(struct lw_stream *stream, const char **buf, size_t *len)
{
	const char *p = *buf, *end = p + *len, *eol = NULL;
	int item = 0;

	for (; p < end && !item; p = eol ? eol + 1 : end) {
		eol = memchr(p, '\n', end - p);
		hold(stream, p, (eol ? eol : end) - p);
		if (!eol)
			continue;
		item = end_of_line(stream);
		stream->len = 0;
		stream->skip = false;
	}
	*buf = p;
	*len = end - p;
	return item;
}

const struct lw_value *lw_stream_values(const struct lw_stream *stream)
{
	return stream->values;
}

long long lw_stream_time(const struct lw_stream *stream)
{
	return stream->report_time;
}
