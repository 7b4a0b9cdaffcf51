/* SPDX-License-Identifier: GPL-2.0-only */
/* user.h - capabilities of the user who asks */
#ifndef LW_USER_H
#define LW_USER_H

/*
 * lw_user_capability - has this process a capability (linux/capability.h), by CapEff in
 * proc/self/status (fs/proc/array.c)? @root: directory that holds proc
 * Returns 1, 0, or -ENODATA: not known.
 */
int lw_user_capability(const char *root, int capability);

#endif
