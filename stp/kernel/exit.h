#pragma once

#include "arch.h"
#include "call.h"
#include "fields.h"
#include "filter.h"
#include "name.h"
#include "put.h"
#include "user.h"
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/timekeeping.h>

/*
 * exit.h - how tasks end
 *
 * do_exit() calls taskstats_exit(tsk, group_dead) once for each task, which then is the current one, with its
 * exit_code set (kernel/exit.c). group_dead is set for one thread of a process, the last one that begins to end.
 */

/* Signals that have a name, by their numbers (asm-generic/signal.h; those of x86 are the same) */
static const char *const lw_signal_names[] = {
	"",     "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
	"SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
	"TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
};

/* Options of the records */
static struct {
	bool timestamp, failed, threads;
} lw_exits;

/*
 * The status that wait(2) gets of the process (wait_task_zombie() of kernel/exit.c), or the thread's own; -1: not known.
 * Up to 5.17, a thread of the kernel has something else there.
 */
static int lw_exit_code(bool thread)
{
	const struct task_struct *leader = READ_ONCE(current->group_leader);
	const struct signal_struct *all = current->signal;

	if (current->flags & PF_KTHREAD)
		return 0;
	if (thread)
		return current->exit_code;
	if (all->flags & SIGNAL_GROUP_EXIT)
		return all->group_exit_code;
	/* Before 6.0, the leader may be ending, too. It gives up its memory when it has its code. */
	if (leader != current && smp_load_acquire(&leader->mm))
		return -1;
	return READ_ONCE(leader->exit_code);
}

/* One field. Real-time signals are counted from 34, as glibc does. */
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

	lw_put_pair(log, lw_uid(), current->tgid);
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
	lw_put_number(log, max_t(s64, ktime_get_ns() - task->start_time, 0));
	if (code < 0) {
		lw_emit_none(3);
		return;
	}
	lw_put_number(log, code >> 8 & 0xff);
	lw_emit_signal_name(code & 0x7f);
	lw_put_number(log, !!(code & 0x80));
}

static bool lw_exit_is_shown(bool last)
{
	return lw_wanted() && (last || lw_exits.threads) &&
	       !(lw_exits.failed && !lw_exit_code(lw_exits.threads));
}

/* At the begin of taskstats_exit(tsk, group_dead) */
static int lw_exit_begins(struct kprobe *kp, struct pt_regs *regs)
{
	if (lw_exit_is_shown((int)lw_function_arg(regs, 1))) {
		lw_put_begin(lw_log(), lw_exits.timestamp);
		lw_emit_exit(lw_exits.threads);
		lw_put_event_end(lw_log());
	}
	return 0;
}
NOKPROBE_SYMBOL(lw_exit_begins);

LW_BEGIN(lw_exit_begins, "taskstats_exit");
#undef LW_BEGINS
#define LW_BEGINS (&lw_exit_begins_begin)
