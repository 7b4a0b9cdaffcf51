#pragma once

#include "ids.h"
#include "name.h"
#include "user.h"
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/kprobes.h>
#include <linux/moduleparam.h>
#include <linux/ns_common.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/threads.h>
#include <linux/version.h>

/*
 * The filter of tasks, used by probes of every kind. It has the lists of the script's own options, which begin
 * probes set, and those of lwload's common options, which are parameters of the module. A task is wanted
 * if each list of wanted tasks has it, and no list of tasks to leave out.
 */

/* Each is looked for at each place of a command name. */
#define LW_NAMES 16
/* Each is compared with each control group above a task. */
#define LW_CGROUPS 16

struct lw_names {
	u32 n;
	char name[LW_NAMES][TASK_COMM_LEN];
};

/* Numbers of directories of cgroup2, or of a controller of version 1 (fs/kernfs: inode numbers of 64 bits) */
struct lw_cgroups {
	u32 n;
	u32 controller; /* 0: cgroup2; or 1 more than its number in enum cgroup_subsys_id */
	u64 id[LW_CGROUPS];
};

/*
 * The kinds of lists. lw_wanted_by() tests numbers first, and lw_wanted_by_more() tests the kinds that
 * cost more. A new kind is a bit here, a test in lw_in_list() and a list in lw_set_list(); a common option
 * needs an LW_LIST_PARAM, too.
 */
enum lw_kind {
	LW_BY_PID = 1 << 0,
	LW_BY_TID = 1 << 1,
	LW_BY_UID = 1 << 2,
	LW_BY_PARENT = 1 << 3,
	LW_BY_COMM = 1 << 4,    /* the process's name or the thread's */
	LW_BY_PROGRAM = 1 << 5, /* as LW_BY_COMM, but only when a call returns */
	LW_BY_TARGET = 1 << 6,  /* another task: lw_target_wanted() */
	LW_BY_PROCESS = 1 << 7, /* the process's name */
	LW_BY_THREAD = 1 << 8,  /* the thread's name */
	LW_BY_PIDNS = 1 << 9,   /* in a namespace of process ids */
	LW_BY_MNTNS = 1 << 10,  /* in a namespace of mounts */
	LW_BY_CGROUP = 1 << 11, /* in a control group or one below */
	LW_BY_TREE = 1 << 12,   /* a process, or a child of one in the tree */
	LW_BY_BELOW = 1 << 13,  /* the same without the process itself */
	LW_BY_COMMON = 1 << 14, /* of lw_filter only: common options were given */
};
#define LW_BY_NAME (LW_BY_COMM | LW_BY_PROGRAM | LW_BY_PROCESS | LW_BY_THREAD)
/* Wanted numbers are tested before all else, as those of scripts are: lw_wanted_by(). */
#define LW_BY_NUMBER (LW_BY_PID | LW_BY_TID | LW_BY_UID | LW_BY_PARENT)
#define LW_BY_MORE (LW_BY_PARENT | LW_BY_COMM | LW_BY_PROGRAM | LW_BY_COMMON)
#define LW_NOT_AT_BEGIN (LW_BY_PROGRAM | LW_BY_TARGET)

struct lw_lists {
	u32 by; /* enum lw_kind, of the lists that were given */
	struct lw_ids pids, tids, uids, parents, targets, pid_namespaces, mount_namespaces;
	struct lw_ids trees, below;
	struct lw_names comms, processes, threads;
	struct lw_cgroups cgroups;
};

/* Each event reads their first lines, so they are apart from data that events write. */
static struct lw_lists lw_filter __read_mostly; /* of the script's options */
static struct lw_lists lw_only_lists __read_mostly,
	lw_not_lists __read_mostly; /* of common options */

/* ---- asking ---- */

/* Does the command name contain the other? comm[TASK_COMM_LEN - 1] is always NUL (sched.h). */
static __always_inline bool lw_comm_has(const char *comm, const char *name)
{
	int i;

	for (; *comm; comm++) {
		for (i = 0; name[i] && comm[i] == name[i]; i++)
			;
		if (!name[i])
			return true;
	}
	return false;
}

static __always_inline bool lw_named(const struct lw_names *names, const char *comm)
{
	const char(*name)[TASK_COMM_LEN] = names->name;
	const char(*end)[TASK_COMM_LEN] = name + names->n;

	for (; name < end; name++)
		if (lw_comm_has(comm, *name))
			return true;
	return false;
}

