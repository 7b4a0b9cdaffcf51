#pragma once

#include "../kernel/arch.h"
#include "../kernel/path.h"
#include <linux/fcntl.h>
#include <linux/kprobes.h>

static struct {
	bool timestamp, failed, extended, full_path;
	u64 flags;
} lw_opens;

static void lw_open_returns(struct kretprobe_instance *inst, struct pt_regs *regs);
