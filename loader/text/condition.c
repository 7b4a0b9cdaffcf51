// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "text/condition.h"
#include "text/fields.h"
#include "util/log.h"
#include "util/number.h"

#define MSEC_DIGITS 6 /* a millisecond is 10^6 nanoseconds */

/* Those of two characters come first. */
static const struct {
	const char *sign;
	enum lw_compare compare;
} operators[] = {
	{ "!=", LW_UNEQUAL }, { "<=", LW_AT_MOST }, { ">=", LW_AT_LEAST }, { "==", LW_EQUAL },
	{ "=", LW_EQUAL },    { "<", LW_BELOW },    { ">", LW_ABOVE },     { "~", LW_CONTAINS },
};
#define NOPERATORS (sizeof(operators) / sizeof(*operators))

static int refuse(const struct lw_tool *tool, const char *text, const char *what)
{
	lw_error("%s: option --where: \"%.64s\": %s", tool->name, text, what);
	return -EINVAL;
}

/* ---- values ---- */

/* Milliseconds to nanoseconds */
static bool parse_msec(const char *text, long long *nsec)
{
	unsigned long long whole, part = 0;
	const char *p = lw_decimal(text, LLONG_MAX / 1000000 - 1, &whole);
	int i, digits = 0;

	if (p && *p == '.') {
		const char *end = lw_decimal(p + 1, 999999, &part);

		digits = end ? (int)(end - p - 1) : MSEC_DIGITS + 1;
		p = end;
	}
	if (!p || *p || digits > MSEC_DIGITS)
		return false;
	for (i = digits; i < MSEC_DIGITS; i++)
		part *= 10;
	*nsec = (long long)(whole * 1000000 + part);
	return true;
}

static bool parse_number(const struct lw_field *field, const char *text, long long *number)
{
	if (field->type == LW_MSEC)
		return parse_msec(text, number);
	if (field->type == LW_OCT)
		return lw_parse_octal(text, number);
	return lw_parse_number(text, LLONG_MIN, LLONG_MAX, number);
}

/* ---- parsing ---- */

/* The index of a field that has values to compare, or -EINVAL */
static int find_field(const struct lw_tool *tool, const bool *given, const char *text, size_t len)
{
	int i = lw_fields_find(tool, given, "where", text, len);

	if (i < 0)
		return -EINVAL;
	if (tool->fields[i].type == LW_TIME || tool->fields[i].type == LW_DIST)
		return refuse(tool, text,
			      "a time or a distribution has no single value to compare");
	return i;
}

/* Returns the end of the operator, or NULL if the text begins with no operator. */
static const char *find_operator(const char *text, enum lw_compare *compare)
{
	size_t i;

	for (i = 0; i < NOPERATORS; i++) {
		size_t len = strlen(operators[i].sign);

		if (strncmp(text, operators[i].sign, len))
			continue;
		*compare = operators[i].compare;
		return text + len;
	}
	return NULL;
}

int lw_condition_parse(const struct lw_tool *tool, const bool *given, const char *text,
		       struct lw_condition *condition)
{
	size_t len = strcspn(text, "=!<>~");
	const char *value = find_operator(text + len, &condition->compare);
	const struct lw_field *field;

	if (!len || !value)
		return refuse(tool, text, "not a field, then = != < <= > >= or ~, then a value");
	condition->field = find_field(tool, given, text, len);
	if (condition->field < 0)
		return -EINVAL;
	field = &tool->fields[condition->field];
	condition->text = value;
	condition->len = strlen(value);
	if (lw_fields_is_text(field)) {
		if (condition->compare >= LW_BELOW && condition->compare <= LW_AT_LEAST)
			return refuse(tool, text, "only = != and ~ compare text");
		return 0;
	}
	if (condition->compare == LW_CONTAINS)
		return refuse(tool, text, "only text can contain something");
	if (!parse_number(field, value, &condition->number))
		return refuse(tool, text, "the value is not a number that the field can have");
	return 0;
}

/* ---- records ---- */

static bool number_holds(const struct lw_condition *condition, long long number)
{
	switch (condition->compare) {
	case LW_EQUAL:
		return number == condition->number;
	case LW_UNEQUAL:
		return number != condition->number;
	case LW_BELOW:
		return number < condition->number;
	case LW_AT_MOST:
		return number <= condition->number;
	case LW_ABOVE:
		return number > condition->number;
	default:
		return number >= condition->number;
	}
}

/* Arguments have a NUL between them, for which people type a space. */
static bool same_text(const char *wanted, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (wanted[i] != (text[i] ? text[i] : ' '))
			return false;
	return true;
}

static bool contains(const struct lw_condition *condition, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i + condition->len <= len; i++)
		if (same_text(condition->text, text + i, condition->len))
			return true;
	return false;
}

static bool text_holds(const struct lw_condition *condition, const char *text, size_t len)
{
	bool equal;

	if (condition->compare == LW_CONTAINS)
		return contains(condition, text, len);
	equal = condition->len == len && same_text(condition->text, text, len);
	return equal == (condition->compare == LW_EQUAL);
}

bool lw_condition_holds(const struct lw_tool *tool, const struct lw_condition *condition,
			const struct lw_value *values)
{
	const struct lw_value *value = &values[condition->field];

	if (value->state != LW_VALUE)
		return false;
	if (lw_fields_is_text(&tool->fields[condition->field]))
		return text_holds(condition, value->text, value->len);
	return number_holds(condition, value->number);
}