/* Is the process listed, or one that it descends from? A process whose parent ended has another parent. */
static bool lw_tree_listed(const struct lw_ids *ids, bool itself)
{
	const struct task_struct *task = current;
	bool listed = false;
	int level;

	/* The parents of a task that was released may have been freed (name.h). */
	rcu_read_lock();
	if (!itself && pid_alive(task))
		task = rcu_dereference(task->real_parent);
	for (level = 0; pid_alive(current) && level < LW_LEVELS; level++) {
		listed = lw_listed(ids, task->tgid);
		if (listed || task->tgid <= 1)
			break;
		task = rcu_dereference(task->real_parent);
	}
	rcu_read_unlock();
	return listed;
}
NOKPROBE_SYMBOL(lw_tree_listed);

/* Returns 0 after the task has left its namespaces (kernel/exit.c). No other task changes them. */
static u32 lw_pid_namespace(void)
{
	const struct pid_namespace *ns = ns_of_pid(task_pid(current));

	return ns ? ns->ns.inum : 0;
}
NOKPROBE_SYMBOL(lw_pid_namespace);

/* struct mnt_namespace is private (fs/mount.h). It begins with ns. Up to 5.10, a count comes before ns. */
static u32 lw_mount_namespace(void)
{
	const struct nsproxy *proxy = current->nsproxy;
	const struct {
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
		atomic_t count;
#endif
		struct ns_common ns;
	} *mounts = proxy ? (const void *)proxy->mnt_ns : NULL;

	return mounts ? mounts->ns.inum : 0;
}
NOKPROBE_SYMBOL(lw_mount_namespace);

static bool lw_has_cgroup(const struct lw_cgroups *cgroups, u64 id)
{
	const u64 *at = cgroups->id, *end = at + cgroups->n;

	for (; at < end; at++)
		if (*at == id)
			return true;
	return false;
}

static struct cgroup *lw_cgroup_of(u32 controller)
{
	if (likely(!controller))
		return task_dfl_cgroup(current);
	return task_css(current, controller - 1)->cgroup;
}

static u64 lw_ancestor_id(const struct cgroup *cgroup, int level)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
	return cgroup->ancestor_ids[level];
#else
	return cgroup_id(cgroup->ancestors[level]);
#endif
}

/*
 * A control group keeps its ancestors, and itself as the last of them (linux/cgroup-defs.h). A task keeps its own
 * group until it leaves it. rcu_read_lock() is two calls where the kernel is preemptible, and this does as well.
 */
static bool lw_cgroup_listed(const struct lw_cgroups *cgroups)
{
	const struct cgroup *cgroup;
	bool listed = false;
	int level, root;

	rcu_read_lock_sched_notrace();
	cgroup = lw_cgroup_of(cgroups->controller);
	root = max(cgroup->level - LW_LEVELS + 1, 0);
	for (level = cgroup->level; level >= root && !listed; level--)
		listed = lw_has_cgroup(cgroups, lw_ancestor_id(cgroup, level));
	rcu_read_unlock_sched_notrace();
	return listed;
}
NOKPROBE_SYMBOL(lw_cgroup_listed);

/* By either name: the name of the process finds all its threads. */
static __always_inline bool lw_task_named(const struct lw_names *names)
{
	const struct task_struct *leader = lw_leader();

	return lw_named(names, leader->comm) ||
	       (leader != current && lw_named(names, current->comm));
}

static bool lw_in_list(const struct lw_lists *lists, u32 kind)
{
	switch (kind) {
	case LW_BY_PID:
		return lw_listed(&lists->pids, current->tgid);
	case LW_BY_TID:
		return lw_listed(&lists->tids, current->pid);
	case LW_BY_UID:
		return lw_listed(&lists->uids, lw_uid());
	case LW_BY_PARENT:
		return lw_listed(&lists->parents, lw_parent());
	case LW_BY_PROCESS:
		return lw_named(&lists->processes, lw_leader()->comm);
	case LW_BY_THREAD:
		return lw_named(&lists->threads, current->comm);
	case LW_BY_PIDNS:
		return lw_listed(&lists->pid_namespaces, lw_pid_namespace());
	case LW_BY_MNTNS:
		return lw_listed(&lists->mount_namespaces, lw_mount_namespace());
	case LW_BY_CGROUP:
		return lw_cgroup_listed(&lists->cgroups);
	case LW_BY_TREE:
		return lw_tree_listed(&lists->trees, true);
	default:
		return lw_tree_listed(&lists->below, false);
	}
}
NOKPROBE_SYMBOL(lw_in_list);

/* Is the task in each list, or with @in false in none of them? Kinds that cost less come first. */
static bool lw_in_lists(const struct lw_lists *lists, bool in)
{
	u32 by;

	for (by = lists->by; by; by &= by - 1)
		if (lw_in_list(lists, by & -by) != in)
			return false;
	return true;
}
NOKPROBE_SYMBOL(lw_in_lists);

