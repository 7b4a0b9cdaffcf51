/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inserted.h - which modules of lwtools are in the kernel, and who is attached to them
 *
 * Nothing here attaches to one. @root: directory that holds proc, "" on a real host.
 */
#ifndef LW_INSERTED_H
#define LW_INSERTED_H

#include <stdbool.h>
#include <sys/types.h>

struct lw_inserted {
	char tool[56]; /* opensnoop for lw_opensnoop */
	/*
	 * How many use it, as proc/modules says; -1: it does not. To be attached is to use
	 * it: __module_get() where SystemTap's runtime/transport/control.c opens .cmd.
	 */
	int users;
};

/*
 * lw_inserted_list - those modules named lw_* that have a directory in proc/systemtap, by
 * name. Returns how many, or -errno; free the array.
 */
int lw_inserted_list(const char *root, struct lw_inserted **list);

/* lw_inserted_has - is this tool's module one of them? */
bool lw_inserted_has(const char *root, const char *tool);

/*
 * lw_inserted_holder - the process that is attached, be it lwload, staprun or stapio: one
 * of its descriptors is proc/systemtap/lw_TOOL/.cmd. Who is not root sees his own processes
 * only; one in a container counts if it has this same proc, wherever that is mounted there.
 * No other file system is asked anything. Returns its number, 0 if none is seen.
 */
pid_t lw_inserted_holder(const char *root, const char *tool);

#endif
