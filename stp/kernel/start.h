#pragma once

#include "pending.h"

/* start.h - the pending table (pending.h) that scripts use, with a number kept of each */

/* Something begins now. Not preempted. From any context. */
static void lw_start(u64 key, s64 kept);

/* It ends: nanoseconds since it began, or -1 if it was not seen to begin. It is forgotten. */
static s64 lw_took(u64 key);

/* What was kept of the last that ended on this CPU */
static s64 lw_took_kept(void);

static int lw_started_begin(void);
static void lw_started_end(void);

static struct lw_part lw_started_part = {
	.begin = lw_started_begin,
	.end = lw_started_end,
	.next = LW_PARTS,
};
#undef LW_PARTS
#define LW_PARTS (&lw_started_part)
