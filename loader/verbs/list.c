// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/runs.h"
#include "module/manifest.h"
#include "module/tool.h"
#include "module/where.h"
#include "rules/origin.h"
#include "rules/table.h"
#include "util/log.h"
#include "util/reason.h"
#include "verbs/lwload.h"

/* By any of its runs */
static bool is_inserted(const char *root, const char *tool)
{
	char name[LW_RUN_NAME], path[PATH_MAX];
	bool found = false;
	int number;

	for (number = 1; !found && number <= LW_RUNS && lw_runs_name(name, tool, number);
	     number++) {
		snprintf(path, sizeof(path), "%s/sys/module/lw_%s", root, name);
		found = access(path, F_OK) == 0;
	}
	return found;
}

/* The state that a run would find: a module that a killed run has left is inserted, too. */
static const char *state_of(const struct lw_host *host, const struct lw_tool *tool)
{
	struct lw_origin origin = { 0 };
	const struct lw_subject subject = {
		.root = host->root,
		.release = host->release,
		.name = tool->name,
		.tool = tool,
		.origin = &origin,
	};
	enum lw_exit code = lw_rules_guard(&subject, LW_IDENTITY | LW_ORIGIN);

	lw_origin_free(&origin);
	if (code != LW_OK)
		return NULL;
	return is_inserted(host->root, tool->name) ? "inserted" : "ready";
}

static enum lw_exit list_one(const struct lw_host *host, const char *name)
{
	struct lw_tool *tool;
	enum lw_exit code = lw_find(host, name, &tool);
	const char *state;

	if (code != LW_OK)
		return code;
	state = state_of(host, tool);
	if (state)
		printf("%-14s %-8s %s\n", name, state, tool->summary);
	else
		code = LW_REFUSED;
	lw_tool_free(tool);
	return code;
}

static bool list_missing(const char *name, const char *reason, void *arg)
{
	(void)arg;
	printf("%-14s %-8s %s\n", name, "missing", reason);
	return false;
}

enum lw_exit lw_list(const struct lw_host *host, int argc, char **argv)
{
	enum lw_exit code = LW_OK;
	struct lw_reason why;
	char **names;
	int i, n;

	if (argc > 1) {
		lw_error("list: takes no argument \"%.64s\"", argv[1]);
		return LW_USAGE;
	}
	n = lw_tool_names(host->root, host->release, &names);
	if (n < 0) {
		lw_error("list: %s", strerror(-n));
		return LW_FAILED;
	}
	if (n == 0 && lw_find_compressed(host, NULL, &why)) {
		lw_error("%s", why.text);
		code = LW_REFUSED;
	} else if (n == 0) {
		lw_error(
			"no modules for kernel %s (looked in %s/lib/modules/%s/systemtap and updates/dkms; apt install lwtools-modules-%s)",
			host->release, host->root, host->release, host->release);
		code = LW_NO_MODULE;
	}
	for (i = 0; i < n; i++) {
		enum lw_exit one = list_one(host, names[i]);

		if (one != LW_OK)
			code = one;
	}
	lw_tool_free_names(names, n);
	lw_missing_each(host->root, host->release, list_missing, NULL);
	return code;
}
