/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trust.h - files and directories that nobody but root can have changed
 *
 * The owner must be root, or whoever runs this: in a run that is root, and in tests the
 * tree is the tester's own. What was looked at is what is opened: each step is taken from
 * the descriptor of the one before.
 */
#ifndef LW_TRUST_H
#define LW_TRUST_H

#include <stddef.h>

#include "util/log.h"

/*
 * lw_trust_dir - open a directory, after a look at each one on the way to it
 * @root: where the way begins, "" on a real host; it is looked at, too
 * @path: from there, without a / in front
 *
 * None may be owned by another than root, writable by others, or a symbolic link: but for
 * a link of root's in the root directory itself, as Debian's lib -> usr/lib is (merged
 * /usr), whose target is then walked in the same way. Returns a descriptor for openat(2),
 * -ENOENT (nothing there, and nothing in *why), -EPERM or another -errno with *why.
 */
int lw_trust_dir(const char *root, const char *path, struct lw_reason *why);

/*
 * lw_trust_open - open a regular file of at most @limit bytes in such a directory
 * @path: for messages; what is opened is the name behind its last /
 *
 * Never waits for the writer of a fifo. Returns a descriptor and the file's size, or what
 * lw_trust_dir() returns.
 */
int lw_trust_open(int dir, const char *path, size_t limit, size_t *size, struct lw_reason *why);

/*
 * lw_trust_bytes - the bytes of an open file, with a NUL after them
 *
 * Returns them, to be freed, or NULL with *why and errno: ENODATA if the file had fewer than @size bytes
 * by then, or what malloc(3) or read(2) set.
 */
char *lw_trust_bytes(int fd, const char *path, size_t size, struct lw_reason *why);

/*
 * lw_trust_read - both: open, read, close
 * Returns 0, or what lw_trust_open() returns; then *bytes is NULL.
 */
int lw_trust_read(int dir, const char *path, size_t limit, char **bytes, size_t *size,
		  struct lw_reason *why);

#endif
