#pragma once

#include "../kernel/points.h"
#include "../kernel/put.h"
#include "../kernel/task.h"
#include <linux/sched.h>
#include <asm/syscall.h>
#include <trace/events/syscalls.h>

static struct {
	struct lw_count **counts; /* of each CPU */
	pid_t tgid;
	bool on, errors;
	char name[TASK_COMM_LEN];
	atomic64_t lost;
} lw_syscalls;

static void lw_emit_syscalls(int top);
