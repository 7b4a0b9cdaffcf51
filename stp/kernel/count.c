#pragma once

#include "count.h"
#include "report.c"

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
	.shares = true,
	.add = lw_count_add_up,
};

static struct lw_table lw_counts = { .shape = &lw_count_shape };

static struct lw_reported lw_counts_reported = {
	.table = &lw_counts,
	.probe = LW_COUNT_PROBE,
	.why = "more keys at once than there is room for",
};

static int lw_counts_begin(void)
{
	return lw_report_of(&lw_counts_reported);
}

static void lw_counts_end(void)
{
	lw_table_end(&lw_counts);
}

static __always_inline void lw_count_add(s64 first, s64 second, s64 add)
{
	struct lw_key key = { .first = first, .second = second };
	struct lw_count *count = lw_table_value(&lw_counts, &lw_count_shape, key);

	if (unlikely(!count))
		return;
	memcpy(count->comm, current->comm, sizeof(count->comm));
	local_add(add, &count->sum);
	local_inc(&count->count);
}