/* A function of its own, so that the test of numbers needs no stack */
static noinline bool lw_wanted_by_more(u32 by)
{
	if (by & LW_BY_COMMON &&
	    (!lw_in_lists(&lw_only_lists, true) || !lw_in_lists(&lw_not_lists, false)))
		return false;
	if (by & LW_BY_PARENT && !lw_listed(&lw_filter.parents, lw_parent()))
		return false;
	return !(by & (LW_BY_COMM | LW_BY_PROGRAM)) || lw_task_named(&lw_filter.comms);
}
NOKPROBE_SYMBOL(lw_wanted_by_more);

static bool lw_wanted_by(u32 by)
{
	if (by & LW_BY_PID && !lw_listed(&lw_filter.pids, current->tgid))
		return false;
	if (by & LW_BY_TID && !lw_listed(&lw_filter.tids, current->pid))
		return false;
	if (by & LW_BY_UID && !lw_listed(&lw_filter.uids, lw_uid()))
		return false;
	return !(by & LW_BY_MORE) || lw_wanted_by_more(by);
}
NOKPROBE_SYMBOL(lw_wanted_by);

/*
 * lw_wanted - is the current task wanted?
 *
 * For any context of a task, including a kprobe's: this neither sleeps nor takes a lock. Without a
 * filter it costs one test.
 */
static __always_inline bool lw_wanted(void)
{
	u32 by = lw_filter.by;

	return likely(!by) || lw_wanted_by(by);
}

/* Ids of tasks do not change. By another filter, a task may be wanted at one time and not at another. */
static __always_inline bool lw_wanted_changes(void)
{
	return lw_filter.by & ~(LW_BY_PID | LW_BY_TID);
}

/* lw_begin_wanted - the same when a call begins: execve(2) has not changed the name yet */
static __always_inline bool lw_begin_wanted(void)
{
	u32 by = lw_filter.by & ~LW_NOT_AT_BEGIN;

	return likely(!by) || lw_wanted_by(by);
}

static __always_inline bool lw_target_wanted(u32 pid)
{
	return !(lw_filter.by & LW_BY_TARGET) || lw_listed(&lw_filter.targets, pid);
}

/* ---- setting ---- */

/*
 * lw_parse_names - names or parts of them, of 1 to 15 bytes, with commas between
 *
 * Returns whether it is such a list, of LW_NAMES at most.
 */
static bool lw_parse_names(struct lw_names *names, const char *list)
{
	u32 n = 0;

	do {
		size_t length = strcspn(list, ",");

		if (!length || length >= TASK_COMM_LEN || n == LW_NAMES)
			return false;
		memcpy(names->name[n], list, length);
		names->name[n++][length] = '\0';
		list += length;
	} while (*list++);
	names->n = n;
	return true;
}

/*
 * lw_host_pid - a number in the current task's pid namespace, as the host has it
 *
 * A begin probe runs in the process that starts the module. Returns 0 if no task has that number there.
 */
static u32 lw_host_pid(u32 id)
{
	u32 host = id;

	if (task_pid(current)->level) {
		rcu_read_lock();
		host = pid_nr(find_vpid(id));
		rcu_read_unlock();
	}
	return host;
}

static const char *lw_only_pids(struct lw_ids *ids, const char *list)
{
	u32 i;

	if (!lw_parse_ids(ids, list, 1, PID_MAX_LIMIT))
		return "process ids";
	for (i = 0; i < ids->n; i++) {
		ids->id[i] = lw_host_pid(ids->id[i]);
		if (!ids->id[i])
			return "processes in this pid namespace";
	}
	return NULL;
}

static const char *lw_only_numbers(struct lw_ids *ids, const char *list, u32 least,
				   const char *kind)
{
	return lw_parse_ids(ids, list, least, U32_MAX - 1) ? NULL : kind;
}

static const char *lw_only_names(struct lw_names *names, const char *list)
{
	return lw_parse_names(names, list) ? NULL : "names";
}

/* A controller and a colon, for directories of version 1. Returns the rest of the list; NULL: no such controller. */
static const char *lw_parse_controller(struct lw_cgroups *cgroups, const char *list)
{
#define SUBSYS(name) #name,
	static const char *const names[] = {
#include <linux/cgroup_subsys.h>
	};
#undef SUBSYS
	size_t i, n = strcspn(list, ":");

	if (!list[n])
		return list;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) != n || strncmp(names[i], list, n))
			continue;
		cgroups->controller = i + 1;
		return list + n + 1;
	}
	return NULL;
}

/*
 * lw_only_cgroups - inode numbers, not 0, with commas between, LW_CGROUPS at most
 *
 * Their numbers have 64 bits, and lwload writes them in decimal.
 */
static const char *lw_only_cgroups(struct lw_cgroups *cgroups, const char *list)
{
	u32 n = 0;

	list = lw_parse_controller(cgroups, list);
	if (!list)
		return "control groups of a controller";
	do {
		const char *digits = list;
		u64 id = 0;

		for (; *list >= '0' && *list <= '9' && list - digits < 20; list++)
			id = 10 * id + *list - '0';
		if (!id || n == LW_CGROUPS || (*list && *list != ','))
			return "control groups";
		cgroups->id[n++] = id;
	} while (*list++);
	cgroups->n = n;
	return NULL;
}

