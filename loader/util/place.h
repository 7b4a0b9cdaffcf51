/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place.h - the directory of sockets and locks, which runs hold while they last. By a lock, one
 * lwload at a time inserts, attaches to or removes a module.
 */
#ifndef LW_PLACE_H
#define LW_PLACE_H

#include <sys/types.h>

#define LW_PLACE "/run/lwtools"
#define LW_LOCK_DIR LW_PLACE "/lock"

/*
 * lw_place_open - opens that directory, and makes it if there is none
 * @root: directory that holds run, "" on a real host
 *
 * It is for the caller alone, who is root in a run, whatever the umask is. Returns a descriptor,
 * -EPERM (it is another user's, or others may write to it), -ENOTDIR (it is a symbolic link, or no
 * directory) or another -errno.
 */
int lw_place_open(const char *root);

/* lw_place_inside - the same for a directory in an open one */
int lw_place_inside(int in, const char *name);

/*
 * lw_lock_take - holds a lock until this process ends, in any way
 * @name: of a run (kernel/runs.h), or what else only one process may do; then it begins with a point
 * @root: directory that holds run, "" on a real host
 * @holder: set to the process that has the lock; 0: that process is in another container
 *
 * Every user can read the module's file, and could lock it. So this lock is on another file, in a
 * directory of the caller's, who is root in a run, that nobody else can enter. It is made as
 * needed. Call this once for a name, after any fork(2), since a child does not have the lock.
 * Returns 0, -EAGAIN (taken), -EPERM (a directory is another user's, or others may write to it) or
 * another -errno.
 */
int lw_lock_take(const char *root, const char *name, pid_t *holder);

/* lw_lock_try - the same until the descriptor that it returns is closed */
int lw_lock_try(const char *root, const char *name, pid_t *holder);

/*
 * lw_lock_wait - holds another lock there until the descriptor that it returns is closed
 * @name: begins with a point, which no run's name does
 *
 * The lock is for work that takes a moment: this waits for it up to five seconds. Returns a
 * descriptor, -EAGAIN (*holder has it; 0: not known) or another -errno as above.
 */
int lw_lock_wait(const char *root, const char *name, pid_t *holder);

#endif
