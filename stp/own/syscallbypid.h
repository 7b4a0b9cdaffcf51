#pragma once

#include "callnames.h"
#include "../kernel/arch.h"
#include "../kernel/count.h"
#include "../kernel/filter.h"
#include "../kernel/put.h"
#include <linux/sched.h>
#include <trace/events/syscalls.h>

static struct {
	bool on, errors;
} lw_syscalls;

/* A field with the name of a call: its number and, of the compat table, LW_COMPAT */

#define LW_COMPAT (1 << 15) /* in a call's number: of the compat table */

/* ---- counting ---- */

static bool lw_syscall_wanted(long ret)
{
	return (!lw_syscalls.errors || IS_ERR_VALUE(ret)) && lw_wanted();
}

static void lw_on_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	int nr = syscall_get_nr(current, regs);

	if (!smp_load_acquire(&lw_syscalls.on) || !lw_syscall_wanted(ret))
		return;
	if (nr < 0 || nr >= LW_COMPAT)
		return;
	if (lw_compat_call())
		nr |= LW_COMPAT;
	lw_point_enter();
	lw_count_add(current->tgid, nr, 0);
	lw_point_leave();
}

/* ---- names ---- */

static void lw_emit_syscall_name(s64 call)
{
	int nr = call & (LW_COMPAT - 1);
	bool compat = call & LW_COMPAT;
	const char *name = lw_has_call(nr, compat) ? lw_call_name(nr, compat) : "";
	const char *abi = compat ? "(" LW_COMPAT_NAME ")" : "";
	char text[48];

	if (*name)
		scnprintf(text, sizeof(text), "%s%s", name, abi);
	else
		scnprintf(text, sizeof(text), "%d%s", nr, abi);
	lw_emit_kernel_string(text);
}

LW_POINT(sys_exit, lw_on_sys_exit);
#undef LW_POINTS
#define LW_POINTS (&lw_on_sys_exit_point)
