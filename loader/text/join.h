/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * join.h - rows of a report that differ in nothing but their sums become one row: the kernel counts by control group, and
 * a container may have several
 */
#ifndef LW_JOIN_H
#define LW_JOIN_H

#include "module/tool.h"
#include "text/stream.h"

struct lw_join;

/* lw_join_new - returns an empty list, or NULL if out of memory */
struct lw_join *lw_join_new(const struct lw_tool *tool);
void lw_join_free(struct lw_join *join);

/*
 * lw_join_add - adds a row to the one that has the same values, but for numbers that are sums, or keeps it
 * @values: as lw_stream_values() returns them
 * Sums that do not fit stay at the most that does. Returns 0 or -ENOMEM.
 */
int lw_join_add(struct lw_join *join, const struct lw_value *values);

/*
 * lw_join_each - calls fn for the rows, in the order in which the first of each came, and forgets them
 * Returns 0, or what fn returned if that was not 0; then the others are forgotten as well.
 */
int lw_join_each(struct lw_join *join, int (*fn)(void *context, const struct lw_value *values),
		 void *context);

#endif
