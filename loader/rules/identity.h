/* SPDX-License-Identifier: GPL-2.0-only */
/* identity.h - the kernel that a module was built for */
#ifndef LW_IDENTITY_H
#define LW_IDENTITY_H

#include <stdbool.h>

#include "module/tool.h"

/*
 * lw_identity_modversions - was the module built for a kernel that has a CRC for each symbol?
 *
 * Its vermagic tells (MODULE_VERMAGIC_MODVERSIONS in include/linux/vermagic.h), which must be the
 * kernel's own but for the release (same_magic() in kernel/module/version.c).
 */
bool lw_identity_modversions(const struct lw_tool *tool);

/*
 * lw_identity_same_build - was the module built for this very build of the kernel?
 *
 * The build-id, which the linker makes from the whole image, tells builds apart. The kernel shows
 * its own in sys/kernel/notes (kernel/ksysfs.c). @root: directory that holds sys, "" on a real
 * host. False if the module or the kernel has no build-id.
 */
bool lw_identity_same_build(const struct lw_tool *tool, const char *root);

#endif
