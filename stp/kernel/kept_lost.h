#pragma once

#include "kept.h"
#include "report.h"

/* kept_lost.h - reports the times of kept.h that found no room */

static u64 lw_kept_lost_of(struct lw_counted *counted)
{
	return lw_kept_lost();
}

static struct lw_counted lw_kept_counted = {
	.lost = lw_kept_lost_of,
	.why = "more tasks at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_kept_counted)
