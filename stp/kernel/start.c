#pragma once

#include "start.h"
#include "pending.c"

static struct lw_pending lw_started = { .bits = 14, .size = sizeof(s64), .shares = true };
static DEFINE_PER_CPU(s64, lw_started_kept);

static u64 lw_started_lost(void)
{
	return lw_pending_lost(&lw_started);
}

static struct lw_reported lw_started_reported = {
	.lost = lw_started_lost,
	.why = "more under way at once than there is room for",
};

static int lw_started_begin(void)
{
	return lw_report_of(&lw_started_reported) ?: lw_pending_begin(&lw_started);
}

static void lw_started_end(void)
{
	lw_pending_end(&lw_started);
}

static void lw_start(u64 key, s64 kept)
{
	int place = lw_pending_new(&lw_started, key);

	if (place < 0)
		return;
	*(s64 *)lw_pending_kept(&lw_started, place) = kept;
	lw_pending_show(&lw_started, place);
}

static s64 lw_took(u64 key)
{
	int place = lw_pending_find(&lw_started, key);
	s64 took;

	if (place < 0)
		return -1;
	took = lw_pending_took(&lw_started, place);
	this_cpu_write(lw_started_kept, *(s64 *)lw_pending_kept(&lw_started, place));
	lw_pending_drop(&lw_started, place);
	return took;
}

static s64 lw_took_kept(void)
{
	return this_cpu_read(lw_started_kept);
}
