#pragma once

#include "block.h"
#include "dist.h"
#include "filter.h"
#include "point.h"

static bool lw_request_sizes_on;

static void lw_on_issue_size(void *data, struct request *rq)
{
	struct lw_key key;

	if (!smp_load_acquire(&lw_request_sizes_on) || !lw_wanted() || !lw_request_wanted(rq))
		return;
	key = (struct lw_key){};
	lw_key_comm(&key);
	lw_point_enter();
	lw_dist_add_fine(key, blk_rq_bytes(rq));
	lw_point_leave();
}

LW_POINT(block_rq_issue, lw_on_issue_size);
#undef LW_POINTS
#define LW_POINTS (&lw_on_issue_size_point)
