// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kernel/inserted.h"
#include "kernel/runs.h"
#include "rules/lockdown.h"
#include "rules/running.h"
#include "rules/table.h"
#include "util/process.h"
#include "util/reason.h"

/* The runs that a tool has now */
struct found {
	int running;
	char first[LW_RUN_NAME]; /* that runs */
	char left[LW_RUN_NAME];  /* one that a killed run left, "": none */
};

/* As "pid 4711, alice, since 2026-11-25 09:00:00", as far as it is known. */
static void say_who(const struct lw_subject *subject, const char *run, char *text, size_t size)
{
	pid_t pid = lw_inserted_holder(subject->root, run);
	struct lw_process process;
	char since[32], uid[32] = "";

	if (!pid) {
		snprintf(text, size, "by a process that cannot be seen from here");
		return;
	}
	lw_process_look(subject->root, pid, &process);
	if (process.uid >= 0)
		snprintf(uid, sizeof(uid), ", uid %lld", process.uid);
	lw_process_time(process.since, since, sizeof(since));
	snprintf(text, size, "pid %d%s%s%s%s", pid, process.user[0] ? ", " : uid, process.user,
		 since[0] ? ", since " : "", since);
}

static void look_for_runs(const struct lw_subject *subject, int most, struct found *found)
{
	char name[LW_RUN_NAME];
	int number, users;

	memset(found, 0, sizeof(*found));
	for (number = 1; number <= most && lw_runs_name(name, subject->name, number); number++) {
		if (lw_inserted_users(subject->root, name, &users))
			continue;
		if (!users && !found->left[0])
			strcpy(found->left, name);
		if (users && !found->running++)
			strcpy(found->first, name);
	}
}

/* It is no obstacle to lwload; staprun does not remove it. */
static enum lw_result leftover(const struct lw_subject *subject, const char *run,
			       struct lw_reason *why)
{
	lw_because(why, "a killed run has left module lw_%s; %slwload stop %s removes it", run,
		   subject->staprun ? "" : "the next run of the tool, or ", run);
	return subject->run && subject->staprun ? LW_RULE_FAIL : LW_RULE_WARN;
}

/* Why no other run may begin beside those that are found. Returns false if one may. */
static bool is_full(const struct lw_subject *subject, const struct found *found,
		    struct lw_reason *why)
{
	const char *asks = lw_lockdown_asks(subject->root);
	char who[160];

	say_who(subject, found->first, who, sizeof(who));
	if (subject->staprun)
		lw_because(
			why,
			"already running (%s), and staprun takes one module of a name; wait, or end it with lwload stop %s",
			who, subject->name);
	else if (asks)
		lw_because(
			why,
			"already running (%s), and %s asks for a signature, which the module of a further run does not have; wait, or end it with lwload stop %s",
			who, asks, subject->name);
	else if (found->running >= LW_RUNS)
		lw_because(
			why,
			"%d runs of it are the most at the same time; lwload status shows them, and lwload stop PID ends one",
			LW_RUNS);
	else
		lw_because(why, "%d already (%s); up to %d may run at the same time",
			   found->running, who, LW_RUNS);
	return subject->staprun || asks || found->running >= LW_RUNS;
}

/* A further run has another name, which the kernel's own signature does not cover, and staprun does not give. */
int lw_running_places(const struct lw_subject *subject)
{
	return subject->staprun || lw_lockdown_asks(subject->root) ? 1 : LW_RUNS;
}

/*
 * running - other runs of the tool. The kernel takes one module of a name (EEXIST in kernel/module/main.c), so a further
 * run has another (runs.h).
 */
enum lw_result lw_rule_running(const struct lw_subject *subject, struct lw_reason *why)
{
	struct found found;

	look_for_runs(subject, lw_running_places(subject), &found);
	if (found.running && is_full(subject, &found, why))
		return subject->run ? LW_RULE_FAIL : LW_RULE_WARN;
	if (found.left[0])
		return leftover(subject, found.left, why);
	if (!found.running)
		lw_because(why, "no");
	return LW_RULE_OK;
}
