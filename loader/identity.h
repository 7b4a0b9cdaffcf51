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

#endif
