/* SPDX-License-Identifier: GPL-2.0-only */
/* identity.h - does this module fit this kernel, and if not, which rule fails */
#ifndef LW_IDENTITY_H
#define LW_IDENTITY_H

#include "tool.h"

/*
 * lw_identity_check - compare a module with a kernel before it is inserted
 *
 * The kernel checks vermagic itself but says only "Invalid module format"; and
 * a file can be renamed, after which its control directory is looked for under
 * the wrong name (systemtap staprun/common.c). Prints the rule, what was found
 * and what was wanted. Returns 0 or -EPERM.
 */
int lw_identity_check(const struct lw_tool *tool, const char *release);

/*
 * lw_identity_same_build - was the module built for this very build of the kernel?
 * @root: directory that holds sys/kernel/notes, "" on a real host
 *
 * Several builds share one release name. The build-id, which the linker makes from
 * the whole image, tells them apart; the kernel shows its ELF notes in that file
 * (kernel/ksysfs.c). False if either has none.
 */
bool lw_identity_same_build(const struct lw_tool *tool, const char *root);

#endif
