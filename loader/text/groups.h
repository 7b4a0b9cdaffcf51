/* SPDX-License-Identifier: GPL-2.0-only */
/* groups.h - control groups of cgroup2 by their numbers, as modules give them */
#ifndef LW_GROUPS_H
#define LW_GROUPS_H

#include <stdint.h>

struct lw_groups;

struct lw_group {
	uint64_t id;
	const char *
		path; /* below the mount of cgroup2; the number in digits if the group is not known */
	const char *
		container; /* the first twelve digits of an id, or a name; "": it is in no container */
};

/*
 * lw_groups_new - @root: directory that holds proc and sys, "" on a real host
 * Returns NULL if out of memory.
 */
struct lw_groups *lw_groups_new(const char *root);
void lw_groups_free(struct lw_groups *groups);

/*
 * lw_groups_find - looks a group up, and keeps what it has found
 *
 * A group that was removed before has a number only: the kernel gives no path for it. Valid until the next call.
 * The number is that of the directory's file handle (fs/kernfs/mount.c), which open_by_handle_at(2) opens for
 * root of the host. For others, all directories are looked through.
 */
const struct lw_group *lw_groups_find(struct lw_groups *groups, uint64_t id);

#endif