/* Returns NULL, or the kind of list that the text is not. */
static const char *lw_set_list(struct lw_lists *lists, enum lw_kind kind, const char *list)
{
	lists->by |= kind;
	switch (kind) {
	case LW_BY_PID:
		return lw_only_pids(&lists->pids, list);
	case LW_BY_TID:
		return lw_only_pids(&lists->tids, list);
	case LW_BY_PARENT:
		return lw_only_pids(&lists->parents, list);
	case LW_BY_TARGET:
		return lw_only_pids(&lists->targets, list);
	case LW_BY_TREE:
		return lw_only_pids(&lists->trees, list);
	case LW_BY_BELOW:
		return lw_only_pids(&lists->below, list);
	case LW_BY_COMM:
	case LW_BY_PROGRAM:
		return lw_only_names(&lists->comms, list);
	case LW_BY_PROCESS:
		return lw_only_names(&lists->processes, list);
	case LW_BY_THREAD:
		return lw_only_names(&lists->threads, list);
	case LW_BY_CGROUP:
		return lw_only_cgroups(&lists->cgroups, list);
	case LW_BY_PIDNS:
		return lw_only_numbers(&lists->pid_namespaces, list, 1, "pid namespaces");
	case LW_BY_MNTNS:
		return lw_only_numbers(&lists->mount_namespaces, list, 1, "mount namespaces");
	default:
		return lw_only_numbers(&lists->uids, list, 0, "user ids");
	}
}

/*
 * lw_only - ask for a list of this kind, unless the list stands for all
 *
 * "all" stands for all ids, since an empty list may be a mistake. "" stands for all names, since each
 * word can be a name. For begin probes. Returns NULL, or the kind of list that the text is not. The
 * probe must then end by an error, which ends the run before an event is shown.
 */
static const char *lw_only(enum lw_kind kind, const char *list)
{
	if (!strcmp(list, kind & LW_BY_NAME ? "" : "all"))
		return NULL;
	if (lw_filter.by & kind) {
		/* A common option has taken its place. */
		lw_filter.by |= LW_BY_COMMON;
		return lw_set_list(&lw_only_lists, kind, list);
	}
	return lw_set_list(&lw_filter, kind, list);
}

/* ---- the lists of common options ---- */

struct lw_list_param {
	struct lw_lists *lists;
	enum lw_kind kind;
};

/*
 * The kernel calls this before the module's init, in the task that inserts it (kernel/params.c). An
 * error there ends the insertion.
 */
static int lw_list_param_set(const char *value, const struct kernel_param *param)
{
	const struct lw_list_param *to = param->arg;
	bool first = to->lists == &lw_only_lists && to->kind & LW_BY_NUMBER;
	const char *what = "lists";

	if (value)
		what = lw_set_list(first ? &lw_filter : to->lists, to->kind, value);
	if (what) {
		pr_err("%s: \"%s\" is no list of %s\n", param->name, value ?: "", what);
		return -EINVAL;
	}
	if (!first)
		lw_filter.by |= LW_BY_COMMON;
	return 0;
}

static const struct kernel_param_ops lw_list_param_ops = { .set = lw_list_param_set };

/* The parameters lw_only_NAME and lw_not_NAME */
#define LW_LIST_PARAM(name, kind)                                                        \
	static struct lw_list_param lw_only_##name##_param = { &lw_only_lists, kind };   \
	module_param_cb(lw_only_##name, &lw_list_param_ops, &lw_only_##name##_param, 0); \
	static struct lw_list_param lw_not_##name##_param = { &lw_not_lists, kind };     \
	module_param_cb(lw_not_##name, &lw_list_param_ops, &lw_not_##name##_param, 0)

LW_LIST_PARAM(pid, LW_BY_PID);
LW_LIST_PARAM(tid, LW_BY_TID);
LW_LIST_PARAM(uid, LW_BY_UID);
LW_LIST_PARAM(ppid, LW_BY_PARENT);
LW_LIST_PARAM(process, LW_BY_PROCESS);
LW_LIST_PARAM(comm, LW_BY_THREAD);
LW_LIST_PARAM(pidns, LW_BY_PIDNS);
LW_LIST_PARAM(mntns, LW_BY_MNTNS);
LW_LIST_PARAM(cgroup, LW_BY_CGROUP);
LW_LIST_PARAM(tree, LW_BY_TREE);
LW_LIST_PARAM(below, LW_BY_BELOW);
/* lwload offers these options for the tool. */
MODULE_INFO(lw_lists, "pid tid uid ppid process comm pidns mntns cgroup tree below");
