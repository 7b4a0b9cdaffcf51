#pragma once

#include "../kernel/arch.h"
#include "../kernel/count.h"
#include "../kernel/put.h"
#include <linux/sched.h>
#include <trace/events/syscalls.h>

static struct {
	pid_t tgid;
	bool on, errors;
	char name[TASK_COMM_LEN];
} lw_syscalls;

/* A field with the name of a call: its number and, of the compat table, LW_COMPAT */
static void lw_emit_syscall_name(s64 call);

static void lw_on_sys_exit(void *data, struct pt_regs *regs, long ret);
LW_POINT(sys_exit, lw_on_sys_exit);

static struct lw_part lw_syscalls_part = {
	.points = { &lw_on_sys_exit_point },
	.next = LW_PARTS,
};
#undef LW_PARTS
#define LW_PARTS (&lw_syscalls_part)
