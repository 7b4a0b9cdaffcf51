#pragma once

#include "bucket.h"
#include "filter.h"
#include "kept_lost.h"
#include "point.h"
#include "report.h"
#include <linux/sched.h>
#include <linux/sched/clock.h>

/*
 * turn.h - the turns of tasks on processors: how long they waited for one, had it, and were without
 *
 * The kernel itself keeps what this needs in the task (struct sched_info of linux/sched.h, kernel/sched/stats.h): the
 * sum of its waits, over all queues, when it got its processor, and how often. So everything is counted in one place,
 * where a task leaves its processor and is still the current one. The last wait is what the sum has grown by since the
 * task left the last time.
 *
 * Since 5.14, the kernel does not see the wait of a task that loses its processor while it is about to sleep: nothing is
 * different when the task leaves again. Such a turn is not counted.
 */
#ifndef CONFIG_SCHED_INFO
#error "the kernel keeps no times of tasks"
#endif

/* Which time is counted */
enum lw_sched_kind { LW_SCHED_WAIT = 1, LW_SCHED_ON, LW_SCHED_OFF };

static struct {
	u32 kind; /* enum lw_sched_kind; 0: not yet */
	u64 begun;
} lw_sched __read_mostly;

/* The current task's turn ends: its time in nanoseconds. Not preempted. The file that includes this one defines it. */
static void lw_turn_counts(u64 time);

/* The current task has left the processor, wanted or not. The same file defines it. */
static void lw_turn_left(void);

/*
 * The time that the current task's turn counts for; negative: none. Only of a new task it is known without a time that
 * was kept.
 */
static __always_inline s64 lw_turn_time(const struct sched_info *info)
{
	u64 delay = info->run_delay, now;
	s64 passed;

	if (lw_sched.kind == LW_SCHED_WAIT) {
		passed = lw_keep(delay, delay, info->pcount);
		return passed == LW_KEPT_NONE && info->pcount == 1 ? delay : passed;
	}
	/* The same clock as of last_arrival (rq_clock() of kernel/sched/sched.h) */
	now = cpu_clock(raw_smp_processor_id());
	passed = lw_keep(now, info->last_arrival, info->pcount);
	if (lw_sched.kind == LW_SCHED_OFF || passed == LW_KEPT_AGAIN)
		return passed;
	if (passed == LW_KEPT_NONE && info->pcount > 1)
		return passed;
	return max_t(s64, now - info->last_arrival, 0);
}

/*
 * The current task's turn ends. If it began before the run, its time is not the run's. Not preempted.
 *
 * A task may be wanted at one time and not at another, since its name or control group may change. So its times are kept also
 * while it is not wanted: otherwise a later time would be the sum of all since then.
 */
static void lw_turn_ends(void)
{
	const struct sched_info *info = &current->sched_info;
	bool changes = lw_wanted_changes();
	s64 time;

	if (!changes && !lw_wanted())
		return;
	time = lw_turn_time(info);
	if (time >= 0 && info->last_arrival >= lw_sched.begun && (!changes || lw_wanted()))
		lw_turn_counts(time);
}

/* The current task leaves its processor. Its queue is locked, and interrupts are off. */
static void lw_on_switch(void *data, bool preempt, struct task_struct *prev,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 19, 0)
			 struct task_struct *next, unsigned int state)
#else
			 struct task_struct *next)
#endif
{
	if (smp_load_acquire(&lw_sched.kind) && current->pid && !(current->flags & PF_EXITING))
		lw_turn_ends();
	lw_turn_left();
}

/*
 * In do_exit(), before the task gives up files and namespaces. It gives up by and by what the filter asks for, so this
 * turn is its last one that counts.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
static void lw_on_exit(void *data, struct task_struct *task, bool last)
#else
static void lw_on_exit(void *data, struct task_struct *task)
#endif
{
	lw_point_enter();
	if (smp_load_acquire(&lw_sched.kind))
		lw_turn_ends();
	lw_point_leave();
}

LW_POINT(sched_switch, lw_on_switch);
#undef LW_POINTS
#define LW_POINTS (&lw_on_switch_point)
LW_POINT(sched_process_exit, lw_on_exit);
#undef LW_POINTS
#define LW_POINTS (&lw_on_exit_point)

/* Counts this kind of times from now on. For begin probes. */
static void lw_turns_begin(enum lw_sched_kind kind)
{
	/* 19 hours of waiting, or 26 days of sleep */
	lw_kept_begin(kind == LW_SCHED_OFF ? 11 : 6, lw_run_seeds);
	lw_sched.begun = cpu_clock(raw_smp_processor_id());
	smp_store_release(&lw_sched.kind, kind);
}
