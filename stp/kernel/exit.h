#pragma once

#include "arch.h"
#include "name.h"
#include "put.h"
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/timekeeping.h>

/*
 * exit.h - how tasks end
 *
 * do_exit() calls taskstats_exit(tsk, group_dead) once for each task, which then is the current one, with its
 * exit_code set (kernel/exit.c). group_dead is set for one thread of a process: all others have come by before.
 */

/* Signals that have a name, by their numbers (asm-generic/signal.h; x86 and arm64 have the same) */
static const char *const lw_signal_names[] = {
	"",     "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
	"SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
	"TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
};

/* Is this the end of the process, in taskstats_exit()? */
static bool lw_exit_is_last(const struct pt_regs *regs)
{
	return (int)lw_function_arg(regs, 1);
}

/* The status that wait(2) gets of the process (wait_task_zombie() of kernel/exit.c), or the thread's own */
static int lw_exit_code(bool thread)
{
	const struct signal_struct *all = current->signal;

	if (thread)
		return current->exit_code;
	return all->flags & SIGNAL_GROUP_EXIT ? all->group_exit_code
					      : READ_ONCE(current->group_leader)->exit_code;
}

/* One field. Real-time signals have the names of bash(1), which counts them from 34 as glibc does. */
static void lw_emit_signal_name(u32 sig)
{
	char text[16] = "";

	if (sig < ARRAY_SIZE(lw_signal_names))
		lw_emit_kernel_string(lw_signal_names[sig]);
	else {
		snprintf(text, sizeof(text), sig < 34 ? "%u" : "RTMIN+%u",
			 sig < 34 ? sig : sig - 34);
		lw_emit_kernel_string(text);
	}
}

/* Nine fields: uid, pid, ppid, tid, comm, time it lived, exit code, signal, whether there is a core dump */
static void lw_emit_exit(bool thread)
{
	const struct task_struct *task = thread ? current : READ_ONCE(current->group_leader);
	struct _stp_log *log = lw_log();
	int code = lw_exit_code(thread);

	lw_put_pair(log, __kuid_val(current_uid()), current->tgid);
	lw_put_number(log, lw_parent());
	if (thread)
		lw_put_number(log, current->pid);
	else
		lw_put_tab(log);
	if (thread)
		lw_put_comm(log);
	else
		lw_put_process(log);
	lw_put_tab(log);
	lw_put_pair(log, max_t(s64, ktime_get_ns() - task->start_time, 0), code >> 8 & 0xff);
	lw_emit_signal_name(code & 0x7f);
	lw_put_number(log, !!(code & 0x80));
}
