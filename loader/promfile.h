/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * promfile.h - a file of metrics that is there whole or not at all, for node_exporter's
 * textfile collector: Prometheus' text format, version 0.0.4
 *
 * The collector reads each name that ends in .prom in its directory, as another user than
 * root (collector/textfile.go); so the file has mode 0644, and is renamed into its place.
 */
#ifndef LW_PROMFILE_H
#define LW_PROMFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What its name must end in. */
#define LW_PROM_END ".prom"

struct lw_promfile;

/* lw_promfile_name_ok - does the path have a name, that ends in .prom? */
bool lw_promfile_name_ok(const char *path);

/*
 * lw_promfile_open - be ready to write a file
 * @who: for messages: a tool or a verb
 * @root: directory that holds run, "" on a real host
 * @path: not kept by the caller's side: it must stay until the close
 * @wait: if another lwload has it, wait for up to five seconds: it is about to be done
 *
 * Refused is a directory that is not root's, that others may write to, or that a symbolic
 * link leads to, though one above it may be another's: Debian's /var/lib/prometheus is user
 * prometheus's. And what is there and is no file of an lwload; and one that another lwload
 * writes (lock.h). A file that a killed run left stays until it is replaced, and a new one is
 * not there until then. Prints what is wrong. Returns 0 or -errno; call
 * lw_promfile_close() in any case.
 */
int lw_promfile_open(const char *who, const char *root, const char *path, bool wait,
		     struct lw_promfile **file);

/*
 * lw_promfile_replace - from now on these bytes are what it holds
 *
 * The file that was there stays if that fails. Returns 0 or -errno; only the first failure
 * is printed, as a disk may be full for hours.
 */
int lw_promfile_replace(struct lw_promfile *file, const char *bytes, size_t size);

/* lw_promfile_failed - did any of them fail? */
bool lw_promfile_failed(const struct lw_promfile *file);

/*
 * lw_promfile_remove - it is there no more, if it was. Returns 0 or -errno, printed.
 */
int lw_promfile_remove(struct lw_promfile *file);

/* lw_promfile_close - NULL is fine */
void lw_promfile_close(struct lw_promfile *file);

/* ---- text ---- */

/*
 * lw_prom_family - what comes before the samples of a metric
 * @type: counter, gauge or histogram
 * @help: the same wherever that metric is: the collector complains of two
 */
void lw_prom_family(FILE *out, const char *name, const char *type, const char *help);

/* lw_prom_label - NAME="VALUE", as lw_escape_label() has it */
void lw_prom_label(FILE *out, const char *name, const char *value, size_t len);

#endif
