// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <utf8proc.h>

#include "util/escape.h"

/*
 * Decodes one UTF-8 character (RFC 3629) at s. Returns its length, or 0 if the
 * bytes are none.
 */
static int utf8(const unsigned char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int i, n;

	if (s[0] < 0x80) {
		*c = s[0];
		return 1;
	}
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || len < (size_t)n)
		return 0;
	*c = s[0] & (0xff >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n;
}

/* C0, DEL, C1, line separators, and marks that change the direction of text. */
static bool unprintable(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/*
 * The columns of a terminal that a character takes: 0 to 2, as wcwidth(3) has it. That would need a
 * locale of the host's. Vowels and finals of Hangul, 1160 to 11ff, join the letter before.
 */
static int width_of(uint32_t c)
{
	if (c < 0x300)
		return 1;
	return c >= 0x1160 && c <= 0x11ff ? 0 : utf8proc_charwidth(c);
}

/* But for the quotation mark and the backslash */
static const bool plain[256] = {
	[' ' ... '!'] = true,
	['#' ... '['] = true,
	[']' ... '~'] = true,
};

/* The same of eight bytes at once: tests for "none is", which is all that is exact. */
#define ALL(byte) (0x0101010101010101ULL * (byte))
#define ANY_ZERO(w) (((w)-ALL(1)) & ~(w)&ALL(0x80))

static bool all_plain(const unsigned char *s)
{
	uint64_t w;

	memcpy(&w, s, sizeof(w));
	return !((w & ALL(0x80)) | ((w - ALL(0x20)) & ~w & ALL(0x80)) | ANY_ZERO(w ^ ALL(0x7f)) |
		 ANY_ZERO(w ^ ALL('\\')) | ANY_ZERO(w ^ ALL('"')));
}

/*
 * Copies the bytes at the start of s that need no escape anywhere and returns their
 * number: most names are nothing else.
 */
static size_t copy_plain(char *out, const unsigned char *s, size_t len)
{
	size_t n;

	for (n = 0; n + 8 <= len && all_plain(s + n); n += 8)
		memcpy(out + n, s + n, 8);
	for (; n < len && plain[s[n]]; n++)
		out[n] = s[n];
	return n;
}

char *lw_escape_visible(char *out, const char *text, size_t len, int *columns)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t run = copy_plain(out, s, len);
	char *before;
	uint32_t c;
	int n;

	*columns = run;
	out += run;
	for (s += run, len -= run; len; s += n, len -= n) {
		n = utf8(s, len, &c);
		if (n && !unprintable(c) && c != '\\') {
			memcpy(out, s, n);
			out += n;
			*columns += width_of(c);
			continue;
		}
		before = out;
		if (n && c == '\\')
			out += sprintf(out, "\\\\");
		else if (n && c < 0x20 && strchr("\t\n\r", c) && c)
			out += sprintf(out, "\\%c", c == '\t' ? 't' : c == '\n' ? 'n' : 'r');
		else if (n && c > 0xff)
			out += sprintf(out, "\\u%04x", c);
		else
			out += sprintf(out, "\\x%02x", n ? c : *s);
		*columns += out - before;
		if (!n)
			n = 1;
	}
	return out;
}

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

char *lw_escape_json(char *out, const char *text, size_t len, bool *bad)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t run;
	uint32_t c;
	int n;

	*out++ = '"';
	run = copy_plain(out, s, len);
	out += run;
	for (s += run, len -= run; len; s += n, len -= n) {
		n = utf8(s, len, &c);
		if (!n) {
			out = mempcpy(out, replacement, 3);
			*bad = true;
		} else if (c == '"' || c == '\\') {
			out += sprintf(out, "\\%c", c);
		} else if (unprintable(c)) {
			out += sprintf(out, "\\u%04x", c);
		} else {
			memcpy(out, s, n);
			out += n;
		}
		if (!n)
			n = 1;
	}
	*out++ = '"';
	return out;
}

char *lw_escape_base64(char *out, const char *text, size_t len)
{
	size_t size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);

	*out++ = '"';
	sodium_bin2base64(out, size, (const unsigned char *)text, len,
			  sodium_base64_VARIANT_ORIGINAL);
	/* In the place of the NUL */
	out[size - 1] = '"';
	return out + size;
}

char *lw_escape_label(char *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t run = copy_plain(out, s, len);
	uint32_t c;
	int n;

	out += run;
	for (s += run, len -= run; len; s += n, len -= n) {
		n = utf8(s, len, &c);
		if (n && (c == '"' || c == '\\'))
			out += sprintf(out, "\\%c", c);
		else if (n && c == '\n')
			out += sprintf(out, "\\n");
		else if (!n || unprintable(c))
			out = mempcpy(out, replacement, 3);
		else
			out = mempcpy(out, s, n);
		if (!n)
			n = 1;
	}
	return out;
}

void lw_print_visible(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	char *out = text ? malloc(LW_ESCAPED * len + 1) : NULL;
	int columns;

	if (out)
		fwrite(out, 1, lw_escape_visible(out, text, len, &columns) - out, stdout);
	else
		putchar('-');
	free(out);
}
