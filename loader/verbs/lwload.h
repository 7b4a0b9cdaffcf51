/* SPDX-License-Identifier: GPL-2.0-only */
/* lwload.h - verbs of the lwload command */
#ifndef LWLOAD_H
#define LWLOAD_H

#include <stdbool.h>

#include "util/exit.h"

/* The host, and the kernel that modules are for */
struct lw_host {
	const char *root;    /* "" but in tests */
	const char *release; /* uname -r */
};

/* Verbs: argv[0] is the verb's or the tool's own name. They print errors. */
enum lw_exit lw_run(const struct lw_host *host, int argc, char **argv);
enum lw_exit lw_list(const struct lw_host *host, int argc, char **argv);
enum lw_exit lw_info(const struct lw_host *host, int argc, char **argv);
enum lw_exit lw_check(const struct lw_host *host, int argc, char **argv);
enum lw_exit lw_status(const struct lw_host *host, int argc, char **argv);
enum lw_exit lw_stop(const struct lw_host *host, int argc, char **argv);
enum lw_exit lw_start(const struct lw_host *host, int argc, char **argv);
enum lw_exit lw_attach(const struct lw_host *host, int argc, char **argv);
enum lw_exit lw_dump(const struct lw_host *host, int argc, char **argv);

struct lw_recorded;

/* lw_run_recorded - lw_run() for a recorder (flight.h) */
enum lw_exit lw_run_recorded(const struct lw_host *host, int argc, char **argv,
			     const struct lw_recorded *recorded);

struct lw_tool;

/* lw_find_name_ok - may this be the name of a tool? Prints an error if not. */
bool lw_find_name_ok(const char *name);

/*
 * lw_find - opens a tool for a verb, and prints the reason if it cannot
 * Returns LW_OK and the tool, or LW_USAGE (no such tool), LW_NO_MODULE (no module for this kernel),
 * LW_REFUSED (the file cannot be trusted) or LW_FAILED.
 */
enum lw_exit lw_find(const struct lw_host *host, const char *name, struct lw_tool **tool);

struct lw_reason;

/*
 * lw_find_compressed - is the tool's module compressed, or any tool's if @name is NULL? *why has
 * the file and the next step.
 */
bool lw_find_compressed(const struct lw_host *host, const char *name, struct lw_reason *why);

/*
 * lw_find_mistyped - is the name of a tool without a module for this kernel mistyped? It is, if no
 * kernel has such a tool, and this kernel has others.
 */
bool lw_find_mistyped(const struct lw_host *host, const char *name);

/* lw_find_meant - *why says that there is no such tool, and names the nearest one, if any */
void lw_find_meant(const struct lw_host *host, const char *name, struct lw_reason *why);

#endif
