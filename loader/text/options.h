/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - the arguments after a tool's name, checked */
#ifndef LW_OPTIONS_H
#define LW_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "module/tool.h"
#include "text/condition.h"
#include "text/fields.h"
#include "text/output.h"
#include "text/top.h"
#include "text/whose.h"

/* The tool's own, those of whose.h, of the command, of fields, of --by and of the buffer, and a NULL */
#define LW_MAX_PARAMS (LW_MAX_OPTIONS + LW_MAX_LISTS + 5)

struct lw_options {
	bool help;                       /* --help */
	bool json;                       /* --json */
	bool summary;                    /* --summary */
	bool staprun;                    /* --staprun */
	bool is_unsigned;                /* --unsigned */
	bool older;                      /* --older */
	bool verbose;                    /* --verbose */
	double duration;                 /* seconds, 0: until interrupted */
	unsigned long long count;        /* records or reports, 0: no limit */
	unsigned long long max_rate;     /* records a second, 0: no limit */
	struct lw_output_options output; /* --output, --rotate */
	const char *metrics;             /* --metrics, NULL: not given */
	int buffer;                      /* MiB per CPU */
	char *params[LW_MAX_PARAMS];     /* NAME=VALUE for the kernel, NULL at the end */
	int nparams;
	bool given[128];                      /* the tool's options in use, by letter */
	const char *where[LW_MAX_CONDITIONS]; /* --where */
	struct lw_condition conditions[LW_MAX_CONDITIONS];
	int nwhere;
	char **command;            /* after --, NULL at the end; NULL: no command is given */
	const char *as;            /* --as, NULL: not given */
	const char *fields;        /* --fields, NULL: not given */
	struct lw_columns columns; /* the same, parsed */
	const char *sort;          /* --sort, NULL: not given */
	struct lw_top_options top; /* the same and --top, parsed */
	const char *by;            /* --by, NULL: not given */
	int by_more;               /* the same as enum lw_more, -1: not given */
	unsigned int more;         /* of lwload's fields, those that the module is to add */
	struct lw_whose whose;     /* --pid and the like; lw_here_options() adds their parameters */
};

/*
 * lw_options_parse - turns arguments into module parameters
 * @argc, @argv: as main() has them, argv[0] being the tool's name
 *
 * The letters of the common options (-c -d -h) are a tool's own if it uses them itself. Long names
 * are those of the parameters, and never ambiguous. Each value is checked by its placeholder (PID,
 * UID, SIGNAL, ...), and lists are checked value by value. The kernel would take 5abc for 5, wrap
 * large numbers and ignore unknown parameters (kernel/params.c). The parameter strings are quoted
 * for parse_args() in that file.
 *
 * A word "--" ends the options. The words after it are a command, which argv must hold as long as the options
 * are used.
 *
 * A tool that writes reports (lw_tool_interval()) takes [INTERVAL [COUNT]] besides its options, as
 * such tools of others do. These are the seconds from report to report, its option "interval", and
 * the number of reports, --count. Prints errors. Returns 0, -EINVAL or -ENOMEM; call
 * lw_options_free() in any case.
 */
int lw_options_parse(const struct lw_tool *tool, int argc, char **argv, struct lw_options *options);

/* lw_options_free - frees the memory of lw_options_parse(), also after it failed */
void lw_options_free(struct lw_options *options);

/* lw_options_value - returns a given option's value without quotes; free it. NULL: not given */
char *lw_options_value(const struct lw_options *options, const struct lw_option *option);

/* lw_options_command - returns the index of the word "--" in argv, or argc if it is not there */
int lw_options_command(int argc, char **argv);

/* lw_options_below - only descendants of this process. Returns 0 or -ENOMEM. */
int lw_options_below(struct lw_options *options, pid_t pid);

/* lw_options_replace - gives the module another string. Returns 0 or -ENOMEM. */
int lw_options_replace(struct lw_options *options, const struct lw_option *option,
		       const char *value);

/* lw_options_help - prints the tool's usage, made from its description */
void lw_options_help(const struct lw_tool *tool);

#endif
