/* SPDX-License-Identifier: GPL-2.0-only */
/* processes.h - numbers of processes as options have them */
#ifndef LW_PROCESSES_H
#define LW_PROCESSES_H

#include <stdbool.h>

#include "module/tool.h"

/* lw_processes_meant - are the option's values numbers of processes or threads? */
bool lw_processes_meant(const struct lw_option *option);

/*
 * lw_processes_check - can these processes and threads be meant?
 * @root: directory that holds proc, "" on a real host
 * @list: decimal numbers with commas between, of the PID namespace that lwload is in
 * @must: they must exist
 *
 * The module translates the numbers (lw_host_pid() of stp/kernel/filter.h). So in another namespace than the
 * host's they must exist in any case, and /proc must be that namespace's. Prints errors. Returns 0 or -EINVAL.
 */
int lw_processes_check(const char *root, const struct lw_tool *tool, const struct lw_option *option,
		       const char *list, bool must);

#endif
