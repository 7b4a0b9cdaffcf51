#pragma once

#include "pending.h"
#include "point.h"
#include "put.h"
#include "table.h"
#include <linux/workqueue.h>

/*
 * report.h - reports of tables, and of losses.
 *
 * Reports are made in process context, by a work item: it collects what the tables have (table.h)
 * when a report is due or a table is busy. For each row it runs the script's probe of that table
 * (lw.report.dist and so on in report.stp), as SystemTap itself runs begin and end probes: by
 * enter_be_probe() in the generated C (tapset-been.cxx). The last report is made when all
 * probes have ended, whatever ended the run.
 */

/* The script's probes for rows. SystemTap would run them at the end, were it not for their state. */
#define LW_DIST_PROBE "end(1000001)"
#define LW_COUNT_PROBE "end(1000002)"

/*
 * SystemTap lists all tracepoints of the kernel, and of each module that comes (linux/stp_tracepoint.c), for its own
 * probes at them. modules/build tells which script has none; point.h needs no list.
 */
#ifdef LW_NO_TRACEPOINTS
#undef STAP_NEED_TRACEPOINTS
#endif

/*
 * One of the things in which a module counts or loses events. As with points (point.h), a file that has
 * one makes it the head of a list of any length:
 *
 *	static struct lw_counted lw_x_counted = { ..., .next = LW_COUNTED };
 *	#undef LW_COUNTED
 *	#define LW_COUNTED (&lw_x_counted)
 */
struct lw_counted {
	struct lw_table *table;            /* rows are reported; or */
	struct lw_pending *pending;        /* only losses are reported; or */
	u64 (*lost)(struct lw_counted *c); /* losses since the begin; may sleep */
	const char *probe;                 /* LW_..._PROBE of the table */
	const char *why;                   /* text of the reason for losses */
	struct lw_counted *next;
	struct stap_be_probe *found;
	u64 told; /* losses reported so far */
};

#define LW_COUNTED ((struct lw_counted *)NULL)

/*
 * Reports at this interval in seconds and at the end; 0: only at the end. Without this call, rows come at
 * the end without the lines of a report.
 */
static void lw_report_each(s64 seconds);

/* Shows at most this number of rows of each table, the highest counts; 0: all. */
static void lw_report_top(s64 rows);

/* The row that this probe shows; NULL in other probes */
static const struct lw_row *lw_row(void);

/* The shape of that row's table; NULL in other probes */
static const struct lw_shape *lw_row_shape(void);

/* The total of that row; NULL if the row is of another table, whose totals have another shape */
static const void *lw_row_total(const struct lw_table *table);

/* The script's probe has begun to show the row, so it is not shown again. */
static void lw_row_begins(void);

/*
 * Places in the generated C (systemtap_module_init() and _exit()): where the module allocates
 * SystemTap's contexts, where it always frees them, and where it has ended its probes and
 * waits for their output. It may sleep there. The calls have no arguments; the definitions have
 * (void).
 */
static int lw_begin(void);
static void lw_end(void);
static void lw_last_report(void);
#define _stp_runtime_contexts_alloc(...) lw_contexts_alloc##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_contexts_alloc_definition(...) __maybe_unused _stp_runtime_contexts_alloc(__VA_ARGS__)
#define lw_contexts_alloc() (lw_begin() ?: (_stp_runtime_contexts_alloc)())
#define _stp_runtime_contexts_free(...) lw_contexts_free##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_contexts_free_definition(...) __maybe_unused _stp_runtime_contexts_free(__VA_ARGS__)
#define lw_contexts_free() (lw_end(), (_stp_runtime_contexts_free)())
#define _stp_runtime_context_wait(...) lw_context_wait##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_context_wait_definition(...) _stp_runtime_context_wait(__VA_ARGS__)
#define lw_context_wait() ((_stp_runtime_context_wait)(), lw_last_report())
