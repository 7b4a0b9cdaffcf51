/* SPDX-License-Identifier: GPL-2.0-only */
/* render.h - records as people and machines want to read them */
#ifndef LW_RENDER_H
#define LW_RENDER_H

#include <stdbool.h>

#include "text/output.h"
#include "text/stream.h"
#include "module/tool.h"

struct lw_render;

/*
 * lw_render_new - a printer of records
 * @json: one object on each line instead of a table
 * @given: the tool's options in use by letter; a field that belongs to an option
 * is a column only with it
 * @output: where they are written; each of its files gets the heading of a table
 * Returns NULL if out of memory.
 */
struct lw_render *lw_render_new(const struct lw_tool *tool, bool json, const bool *given,
				struct lw_output *output);
void lw_render_free(struct lw_render *render);

/*
 * lw_render_start - put the table's heading into the buffer, unless the tool writes
 * reports (lw_tool_interval()): these have headings of their own
 */
void lw_render_start(struct lw_render *render);

/*
 * lw_render_record - put one record into the buffer. In a table, control bytes,
 * bytes that are no UTF-8 and characters that would reorder a line are printed
 * as escapes; JSON has its own, and U+FFFD for bytes that are no UTF-8. A record
 * with a distribution is no row of a table but a histogram below its other values.
 * Returns 0 or -ENOMEM.
 */
int lw_render_record(struct lw_render *render, const struct lw_value *values);

/*
 * lw_render_report - a report begins: in a table, a line with its time, @nsec since
 * the epoch, behind an empty one if anything was printed before. Its first row gets
 * a heading. Returns 0 or -ENOMEM.
 */
int lw_render_report(struct lw_render *render, long long nsec);

/* lw_render_end - it ends: what comes next in a table is set off by an empty line */
void lw_render_end(struct lw_render *render);

/* What a run has to say of itself when it ends. */
struct lw_summary {
	unsigned long long records;     /* that came */
	unsigned long long shown;       /* of those, written */
	unsigned long long lost;        /* that are known not to have come, or not to be shown */
	unsigned long long shed;        /* that --max-rate left out */
	unsigned long long missed;      /* calls that were not seen, so many or more */
	const char *ended;              /* why */
	const struct lw_stream *stream; /* for lw_stream_uncounted() */
};

/* lw_render_summary - put it into the buffer as an object {"lwload":...}. Returns 0 or -ENOMEM. */
int lw_render_summary(struct lw_render *render, const struct lw_summary *summary);

/* lw_render_flush - write the buffer at once. Returns as lw_output_write() does. */
int lw_render_flush(struct lw_render *render);

#endif
