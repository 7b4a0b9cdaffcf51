/* SPDX-License-Identifier: GPL-2.0-only */
/* debugfs.h - files of debugfs, which need not be mounted */
#ifndef LW_DEBUGFS_H
#define LW_DEBUGFS_H

/*
 * lw_debugfs_open - opens a file for reading
 * @root: directory that holds sys, "" on a real host
 * @path: in debugfs, such as kprobes/enabled
 *
 * If debugfs is not mounted, it is mounted for a moment, without a place, so that nobody else sees
 * it (fsmount(2)). Returns a descriptor or -errno; -ENOENT if it cannot be mounted.
 */
int lw_debugfs_open(const char *root, const char *path);

#endif
