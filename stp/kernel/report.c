#pragma once

#include "report.h"
#include "put.c"
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/timekeeping.h>

#define LW_QUIET 30     /* seconds without a collection, at most */
#define LW_SOME 128     /* rows to show without a look at the reader */
#define LW_PAUSE 10     /* milliseconds, for the reader to read */
#define LW_PATIENCE 200 /* pauses of a report in which nothing is read, before it gives up */

static void lw_reports_work(struct work_struct *work);

/* lw_end() cancels the work even if SystemTap fails before lw_begin(). */
static struct {
	struct delayed_work work;
	int quiet;          /* seconds */
	bool lines;         /* #report and #end are written */
	u64 interval, next; /* nanoseconds */
	u32 top;
	const struct lw_counted *counted; /* to which the row belongs */
	const struct lw_row *row;         /* that is shown */
	bool begun;                       /* to be shown */
	u32 shown, rows;                  /* of this table, until now and in the end */
	int patience;                     /* that is left */
} lw_reports = { .work = __DELAYED_WORK_INITIALIZER(lw_reports.work, lw_reports_work, 0) };

static void lw_report_each(s64 seconds)
{
	u64 interval = clamp_t(s64, seconds, 0, S64_MAX / NSEC_PER_SEC) * NSEC_PER_SEC;

	lw_reports.lines = true;
	lw_reports.next = ktime_get_mono_fast_ns() + interval;
	/* The work runs already. */
	smp_store_release(&lw_reports.interval, interval);
}

static void lw_report_top(s64 rows)
{
	lw_reports.top = clamp_t(s64, rows, 0, U32_MAX);
}

/* ---- rows ---- */

/* Another probe may run meanwhile on any CPU. Only the row's own probe may use the row, which is freed later. */
static const struct lw_row *lw_row(void)
{
	const struct lw_counted *counted = READ_ONCE(lw_reports.counted);
	struct context *c = _stp_runtime_get_context();

	if (!counted || !c || c->probe_point != counted->found->probe->pp)
		return NULL;
	return lw_reports.row;
}

static const struct lw_shape *lw_row_shape(void)
{
	return lw_row() ? lw_reports.counted->table->shape : NULL;
}

static const void *lw_row_total(const struct lw_table *table)
{
	const struct lw_row *row = lw_row();

	return row && lw_reports.counted->table == table ? row->total : NULL;
}

static void lw_row_begins(void)
{
	lw_reports.begun = true;
}

/* SystemTap's contexts end with preempt_enable_no_resched(), so another task would wait until the next interrupt. */
static void lw_let_others_run(void)
{
	preempt_disable();
	preempt_enable();
}

/*
 * The session's state may change before enter_be_probe(), which then does nothing.
 */
static void lw_show_row(const struct lw_counted *counted, const struct lw_row *row)
{
	int tries;

	WRITE_ONCE(lw_reports.counted, counted);
	lw_reports.row = row;
	lw_reports.begun = false;
	for (tries = 0; tries < 3 && !lw_reports.begun; tries++) {
		struct stap_be_probe now = {
			.probe = counted->found->probe,
			.state = atomic_read(session_state()),
		};

		enter_be_probe(&now);
		lw_let_others_run();
	}
	lw_reports.row = NULL;
	if (!lw_reports.begun)
		counted->table->lost += row->total[0];
}

static long lw_show_some_rows(void *counted)
{
	const struct lw_counted *c = counted;
	u32 end = min(lw_reports.shown + LW_SOME, lw_reports.rows);

	for (; lw_reports.shown < end; lw_reports.shown++) {
		lw_show_row(c, c->table->rows[lw_reports.shown]);
		cond_resched();
	}
	return true;
}

/* The context keeps this CPU's probes from writing meanwhile. Returns false if the line found no room. */
static long lw_emit_line(void *line)
{
	struct context *c = _stp_runtime_entryfn_get_context();
	struct _stp_log *log = c ? lw_log() : NULL;
	bool written = false;

	if (log) {
		lw_put_fresh(log);
		lw_put(log, line, strlen(line));
		written = lw_put_end(log);
	}
	_stp_runtime_entryfn_put_context(c);
	lw_let_others_run();
	return written;
}

/* ---- reports ---- */

/*
 * Only CPUs that were online when the module was inserted have contexts and print buffers. The chosen
 * CPU stays online meanwhile. Returns the result of @emit, or false if no such CPU is online.
 */
static bool lw_on_a_cpu(long (*emit)(void *), void *data)
{
	int cpu;
	bool done = false;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (!per_cpu(contexts, cpu))
			continue;
		done = work_on_cpu(cpu, emit, data);
		break;
	}
	cpus_read_unlock();
	return done;
}

/* lw_unread() of the CPU whose buffer is the fullest */
static size_t lw_most_unread(void)
{
	const struct rchan *chan = _stp_relay_data.rchan;
	size_t most = 0;
	int cpu;

	for_each_online_cpu(cpu) {
		const struct rchan_buf *buf = _stp_get_rchan_subbuf(chan->buf, cpu);

		if (buf)
			most = max(most, lw_unread(buf));
	}
	return most;
}

/*
 * A report may be larger than a buffer. As long as the buffer is read, the report takes no more than
 * the quarter in which shares are not counted. Rows that find no room after that are lost, and
 * counted for each CPU.
 */
static void lw_wait_for_reader(void)
{
	size_t unread;

	while (lw_reports.patience && atomic_read(&_stp_ctl_attached) &&
	       (unread = lw_most_unread())) {
		msleep(LW_PAUSE);
		if (lw_most_unread() >= unread)
			lw_reports.patience--;
	}
}

