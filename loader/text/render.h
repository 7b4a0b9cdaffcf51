/* SPDX-License-Identifier: GPL-2.0-only */
/* render.h - records as text for people, or as JSON for machines */
#ifndef LW_RENDER_H
#define LW_RENDER_H

#include <stdbool.h>

#include "module/tool.h"
#include "text/fields.h"
#include "text/output.h"
#include "text/stream.h"

struct lw_render;

/*
 * lw_render_new - makes a printer of records
 * @json: one object on each line instead of a table
 * @given: the tool's options in use by letter; a field that belongs to an option
 * is a column only with it
 * @chosen: the fields to show, if any are chosen; a table shows histograms in any case
 * @output: gets the text; each of its files gets the heading of a table
 * Returns NULL if out of memory.
 */
struct lw_render *lw_render_new(const struct lw_tool *tool, bool json, const bool *given,
				const struct lw_columns *chosen, struct lw_output *output);
void lw_render_free(struct lw_render *render);

/*
 * lw_render_start - puts the table's heading into the buffer. A tool that writes reports
 * (lw_tool_interval()) has a heading in each instead.
 */
void lw_render_start(struct lw_render *render);

/*
 * lw_render_record - puts one record into the buffer. In a table, control bytes, bytes that are no
 * UTF-8 and characters that would reorder a line become escapes. JSON has its own escapes, and
 * U+FFFD for bytes that are no UTF-8. Instead of a row, a record with a distribution has its other
 * values and a histogram below them. Returns 0 or -ENOMEM.
 */
int lw_render_record(struct lw_render *render, const struct lw_value *values);

/*
 * lw_render_report - begins a report. A table gets a line with its time, @nsec since the epoch,
 * after an empty line if anything was printed before; its first row gets a heading. Returns 0 or
 * -ENOMEM.
 */
int lw_render_report(struct lw_render *render, long long nsec);

/* lw_render_end - ends a report: in a table, an empty line precedes the next text */
void lw_render_end(struct lw_render *render);

/* The numbers that a run prints when it ends. */
struct lw_summary {
	unsigned long long records;     /* records that came */
	unsigned long long shown;       /* records that were written */
	unsigned long long lost;        /* records that did not come, or were not written */
	unsigned long long shed;        /* records that --max-rate left out */
	unsigned long long unmatched;   /* records that did not meet --where */
	unsigned long long below;       /* records that --top left out */
	unsigned long long missed;      /* calls whose probe did not run; may be more */
	const char *ended;              /* the cause of the end */
	const struct lw_stream *stream; /* for lw_stream_uncounted() */
};

/* lw_render_summary - puts them into the buffer as {"lwload":...}. Returns 0 or -ENOMEM. */
int lw_render_summary(struct lw_render *render, const struct lw_summary *summary);

/* lw_render_flush - writes the buffer at once. Returns as lw_output_write() does. */
int lw_render_flush(struct lw_render *render);

#endif
