/* SPDX-License-Identifier: GPL-2.0-only */
/* leftover.h - modules that nobody is attached to, left by a run that was killed */
#ifndef LW_LEFTOVER_H
#define LW_LEFTOVER_H

/*
 * lw_leftover_remove - remove a module if it is SystemTap's and nobody is attached to it
 *
 * The caller holds the tool's lock (lock.h), so that no lwload is about to attach. The
 * module itself tells whether anybody is: its control channel takes one process at a time
 * (lw_control_open()). Returns 0, -EBUSY (somebody is attached), -ENOENT (no such module,
 * or none of SystemTap's), -EAGAIN (in use for another reason) or another -errno, also of
 * delete_module(2); then the module is as it was.
 */
int lw_leftover_remove(const char *module);

#endif
