#pragma once

#include "report.h"
#include <asm/local.h>

/*
 * count.h - counts and sums by a key of two numbers, and the command name that was seen last.
 *
 * A count costs a fifth of SystemTap's array, and the keys of all CPUs are added up outside of probes.
 */

struct lw_count {
	local_t count, sum;
	char comm[TASK_COMM_LEN];
};

/* Counts one more for this key, by the current command, and adds to its sum. Not preempted. From any context. */
static __always_inline void lw_count_add(s64 first, s64 second, s64 add);

static int lw_counts_begin(void);
static void lw_counts_end(void);

static struct lw_part lw_counts_part = {
	.begin = lw_counts_begin,
	.end = lw_counts_end,
	.next = LW_PARTS,
};
#undef LW_PARTS
#define LW_PARTS (&lw_counts_part)
