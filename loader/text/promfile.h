/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * promfile.h - a file of metrics for node_exporter's textfile collector, in Prometheus' text
 * format, version 0.0.4. It is there whole or not at all.
 *
 * The collector reads each name that ends in .prom in its directory, as another user than
 * root (collector/textfile.go); so the file has mode 0644, and is renamed into its place.
 */
#ifndef LW_PROMFILE_H
#define LW_PROMFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The name of a file must end so. */
#define LW_PROM_END ".prom"

struct lw_promfile;

/* lw_promfile_name_ok - does the path have a name that ends in .prom? */
bool lw_promfile_name_ok(const char *path);

/*
 * lw_promfile_open - prepares a file
 * @who: for messages: a tool or a verb
 * @root: directory that holds run, "" on a real host
 * @path: not copied; it must stay until the close
 * @wait: if another lwload writes the file, wait up to five seconds for it to be done
 *
 * A directory is refused if it does not belong to root, if others may write to it, or if a
 * symbolic link leads to it. A directory above may belong to another user: Debian's
 * /var/lib/prometheus belongs to prometheus. A file is refused if lwload did not write it, or
 * if another lwload writes it now (place.h). A file that a killed run left stays until it is
 * replaced; no new file is there until then. Prints what is wrong. Returns 0 or -errno; call
 * lw_promfile_close() in any case.
 */
int lw_promfile_open(const char *who, const char *root, const char *path, bool wait,
		     struct lw_promfile **file);

/*
 * lw_promfile_replace - replace the file by one with these bytes
 *
 * If that fails, the old file stays. Returns 0 or -errno. Only the first failure is printed,
 * because a disk may be full for hours.
 */
int lw_promfile_replace(struct lw_promfile *file, const char *bytes, size_t size);

/* lw_promfile_failed - did any lw_promfile_replace() fail? */
bool lw_promfile_failed(const struct lw_promfile *file);

/*
 * lw_promfile_remove - remove the file, if it is there. Returns 0 or -errno, printed.
 */
int lw_promfile_remove(struct lw_promfile *file);

/* lw_promfile_close - closes it; NULL is allowed */
void lw_promfile_close(struct lw_promfile *file);

/* ---- text ---- */

/*
 * lw_prom_family - write the two lines before the samples of a metric
 * @type: counter, gauge or histogram
 * @help: the same in all files with that metric, or the collector complains
 */
void lw_prom_family(FILE *out, const char *name, const char *type, const char *help);

/* lw_prom_label - writes NAME="VALUE"; lw_escape_label() escapes the value */
void lw_prom_label(FILE *out, const char *name, const char *value, size_t len);

#endif
