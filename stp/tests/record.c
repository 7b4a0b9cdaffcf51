// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "record.h"

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c) : NULL;

	return p ? p - digits : -1;
}

/* The byte of an escape that has a letter; -1 if it has none */
static int letter(char c)
{
	static const char from[] = "tnr\\0", to[] = "\t\n\r\\\0";
	const char *p = c ? strchr(from, c) : NULL;

	return p ? to[p - from] : -1;
}

/* \xHH, which stands for bytes that have no letter only */
static int number(const char *p, const char *end)
{
	int high, low, c;

	if (end - p < 3)
		return -1;
	high = hex(p[1]);
	low = hex(p[2]);
	c = high << 4 | low;
	if (high < 0 || low < 0 || (c >= 0x20 && c != 0x7f) || !c || memchr("\t\n\r", c, 3))
		return -1;
	return c;
}

/* One escape, of which p is the character after the backslash. Returns its end, or NULL. */
static const char *escape(const char *p, const char *end, struct field *field)
{
	int c;

	if (p == end)
		return NULL;
	if (*p == '?') {
		field->unreadable = true;
		return p + 1;
	}
	if (*p == '+') {
		field->cut = true;
		return p + 1 == end ? end : NULL;
	}
	c = *p == 'x' ? number(p, end) : letter(*p);
	if (c < 0)
		return NULL;
	field->bytes[field->len++] = c;
	return p + (*p == 'x' ? 3 : 1);
}

static bool read_field(char *p, char *end, struct field *field)
{
	const char *next = p;

	*field = (struct field){ .bytes = p };
	while (next && next < end) {
		unsigned char c = *next++;

		if (c == '\\')
			next = escape(next, end, field);
		else if (c < 0x20 || c == 0x7f)
			return false;
		else
			field->bytes[field->len++] = c;
	}
	return next;
}

int record_read(char *line, size_t len, struct field *fields)
{
	char *p = line, *end, *last = line + len - 1;
	int n = 0;

	if (!len || *last != '\n')
		return -1;
	do {
		end = memchr(p, '\t', last - p);
		if (!end)
			end = last;
		if (n == RECORD_FIELDS || !read_field(p, end, &fields[n++]))
			return -1;
		p = end + 1;
	} while (end < last);
	return n;
}

size_t record_escape(char *out, const char *bytes, size_t len)
{
	static const char from[] = "\t\n\r\\", to[] = "tnr\\0";
	char *start = out;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = bytes[i];
		const char *p = memchr(from, c, sizeof(from));

		if (p)
			out += sprintf(out, "\\%c", to[p - from]);
		else if (c < 0x20 || c == 0x7f)
			out += sprintf(out, "\\x%02x", c);
		else
			*out++ = c;
	}
	*out = '\0';
	return out - start;
}
