// SPDX-License-Identifier: GPL-2.0-only
#include "util/json.h"

void lw_json_null(struct lw_buffer *out)
{
	lw_json_raw(out, "null", 4);
}

void lw_json_bool(struct lw_buffer *out, bool yes)
{
	lw_json_raw(out, yes ? "true" : "false", yes ? 4 : 5);
}

void lw_json_text(struct lw_buffer *out, const char *text)
{
	if (text)
		lw_json_string(out, text, strlen(text));
	else
		lw_json_null(out);
}

/* As distributions have many: printf(3) takes longer. */
static void put_digits(struct lw_buffer *out, bool negative, unsigned long long number)
{
	char digits[24], *p = digits + sizeof(digits);

	do {
		*--p = '0' + number % 10;
		number /= 10;
	} while (number);
	if (negative)
		*--p = '-';
	lw_json_raw(out, p, digits + sizeof(digits) - p);
}

void lw_json_unsigned(struct lw_buffer *out, unsigned long long number)
{
	put_digits(out, false, number);
}

void lw_json_signed(struct lw_buffer *out, long long number)
{
	put_digits(out, number < 0, number < 0 ? 0ULL - number : (unsigned long long)number);
}
