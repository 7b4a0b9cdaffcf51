#pragma once

#include "put.h"
#include "points.h"
#include <linux/sched.h>
#include <linux/version.h>
#include <asm/local.h>

#define LW_DISTS 256
#define LW_BUCKETS 64

/* What is counted by. One place of the table, the same for all CPUs. */
struct lw_key {
	s64 first, second;
	union {
		char comm[TASK_COMM_LEN];
		u64 words[TASK_COMM_LEN / sizeof(u64)];
	};
};

/* Only ever grow: a report shows what they grew by. An interrupt may count, too. */
struct lw_dist {
	local_t count, sum, buckets[LW_BUCKETS];
};

static __always_inline void lw_dist_add(s64 first, s64 second, bool comm, s64 value);
static int lw_dist_collect(void);
static const struct lw_key *lw_dist_key(s64 row);
static void lw_emit_dist(s64 row, const char *unit);
static void lw_emit_kernel_string(const char *s);
static s64 lw_dist_lost(void);
