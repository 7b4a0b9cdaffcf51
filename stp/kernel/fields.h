#pragma once

#include "name.h"
#include "put.h"
#include <linux/cgroup.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

/*
 * fields.h - fields that lwload adds to the records of any tool, after the tool's own
 *
 * They are those of the current task, whose event the record is. Rows of reports have none of them, but may have that of
 * by.h.
 */

/* In this order. The parameter lw_more has a bit for each, from the lowest. */
enum lw_asked_field { LW_ASKED_PROCESS, LW_ASKED_PPID, LW_ASKED_NSPID, LW_ASKED_CGROUP };

static unsigned int lw_asked __read_mostly;
module_param_named(lw_more, lw_asked, uint, 0);
/* lwload offers these for the tool. */
MODULE_INFO(lw_more, "process ppid nspid cgroup");

/* The process id as the task's own PID namespace has it; 0: the task exits */
static u32 lw_own_pid(void)
{
	const struct pid *pid = task_tgid(current);

	return pid ? pid->numbers[pid->level].nr : 0;
}

/* Its directory's inode number: the path itself can only be read with a lock (fs/kernfs/dir.c). */
static u64 lw_cgroup(void)
{
	u64 id;

	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
	return id;
}

static noinline void lw_emit_asked(struct _stp_log *log)
{
	if (lw_asked & 1 << LW_ASKED_PROCESS) {
		lw_put_process(log);
		lw_put_tab(log);
	}
	if (lw_asked & 1 << LW_ASKED_PPID)
		lw_put_number(log, lw_parent());
	if (lw_asked & 1 << LW_ASKED_NSPID)
		lw_put_number(log, lw_own_pid());
	if (lw_asked & 1 << LW_ASKED_CGROUP)
		lw_put_number(log, lw_cgroup());
}

/* Writes the rest of a report's row, after the tool's own fields; NULL: no rest */
static void (*lw_row_asked)(struct _stp_log *log) __read_mostly;

/* lw_put_row_end - ends a row of a report, or another record of a begin or end probe */
static void lw_put_row_end(struct _stp_log *log)
{
	if (lw_row_asked)
		lw_row_asked(log);
	lw_put_end(log);
}

/* lw_put_event_end - ends the record of an event of the current task */
static __always_inline void lw_put_event_end(struct _stp_log *log)
{
	if (unlikely(lw_asked))
		lw_emit_asked(log);
	lw_put_end(log);
}
