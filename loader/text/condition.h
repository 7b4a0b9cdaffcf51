/* SPDX-License-Identifier: GPL-2.0-only */
/* condition.h - conditions that a record must meet to be shown: --where */
#ifndef LW_CONDITION_H
#define LW_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "module/tool.h"
#include "text/stream.h"

#define LW_MAX_CONDITIONS 8

enum lw_compare { LW_EQUAL, LW_UNEQUAL, LW_BELOW, LW_AT_MOST, LW_ABOVE, LW_AT_LEAST, LW_CONTAINS };

struct lw_condition {
	int field; /* index in tool->fields */
	enum lw_compare compare;
	long long number; /* in the units of struct lw_value, for fields that are numbers */
	const char *text; /* for the others: the end of the text that was parsed */
	size_t len;       /* of @text */
};

/*
 * lw_condition_parse - FIELD, then =, !=, <, <=, >, >= or ~ (contains), then a value
 * @given: the tool's options in use, by letter
 * @text: must stay as long as the condition is used
 *
 * A value of a duration is in milliseconds, with up to six decimals. Prints what is wrong: a field that
 * the tool does not have or has only with an option that is not given, a time, a distribution,
 * an operator that does not compare such values, or a value of another type. Returns 0 or -EINVAL.
 */
int lw_condition_parse(const struct lw_tool *tool, const bool *given, const char *text,
		       struct lw_condition *condition);

/*
 * lw_condition_holds - does a record meet it?
 * @values: as lw_stream_values() returns them
 * A value that does not exist or could not be read meets none. Text that was cut off is compared as it came.
 */
bool lw_condition_holds(const struct lw_tool *tool, const struct lw_condition *condition,
			const struct lw_value *values);

#endif
