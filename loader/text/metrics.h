/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics.h - turns the sums of a run's reports into metrics for Prometheus
 *
 * One rule makes names, types and labels from the tool's fields, so that no script defines them.
 * lwload(8) has the rule, too:
 *
 *   dist               histogram lwtools_TOOL_FIELD_UNIT
 *   int                counter lwtools_TOOL_FIELD_total
 *   msec               counter lwtools_TOOL_FIELD_seconds_total
 *   all others         a label, and so is an int that names a thing and counts none: uid, gid,
 *                      cpu, node, port, lport, rport, sig, errno
 *   time, pid, tid,    nothing: records that differ only in these are added up; pids would make
 *   ppid               series without end
 *   avg, min, max      nothing: they cannot be added up
 *
 * A field that belongs to an option counts with that option only. Units are Prometheus' base
 * units: usecs and msecs become seconds, kbytes become bytes.
 *
 * A histogram has all buckets of a fixed range, as Prometheus wants them. A bucket is from
 * LOW to 2*LOW-1 whole units (stream.h). The bound "le" belongs to its bucket. For times it is
 * 2*LOW, since they were cut down from nanoseconds. For sizes it is the last byte before
 * 2*LOW, since many requests have exactly 2*LOW.
 */
#ifndef LW_METRICS_H
#define LW_METRICS_H

#include <stdbool.h>

#include "kernel/words.h"
#include "module/tool.h"
#include "text/stream.h"

/* Label sets of a tool. Further ones are added up in one more set, "other" in each label. */
#define LW_METRICS_SETS 200

struct lw_metrics;

struct lw_metrics_of {
	const struct lw_tool *tool;
	const char *root;    /* see lw_promfile_open() */
	const char *release; /* of the kernel */
	const char *path;    /* of the file */
	const bool *given;   /* the tool's options in use by letter */
	bool by;             /* --by: names of processes are no labels */
};

/*
 * lw_metrics_open - prepares the file, before anything reaches the kernel
 * @of: copied; the things that it points to must stay
 * Prints errors. Returns 0 or -errno; call lw_metrics_close() in any case.
 */
int lw_metrics_open(const struct lw_metrics_of *of, struct lw_metrics **metrics);

/* lw_metrics_start - writes the file, since the probes are in place */
void lw_metrics_start(struct lw_metrics *metrics);

/*
 * lw_metrics_record - add a record of a report. Returns 0, or -ENOMEM, which is printed.
 */
int lw_metrics_record(struct lw_metrics *metrics, const struct lw_value *values);

/* lw_metrics_unfit - the number of records not added up, because their unit differed */
unsigned long long lw_metrics_unfit(const struct lw_metrics *metrics);

/*
 * lw_metrics_write - a report is complete: replace the file, even if nothing has changed
 * @loss: the losses so far
 * @stream: for lw_stream_uncounted()
 * A failure is printed once, and does not end the run.
 */
void lw_metrics_write(struct lw_metrics *metrics, const struct lw_loss *loss,
		      const struct lw_stream *stream);

/*
 * lw_metrics_end - the run is over: remove the file. Returns 0, or -EIO if a write had failed
 * or the file is still there; both were printed.
 */
int lw_metrics_end(struct lw_metrics *metrics);

/* lw_metrics_close - frees it; NULL is allowed */
void lw_metrics_close(struct lw_metrics *metrics);

/* lw_metrics_is_sum - is a field's value added up? It is, if it is a distribution, a duration or a number that counts. */
bool lw_metrics_is_sum(const struct lw_field *field);

#endif
