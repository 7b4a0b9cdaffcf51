// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/inserted.h"
#include "recorder/rendezvous.h"
#include "util/log.h"
#include "util/number.h"
#include "verbs/choose.h"

struct wanted {
	const struct lw_host *host;
	const char *text;
	unsigned long long pid; /* 0: the text is a name */
	struct lw_chosen *chosen;
};

static bool is_wanted(const struct wanted *wanted, const char *run, pid_t pid)
{
	size_t n = strlen(wanted->text), tool = lw_runs_tool(wanted->text);

	if (wanted->pid)
		return pid > 0 && (unsigned long long)pid == wanted->pid;
	/* The first run, and no other of the tool */
	if (!strcmp(wanted->text + tool, "_1"))
		return strlen(run) == tool && !strncmp(run, wanted->text, tool);
	return !strcmp(run, wanted->text) ||
	       (lw_runs_tool(run) == n && !strncmp(run, wanted->text, n));
}

static void add_run(const struct wanted *wanted, const char *run, pid_t pid)
{
	struct lw_chosen *chosen = wanted->chosen;
	int i;

	if (!is_wanted(wanted, run, pid))
		return;
	for (i = 0; i < chosen->n; i++)
		if (!strcmp(chosen->runs[i].name, run))
			return;
	if (chosen->n == LW_RUNS)
		return;
	snprintf(chosen->runs[chosen->n].name, LW_RUN_NAME, "%s", run);
	chosen->runs[chosen->n++].pid = pid;
}

/* Asks it for its process. Returns false if there is no recorder; one that stands still takes no request, but is there. */
static bool ask(const struct lw_host *host, const char *run, pid_t *pid)
{
	struct lw_farewell farewell;
	int fd = lw_rendezvous_ask(host->root, run, LW_REQUEST_STATUS);

	*pid = 0;
	if (fd >= 0 && !lw_rendezvous_answer(fd, LW_LOOK_SECONDS, &farewell))
		*pid = farewell.pid;
	return fd >= 0 || fd == -EAGAIN;
}

/* A name needs no answer, unless there are several. */
static void add_recorder(const char *run, void *arg)
{
	const struct wanted *wanted = arg;
	pid_t pid = 0;

	if (!wanted->pid || ask(wanted->host, run, &pid))
		add_run(wanted, run, pid);
}

static void add_modules(const struct wanted *wanted)
{
	struct lw_inserted *list;
	int i, n = lw_inserted_list(wanted->host->root, &list);

	/* To find a process takes time. */
	for (i = 0; i < n; i++)
		if (wanted->pid || is_wanted(wanted, list[i].run, 0))
			add_run(wanted, list[i].run,
				lw_inserted_holder(wanted->host->root, list[i].run));
	free(list);
}

/* A killed recorder has left its socket. Runs before @first are there by their modules. */
static void drop_killed(const struct lw_host *host, struct lw_chosen *chosen, int first)
{
	int i, n = first;

	for (i = first; i < chosen->n; i++) {
		if (!ask(host, chosen->runs[i].name, &chosen->runs[i].pid))
			continue;
		chosen->runs[n++] = chosen->runs[i];
	}
	chosen->n = n;
}

enum lw_exit lw_choose(const struct lw_host *host, const char *verb, const char *text,
		       bool recorders, struct lw_chosen *chosen)
{
	struct wanted wanted = { host, text, 0, chosen };
	int modules;

	memset(chosen, 0, sizeof(*chosen));
	if (isdigit((unsigned char)text[0]) && !lw_parse_decimal(text, 1, INT_MAX, &wanted.pid)) {
		lw_error("%s: \"%.64s\" is not the number of a process", verb, text);
		return LW_USAGE;
	}
	if (!wanted.pid && !lw_find_name_ok(text))
		return LW_USAGE;
	if (!recorders)
		add_modules(&wanted);
	chosen->asked = wanted.pid;
	modules = chosen->n;
	lw_rendezvous_each(host->root, add_recorder, &wanted);
	if (chosen->n > 1)
		drop_killed(host, chosen, modules);
	if (chosen->n || !wanted.pid)
		return LW_OK;
	lw_error("%s: process %s has no run; \"lwload status\" shows those that have", verb, text);
	return LW_USAGE;
}

static void say_several(const char *verb, const char *text, const struct lw_chosen *chosen)
{
	char list[LW_RUNS * (LW_RUN_NAME + 32)] = "";
	size_t n = 0;
	int i;

	for (i = 0; i < chosen->n; i++) {
		const char *name = chosen->runs[i].name;

		n += snprintf(list + n, sizeof(list) - n, "%s%s%s", i ? ", " : "", name,
			      name[lw_runs_tool(name)] ? "" : "_1");
		if (chosen->runs[i].pid)
			n += snprintf(list + n, sizeof(list) - n, " (pid %d)", chosen->runs[i].pid);
	}
	lw_error("%s: %s has %d runs: %s; name one of them, or its pid", verb, text, chosen->n,
		 list);
}

enum lw_exit lw_choose_one(const struct lw_host *host, const char *verb, const char *text,
			   bool recorders, struct lw_chosen *chosen)
{
	enum lw_exit code = lw_choose(host, verb, text, recorders, chosen);

	if (code != LW_OK || chosen->n <= 1)
		return code;
	say_several(verb, text, chosen);
	return LW_USAGE;
}
