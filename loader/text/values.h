/* SPDX-License-Identifier: GPL-2.0-only */
/* values.h - values of a tool's options, and the module's parameters for them */
#ifndef LW_VALUES_H
#define LW_VALUES_H

#include <stdbool.h>

#include "module/tool.h"

/* The values that lw_values_interval() takes */
#define LW_SECONDS "a number of seconds, 1 to 3600"

/*
 * lw_values_param - makes the module's parameter NAME=VALUE for an option with an argument
 * @text: the argument, which is checked by its placeholder, in the tool's description or here
 * @param: set to the parameter, which the caller frees; without meaning after an error
 *
 * Prints errors. Returns 0, -EINVAL or -ENOMEM.
 */
int lw_values_param(const struct lw_tool *tool, const struct lw_option *option, const char *text,
		    char **param);

/* lw_values_interval - reads the seconds from report to report. False: they are not LW_SECONDS */
bool lw_values_interval(const char *text, long long *value);

/* lw_values_duration - reads seconds, more than 0 and up to a year; decimals are allowed */
bool lw_values_duration(const char *text, double *value);

#endif
