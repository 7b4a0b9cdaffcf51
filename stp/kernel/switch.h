#pragma once

#include "by.h"
#include "dist.h"
#include "filter.h"
#include "kept.h"
#include "point.h"
#include <linux/sched.h>
#include <linux/sched/clock.h>

/*
 * switch.h - how long tasks wait for a processor, have one, and are without
 *
 * The kernel itself keeps what this needs in the task (struct sched_info of linux/sched.h, kernel/sched/stats.h): the
 * time for which it has waited in all, also in several queues, when it got its processor, and how often. So everything
 * is counted in one place, where a task leaves its processor and is still the current one. The last wait is what the
 * time has grown by since the task left the last time.
 *
 * The kernel does not see the wait of a task that loses its processor while it is about to sleep: nothing is different
 * when the task leaves again. Such a turn is not counted.
 */

/* Which time is counted */
enum lw_sched_kind { LW_SCHED_WAIT = 1, LW_SCHED_ON, LW_SCHED_OFF };

static struct {
	u32 kind; /* enum lw_sched_kind; 0: not yet */
	bool process;
	u64 begun;
} lw_sched __read_mostly;

static u64 lw_sched_lost(struct lw_counted *counted)
{
	return lw_kept_lost();
}

static struct lw_counted lw_sched_counted = {
	.lost = lw_sched_lost,
	.why = "more tasks at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_sched_counted)

/* How long it waited for the processor that it leaves now. A new task has not waited before. */
static __always_inline s64 lw_waited(const struct sched_info *info)
{
	s64 waited = lw_keep(info->run_delay, info->run_delay, info->pcount);

	return waited == LW_KEPT_NONE && info->pcount == 1 ? info->run_delay : waited;
}

static __always_inline s64 lw_sched_time(const struct sched_info *info)
{
	s64 off, now;

	if (lw_sched.kind == LW_SCHED_WAIT)
		return lw_waited(info);
	/* The same clock as of last_arrival (rq_clock() of kernel/sched/sched.h) */
	now = sched_clock_cpu(raw_smp_processor_id());
	off = lw_keep(now, info->last_arrival, info->pcount);
	if (lw_sched.kind == LW_SCHED_OFF || off == LW_KEPT_AGAIN)
		return off;
	return max_t(s64, now - info->last_arrival, 0);
}

/* Counts for the current process, or for what lwload asks for by --by, or for all. */
static void lw_sched_add(u64 time)
{
	bool process = lw_per ? lw_per == LW_PER_PROCESS : lw_sched.process;
	struct lw_key key = {};
	struct lw_dist_place *dist;

	/* Another process may get the same number later. */
	if (process)
		key.name = lw_leader()->start_time;
	if (process || lw_per)
		key.second = lw_whose();
	dist = lw_dist_add_fine(key, time);
	if (process && dist)
		lw_name_set(&dist->name);
}

/*
 * The current task leaves its processor. Its queue is locked, and interrupts are off. If it got the processor before
 * the run began, its time is not the run's. A task that ends has given up by and by what the filter asks for.
 */
static __always_inline void lw_leaves(void)
{
	const struct sched_info *info = &current->sched_info;
	s64 time;

	if (!smp_load_acquire(&lw_sched.kind) || !current->pid)
		return;
	if (current->flags & PF_EXITING) {
		lw_keep(0, 0, 0);
		return;
	}
	if (!lw_wanted())
		return;
	time = lw_sched_time(info);
	if (time >= 0 && info->last_arrival >= lw_sched.begun)
		lw_sched_add(time);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 19, 0)
static void lw_on_switch(void *data, bool preempt, struct task_struct *prev,
			 struct task_struct *next, unsigned int state)
#else
static void lw_on_switch(void *data, bool preempt, struct task_struct *prev,
			 struct task_struct *next)
#endif
{
	lw_leaves();
}

LW_POINT(sched_switch, lw_on_switch);
#undef LW_POINTS
#define LW_POINTS (&lw_on_switch_point)

/* Counts from now on, in this unit of nanoseconds, all tasks together or each process. For begin probes. */
static void lw_sched_begin(enum lw_sched_kind kind, s64 unit, bool process)
{
	lw_dist_unit = unit ?: 1;
	lw_sched.process = process;
	/* 19 hours of waiting, or 26 days of sleep */
	lw_kept_begin(kind == LW_SCHED_OFF ? 11 : 6);
	lw_sched.begun = sched_clock_cpu(raw_smp_processor_id());
	smp_store_release(&lw_sched.kind, kind);
}
