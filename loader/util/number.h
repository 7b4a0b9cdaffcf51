/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * number.h - integers in text
 *
 * No function takes a space or a sign + before the digits. A number that is too large counts as no
 * number, and never as another number.
 */
#ifndef LW_NUMBER_H
#define LW_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * lw_decimal - reads the number that text begins with, @max at most
 * Returns the end of its digits, where any byte may be. NULL: there is no such number.
 */
static inline const char *lw_decimal(const char *text, unsigned long long max,
				     unsigned long long *value)
{
	unsigned long long number = 0;
	unsigned int digit;
	const char *p;

	for (p = text; (digit = (unsigned int)*p - '0') <= 9; p++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return NULL;
	if (p == text || number > max)
		return NULL;
	*value = number;
	return p;
}

/* lw_hex - the same in hexadecimal, without 0x */
const char *lw_hex(const char *text, unsigned long long max, unsigned long long *value);

/* lw_parse_octal - is all of the text an octal number, of at most twenty digits? */
bool lw_parse_octal(const char *text, long long *value);

/* lw_parse_decimal - is all of the text a number between @min and @max? */
bool lw_parse_decimal(const char *text, unsigned long long min, unsigned long long max,
		      unsigned long long *value);

/*
 * lw_parse_number - the same for numbers as people type them, with a sign - or hexadecimal after
 * 0x. Digits after a 0 are decimal: a process id is never meant as octal.
 */
bool lw_parse_number(const char *text, long long min, long long max, long long *value);

/*
 * lw_parse_size - reads a number of bytes, or with K, M or G after it of KiB, MiB or GiB
 * Returns its end, where any byte may be. NULL: it is no size between @min and @max.
 */
const char *lw_parse_size(const char *text, unsigned long long min, unsigned long long max,
			  unsigned long long *bytes);

#endif
