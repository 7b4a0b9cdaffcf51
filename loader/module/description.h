/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * description.h - the description that a module carries
 *
 * It is in the module's modinfo section, written there by modules/describe and "stap --modinfo".
 * HACKING.md has the grammar.
 */
#ifndef LW_DESCRIPTION_H
#define LW_DESCRIPTION_H

#include "module/tool.h"
#include "util/reason.h"

/*
 * lw_description_read - reads it from the bytes of the module, which tool->image has
 * Returns 0, -ENOMEM or, with *why, -ENOEXEC.
 */
int lw_description_read(struct lw_tool *tool, struct lw_reason *why);

#endif
