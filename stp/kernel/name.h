#pragma once

#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

/*
 * name.h - the names of processes, and their parents
 *
 * A thread may have its own name, current->comm. The name of the process is its leader's, which ps(1)
 * shows. A task that exits is released before it stops to run. From then on, its leader and its parent may be
 * freed, so it counts as its own leader and has no parent.
 */

/* The most processes, or control groups, that are followed upwards from a task */
#define LW_LEVELS 64

/* The name of a process, kept with the key of that process */
struct lw_name {
	u64 execs; /* self_exec_id, which execve(2) increments: the later of two names has more */
	char comm[TASK_COMM_LEN];
};

static __always_inline const struct task_struct *lw_leader(void)
{
	return likely(pid_alive(current)) ? READ_ONCE(current->group_leader) : current;
}

/* The process id of the current process's parent; 0: it has none */
static __always_inline u32 lw_parent(void)
{
	u32 parent = 0;

	rcu_read_lock();
	if (pid_alive(current))
		parent = rcu_dereference(current->real_parent)->tgid;
	rcu_read_unlock();
	return parent;
}

/* Keeps the name of the current process. From any context. */
static __always_inline void lw_name_set(struct lw_name *name)
{
	const struct task_struct *leader = lw_leader();

	name->execs = leader->self_exec_id;
	memcpy(name->comm, leader->comm, sizeof(name->comm));
}

/* Two CPUs may have seen two names of a process: the later name is kept. */
static void lw_name_add_up(struct lw_name *all, const struct lw_name *more)
{
	if (more->execs >= all->execs)
		*all = *more;
}
