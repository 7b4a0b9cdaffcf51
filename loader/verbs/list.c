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

/* In the order of the list. Tools of an older module have no group, and come last. */
static const char *const groups[] = { "Files",     "Disks",    "Network", "CPU",
				      "Processes", "Security", "Web" };
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

struct line {
	size_t group;
	char *text;
};

struct lines {
	struct line *line;
	int n;
};

static size_t group_of(const struct lw_tool *tool)
{
	size_t i = 0;

	while (i < GROUPS && (!tool->group || strcmp(tool->group, groups[i])))
		i++;
	return i;
}

static bool add_line(struct lines *lines, const char *state, const struct lw_tool *tool)
{
	size_t group = group_of(tool);
	struct line *line = &lines->line[lines->n];

	line->group = group;
	if (asprintf(&line->text, "%-14s %-8s %-9s %s", tool->name, state,
		     group < GROUPS ? groups[group] : "-", tool->summary) < 0)
		return false;
	lines->n++;
	return true;
}

/* Names came in order, and stay so within a group. */
static int by_group(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void print_lines(struct lines *lines)
{
	int i;

	if (lines->n)
		qsort(lines->line, lines->n, sizeof(*lines->line), by_group);
	for (i = 0; i < lines->n; i++) {
		puts(lines->line[i].text);
		free(lines->line[i].text);
	}
	free(lines->line);
}

static enum lw_exit list_one(const struct lw_host *host, const char *name, struct lines *lines)
{
	struct lw_tool *tool;
	enum lw_exit code = lw_find(host, name, &tool);
	const char *state;

	if (code != LW_OK)
		return code;
	state = state_of(host, tool);
	if (!state) {
		code = LW_REFUSED;
	} else if (!add_line(lines, state, tool)) {
		lw_error("list: %s", strerror(ENOMEM));
		code = LW_FAILED;
	}
	lw_tool_free(tool);
	return code;
}

static bool list_missing(const char *name, const char *reason, void *arg)
{
	(void)arg;
	printf("%-14s %-8s %-9s %s\n", name, "missing", "-", reason);
	return false;
}

static enum lw_exit list_none(const struct lw_host *host)
{
	struct lw_reason why;

	if (lw_find_compressed(host, NULL, &why)) {
		lw_error("%s", why.text);
		return LW_REFUSED;
	}
	lw_error(
		"no modules for kernel %s (looked in %s/lib/modules/%s/systemtap and updates/dkms; apt install lwtools-modules-%s)",
		host->release, host->root, host->release, host->release);
	return LW_NO_MODULE;
}

static enum lw_exit list_all(const struct lw_host *host, char **names, int n)
{
	struct lines lines = { calloc(n, sizeof(struct line)), 0 };
	enum lw_exit code = LW_OK, one;
	int i;

	if (!lines.line) {
		lw_error("list: %s", strerror(ENOMEM));
		return LW_FAILED;
	}
	for (i = 0; i < n; i++) {
		one = list_one(host, names[i], &lines);
		if (one != LW_OK)
			code = one;
	}
	print_lines(&lines);
	return code;
}

enum lw_exit lw_list(const struct lw_host *host, int argc, char **argv)
{
	enum lw_exit code;
	char **names;
	int n;

	if (argc > 1) {
		lw_error("list: takes no argument \"%.64s\"", argv[1]);
		return LW_USAGE;
	}
	n = lw_tool_names(host->root, host->release, &names);
	if (n < 0) {
		lw_error("list: %s", strerror(-n));
		return LW_FAILED;
	}
	code = n ? list_all(host, names, n) : list_none(host);
	lw_tool_free_names(names, n);
	lw_missing_each(host->root, host->release, list_missing, NULL);
	return code;
}
