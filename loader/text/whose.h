/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * whose.h - whose events are shown: lists of tasks, which lwload has for every tool
 *
 * Each option --NAME is there as --not-NAME, too. The module tests them first (stp/kernel/filter.h): a
 * task must be in each list that was given, and in none of those to leave out.
 */
#ifndef LW_WHOSE_H
#define LW_WHOSE_H

#include <stdbool.h>

#include "module/tool.h"

/* A module that is older than lwload */
#define LW_OLD_MODULE \
	"its module takes no such list; install lwtools and its modules of the same version"

#define LW_NWHOSE 11
/* These options give at most this many parameters. */
#define LW_MAX_LISTS (2 * LW_NWHOSE)

struct lw_whose_option {
	const char *name;
	char letter; /* unless the tool has its own; 0: none */
	const char *arg;
	const char *text;
	const char *param; /* lw_only_PARAM and lw_not_PARAM of the module */
};

extern const struct lw_whose_option lw_whose_options[LW_NWHOSE];

/* The values as given, NULL if not: by option, and of those to leave out */
struct lw_whose {
	const char *values[LW_NWHOSE][2];
};

/*
 * lw_whose_set - takes the value of option number @i
 * @left_out: it is --not-NAME
 *
 * Prints what is wrong: given twice, or the tool's module takes no such lists. Returns 0 or -EINVAL.
 */
int lw_whose_set(const struct lw_tool *tool, struct lw_whose *whose, int i, bool left_out,
		 const char *value);

/* lw_whose_is_group - are events wanted only of control groups or containers? */
bool lw_whose_is_group(const struct lw_whose *whose);

/*
 * lw_whose_params - makes the module's parameters
 * @root: directory that holds proc, run, sys and var, "" on a real host; users are those of /etc/passwd
 * @params: gets at most LW_MAX_LISTS strings, which the caller frees, also after an error
 *
 * Processes whose events are wanted, users, control groups and containers must exist; the value that does not
 * is named. Prints errors. Returns 0, -EINVAL or -ENOMEM.
 */
int lw_whose_params(const char *root, const struct lw_tool *tool, const struct lw_whose *whose,
		    char **params, int *nparams);

#endif
