#pragma once

#include "fields.h"
#include "name.h"
#include "report.h"
#include "user.h"
#include <linux/cred.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>

/*
 * by.h - reports by something that the current task belongs to, which lwload asks for by --by, instead of by
 * the tool's own process. A tool whose keys have a process takes lw_whose() for it, and its table's shape says which
 * word of the key that is.
 */

enum lw_per { LW_PER_NOTHING, LW_PER_CGROUP, LW_PER_USER, LW_PER_PROCESS, LW_PER_TREE };

static u32 lw_per __read_mostly;

/* The words of the parameter lw_by, which lwload offers for the tool. A container is a control group to the kernel. */
static const char *const lw_per_words[] = { "", "cgroup", "user", "process", "tree" };
MODULE_INFO(lw_by, "container cgroup user process tree");

/*
 * The process below the first one from which the current process descends: a service, a session's daemon, or the
 * kernel's own threads together
 */
static u32 lw_tree(void)
{
	const struct task_struct *task = current, *parent;
	u32 found = current->tgid;
	int level;

	/* The parents of a task that was released may have been freed (name.h). */
	rcu_read_lock();
	for (level = 0; pid_alive(current) && level < LW_LEVELS; level++) {
		parent = rcu_dereference(task->real_parent);
		if (parent->tgid <= 1)
			break;
		found = parent->tgid;
		task = parent;
	}
	rcu_read_unlock();
	return found;
}
NOKPROBE_SYMBOL(lw_tree);

static noinline u64 lw_whose_asked(void)
{
	switch (lw_per) {
	case LW_PER_CGROUP:
		return lw_cgroup();
	case LW_PER_USER:
		return lw_uid();
	case LW_PER_TREE:
		return lw_tree();
	default:
		return current->tgid;
	}
}
NOKPROBE_SYMBOL(lw_whose_asked);

/* The number for which the current task counts: the process id, unless lwload asks for another. From any context. */
static __always_inline u64 lw_whose(void)
{
	return likely(!lw_per) ? current->tgid : lw_whose_asked();
}

/* ---- rows ---- */

/* The name of the process with that number now; "" if it has ended */
static void lw_name_of(u32 pid, char comm[TASK_COMM_LEN])
{
	const struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_pid_ns(pid, &init_pid_ns), PIDTYPE_TGID);
	if (task)
		memcpy(comm, task->comm, TASK_COMM_LEN);
	else
		comm[0] = '\0';
	rcu_read_unlock();
}

/* After the row's own fields: the number, and for a process its name */
static void lw_emit_whose(struct _stp_log *log)
{
	const struct lw_row *row = lw_row();
	const struct lw_shape *shape = lw_row_shape();
	char comm[TASK_COMM_LEN];
	u64 whose;

	if (!row || !shape)
		return;
	whose = ((const u64 *)&row->key)[shape->whose];
	lw_put_number(log, whose);
	if (lw_per == LW_PER_PROCESS)
		memcpy(comm, (const char *)row->total + shape->comm, sizeof(comm));
	else if (lw_per == LW_PER_TREE)
		lw_name_of(whose, comm);
	else
		return;
	lw_emit_kernel_string(comm);
}

/* ---- the parameter ---- */

/* The kernel calls this before the module's init (kernel/params.c). An error there ends the insertion. */
static int lw_by_set(const char *value, const struct kernel_param *param)
{
	int i = value ? match_string(lw_per_words, ARRAY_SIZE(lw_per_words), value) : -EINVAL;

	if (i <= LW_PER_NOTHING)
		return -EINVAL;
	lw_per = i;
	lw_row_asked = lw_emit_whose;
	return 0;
}

static const struct kernel_param_ops lw_by_ops = { .set = lw_by_set };
module_param_cb(lw_by, &lw_by_ops, NULL, 0);
