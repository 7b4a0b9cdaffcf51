#pragma once

#include "arch.h"
#include "put.h"
#include <linux/cgroup.h>
#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/kernfs.h>
#include <linux/limits.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/page_counter.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

/*
 * oom.h - the kernel ends processes because there is no memory
 *
 * oom_kill_process() decides on a process, and calls __oom_kill_process() for it, and for each other process of a
 * control group whose memory.oom.group is 1. The mutex oom_lock is held all the time (mm/oom_kill.c), so one
 * place holds what the first function knows, until it returns.
 */
static struct {
	const struct task_struct *by; /* NULL: nothing is known */
	u32 first;                    /* the process that it has decided on; 0: not told yet */
	bool grouped;                 /* a control group has reached its limit */
	u64 pages, limit, usage;
	int length; /* of the path; negative: not known */
	char path[PATH_MAX];
} lw_oom;

static s64 lw_kib(u64 pages)
{
	return pages << (PAGE_SHIFT - 10);
}

/*
 * The path of a control group takes a lock of kernfs, which nobody holds who asks for memory: the kernel itself prints
 * this path next. With PREEMPT_RT, it is no lock for probes.
 */
static int lw_oom_path(const struct mem_cgroup *group)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return -EOPNOTSUPP;
	return kernfs_path_from_node(group->css.cgroup->kn, NULL, lw_oom.path, sizeof(lw_oom.path));
}

/* At the begin of oom_kill_process(oc, message) */
static void lw_oom_begins(const struct pt_regs *regs)
{
	const struct oom_control *oc = (void *)lw_function_arg(regs, 0);

	lw_oom.by = current;
	lw_oom.first = 0;
	lw_oom.pages = oc->totalpages;
	lw_oom.grouped = oc->memcg;
	if (!oc->memcg)
		return;
	lw_oom.limit = READ_ONCE(oc->memcg->memory.max);
	lw_oom.usage = page_counter_read(&oc->memcg->memory);
	lw_oom.length = lw_oom_path(oc->memcg);
}

/* When it returns. If SystemTap misses that, the next begin overwrites all. */
static void lw_oom_ends(void)
{
	lw_oom.by = NULL;
}

/* The kernel ends the first process of a control group once more with all others. Returns false for that. */
static bool lw_oom_is_new(const struct pt_regs *regs)
{
	u32 victim = ((struct task_struct *)lw_function_arg(regs, 0))->tgid;

	if (lw_oom.by != current)
		return true;
	if (lw_oom.first)
		return lw_oom.first != victim;
	lw_oom.first = victim;
	return true;
}

/*
 * A field with the memory of a process in KiB; empty if it has given it up. The function takes this lock next, so
 * the current task does not hold it.
 */
static void lw_emit_rss(struct task_struct *task)
{
	s64 rss = -1;

	/* With PREEMPT_RT, this is no lock for probes either. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) && spin_trylock(&task->alloc_lock)) {
		if (task->mm)
			rss = lw_kib(get_mm_rss(task->mm));
		spin_unlock(&task->alloc_lock);
	}
	if (rss >= 0)
		lw_put_number(lw_log(), rss);
	else
		lw_put_tab(lw_log());
}

/* Three fields: limit and use of the control group in KiB, and its path, \? if it cannot be told */
static void lw_emit_oom_group(void)
{
	struct _stp_log *log = lw_log();
	bool known = lw_oom.by == current;

	if (known && !lw_oom.grouped) {
		lw_emit_none(3);
		return;
	}
	if (known)
		lw_put_pair(log, lw_kib(lw_oom.limit), lw_kib(lw_oom.usage));
	else
		lw_emit_none(2);
	if (known && lw_oom.length >= 0) {
		lw_emit_kernel_string(lw_oom.path);
		return;
	}
	lw_put(log, "\\?", 2);
	lw_put_tab(log);
}

/* A field with the name of a process. Its leader may have been released, if another thread executes a program. */
static void lw_emit_process_name(const struct task_struct *task)
{
	const struct task_struct *leader = pid_alive(task) ? READ_ONCE(task->group_leader) : task;
	u64 words[TASK_COMM_LEN / sizeof(u64)];

	memcpy(words, leader->comm, sizeof(words));
	lw_emit_name(words[0], words[1]);
}

/* At the begin of __oom_kill_process(victim, message): seven fields, from the process that is ended on */
static void lw_emit_oom(const struct pt_regs *regs)
{
	struct task_struct *victim = (void *)lw_function_arg(regs, 0);
	struct _stp_log *log = lw_log();

	lw_put_number(log, victim->tgid);
	lw_emit_process_name(victim);
	lw_emit_rss(victim);
	if (lw_oom.by == current)
		lw_put_number(log, lw_oom.pages);
	else
		lw_put_tab(log);
	lw_emit_oom_group();
}
