/* SPDX-License-Identifier: GPL-2.0-only */
/* top.h - records in the order of a field, and only the first of them: --sort and --top */
#ifndef LW_TOP_H
#define LW_TOP_H

#include <stdbool.h>

#include "module/tool.h"
#include "text/stream.h"

/* The most records that --top keeps */
#define LW_MAX_TOP 10000

struct lw_top_options {
	int most;    /* --top, 0: not given */
	int field;   /* index in tool->fields; -1: no order is asked for */
	bool upward; /* the lowest value comes first */
};

/*
 * lw_top_parse - finds the field of the order
 * @given: the tool's options in use, by letter
 * @sort: a field, after - the highest value first, after + the lowest; NULL: the first distribution or duration
 *
 * Without a sign, numbers begin with the highest, and text with the first in the alphabet. Prints what is wrong. Returns
 * 0 or -EINVAL.
 */
int lw_top_parse(const struct lw_tool *tool, const bool *given, const char *sort,
		 struct lw_top_options *options);

struct lw_top;

/* lw_top_new - returns an empty list, or NULL if out of memory. @options is copied. */
struct lw_top *lw_top_new(const struct lw_tool *tool, const struct lw_top_options *options);

/* lw_top_free - frees it; NULL is allowed */
void lw_top_free(struct lw_top *top);

/*
 * lw_top_add - keeps a copy of a record, if it is one of the first so far
 * @values: as lw_stream_values() returns them
 *
 * A distribution is compared by the sum of its values. A value that does not exist or could not be read comes last.
 * Records with equal values stay in the order in which they came. Takes time in the order of log N. Returns 0 or
 * -ENOMEM.
 */
int lw_top_add(struct lw_top *top, const struct lw_value *values);

/*
 * lw_top_each - calls fn for the records in their order, and forgets them
 * Returns 0, or what fn returned if that was not 0; then the others are forgotten as well.
 */
int lw_top_each(struct lw_top *top, int (*fn)(void *context, const struct lw_value *values),
		void *context);

/* lw_top_left_out - returns how many records were added and not kept since lw_top_new() */
unsigned long long lw_top_left_out(const struct lw_top *top);

#endif
