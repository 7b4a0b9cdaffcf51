#pragma once

#include "report.h"
#include "part.c"
#include "put.c"
#include "table.c"
#include <linux/timekeeping.h>

#define LW_QUIET 30 /* seconds without a collection, at most */

static struct {
	struct delayed_work work;
	bool works;
	int quiet; /* seconds */
	struct lw_reported *all;
	bool lines; /* of a report, about its rows */
	u64 interval, next; /* nanoseconds */
	u32 top;
	/* The row that is shown */
	const struct lw_table *table;
	u32 row;
	bool begun;
} lw_reports;

/* Finds the script's probe for rows, and keeps SystemTap from running it itself. */
static void lw_find_probe(struct lw_reported *reported)
{
	int i;

	for (i = 0; reported->probe && i < ARRAY_SIZE(stap_be_probes); i++) {
		struct stap_be_probe *p = &stap_be_probes[i];

		if (strcmp(p->probe->pp, reported->probe))
			continue;
		p->state = -1;
		reported->found = p;
	}
}

static int lw_report_of(struct lw_reported *reported)
{
	lw_find_probe(reported);
	reported->next = lw_reports.all;
	lw_reports.all = reported;
	return reported->table ? lw_table_begin(reported->table) : 0;
}

static void lw_report_each(s64 seconds)
{
	lw_reports.lines = true;
	lw_reports.interval = clamp_t(s64, seconds, 0, S64_MAX / NSEC_PER_SEC) * NSEC_PER_SEC;
	lw_reports.next = ktime_get_mono_fast_ns() + lw_reports.interval;
}

static void lw_report_top(s64 rows)
{
	lw_reports.top = clamp_t(s64, rows, 0, U32_MAX);
}

/* ---- the row that is shown ---- */

static void lw_row_begins(void)
{
	lw_reports.begun = true;
}

static const struct lw_key *lw_row_key(void)
{
	static const struct lw_key none;

	return lw_reports.table ? lw_table_row_key(lw_reports.table, lw_reports.row) : &none;
}

static const void *lw_row_value(void)
{
	static const u64 none[LW_TOTAL_BYTES / sizeof(u64)];

	return lw_reports.table ? lw_table_row_value(lw_reports.table, lw_reports.row) : none;
}

/* The session's state may change between a look at it and enter_be_probe(), which then does nothing. */
static void lw_show_row(const struct lw_reported *reported, u32 row)
{
	int tries;

	lw_reports.row = row;
	lw_reports.table = reported->table;
	lw_reports.begun = false;
	for (tries = 0; tries < 3 && !lw_reports.begun; tries++) {
		struct stap_be_probe now = {
			.probe = reported->found->probe,
			.state = atomic_read(session_state()),
		};

		enter_be_probe(&now);
	}
	lw_reports.table = NULL;
}

/* ---- a report ---- */

/* The context keeps probes of this CPU from writing in between. */
static void lw_emit_line(const char *line)
{
	struct context *c = _stp_runtime_entryfn_get_context();
	struct _stp_log *log = c ? lw_log() : NULL;

	if (log) {
		lw_put(log, line, strlen(line));
		lw_put_end(log);
	}
	_stp_runtime_entryfn_put_context(c);
}

static void lw_emit_report_line(void)
{
	char line[40];

	snprintf(line, sizeof(line), "#report\t%lld\n", (long long)ktime_get_real_fast_ns());
	lw_emit_line(line);
}

static void lw_show_rows(const struct lw_reported *reported)
{
	u32 row, rows = lw_table_sort(reported->table);

	if (lw_reports.top && rows > lw_reports.top)
		rows = lw_reports.top;
	for (row = 0; row < rows; row++) {
		lw_show_row(reported, row);
		cond_resched();
	}
}

static long lw_emit_report(void *unused)
{
	struct lw_reported *r;

	if (lw_reports.lines)
		lw_emit_report_line();
	for (r = lw_reports.all; r; r = r->next) {
		if (!r->table)
			continue;
		if (r->found)
			lw_show_rows(r);
		lw_table_clear(r->table);
	}
	if (lw_reports.lines)
		lw_emit_line("#end\n");
	return 0;
}

static long lw_emit_losses(void *unused)
{
	struct lw_reported *r;
	char line[160];

	for (r = lw_reports.all; r; r = r->next) {
		u64 lost = (r->table ? lw_table_lost(r->table) : 0) + (r->lost ? r->lost() : 0);

		if (!lost)
			continue;
		snprintf(line, sizeof(line), "#lost\t%llu\t%s\n", lost, r->why);
		lw_emit_line(line);
	}
	return 0;
}

/* SystemTap's contexts and print buffers are only on CPUs that were online when the module was inserted. */
static void lw_on_a_cpu(long (*emit)(void *))
{
	int cpu;

	for_each_online_cpu(cpu) {
		if (!per_cpu(contexts, cpu))
			continue;
		work_on_cpu(cpu, emit, NULL);
		return;
	}
}

/* ---- collecting ---- */

static bool lw_some_table_is_busy(void)
{
	struct lw_reported *r;

	for (r = lw_reports.all; r; r = r->next)
		if (r->table && lw_table_is_busy(r->table))
			return true;
	return false;
}

static void lw_collect(void)
{
	struct lw_reported *r;

	for (r = lw_reports.all; r; r = r->next)
		if (r->table)
			lw_table_flip(r->table);
	synchronize_rcu();
	for (r = lw_reports.all; r; r = r->next)
		if (r->table)
			lw_table_add_up(r->table);
}

/* A report that could not be made in time is not made later. */
static bool lw_report_is_due(u64 now)
{
	if (!lw_reports.interval || now < lw_reports.next)
		return false;
	lw_reports.next += ((now - lw_reports.next) / lw_reports.interval + 1) * lw_reports.interval;
	return true;
}

static void lw_reports_work(struct work_struct *work)
{
	bool due = lw_report_is_due(ktime_get_mono_fast_ns()), busy = lw_some_table_is_busy();
	u64 now, wait = NSEC_PER_SEC;

	/* Places of what is gone are not to be kept, and the small counters of places not to overflow. */
	if (due || busy || ++lw_reports.quiet == LW_QUIET) {
		lw_collect();
		lw_reports.quiet = 0;
	}
	if (due)
		lw_on_a_cpu(lw_emit_report);
	now = ktime_get_mono_fast_ns();
	if (busy)
		wait = NSEC_PER_SEC / 10;
	if (lw_reports.interval && lw_reports.next < now + wait)
		wait = lw_reports.next > now ? lw_reports.next - now : 0;
	/* Rather a moment late than early, for nothing. */
	schedule_delayed_work(&lw_reports.work, nsecs_to_jiffies(wait) + 1);
}

static void lw_last_report(struct lw_part *parts)
{
	lw_detach_points(parts);
	cancel_delayed_work_sync(&lw_reports.work);
	lw_collect();
	lw_on_a_cpu(lw_emit_report);
	lw_on_a_cpu(lw_emit_losses);
}

/* ---- begin and end ---- */

static int lw_reports_begin(void)
{
	INIT_DELAYED_WORK(&lw_reports.work, lw_reports_work);
	lw_reports.works = true;
	schedule_delayed_work(&lw_reports.work, HZ);
	return 0;
}

static void lw_reports_end(void)
{
	if (lw_reports.works)
		cancel_delayed_work_sync(&lw_reports.work);
	lw_reports.works = false;
}
