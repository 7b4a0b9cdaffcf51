/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * where.h - the places of modules: lib/modules/RELEASE/systemtap, then .../updates/dkms
 *
 * @root: directory that holds lib/modules, "" on a real host
 */
#ifndef LW_WHERE_H
#define LW_WHERE_H

#include <stdbool.h>

#include "module/tool.h"
#include "util/reason.h"

/*
 * lw_where_open - opens a tool's module, and sets the tool's path, fd, size and dir
 * Returns 0, -ENOENT or, with *why, another -errno, as lw_tool_read() does.
 */
int lw_where_open(const char *root, const char *release, const char *name, struct lw_tool *tool,
		  struct lw_reason *why);

/*
 * lw_tool_where - finds the path of the file that lw_tool_open() would open, even if it would
 * refuse that file; free it. Returns 0, -ENOENT or -ENOMEM.
 */
int lw_tool_where(const char *root, const char *release, const char *name, char **path);

/*
 * lw_tool_compressed - finds a compressed module, which lw_tool_open() does not read
 * @name: the tool; NULL: any tool
 * Returns its path, for the caller to free. Returns NULL if no module is compressed.
 */
char *lw_tool_compressed(const char *root, const char *release, const char *name);

/*
 * lw_tool_names - lists the tools that are installed for a release, sorted, without opening them.
 * Returns their number, or -errno. lw_tool_free_names() frees the list.
 */
int lw_tool_names(const char *root, const char *release, char ***names);
void lw_tool_free_names(char **names, int n);

/* lw_tool_elsewhere - is the tool installed for any other release? */
bool lw_tool_elsewhere(const char *root, const char *name);

#endif
