/* SPDX-License-Identifier: GPL-2.0-only */
/* lock.h - one lwload at a time inserts, attaches to or removes a tool's module */
#ifndef LW_LOCK_H
#define LW_LOCK_H

#include <sys/types.h>

#include "util/place.h"

#define LW_LOCK_DIR LW_PLACE "/lock"

/*
 * lw_lock_take - hold a tool's lock until this process ends, however it ends
 * @root: directory that holds run, "" on a real host
 * @holder: set to the process that has it if it is taken, 0 if that is in another container
 *
 * The module's file is everybody's to read, and who reads it could hold a lock on it: this
 * one is on a file in a directory of the caller's, who is root in a run, that nobody else
 * can enter. It is made as needed. Call it once in a process for a tool that it got, after
 * any fork(2): a child does not have it. Returns 0, -EAGAIN (taken), -EPERM (a directory is
 * another user's, or others may write to it) or another -errno.
 */
int lw_lock_take(const char *root, const char *tool, pid_t *holder);

/*
 * lw_lock_wait - hold another lock there until what is returned is closed
 * @name: begins with a point, which no tool's name does
 *
 * For what takes a moment: waits five seconds at most for who has it. Returns a descriptor,
 * -EAGAIN (*holder has it, 0: not known) or as above.
 */
int lw_lock_wait(const char *root, const char *name, pid_t *holder);

#endif
