#pragma once

#include "call.h"
#include "dist.h"

static struct {
	u64 unit; /* nanoseconds */
	bool process, file_type;
} lw_times = { .unit = 1 };

static void lw_times_count(struct kretprobe_instance *inst, int op);
