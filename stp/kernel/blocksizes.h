#pragma once

#include "block.h"
#include "dist.h"

static struct {
	bool on;
	char comm[TASK_COMM_LEN];
} lw_request_sizes;

static void lw_on_issue_size(void *data, struct request *rq);
LW_POINT(block_rq_issue, lw_on_issue_size);

static struct lw_part lw_request_sizes_part = {
	.points = { &lw_on_issue_size_point },
	.next = LW_PARTS,
};
#undef LW_PARTS
#define LW_PARTS (&lw_request_sizes_part)
