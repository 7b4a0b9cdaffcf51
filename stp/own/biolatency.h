#pragma once

#include "../kernel/block.h"
#include "../kernel/dist.h"

static struct {
	u64 unit; /* nanoseconds */
	bool on, disks, flags, queued;
	atomic64_t unseen;
} lw_request_times;
