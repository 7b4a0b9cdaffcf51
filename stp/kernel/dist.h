#pragma once

#include "report.h"
#include <asm/local.h>

/*
 * dist.h - distributions: how many values lie in which power of two, by a key.
 *
 * To add a value takes some fifty instructions, where SystemTap's array of aggregates takes three
 * hundred. That array also adds up the keys of all CPUs in a map with room for those of one, and ends
 * the tool when they are more.
 */

#define LW_BUCKETS 64

/* A place of the table. An interrupt may count, too. The collector comes before a bucket overflows. */
struct lw_dist_place {
	local_t count, sum;
	u32 buckets[LW_BUCKETS];
};

/* A row */
struct lw_dist {
	s64 count, sum, buckets[LW_BUCKETS];
};

/* Adds a value to the distribution of a key, in the first bucket if it is negative. Not preempted. From any context. */
static __always_inline void lw_dist_add(struct lw_key key, s64 value);

/* Puts the name of the current command into a key. */
static __always_inline void lw_key_comm(struct lw_key *key);

/* A field with the distribution of the row: "UNIT COUNT SUM LOW:N LOW:N ..." (lwtools-stream(5)) */
static void lw_emit_dist(const char *unit);

static int lw_dists_begin(void);
static void lw_dists_end(void);

static struct lw_part lw_dists_part = { .begin = lw_dists_begin, .end = lw_dists_end, .next = LW_PARTS };
#undef LW_PARTS
#define LW_PARTS (&lw_dists_part)
