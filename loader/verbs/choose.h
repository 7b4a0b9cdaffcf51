/* SPDX-License-Identifier: GPL-2.0-only */
/* choose.h - the runs that a user means by what is typed: a tool, a run's name or a process */
#ifndef LW_CHOOSE_H
#define LW_CHOOSE_H

#include <stdbool.h>

#include "kernel/runs.h"
#include "verbs/lwload.h"

/* Runs of a tool, or with a process's number */
struct lw_chosen {
	int n;
	pid_t asked; /* the process that the user gave; 0: a name */
	struct {
		char name[LW_RUN_NAME];
		pid_t pid; /* attached to the module; 0: none, or not known */
	} runs[LW_RUNS];
};

/*
 * lw_choose - finds the runs that a user means
 * @verb: for messages
 * @text: "opensnoop" are all runs of that tool, "opensnoop_1" and "opensnoop_2" are one each, a number is the process
 *        of one
 * @recorders: only runs that are recorded
 *
 * A run is found by its module, or by its recorder (rendezvous.h) whose run may have ended. Returns LW_OK, and
 * @chosen->n is 0 if no run has that name. Returns LW_USAGE, printed, if the text is neither a name nor a number, or if
 * no run has that number.
 */
enum lw_exit lw_choose(const struct lw_host *host, const char *verb, const char *text,
		       bool recorders, struct lw_chosen *chosen);

/* lw_choose_one - the same, but more than one is an error, which names all of them */
enum lw_exit lw_choose_one(const struct lw_host *host, const char *verb, const char *text,
			   bool recorders, struct lw_chosen *chosen);

#endif
