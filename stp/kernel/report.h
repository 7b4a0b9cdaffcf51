#pragma once

#include "part.h"
#include "put.h"
#include "table.h"
#include <linux/workqueue.h>

/*
 * report.h - reports of tables, and of what was lost.
 *
 * Reports are made in process context, by a work item: it collects what the tables have (table.h) when a report is due
 * or a table is busy. For each row it runs the script's probe of that table (lw.report.dist and so on in report.stp), as
 * SystemTap itself runs begin and end probes: by enter_be_probe() in the generated C (tapset-been.cxx). The last report
 * is made when all probes have ended, whatever ended the run.
 */

/* The script's probes for rows. SystemTap would run them at the end, but for the state that they are given at the begin. */
#define LW_DIST_PROBE "end(1000001)"
#define LW_COUNT_PROBE "end(1000002)"

/* What is reported: the rows of a table, or at the end only what was lost */
struct lw_reported {
	struct lw_table *table;	/* NULL: none, but lost() is there */
	const char *probe;	/* LW_..._PROBE of the table */
	u64 (*lost)(void);	/* values lost so far */
	const char *why;	/* they are lost, for people */
	struct stap_be_probe *found;
	struct lw_reported *next;
};

/* Begins the table, and adds it to what is reported. For a part's begin(). 0 or -ENOMEM; lw_table_end() must follow. */
static int lw_report_of(struct lw_reported *reported);

/* Begins and ends the work: parts of a module that has a table or counts losses */
static int lw_reports_begin(void);
static void lw_reports_end(void);

static struct lw_part lw_reports_part = {
	.begin = lw_reports_begin,
	.end = lw_reports_end,
	.next = LW_PARTS,
};
#undef LW_PARTS
#define LW_PARTS (&lw_reports_part)

/* Reports each so many seconds and at the end; 0: at the end only. Without it rows come at the end, and are no report. */
static void lw_report_each(s64 seconds);

/* Shows so many rows of each table at most, those with the most; 0: all. */
static void lw_report_top(s64 rows);

/* In a probe of the script: it has begun to write the row, so the row is not shown once more. */
static void lw_row_begins(void);

/* Key and value of the row that is shown; of an empty one in other probes */
static const struct lw_key *lw_row_key(void);
static const void *lw_row_value(void);

/*
 * Where the module has ended its probes and waits for what they print, and only there (systemtap_module_exit()): the
 * last report. The call has no arguments, the definition has (void).
 */
static void lw_last_report(struct lw_part *parts);
#define _stp_runtime_context_wait(...) lw_context_wait##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_context_wait_definition(...) _stp_runtime_context_wait(__VA_ARGS__)
#define lw_context_wait()                                                     \
	do {                                                                  \
		(_stp_runtime_context_wait)();                                \
		lw_last_report(LW_PARTS);                                     \
	} while (0)
