/* SPDX-License-Identifier: GPL-2.0-only */
/* name.h - names of tools */
#ifndef LW_NAME_H
#define LW_NAME_H

#include <stdbool.h>

/*
 * lw_tool_name_ok - may this be the name of a tool? It has letters, digits, - and _, begins with
 * a letter, and is at most 50 bytes long: SystemTap's staprun/staprun.h allows 56 with lw_ and .ko.
 * Such a name cannot lead to another directory.
 */
bool lw_tool_name_ok(const char *name);

/* lw_name_in - is @name one of these words, with a blank between two? */
bool lw_name_in(const char *words, const char *name);

#endif
