/* SPDX-License-Identifier: GPL-2.0-only */
/* place.h - the directory of what runs hold while they are there: locks and sockets */
#ifndef LW_PLACE_H
#define LW_PLACE_H

#define LW_PLACE "/run/lwtools"

/*
 * lw_place_open - that directory, made if need be
 * @root: directory that holds run, "" on a real host
 *
 * It is for the caller alone, who is root in a run, whatever the umask is. Returns a
 * descriptor, -EPERM (it is another user's, or others may write to it), -ENOTDIR (it is none,
 * or a symbolic link) or another -errno.
 */
int lw_place_open(const char *root);

/* lw_place_inside - the same for a directory in an open one */
int lw_place_inside(int in, const char *name);

#endif
