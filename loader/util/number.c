// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util/number.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

const char *lw_hex(const char *text, unsigned long long max, unsigned long long *value)
{
	unsigned long long number = 0;
	const char *p;
	int digit;

	for (p = text; (digit = hex_value(*p)) >= 0; p++) {
		if (number > ULLONG_MAX >> 4)
			return NULL;
		number = number << 4 | digit;
	}
	if (p == text || number > max)
		return NULL;
	*value = number;
	return p;
}

bool lw_parse_octal(const char *text, long long *value)
{
	if (!*text || text[strspn(text, "01234567")] || strlen(text) > 20)
		return false;
	*value = strtoll(text, NULL, 8);
	return true;
}

bool lw_parse_decimal(const char *text, unsigned long long min, unsigned long long max,
		      unsigned long long *value)
{
	const char *end = lw_decimal(text, max, value);

	return end && !*end && *value >= min;
}

bool lw_parse_number(const char *text, long long min, long long max, long long *value)
{
	bool negative = *text == '-', hex = !strncmp(text, "0x", 2);
	unsigned long long most = (unsigned long long)LLONG_MAX + negative, number;
	const char *end =
		hex ? lw_hex(text + 2, most, &number) : lw_decimal(text + negative, most, &number);

	if (!end || *end)
		return false;
	*value = negative ? 0 - number : number;
	return *value >= min && *value <= max;
}

const char *lw_parse_size(const char *text, unsigned long long min, unsigned long long max,
			  unsigned long long *bytes)
{
	static const char units[] = "KMG";
	const char *end = lw_decimal(text, ULLONG_MAX, bytes);
	const char *unit = end && *end ? strchr(units, *end) : NULL;

	if (!end ||
	    (unit && __builtin_mul_overflow(*bytes, 1ULL << (10 * (unit - units + 1)), bytes)))
		return NULL;
	return *bytes >= min && *bytes <= max ? end + (unit != NULL) : NULL;
}
