#pragma once

#include "name.h"
#include "report.h"
#include <asm/local.h>

/*
 * count.h - counts and sums by a key of two numbers, and the name of the process that was seen last.
 *
 * A count costs a fifth of SystemTap's array, and the keys of all CPUs are added up outside of
 * probes.
 */

struct lw_count {
	local_t count, sum;
	char comm[TASK_COMM_LEN];
};

static void lw_count_add_up(void *total, const void *value)
{
	const struct lw_count *more = value;
	struct lw_count *all = total;

	local_add(local_read(&more->count), &all->count);
	local_add(local_read(&more->sum), &all->sum);
	memcpy(all->comm, more->comm, sizeof(all->comm));
}

static const struct lw_shape lw_count_shape = {
	.bits = 11,
	.words = 2,
	.size = sizeof(struct lw_count),
	.total = sizeof(struct lw_count),
	.whose = 0,
	.comm = offsetof(struct lw_count, comm),
	.shares = true,
	.add = lw_count_add_up,
};

static struct lw_table lw_counts = { .shape = &lw_count_shape };

static struct lw_counted lw_counts_counted = {
	.table = &lw_counts,
	.probe = LW_COUNT_PROBE,
	.why = "more keys at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_counts_counted)

/*
 * Counts one more for this key, by the current process, and adds to its sum. Not preempted. From
 * any context.
 */
static __always_inline void lw_count_add(s64 first, s64 second, s64 add)
{
	struct lw_key key = { .first = first, .second = second };
	struct lw_count *count = lw_value(&lw_counts, &lw_count_shape, key);

	if (unlikely(!count))
		return;
	memcpy(count->comm, lw_leader()->comm, sizeof(count->comm));
	if (!__builtin_constant_p(add) || add)
		local_add(add, &count->sum);
	local_inc(&count->count);
}

/* The count of the row that is shown; all zeros if the row is not a count */
static const struct lw_count *lw_row_count(void)
{
	static const struct lw_count none;

	return lw_row_total(&lw_counts) ?: &none;
}
