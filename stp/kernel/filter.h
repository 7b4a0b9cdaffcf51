#pragma once

#include "name.h"
#include <linux/cred.h>
#include <linux/kprobes.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/threads.h>

/*
 * The filter of tasks: a module has one, set only by begin probes, and used by
 * probes of every kind. A task is wanted if it is in each list that was given.
 */

/* This number fits SystemTap's strings of 511 bytes, with ten digits each. */
#define LW_IDS 40
/* Each is looked for at each place of a command name. */
#define LW_NAMES 16

/* At least 1 if the list was given */
struct lw_ids {
	u32 n;
	u32 id[LW_IDS];
};

struct lw_names {
	u32 n;
	char name[LW_NAMES][TASK_COMM_LEN];
};

/*
 * The kinds of lists. lw_wanted_by() tests numbers first, and lw_wanted_by_more() tests the kinds that
 * cost more. A new kind, such as a walk up a tree of processes or control groups, is a bit here
 * and in LW_BY_MORE, a test there, and a list in lw_only().
 */
enum lw_kind {
	LW_BY_PID = 1 << 0,
	LW_BY_TID = 1 << 1,
	LW_BY_UID = 1 << 2,
	LW_BY_PARENT = 1 << 3,
	LW_BY_COMM = 1 << 4,    /* the process's name or the thread's */
	LW_BY_PROGRAM = 1 << 5, /* as LW_BY_COMM, but only when a call returns */
	LW_BY_TARGET = 1 << 6,  /* another task: lw_target_wanted() */
};
#define LW_BY_MORE (LW_BY_PARENT | LW_BY_COMM | LW_BY_PROGRAM)
#define LW_NOT_AT_BEGIN (LW_BY_PROGRAM | LW_BY_TARGET)

/* Each event reads this line, so it is apart from data that events write. */
static struct {
	u32 by; /* enum lw_kind, of the lists that were given */
	struct lw_ids pids, tids, uids, parents, targets;
	struct lw_names comms;
} lw_filter __read_mostly;

/* ---- asking ---- */

/* Returns whether the list has the id. It reads LW_IDS places at most. */
static __always_inline bool lw_listed(const struct lw_ids *ids, u32 id)
{
	u32 i = 0;

	do {
		if (ids->id[i] == id)
			return true;
	} while (++i < ids->n);
	return false;
}

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
	u32 i;

	for (i = 0; i < names->n; i++)
		if (lw_comm_has(comm, names->name[i]))
			return true;
	return false;
}

static __always_inline bool lw_parent_listed(void)
{
	u32 parent;

	rcu_read_lock();
	parent = rcu_dereference(current->real_parent)->tgid;
	rcu_read_unlock();
	return lw_listed(&lw_filter.parents, parent);
}

/* By either name: the name of the process finds all its threads. */
static __always_inline bool lw_task_named(const struct lw_names *names)
{
	const struct task_struct *leader = lw_leader();

	return lw_named(names, leader->comm) ||
	       (leader != current && lw_named(names, current->comm));
}

/* A function of its own, so that the test of numbers needs no stack */
static noinline bool lw_wanted_by_more(u32 by)
{
	if (by & LW_BY_PARENT && !lw_parent_listed())
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
	if (by & LW_BY_UID && !lw_listed(&lw_filter.uids, __kuid_val(current_uid())))
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
 * lw_parse_ids - decimal numbers from least to most, with commas between
 *
 * Returns whether it is such a list, of LW_IDS at most.
 */
static bool lw_parse_ids(struct lw_ids *ids, const char *list, u32 least, u32 most)
{
	u32 n = 0;

	do {
		const char *digits = list;
		u64 id = 0;

		for (; *list >= '0' && *list <= '9' && id <= most; list++)
			id = 10 * id + *list - '0';
		if (list == digits || id < least || id > most || (*list && *list != ','))
			return false;
		if (n == LW_IDS)
			return false;
		ids->id[n++] = id;
	} while (*list++);
	ids->n = n;
	return true;
}

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

static const char *lw_only_names(struct lw_names *names, const char *list)
{
	return lw_parse_names(names, list) ? NULL : "names";
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
	const u32 names = LW_BY_COMM | LW_BY_PROGRAM;

	if (!strcmp(list, kind & names ? "" : "all"))
		return NULL;
	lw_filter.by |= kind;
	switch (kind) {
	case LW_BY_PID:
		return lw_only_pids(&lw_filter.pids, list);
	case LW_BY_TID:
		return lw_only_pids(&lw_filter.tids, list);
	case LW_BY_PARENT:
		return lw_only_pids(&lw_filter.parents, list);
	case LW_BY_TARGET:
		return lw_only_pids(&lw_filter.targets, list);
	case LW_BY_COMM:
	case LW_BY_PROGRAM:
		return lw_only_names(&lw_filter.comms, list);
	case LW_BY_UID:
		break;
	}
	return lw_parse_ids(&lw_filter.uids, list, 0, U32_MAX - 1) ? NULL : "user ids";
}
