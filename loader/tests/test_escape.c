// SPDX-License-Identifier: GPL-2.0-only
/* test_escape.c - the characters at the edges of what a terminal may show */
#include <string.h>

#include "util/escape.h"
#include "helper.h"

static const struct row {
	const char *text;
	const char *visible; /* NULL: as it is */
	int columns;
} rows[] = {
	{ "", NULL, 0 },
	{ "12345678", NULL, 8 },
	{ "1234567\x1f", "1234567\\x1f", 11 },
	{ "1234567\x7f", "1234567\\x7f", 11 },
	{ "1234567\\", "1234567\\\\", 9 },
	{ "\t\n\r\x0b", "\\t\\n\\r\\x0b", 10 },
	{ " \"~", NULL, 3 },
	/* 80 and 9f are controls, a0 is not. */
	{ "\xc2\x80", "\\x80", 4 },
	{ "\xc2\x9f", "\\x9f", 4 },
	{ "\xc2\xa0", NULL, 1 },
	/* 02ff, and 0300, which combines */
	{ "\xcb\xbf", NULL, 1 },
	{ "a\xcc\x80", NULL, 1 },
	/* 061c, 200e, 200f, 2028 to 202e and 2066 to 2069 lead text astray, those beside do not. */
	{ "\xd8\x9b", NULL, 1 },
	{ "\xd8\x9c", "\\u061c", 6 },
	{ "\xe2\x80\x8d", NULL, 0 },
	{ "\xe2\x80\x8e", "\\u200e", 6 },
	{ "\xe2\x80\x8f", "\\u200f", 6 },
	{ "\xe2\x80\x90", NULL, 1 },
	{ "\xe2\x80\xa7", NULL, 1 },
	{ "\xe2\x80\xa8", "\\u2028", 6 },
	{ "\xe2\x80\xae", "\\u202e", 6 },
	{ "\xe2\x80\xaf", NULL, 1 },
	{ "\xe2\x81\xa4", NULL, 0 },
	{ "\xe2\x81\xa6", "\\u2066", 6 },
	{ "\xe2\x81\xa9", "\\u2069", 6 },
	{ "\xe2\x81\xaa", NULL, 0 },
	/* Hangul: 115f is a wide letter, 1160 to 11ff join it; 1200 is Ethiopic. */
	{ "\xe1\x85\x9f", NULL, 2 },
	{ "\xe1\x85\xa0", NULL, 0 },
	{ "\xe1\x87\xbf", NULL, 0 },
	{ "\xe1\x88\x80", NULL, 1 },
	/* The lowest character of each length, and a longer form of one before it */
	{ "\xc1\xbf", "\\xc1\\xbf", 8 },
	{ "\xe0\xa0\x80", NULL, 1 },
	{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf", 12 },
	{ "\xf0\x90\x80\x80", NULL, 1 },
	{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf", 16 },
	/* Surrogates, d800 to dfff, and beyond 10ffff */
	{ "\xed\x9f\xbb", NULL, 1 },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", 12 },
	{ "\xed\xbf\xbf", "\\xed\\xbf\\xbf", 12 },
	{ "\xee\x80\x80", NULL, 1 },
	{ "\xf4\x8f\xbf\xbd", NULL, 1 },
	{ "\xf4\x8f\xbf\xbf", NULL, 1 },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16 },
	/* A character that is cut off, one before another character, and a byte from the middle of one */
	{ "\xe2\x82", "\\xe2\\x82", 8 },
	{ "\xe2\x82z", "\\xe2\\x82z", 9 },
	{ "\x80", "\\x80", 4 },
};

static void harmless_in_a_terminal(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *want = rows[i].visible ? rows[i].visible : rows[i].text;
		char out[64];
		int columns = -1;

		*lw_escape_visible(out, rows[i].text, strlen(rows[i].text), &columns) = '\0';
		if (strcmp(out, want) || columns != rows[i].columns)
			fail_msg("row %zu: wanted \"%s\" of %d, got \"%s\" of %d", i, want,
				 rows[i].columns, out, columns);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(harmless_in_a_terminal) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
