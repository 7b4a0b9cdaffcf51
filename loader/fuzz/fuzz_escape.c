// SPDX-License-Identifier: GPL-2.0-only
/* fuzz_escape.c - text of strangers, for a terminal, as JSON and as a label of a metric */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "util/escape.h"
#include "fuzz.h"

/* Returns a buffer without a spare byte: the sanitizer guards its end. */
static char *room(size_t size)
{
	char *out = malloc(size);

	assert(out);
	return out;
}

static int characters(const char *text, size_t len)
{
	int n = 0;

	for (; len; text++, len--)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static bool is_ascii(const char *text, size_t len)
{
	while (len && *text >= 0)
		text++, len--;
	return !len;
}

static void visible(const char *text, size_t len)
{
	char *out = room(LW_ESCAPED * len + 1);
	int columns;
	size_t n = lw_escape_visible(out, text, len, &columns) - out;

	assert(is_visible(out, n));
	assert(columns >= 0 && columns <= 2 * characters(out, n));
	assert(!is_ascii(out, n) || columns == (int)n);
	/* Text that needs no escapes has none. */
	if (is_visible(text, len) && !memchr(text, '\\', len))
		assert(n == len && !memcmp(out, text, n));
	free(out);
}

/* Returns the byte that an escape of JSON stands for; -1: it is no ASCII. */
static int one_byte(const char *escape)
{
	char *end, hex[5] = "";
	unsigned long c;

	if (*escape != 'u')
		return *escape;
	memcpy(hex, escape + 1, 4);
	c = strtoul(hex, &end, 16);
	assert(!*end);
	return c < 0x80 ? (int)c : -1;
}

/* The string must read back as the text, as far as that is ASCII. */
static void same_text(const char *p, const char *text, size_t len)
{
	size_t i;
	int c;

	for (i = 0; i < len; i++) {
		c = *p == '\\' ? one_byte(p + 1) : (unsigned char)*p;
		assert(c == (unsigned char)text[i]);
		p += *p != '\\' ? 1 : p[1] == 'u' ? 6 : 2;
	}
	assert(*p == '"');
}

static void json(const char *text, size_t len)
{
	char *out = room(LW_ESCAPED * len + 3);
	bool bad = false;
	size_t n = lw_escape_json(out, text, len, &bad) - out;

	assert(!bad || memmem(out, n, "\xef\xbf\xbd", 3));
	assert(!bad || !is_visible(text, len));
	assert(*out == '"' && is_json(out, n));
	/* JSON may not act on a terminal either. */
	assert(is_visible(out, n));
	if (is_ascii(text, len))
		same_text(out + 1, text, len);
	free(out);
}

/* Base64 decodes to the same bytes, whatever they are. */
static void base64(const char *text, size_t len)
{
	size_t size = (len + 2) / 3 * 4 + 2, n;
	char *out = room(size), *bytes = room(len + 1);

	assert(lw_escape_base64(out, text, len) == out + size);
	assert(*out == '"' && out[size - 1] == '"');
	assert(sodium_base642bin((unsigned char *)bytes, len + 1, out + 1, size - 2, NULL, &n, NULL,
				 sodium_base64_VARIANT_ORIGINAL) == 0);
	assert(n == len && !memcmp(bytes, text, len));
	free(bytes);
	free(out);
}

/* Takes one character, which may be an escape. */
static char unescaped(const char **p)
{
	if (**p != '\\')
		return *(*p)++;
	*p += 2;
	assert(strchr("\\\"n", (*p)[-1]));
	return (*p)[-1] == 'n' ? '\n' : (*p)[-1];
}

/* A label is one line that ends where it seems to. Text that a terminal can show reads back. */
static void label(const char *text, size_t len)
{
	char *out = room(LW_ESCAPED * len + 1);
	char *end = lw_escape_label(out, text, len);
	const char *p = out;
	size_t i = 0;

	*end = '"';
	assert(is_visible(out, end - out));
	while (*p != '"') {
		char c = unescaped(&p);

		if (is_visible(text, len))
			assert(i < len && c == text[i]);
		i++;
	}
	assert(p == end);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	visible((const char *)data, size);
	json((const char *)data, size);
	base64((const char *)data, size);
	label((const char *)data, size);
	return 0;
}
