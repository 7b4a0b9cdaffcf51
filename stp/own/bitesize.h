#pragma once

#include "../kernel/block.h"
#include "../kernel/dist.h"

static struct {
	bool on;
	char comm[TASK_COMM_LEN];
} lw_request_sizes;
