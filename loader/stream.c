// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "stream.h"

/* A record fits SystemTap's print buffer of 8 KiB; what is longer is not one. */
#define MAX_LINE (64 << 10)

struct lw_stream {
	const struct lw_tool *tool;
	int (*record)(void *context, const struct lw_value *values);
	void *context;
	char *line; /* the start of a line whose end has not come yet */
	size_t len;
	bool skip;   /* the line is too long: drop the rest of it */
	bool header; /* has been seen */
	unsigned long long bad;
};

struct lw_stream *lw_stream_new(const struct lw_tool *tool,
				int (*record)(void *context, const struct lw_value *values),
				void *context)
{
	struct lw_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->line = malloc(MAX_LINE + 1);
	if (!stream->line) {
		free(stream);
		return NULL;
	}
	stream->tool = tool;
	stream->record = record;
	stream->context = context;
	return stream;
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

static const char *type_name(enum lw_type type)
{
	static const char *const names[] = { "time", "int", "hex", "oct", "str", "args" };

	return names[type];
}

static int check_header(const struct lw_stream *stream, const char *line)
{
	const struct lw_tool *tool = stream->tool;
	char want[4096];
	size_t n;
	int i;

	n = snprintf(want, sizeof(want), "#lwtools\t" LW_FORMAT "\t%s", tool->name);
	for (i = 0; i < tool->nfields && n < sizeof(want); i++)
		n += snprintf(want + n, sizeof(want) - n, "\t%s=%s", tool->fields[i].name,
			      type_name(tool->fields[i].type));
	if (n < sizeof(want) && !strcmp(line, want))
		return 0;
	lw_error("%s: the module's output is not what its description says; "
		 "rebuild or reinstall it",
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
 * (unreadable), -3 for anything else; advances *in behind it.
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

/* A decimal number; strtoll(3) would take spaces and a sign +. */
static char *parse_number(char *text, struct lw_value *value)
{
	unsigned long long number = 0;
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
	for (p = first; *p >= '0' && *p <= '9'; p++)
		number = number * 10 + (*p - '0');
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

static int parse_record(struct lw_stream *stream, char *line)
{
	const struct lw_tool *tool = stream->tool;
	struct lw_value values[LW_MAX_FIELDS];
	char *end = line + stream->len, *p = line;
	int i;

	for (i = 0; i < tool->nfields && p <= end; i++) {
		enum lw_type type = tool->fields[i].type;

		values[i].state = LW_VALUE;
		values[i].cut = false;
		values[i].number = 0;
		if (type == LW_STR || type == LW_ARGS)
			p = parse_text(p, end, &values[i]);
		else
			p = parse_number(p, &values[i]);
		if (!p || (p < end && *p && *p != '\t'))
			break;
		p++;
	}
	if (i < tool->nfields || p <= end) {
		stream->bad++;
		return 0;
	}
	return stream->record(stream->context, values);
}

static int end_of_line(struct lw_stream *stream)
{
	char *line = stream->line;

	line[stream->len] = '\0';
	if (stream->skip || memchr(line, '\0', stream->len)) {
		stream->bad++;
		return 0;
	}
	if (!stream->header) {
		stream->header = true;
		return check_header(stream, line);
	}
	return parse_record(stream, line);
}

int lw_stream_feed(struct lw_stream *stream, const char *buf, size_t len)
{
	int err = 0;

	while (len && !err) {
		const char *end = memchr(buf, '\n', len);
		size_t n = end ? (size_t)(end - buf) : len;

		if (stream->len + n > MAX_LINE)
			stream->skip = true;
		if (!stream->skip) {
			memcpy(stream->line + stream->len, buf, n);
			stream->len += n;
		}
		if (end) {
			err = end_of_line(stream);
			stream->len = 0;
			stream->skip = false;
			n++;
		}
		buf += n;
		len -= n;
	}
	return err;
}
