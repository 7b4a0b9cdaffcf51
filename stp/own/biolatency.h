#pragma once

#include "../kernel/block.h"
#include "../kernel/dist.h"
#include "../kernel/pending.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
typedef blk_status_t lw_request_error_t;
#else
typedef int lw_request_error_t;
#endif

static struct {
	u64 unit; /* nanoseconds */
	bool on, disks, flags, queued;
} lw_request_times;

static int lw_requests_begin(void);
static void lw_requests_end(void);
static void lw_on_issue(void *data, struct request *rq);
static void lw_on_complete(void *data, struct request *rq, lw_request_error_t error,
			   unsigned int bytes);
LW_POINT(block_rq_issue, lw_on_issue);
LW_POINT(block_rq_complete, lw_on_complete);

static struct lw_part lw_request_times_part = {
	.begin = lw_requests_begin,
	.end = lw_requests_end,
	.points = { &lw_on_issue_point, &lw_on_complete_point },
	.next = LW_PARTS,
};
#undef LW_PARTS
#define LW_PARTS (&lw_request_times_part)
