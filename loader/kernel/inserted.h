/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inserted.h - modules of lwtools that are in the kernel, the processes that are attached to them,
 * and the removal of a module that a killed run left
 *
 * Only lw_inserted_remove() attaches to a module. @root: directory that holds proc, "" on a real
 * host.
 */
#ifndef LW_INSERTED_H
#define LW_INSERTED_H

#include <stdbool.h>
#include <sys/types.h>

#include "kernel/runs.h"

struct lw_inserted {
	char run[LW_RUN_NAME]; /* opensnoop for lw_opensnoop (runs.h) */
	/*
	 * The number of users, as proc/modules says; -1: it does not say. An attached process is a
	 * user, by __module_get() where SystemTap's runtime/transport/control.c opens .cmd.
	 */
	int users;
};

/*
 * lw_inserted_list - lists the modules lw_* that have a directory in proc/systemtap, by name.
 * Returns their number, or -errno; free the array.
 */
int lw_inserted_list(const char *root, struct lw_inserted **list);

/* lw_inserted_has - is this run's module in that list? */
bool lw_inserted_has(const char *root, const char *run);

/*
 * lw_inserted_users - sets *users to the number of users of a run's module, as in that list. Returns 0, -ENOENT (the
 * module is not in the kernel) or another -errno.
 */
int lw_inserted_users(const char *root, const char *run, int *users);

/*
 * lw_inserted_holder - finds the process that is attached: lwload, staprun or stapio. One of its
 * descriptors is proc/systemtap/lw_RUN/.cmd. A user who is not root sees only his own processes. A
 * process in a container counts if it has this same proc, wherever that is mounted. No other file
 * system is asked, since its server may never answer. Returns the process, or 0 if none is seen.
 */
pid_t lw_inserted_holder(const char *root, const char *run);

/*
 * lw_inserted_remove - removes a module if it is SystemTap's and no process is attached to it
 *
 * The caller holds the run's lock (place.h), so that no lwload is about to attach. The control
 * channel takes one process at a time (lw_control_open()), which tells whether another is attached.
 * Returns 0, -EBUSY (a process is attached), -ENOENT (no such module, or it is not SystemTap's),
 * -EAGAIN (in use for another reason) or another -errno, also of delete_module(2). After an error
 * the module is as before.
 */
int lw_inserted_remove(const char *module);

#endif
