// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/processes.h"
#include "util/log.h"
#include "util/number.h"

/* PROC_PID_INIT_INO of linux/proc_ns.h: the host's own namespace of process ids */
#define HOST_PID_NAMESPACE 0xEFFFFFFCU

static bool in_host_namespace(const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/proc/self/ns/pid", root);
	return stat(path, &st) < 0 || st.st_ino == HOST_PID_NAMESPACE;
}

/* Is /proc that of the namespace that this process is in? */
static bool is_own_proc(const char *root)
{
	char path[PATH_MAX], own[16] = "";
	unsigned long long pid;

	snprintf(path, sizeof(path), "%s/proc/self", root);
	return readlink(path, own, sizeof(own) - 1) > 0 &&
	       lw_parse_decimal(own, 1, INT_MAX, &pid) && (pid_t)pid == getpid();
}

bool lw_processes_meant(const struct lw_option *option)
{
	return !strcmp(option->arg, "PID") || !strcmp(option->arg, "TID");
}

static int no_process(const struct lw_tool *tool, const struct lw_option *option,
		      const char *number, int n, bool host)
{
	if (host)
		lw_error("%s: option %s: no process %.*s here", tool->name, option->shown, n,
			 number);
	else
		lw_error(
			"%s: option %s: no process %.*s in this PID namespace, whose numbers are meant; run lwload on the host itself for others",
			tool->name, option->shown, n, number);
	return -EINVAL;
}

int lw_processes_check(const char *root, const struct lw_tool *tool, const struct lw_option *option,
		       const char *list, bool must)
{
	bool host = in_host_namespace(root);
	char path[PATH_MAX];
	const char *number;
	int n;

	if (host && !must)
		return 0;
	if (!host && !is_own_proc(root)) {
		lw_error(
			"%s: option %s: /proc is not that of this PID namespace, so that a number may be two processes; run lwload on the host itself",
			tool->name, option->shown);
		return -EINVAL;
	}
	for (number = list; *number; number += number[n] == ',' ? n + 1 : n) {
		n = strcspn(number, ",");
		snprintf(path, sizeof(path), "%s/proc/%.*s", root, n, number);
		if (access(path, F_OK) < 0)
			return no_process(tool, option, number, n, host);
	}
	return 0;
}
