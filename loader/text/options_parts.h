/* SPDX-License-Identifier: GPL-2.0-only */
/* options_parts.h - shared by options.c and help.c */
#ifndef LW_OPTIONS_PARTS_H
#define LW_OPTIONS_PARTS_H

#include <getopt.h>
#include <stdbool.h>

#include "text/options.h"

/* The common options; then a tool's own, in their order */
enum {
	HELP = 256,
	JSON,
	SUMMARY,
	STAPRUN,
	UNSIGNED,
	OLDER,
	VERBOSE,
	DURATION,
	COUNT,
	MAX_RATE,
	WHERE,
	FIELDS,
	SORT,
	TOP,
	BY,
	AS,
	OUTPUT,
	ROTATE,
	METRICS,
	BUFFER,
	PARAM
};

#define NCOMMON (PARAM - HELP)
/* Those of whose.h: an even code is that of --NAME, the next that of --not-NAME. */
#define WHOSE (PARAM + LW_MAX_OPTIONS)

/* A common option, which all tools have, or all but some */
struct lw_common {
	const char *name;
	int code;
	char letter; /* unless the tool has its own; 0: none */
	const char *arg;
	const char *text;
};

extern const struct lw_common lw_common_options[NCOMMON];

/* lw_common_has - has the tool common option number @i? */
bool lw_common_has(const struct lw_tool *tool, int i);

#define LW_MAX_LONGS (LW_MAX_OPTIONS + NCOMMON + LW_MAX_LISTS)

/* A tool's options in the form of getopt_long(3) */
struct lw_option_table {
	char letters[2 * (LW_MAX_OPTIONS + NCOMMON + LW_NWHOSE) + 3];
	struct option longs[LW_MAX_LONGS + 1];
	char names[LW_MAX_OPTIONS][64]; /* full_path becomes --full-path */
	char left_out[LW_NWHOSE][16];   /* not-pid */
	int by_letter[128];
};

/* lw_options_table - fills the table: letters and names of the tool itself before those of all tools */
void lw_options_table(const struct lw_tool *tool, struct lw_option_table *table);

#endif
