// SPDX-License-Identifier: GPL-2.0-only
/* text.c - checks of the loader's output that share no code with escape.c */
#include <string.h>

#include "fuzz.h"

/*
 * Reads one character at p into *c, by the table of RFC 3629 (section 4). Returns its length,
 * or 0 if the bytes are no character.
 */
static size_t character(const char *text, const char *end, uint32_t *c)
{
	static const struct {
		unsigned char first, last, low, high; /* ranges of the first and the second byte */
		size_t n;
	} rows[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *s = (const unsigned char *)text;
	size_t row, i;

	for (row = 0; row < COUNT(rows); row++)
		if (s[0] >= rows[row].first && s[0] <= rows[row].last)
			break;
	if (row == COUNT(rows) || (size_t)(end - text) < rows[row].n)
		return 0;
	if (rows[row].n > 1 && (s[1] < rows[row].low || s[1] > rows[row].high))
		return 0;
	*c = rows[row].n == 1 ? s[0] : s[0] & (0x7f >> rows[row].n);
	for (i = 1; i < rows[row].n; i++) {
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return rows[row].n;
}

bool is_visible(const char *text, size_t len)
{
	const char *end = text + len;
	uint32_t c;
	size_t n;

	for (; text < end; text += n) {
		n = character(text, end, &c);
		if (!n || c < 0x20 || (c >= 0x7f && c <= 0x9f))
			return false;
		/* Line separators, and the marks and overrides of direction. */
		if (c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069))
			return false;
	}
	return true;
}

/* ---- JSON: each function returns the end of the value at p, or NULL ---- */

static const char *digits(const char *p, const char *end)
{
	const char *first = p;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > first ? p : NULL;
}

static const char *number(const char *p, const char *end)
{
	const char *first;

	if (p < end && *p == '-')
		p++;
	first = p;
	p = digits(p, end);
	if (!p || (*first == '0' && p - first > 1))
		return NULL;
	/* The loader writes no exponents. */
	return p < end && *p == '.' ? digits(p + 1, end) : p;
}

static const char *escape(const char *p, const char *end)
{
	int i;

	if (p == end)
		return NULL;
	if (*p != 'u')
		return strchr("\"\\/bfnrt", *p) && *p ? p + 1 : NULL;
	if (end - p < 5)
		return NULL;
	for (i = 1; i <= 4; i++)
		if (!p[i] || !strchr("0123456789abcdefABCDEF", p[i]))
			return NULL;
	return p + 5;
}

static const char *string(const char *p, const char *end)
{
	uint32_t c;
	size_t n;

	if (p == end || *p++ != '"')
		return NULL;
	while (p < end && *p != '"') {
		n = character(p, end, &c);
		if (!n || c < 0x20)
			return NULL;
		p = c == '\\' ? escape(p + 1, end) : p + n;
		if (!p)
			return NULL;
	}
	return p < end ? p + 1 : NULL;
}

static const char *value(const char *p, const char *end, int depth);

/* Reads the items of an array or an object, up to the closing bracket. */
static const char *items(const char *p, const char *end, char closing, int depth)
{
	if (p < end && *p == closing)
		return p + 1;
	for (;; p++) {
		if (closing == '}') {
			p = string(p, end);
			if (!p || p == end || *p++ != ':')
				return NULL;
		}
		p = value(p, end, depth + 1);
		if (!p || p == end || (*p != ',' && *p != closing))
			return NULL;
		if (*p == closing)
			return p + 1;
	}
}

static const char *value(const char *p, const char *end, int depth)
{
	if (p == end || depth > 8)
		return NULL;
	if (*p == '"')
		return string(p, end);
	if (*p == '[' || *p == '{')
		return items(p + 1, end, *p == '[' ? ']' : '}', depth);
	if (end - p >= 4 && (!memcmp(p, "null", 4) || !memcmp(p, "true", 4)))
		return p + 4;
	if (end - p >= 5 && !memcmp(p, "false", 5))
		return p + 5;
	return number(p, end);
}

bool is_json(const char *text, size_t len)
{
	return value(text, text + len, 0) == text + len;
}
