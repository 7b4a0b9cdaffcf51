#pragma once

#include "bucket.h"
#include "name.h"
#include "put.h"
#include "user.h"
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uidgid.h>

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

/* The task whose an event is, if the event ends elsewhere: in an interrupt, or in another task */
struct lw_owner {
	u32 uid, pid;
	u32 user;            /* its class (bucket.h) */
	u32 parent, own_pid; /* this and all that follows, only if lwload asks */
	u64 cgroup;
	u64 process[TASK_COMM_LEN / sizeof(u64)];
	u64 comm[TASK_COMM_LEN / sizeof(u64)]; /* always */
};

static noinline void lw_own_asked(struct lw_owner *owner)
{
	owner->parent = lw_parent();
	owner->own_pid = lw_own_pid();
	owner->cgroup = lw_cgroup();
	memcpy(owner->process, lw_leader()->comm, sizeof(owner->process));
}

/* lw_own - keeps the current task as the owner. From any context of a task. */
static __always_inline void lw_own(struct lw_owner *owner)
{
	owner->uid = lw_uid();
	owner->pid = current->tgid;
	owner->user = lw_user_class();
	memcpy(owner->comm, current->comm, sizeof(owner->comm));
	if (unlikely(lw_asked))
		lw_own_asked(owner);
}

static noinline void lw_emit_asked(struct _stp_log *log, const struct lw_owner *owner)
{
	if (lw_asked & 1 << LW_ASKED_PROCESS)
		lw_emit_name(owner->process[0], owner->process[1]);
	if (lw_asked & 1 << LW_ASKED_PPID)
		lw_put_number(log, owner->parent);
	if (lw_asked & 1 << LW_ASKED_NSPID)
		lw_put_number(log, owner->own_pid);
	if (lw_asked & 1 << LW_ASKED_CGROUP)
		lw_put_number(log, owner->cgroup);
}

static noinline void lw_emit_asked_of_current(struct _stp_log *log)
{
	struct lw_owner owner;

	lw_own_asked(&owner);
	lw_emit_asked(log, &owner);
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
		lw_emit_asked_of_current(log);
	lw_put_end(log);
}

/* lw_put_owner - three fields with the owner: uid, pid, command name */
static void lw_put_owner(struct _stp_log *log, const struct lw_owner *owner)
{
	lw_put_pair(log, owner->uid, owner->pid);
	lw_emit_name(owner->comm[0], owner->comm[1]);
}

/* lw_put_owner_end - ends the record of an event of this owner */
static void lw_put_owner_end(struct _stp_log *log, const struct lw_owner *owner)
{
	if (unlikely(lw_asked))
		lw_emit_asked(log, owner);
	lw_put_end(log);
}
