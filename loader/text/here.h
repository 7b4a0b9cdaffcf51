/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * here.h - the meaning of options' values on this host
 *
 * A module compares the kernel's own names and numbers: a disk, a type of file system, processes. A
 * person gives a partition, a path or a number within a container, and may mistype it. The tool
 * would then show nothing, without a reason.
 */
#ifndef LW_HERE_H
#define LW_HERE_H

#include "text/options.h"

/*
 * lw_here_options - checks and translates options whose placeholder is DISK, FS, PID or TID
 * @root: directory that holds dev, lib, proc and sys, "" on a real host
 * @release: of the kernel
 *
 * A disk's value becomes the name that requests have. For a partition, its first sector and number
 * of sectors follow (stp/kernel/block.h). Numbers of processes stay, since the module translates
 * them (stp/kernel/filter.h); in another namespace than the host's, these processes must exist.
 *
 * Adds the parameters of lists of tasks (whose.h). Prints errors. Returns 0, -EINVAL or -ENOMEM.
 */
int lw_here_options(const char *root, const char *release, const struct lw_tool *tool,
		    struct lw_options *options);

#endif
