/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - what a person types behind a tool's name, checked */
#ifndef LW_OPTIONS_H
#define LW_OPTIONS_H

#include <stdbool.h>

#include "text/output.h"
#include "module/tool.h"

struct lw_options {
	bool help;                        /* --help */
	bool json;                        /* --json */
	bool summary;                     /* --summary */
	bool staprun;                     /* --staprun */
	bool is_unsigned;                 /* --unsigned */
	bool older;                       /* --older */
	bool verbose;                     /* --verbose */
	double duration;                  /* seconds, 0: until interrupted */
	unsigned long long count;         /* records or reports, 0: no limit */
	unsigned long long max_rate;      /* records a second, 0: no limit */
	struct lw_output_options output;  /* --output, --rotate */
	const char *metrics;              /* --metrics, NULL: not given */
	int buffer;                       /* MiB per CPU */
	char *params[LW_MAX_OPTIONS + 2]; /* NAME=VALUE for the kernel, NULL at the end */
	int nparams;
	bool given[128]; /* the tool's options in use, by letter */
};

/*
 * lw_options_parse - turn arguments into module parameters
 * @argc, @argv: as main() has them, argv[0] being the tool's name
 *
 * The tool's letters come first, then those common to all tools (-c -d -h) where
 * the tool does not use them itself; long names are the parameters' and are
 * never ambiguous. Each value is checked by what its placeholder means (PID,
 * UID, SIGNAL, ...; lists of PID, TID, UID and NAME value by value), because the kernel takes 5abc for 5, wraps large numbers
 * and ignores unknown parameters (reference: kernel/params.c). The parameter
 * strings are quoted for parse_args() in that file.
 *
 * A tool that writes reports (lw_tool_interval()) takes [INTERVAL [COUNT]] beside its
 * options, as other tools of its kind do: seconds from report to report, which is its
 * option "interval", and after how many it ends, which is --count. Prints what is
 * wrong. Returns 0, -EINVAL or -ENOMEM; call lw_options_free() in any case.
 */
int lw_options_parse(const struct lw_tool *tool, int argc, char **argv, struct lw_options *options);

void lw_options_free(struct lw_options *options);

/* lw_options_value - of an option that was given, without quotes; free it. NULL: it was not given */
char *lw_options_value(const struct lw_options *options, const struct lw_option *option);

/* lw_options_replace - give the module another string. Returns 0 or -ENOMEM. */
int lw_options_replace(struct lw_options *options, const struct lw_option *option,
		       const char *value);

/* lw_options_help - print the tool's usage, made from its description */
void lw_options_help(const struct lw_tool *tool);

/*
 * lw_parse_number - a whole number, decimal or hexadecimal behind 0x, nothing else, between @min and @max. Returns false if it is not.
 */
bool lw_parse_number(const char *text, long long min, long long max, long long *value);

/*
 * lw_parse_size - a number of bytes, or of KiB, MiB or GiB with K, M or G behind it
 * @len: how much of the text it is
 * Returns false if it is none between @min and @max.
 */
bool lw_parse_size(const char *text, size_t len, unsigned long long min, unsigned long long max,
		   unsigned long long *bytes);

#endif
