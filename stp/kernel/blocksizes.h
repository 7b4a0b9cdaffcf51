#pragma once

#include "block.h"
#include "dist.h"
#include "filter.h"

static bool lw_request_sizes_on;

static void lw_on_issue_size(void *data, struct request *rq)
{
	struct lw_key key;

	if (!smp_load_acquire(&lw_request_sizes_on) || !lw_wanted() || !lw_request_wanted(rq))
		return;
	key = (struct lw_key){};
	lw_key_comm(&key);
	/* From 7.0 on tracepoints may be preempted. */
	preempt_disable_notrace();
	lw_dist_add(key, blk_rq_bytes(rq) / 1024);
	preempt_enable_notrace();
}

LW_POINT(block_rq_issue, lw_on_issue_size);
#undef LW_POINTS
#define LW_POINTS (&lw_on_issue_size_point)
