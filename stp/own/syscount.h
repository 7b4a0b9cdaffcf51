#pragma once

#define LW_SYSCALLS_TIMED
#include "syscallbypid.h"
#include "../kernel/bucket.h"
#include "../kernel/kept_lost.h"
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/timekeeping.h>
#include <linux/version.h>
#include <trace/events/sched.h>

/*
 * syscount.h - how long system calls take, and the names of errors, beside the counts of syscallbypid.h
 *
 * The time is kept for the task, which is in one call at once. A thread that executes a program gets the id of the first
 * thread, and may find that one's time.
 */

/* How long the call took that the current task has left on this processor last. It is used before the task is preempted. */
static DEFINE_PER_CPU(s64, lw_took);

static void lw_syscall_enters(void)
{
	u64 now;

	if (!lw_wanted_changes() && !lw_wanted())
		return;
	now = ktime_get_mono_fast_ns();
	lw_keep(now, now, 0);
}

/* 0: the task has entered before the run, or the call was denied before it began */
static void lw_syscall_leaves(void)
{
	this_cpu_write(lw_took, max_t(s64, lw_kept_take(ktime_get_mono_fast_ns()), 0));
}

static s64 lw_syscall_took(void)
{
	return this_cpu_read(lw_took);
}

/* A signal may have ended the task in a call. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
static void lw_on_caller_exit(void *data, struct task_struct *task, bool last)
#else
static void lw_on_caller_exit(void *data, struct task_struct *task)
#endif
{
	lw_point_enter();
	if (lw_syscalls.timed)
		lw_kept_take(0);
	lw_point_leave();
}

LW_POINT(sched_process_exit, lw_on_caller_exit);
#undef LW_POINTS
#define LW_POINTS (&lw_on_caller_exit_point)

/*
 * The number of an error, from its name or number; 0 for ""; -1: there is no such error. The kernel knows one name of each
 * number. For begin probes.
 */
static int lw_error_number(const char *error)
{
	static const struct {
		const char *name;
		int number;
	} others[] = { { "EWOULDBLOCK", EAGAIN },
		       { "ENOTSUP", EOPNOTSUPP },
		       { "EDEADLOCK", EDEADLK } };
	char name[32];
	int i;

	if (!*error)
		return 0;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(error, others[i].name))
			return others[i].number;
	if (!kstrtoint(error, 10, &i))
		return i > 0 && i <= MAX_ERRNO ? i : -1;
	for (i = 1; i < ERESTARTSYS; i++) {
		snprintf(name, sizeof(name), "%pe", ERR_PTR(-i));
		if (name[0] == '-' && !strcmp(name + 1, error))
			return i;
	}
	return -1;
}

/* For begin probes. Returns whether the error is one, as lw_error_number() has it. */
static bool lw_sum_syscalls(bool by_process, const char *error, bool errors, bool timed)
{
	lw_syscalls.error = lw_error_number(error);
	if (lw_syscalls.error < 0)
		return false;
	lw_syscalls.together = !by_process;
	lw_syscalls.all = by_process;
	lw_syscalls.timed = timed;
	/* The sum (struct lw_count) */
	lw_rows_by = timed;
	/* 19 hours of a call */
	lw_kept_begin(6, lw_run_seeds);
	lw_begin_syscalls(errors);
	return true;
}

/* A field with the name of the error in the second number of a row */
static void lw_emit_row_error(s64 second)
{
	int err = second >> LW_ERROR_SHIFT;
	char name[32] = "-";

	if (err)
		snprintf(name, sizeof(name), "%pe", ERR_PTR(-err));
	lw_emit_kernel_string(name + (name[0] == '-'));
}
