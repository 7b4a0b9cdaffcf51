/* SPDX-License-Identifier: GPL-2.0-only */
/* lwload.h - verbs and exit codes of the lwload command */
#ifndef LWLOAD_H
#define LWLOAD_H

#include <stdbool.h>

/* Exit codes, as documented in lwload(8). */
enum lw_exit {
	LW_OK = 0,
	LW_FAILED = 1,
	LW_USAGE = 2,
	LW_NO_MODULE = 3,
	LW_REFUSED = 4,
	LW_LOST = 5, /* it ran and ended as asked, but did not show all there was */
};

/* Where modules are looked for, and for which kernel. */
struct lw_host {
	const char *root;    /* "" but in tests */
	const char *release; /* uname -r */
};

/* Verbs: argv[0] is the verb's or the tool's own name. They print what is wrong. */
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

/* lw_find_name_ok - may this be the name of a tool? Prints it if not. */
bool lw_find_name_ok(const char *name);

/*
 * lw_find - open a tool for a verb, printing why if it cannot be
 * Returns LW_OK and the tool, or LW_USAGE (no such tool), LW_NO_MODULE (none for
 * this kernel), LW_REFUSED (the file is not to be trusted) or LW_FAILED.
 */
enum lw_exit lw_find(const struct lw_host *host, const char *name, struct lw_tool **tool);

struct lw_reason;

/*
 * lw_find_compressed - is there a compressed module in the place of the tool's, of any
 * tool's if @name is NULL? *why says where, and what to do.
 */
bool lw_find_compressed(const struct lw_host *host, const char *name, struct lw_reason *why);

/*
 * lw_find_mistyped - for a tool that a kernel (host->release) has no module for: does no kernel
 * have it, though this one has tools?
 */
bool lw_find_mistyped(const struct lw_host *host, const char *name);

#endif
