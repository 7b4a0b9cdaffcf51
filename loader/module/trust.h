/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trust.h - files and directories that only root can have changed
 *
 * The owner must be root, or the user of this process: that is root in a run, and in tests it is
 * the tree's owner. Each step starts at the descriptor of the previous directory, so that the file
 * that was checked is the file that is opened.
 */
#ifndef LW_TRUST_H
#define LW_TRUST_H

#include <stddef.h>

#include "util/reason.h"

/*
 * lw_trust_dir - opens a directory, and checks each directory on the way to it
 * @root: the first directory, "" on a real host; it is checked, too
 * @path: the way from there, without a / in front
 *
 * A directory is refused if its owner is not root, if others may write to it, or if it is a
 * symbolic link. A link of root's in the root directory itself may lead to another directory, as
 * Debian's lib -> usr/lib does (merged /usr); that way is checked in the same manner. Returns a
 * descriptor for openat(2), -ENOENT (nothing there, and nothing in *why), -EPERM or another -errno
 * with *why.
 */
int lw_trust_dir(const char *root, const char *path, struct lw_reason *why);

/*
 * lw_trust_below - opens a directory in one that lw_trust_dir() has opened
 * @beside: for messages, the path of a file in @dir
 * Returns as lw_trust_dir() does.
 */
int lw_trust_below(int dir, const char *beside, const char *name, struct lw_reason *why);

/*
 * lw_trust_open - opens a regular file of at most @limit bytes in such a directory
 * @path: for messages; the name after its last / is opened in @dir
 *
 * It never waits for the writer of a FIFO. Returns a descriptor and the file's size, or the errors
 * of lw_trust_dir().
 */
int lw_trust_open(int dir, const char *path, size_t limit, size_t *size, struct lw_reason *why);

/*
 * lw_trust_bytes - reads an open file, and puts a NUL after its bytes
 *
 * Returns the bytes, to be freed; or NULL with *why and errno: ENODATA if the file had fewer than
 * @size bytes by then, or an error of malloc(3) or read(2).
 */
char *lw_trust_bytes(int fd, const char *path, size_t size, struct lw_reason *why);

/*
 * lw_trust_read - opens, reads and closes a file
 * Returns 0; or an error of lw_trust_open(), and *bytes is NULL.
 */
int lw_trust_read(int dir, const char *path, size_t limit, char **bytes, size_t *size,
		  struct lw_reason *why);

#endif
