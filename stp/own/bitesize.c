#pragma once

#include "bitesize.h"
#include "../kernel/block.c"
#include "../kernel/dist.c"

static bool lw_issuer_wanted(void)
{
	return !lw_request_sizes.comm[0] || strnstr(current->comm, lw_request_sizes.comm, TASK_COMM_LEN);
}

static void lw_on_issue(void *data, struct request *rq)
{
	if (!smp_load_acquire(&lw_request_sizes.on) || !lw_issuer_wanted() || !lw_request_wanted(rq))
		return;
	/* From 7.0 on tracepoints may be preempted. */
	preempt_disable_notrace();
	lw_dist_add(0, 0, true, blk_rq_bytes(rq) / 1024);
	preempt_enable_notrace();
}

LW_CHECK_POINT(block_rq_issue, lw_on_issue)
static struct lw_point lw_points[LW_POINTS] = { LW_POINT(block_rq_issue, lw_on_issue) };
