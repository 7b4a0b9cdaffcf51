#pragma once

#include "pending.h"
#include "report.h"

/* start.h - the pending table (pending.h) that scripts use, with a number kept for each key */

static const struct lw_pending_shape lw_started_shape = { .bits = 14,
							  .size = sizeof(s64),
							  .shares = true };
static struct lw_pending lw_started = { .shape = &lw_started_shape };
static DEFINE_PER_CPU(s64, lw_started_kept);

static struct lw_counted lw_started_counted = {
	.pending = &lw_started,
	.why = "more under way at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_started_counted)

/* An event begins now. Not preempted. From any context. */
static void lw_start(u64 key, s64 kept)
{
	struct lw_place place = lw_pending_new(&lw_started, &lw_started_shape, key);

	if (place.at < 0)
		return;
	*(s64 *)lw_pending_kept(&lw_started, place.at) = kept;
	lw_pending_show(&lw_started, place);
}

/* The event ends. Returns nanoseconds since its begin, or -1 if that was not seen, and forgets it. */
static s64 lw_took(u64 key)
{
	int place = lw_pending_find(&lw_started, &lw_started_shape, key);
	s64 took;

	if (place < 0 || !lw_pending_claim(&lw_started, place, key))
		return -1;
	took = lw_pending_took(&lw_started, place);
	this_cpu_write(lw_started_kept, *(s64 *)lw_pending_kept(&lw_started, place));
	lw_pending_free(&lw_started, &lw_started_shape, place);
	return took;
}
