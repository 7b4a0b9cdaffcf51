/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * here.h - what the values of options mean on this host
 *
 * A module compares what the kernel has: a disk's own name, a type of file system, numbers of
 * processes. A person gives a partition, a path or a number of a container, and may mistype it: the
 * tool would then show nothing, and nobody would know why.
 */
#ifndef LW_HERE_H
#define LW_HERE_H

#include "text/options.h"

/*
 * lw_here_options - options whose placeholder is DISK, FS, PID or TID
 * @root: directory that holds dev, lib, proc and sys, "" on a real host
 * @release: of the kernel
 *
 * A disk's value becomes the name that requests have, and after it the sectors if it is a
 * partition: its first, and how many (stp/kernel/block.h). Numbers of processes stay, for the module
 * to translate them (stp/kernel/filter.h); in a namespace of their own they must be there.
 *
 * Prints what is wrong. Returns 0, -EINVAL or -ENOMEM.
 */
int lw_here_options(const char *root, const char *release, const struct lw_tool *tool,
		    struct lw_options *options);

#endif