static void lw_show_rows(const struct lw_counted *counted)
{
	struct lw_table *table = counted->table;
	bool shown = true;

	lw_reports.shown = 0;
	lw_reports.rows = lw_reports.top ? min(lw_reports.top, table->n) : table->n;
	lw_sort_rows(table);
	while (shown && lw_reports.shown < lw_reports.rows) {
		lw_wait_for_reader();
		shown = lw_on_a_cpu(lw_show_some_rows, (void *)counted);
	}
}

static void lw_emit_report_line(char *line)
{
	if (lw_reports.lines && !lw_on_a_cpu(lw_emit_line, line))
		lw_untold++;
}

static void lw_emit_report(void)
{
	struct lw_counted *c;
	char line[40];

	lw_reports.patience = LW_PATIENCE;
	snprintf(line, sizeof(line), "#report\t%llu\n", ktime_get_real_fast_ns());
	lw_emit_report_line(line);
	for (c = LW_COUNTED; c; c = c->next) {
		if (c->table && c->found)
			lw_show_rows(c);
		if (c->table)
			lw_forget_rows(c->table);
	}
	lw_emit_report_line("#end\n");
}

static u64 lw_lost(struct lw_counted *c)
{
	if (c->lost)
		return c->lost(c);
	if (c->table)
		return lw_table_lost(c->table);
	return c->pending ? lw_pending_lost(c->pending) : 0;
}

/*
 * Losses are reported during the run, which may last for days: each time the new ones
 * (lwtools-stream(5)). A line without room is written the next time. At the end, its losses
 * count as records that found no room.
 */
static void lw_emit_losses(bool last)
{
	struct lw_counted *c;
	char line[160];

	for (c = LW_COUNTED; c; c = c->next) {
		u64 lost = lw_lost(c);

		if (lost == c->told)
			continue;
		snprintf(line, sizeof(line), "#lost\t%llu\t%s\n", lost - c->told, c->why);
		if (!lw_on_a_cpu(lw_emit_line, line)) {
			lw_untold += last ? lost - c->told : 0;
			continue;
		}
		c->told = lost;
	}
}

/* ---- the collector ---- */

static void lw_collect(void)
{
	struct lw_counted *c;
	bool any = false;

	for (c = LW_COUNTED; c; c = c->next) {
		if (!c->table)
			continue;
		lw_flip(c->table);
		any = true;
	}
	if (!any)
		return;
	synchronize_rcu();
	for (c = LW_COUNTED; c; c = c->next)
		if (c->table)
			lw_add_up(c->table);
}

static bool lw_some_are_busy(void)
{
	struct lw_counted *c;

	for (c = LW_COUNTED; c; c = c->next)
		if (c->table && lw_is_busy(c->table))
			return true;
	return false;
}

/* A report that could not be made in time is not made later. */
static bool lw_report_is_due(u64 now)
{
	u64 interval = smp_load_acquire(&lw_reports.interval);

	if (!interval || now < lw_reports.next)
		return false;
	lw_reports.next += ((now - lw_reports.next) / interval + 1) * interval;
	return true;
}

/* Old keys must not keep their places, and the small counters of places must not overflow. */
static void lw_reports_work(struct work_struct *work)
{
	bool due = lw_report_is_due(ktime_get_mono_fast_ns()), busy = lw_some_are_busy();
	u64 now, wait = busy ? NSEC_PER_SEC / 10 : NSEC_PER_SEC;

	if (due || busy || ++lw_reports.quiet >= LW_QUIET) {
		lw_collect();
		lw_reports.quiet = 0;
	}
	if (due)
		lw_emit_report();
	lw_emit_losses(false);
	now = ktime_get_mono_fast_ns();
	if (lw_reports.interval && lw_reports.next < now + wait)
		wait = lw_reports.next > now ? lw_reports.next - now : 0;
	/* A moment too late, since too early would collect nothing */
	schedule_delayed_work(&lw_reports.work, nsecs_to_jiffies(wait) + 1);
}

static void lw_last_report(void)
{
	lw_detach_points(LW_POINTS);
	cancel_delayed_work_sync(&lw_reports.work);
	lw_collect();
	lw_emit_report();
	lw_emit_losses(true);
}

/* ---- begin and end ---- */

/* Finds the script's probe for rows, and keeps SystemTap from running it itself. */
static void lw_find_probe(struct lw_counted *c)
{
	int i;

	for (i = 0; c->probe && i < ARRAY_SIZE(stap_be_probes); i++) {
		if (strcmp(stap_be_probes[i].probe->pp, c->probe))
			continue;
		stap_be_probes[i].state = -1;
		c->found = &stap_be_probes[i];
	}
}

static int lw_begin(void)
{
	struct lw_counted *c;
	int rc = 0;

	lw_seed(lw_run_seeds, ARRAY_SIZE(lw_run_seeds));
	for (c = LW_COUNTED; c && !rc; c = c->next) {
		lw_find_probe(c);
		if (c->table)
			rc = lw_table_begin(c->table);
		else if (c->pending)
			rc = lw_pending_begin(c->pending);
	}
	if (!rc)
		rc = lw_attach_points(LW_POINTS);
	if (rc)
		lw_end();
	else
		schedule_delayed_work(&lw_reports.work, HZ);
	return rc;
}

/* May be called again. */
static void lw_end(void)
{
	struct lw_counted *c;

	lw_detach_points(LW_POINTS);
	cancel_delayed_work_sync(&lw_reports.work);
	for (c = LW_COUNTED; c; c = c->next) {
		if (c->table)
			lw_table_end(c->table);
		else if (c->pending)
			lw_pending_end(c->pending);
	}
}
