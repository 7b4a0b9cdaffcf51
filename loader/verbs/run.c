// SPDX-License-Identifier: GPL-2.0-only
/* run.c - lwload TOOL: the steps from a name to records on the screen */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/runs.h"
#include "module/rename.h"
#include "module/tool.h"
#include "recorder/flight.h"
#include "rules/identity.h"
#include "rules/kprobes.h"
#include "rules/lockdown.h"
#include "rules/origin.h"
#include "rules/running.h"
#include "rules/table.h"
#include "run/command.h"
#include "run/engine.h"
#include "run/staprun.h"
#include "text/by.h"
#include "text/here.h"
#include "text/join.h"
#include "text/metrics.h"
#include "text/options.h"
#include "text/output.h"
#include "text/render.h"
#include "text/stream.h"
#include "util/log.h"
#include "util/place.h"
#include "util/reason.h"
#include "util/signals.h"
#include "verbs/lwload.h"

struct run {
	const struct lw_host *host;
	const struct lw_tool *tool;
	const struct lw_subject *subject;   /* what the rules were asked about */
	char name[LW_RUN_NAME];             /* of this run (runs.h) */
	int number;                         /* its place among those of the tool */
	uint64_t serial;                    /* to be remembered; 0: none */
	const struct lw_recorded *recorded; /* NULL: none */
	struct lw_options options;
	struct lw_command *command; /* NULL: none */
	struct lw_stream *stream;
	struct lw_groups *groups; /* NULL: no field needs them */
	struct lw_by *by;         /* NULL: reports are by nothing else */
	struct lw_join *join;     /* NULL: rows come as they are to be */
	struct lw_output *output;
	struct lw_render *render;
	struct lw_top *top;         /* NULL: records are shown in the order in which they come */
	struct lw_metrics *metrics; /* NULL without --metrics; with it, no records are shown */
	struct lw_loss loss;
	unsigned long long came;    /* that are wanted, and not left out */
	unsigned long long records; /* of those, all but the ones that --top leaves out */
	unsigned long long shown;   /* of those, written to stdout */
	unsigned long long reports;
	unsigned long long shed;             /* left out by --max-rate */
	unsigned long long unmatched;        /* that did not meet --where */
	unsigned long long told[LW_REASONS]; /* events not counted that were told of */
	time_t second;                /* of the monotonic clock: the one of the last record */
	unsigned long long in_second; /* records in that second */
	unsigned long long record_limit, report_limit; /* --count: one of them; 0: none */
	bool started;                                  /* the probes were in place */
	bool reported; /* a report came, and is not in the file of metrics */
	bool stuck;    /* stdout takes nothing, and a signal said to stop */
	bool stale;    /* the file of metrics was not written each time, or is still there */
	bool done;     /* all reports that were asked for are there */
};

static int no_memory(const struct run *run)
{
	lw_error("%s: %s", run->tool->name, strerror(ENOMEM));
	return -ENOMEM;
}

/* ---- the sink ---- */

/* A recorder takes what is shown and said from here on. */
static int tell_recorder(const struct run *run)
{
	struct lw_ready ready = { LW_READY_LINES, run->number };

	if (run->options.output.blocks)
		ready.form = LW_READY_BLOCKS;
	else if (!run->options.json)
		ready.form = LW_READY_HEADING;
	if (write(run->recorded->ready, &ready, sizeof(ready)) != sizeof(ready) ||
	    dup2(run->recorded->messages, STDERR_FILENO) < 0)
		return -EPIPE;
	close(run->recorded->ready);
	return 0;
}

static void on_inserted(void *context)
{
	const struct run *run = context;

	lw_origin_remember(run->host->root, run->host->release, run->serial);
}

/* Records for which stdout had no room. */
static unsigned long long hidden(const struct run *run)
{
	return run->stuck ? run->records - run->shown : 0;
}

/*
 * Where messages go the same way as records, the next one would come right after half of a record.
 */
static void end_line(void)
{
	struct stat out, err;

	if (fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
	    out.st_dev == err.st_dev && out.st_ino == err.st_ino)
		lw_pass("\n", 1);
}

/* An event is one line. The lines of a report that was cut off are not counted. */
static void count_partly(struct run *run)
{
	unsigned long long lines = lw_output_partly(run->output);

	if (lw_tool_interval(run->tool))
		return;
	run->shown += lines < hidden(run) ? lines : hidden(run);
}

/* The rest of a run whose reader stands still is counted, not shown. */
static int show(struct run *run)
{
	int err;

	if (run->stuck)
		return 0;
	err = lw_render_flush(run->render);
	if (!err)
		run->shown = run->records;
	if (err != -EINTR)
		return err;
	run->stuck = true;
	count_partly(run);
	end_line();
	return 1;
}

/* The file has the losses that are known so far. */
static void write_metrics(struct run *run)
{
	struct lw_loss loss = run->loss;

	loss.lost += lw_stream_bad(run->stream) + lw_metrics_unfit(run->metrics);
	lw_metrics_write(run->metrics, &loss, run->stream);
	run->reported = false;
}

/* A file without counts shows that the tool runs. */
static int start_metrics(struct run *run)
{
	lw_metrics_start(run->metrics);
	write_metrics(run);
	return 0;
}

/* Does it print nothing until Ctrl-C? A user who waits for rows at a terminal is told. */
static bool is_silent(const struct run *run)
{
	const struct lw_option *interval = lw_tool_interval(run->tool);
	bool at_end = interval ? !run->options.given[(int)interval->letter] : run->top != NULL;

	return at_end && !run->command && run->options.duration == 0 && isatty(STDOUT_FILENO) &&
	       isatty(STDERR_FILENO);
}

static void on_refused(void *context, int error, struct lw_reason *why)
{
	const struct run *run = context;

	lw_lockdown_refusal(run->subject, error, why);
}

/* Without such a probe the tool would miss the events that it is for. */
static int refuse_barred(const struct run *run)
{
	struct lw_reason why;

	if (!run->loss.barred || run->options.staprun || !lw_kprobes_barred(run->subject, &why))
		return 0;
	lw_error("%s: blacklist: %s", run->tool->name, why.text);
	return -EPERM;
}

/* A table begins when the probes are in place: who sees its heading can rely on it. */
static int on_started(void *context)
{
	struct run *run = context;
	int err = refuse_barred(run);

	if (err)
		return err;
	run->started = true;
	if (run->command)
		lw_command_start(run->command);
	if (run->options.verbose || is_silent(run))
		lw_note("%s: tracing; Ctrl-C ends it", run->tool->name);
	if (run->metrics)
		return start_metrics(run);
	lw_render_start(run->render);
	err = show(run);
	return !err && run->recorded ? tell_recorder(run) : err;
}

/* By the time at which they are read: many have none of their own. */
static bool is_over_rate(struct run *run)
{
	struct timespec now;

	if (!run->options.max_rate)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != run->second) {
		run->second = now.tv_sec;
		run->in_second = 0;
	}
	if (run->in_second < run->options.max_rate) {
		run->in_second++;
		return false;
	}
	run->shed++;
	return true;
}

static bool is_wanted(struct run *run, const struct lw_value *values)
{
	int i;

	for (i = 0; i < run->options.nwhere; i++)
		if (!lw_condition_holds(run->tool, &run->options.conditions[i], values)) {
			run->unmatched++;
			return false;
		}
	return true;
}

static int add_to_metrics(struct run *run, const struct lw_value *values)
{
	int err = lw_metrics_record(run->metrics, values);

	run->shown = run->records - lw_metrics_unfit(run->metrics);
	return err;
}

static int put_record(void *context, const struct lw_value *values)
{
	struct run *run = context;

	run->records++;
	if (run->stuck)
		return 0;
	if (run->metrics)
		return add_to_metrics(run, values);
	return lw_render_record(run->render, values);
}

/* A row that was added up is compared when it has all that belongs to it. */
static int take_whole(void *context, const struct lw_value *values)
{
	struct run *run = context;

	if (!is_wanted(run, values) || is_over_rate(run))
		return 0;
	run->came++;
	return run->top ? lw_top_add(run->top, values) : put_record(run, values);
}

static int take_record(struct run *run, const struct lw_value *values)
{
	unsigned long long limit = run->record_limit;
	int err;

	/* Nobody asked for more, but what was lost is told after it. */
	if (run->done || (limit && run->came == limit))
		return 0;
	err = run->join ? lw_join_add(run->join, values) : take_whole(run, values);
	return err ? err : limit && run->came == limit;
}

/* The records of a report, or of the whole run, in the order that was asked for */
static int put_kept(struct run *run)
{
	int err = run->join ? lw_join_each(run->join, take_whole, run) : 0;

	return err || !run->top ? err : lw_top_each(run->top, put_record, run);
}

/* The one before may lack its end. */
static int begin_report(struct run *run, long long nsec)
{
	int err = put_kept(run);

	if (err || run->done || run->stuck || run->metrics)
		return err;
	return lw_render_report(run->render, nsec);
}

static int end_report(struct run *run)
{
	int err = put_kept(run);

	run->reported = true;
	if (err || run->done || run->metrics)
		return err;
	run->done = ++run->reports == run->report_limit;
	lw_render_end(run->render);
	err = show(run);
	/* A reader that stands still does not end the reading: what follows is counted. */
	return err < 0 ? err : 0;
}

static int take_item(struct run *run, int item)
{
	switch (item) {
	case LW_RECORD:
		return take_record(run, lw_stream_values(run->stream));
	case LW_REPORT:
		return begin_report(run, lw_stream_time(run->stream));
	case LW_REPORT_END:
		return end_report(run);
	default: /* an error, or 0 */
		return item;
	}
}

static int on_data(void *context, const char *buf, size_t len)
{
	struct run *run = context;
	int err = 0;

	while (len && !err)
		err = take_item(run, lw_stream_next(run->stream, &buf, &len));
	/* All other errors are printed where they come from. */
	return err == -ENOMEM ? no_memory(run) : err;
}

/* As logrotate(8) and its like ask for, when they have moved the file away. */
static int reopen(const struct run *run)
{
	return lw_signals_take_reopen() ? lw_output_reopen(run->output) : 0;
}

/*
 * Says what was not counted, if that has grown: the module tells of it each second, as a run may be
 * for days. The last line with a reason has its sum.
 */
static void report_uncounted(struct run *run)
{
	const struct lw_uncounted *entry;
	int i;

	for (i = 0; (entry = lw_stream_uncounted(run->stream, i)); i++) {
		if (entry->events == run->told[i])
			continue;
		lw_warn("%s: %llu events were not counted: %s", run->tool->name, entry->events,
			entry->why);
		run->told[i] = entry->events;
	}
}

/*
 * The last report ends the run here and not in on_data(), which would end the reading
 * as well: when the module ends it says what it lost, and writes one more report, which
 * nobody asked for.
 */
static int on_flush(void *context)
{
	struct run *run = context;
	int err;

	report_uncounted(run);
	if (run->metrics) {
		if (run->reported)
			write_metrics(run);
		return 0;
	}
	err = show(run);
	if (!err)
		err = reopen(run);
	return err ? err : run->done;
}

static void on_message(void *context, int is_error, const char *text)
{
	struct run *run = context;

	if (is_error)
		lw_error("%s: the module reports: %s", run->tool->name, text);
	else
		lw_warn("%s: the module reports: %s", run->tool->name, text);
}

/* ---- the steps ---- */

static int prepare_records(struct run *run)
{
	int err = lw_output_open(run->tool->name, &run->options.output, &run->output);

	if (err)
		return err;
	if (lw_tool_interval(run->tool))
		run->report_limit = run->options.count;
	else
		run->record_limit = run->options.count;
	if (run->options.top.field >= 0) {
		run->top = lw_top_new(run->tool, &run->options.top);
		if (!run->top)
			return no_memory(run);
	}
	run->render = lw_render_new(run->tool, run->options.json, run->options.given,
				    &run->options.columns, run->output);
	return run->render ? 0 : no_memory(run);
}

/*
 * The files of two runs would have metrics of the same names, and node_exporter drops all files then
 * (collector/textfile.go). Returns 0 or -errno, printed.
 */
static int only_metrics(const struct run *run)
{
	const char *tool = run->tool->name;
	char lock[LW_RUN_NAME + 16];
	pid_t pid;
	int err;

	snprintf(lock, sizeof(lock), ".metrics.%s", tool);
	err = lw_lock_take(run->host->root, lock, &pid);
	if (err == -EAGAIN)
		lw_error(
			"%s: another run of the tool writes metrics (pid %d), and both runs would have metrics of the same names; end that run, or leave out --metrics",
			tool, pid);
	else if (err)
		lw_error("%s: cannot lock " LW_LOCK_DIR "/%s: %s", tool, lock, strerror(-err));
	return err;
}

static int prepare_metrics(struct run *run)
{
	const struct lw_metrics_of of = {
		.tool = run->tool,
		.root = run->host->root,
		.release = run->host->release,
		.path = run->options.metrics,
		.given = run->options.given,
		.by = run->options.by,
	};

	return lw_metrics_open(&of, &run->metrics) ?: only_metrics(run);
}

/* Metrics add the rows up themselves. */
static int prepare_by(struct run *run)
{
	enum lw_more more = run->options.by_more;

	run->by = lw_by_new(run->host->root, more);
	if (more == LW_CONTAINER && !run->metrics)
		run->join = lw_join_new(run->tool);
	if (!run->by || (more == LW_CONTAINER && !run->metrics && !run->join))
		return no_memory(run);
	lw_stream_by(run->stream, more, run->by);
	return 0;
}

static int prepare(struct run *run)
{
	int err = run->options.metrics ? prepare_metrics(run) : prepare_records(run);

	if (err)
		return err;
	run->stream = lw_stream_new(run->tool);
	if (run->options.more)
		run->groups = lw_groups_new(run->host->root);
	if (!run->stream || (run->options.more && !run->groups))
		return no_memory(run);
	lw_stream_more(run->stream, run->options.more, run->groups);
	return run->options.by ? prepare_by(run) : 0;
}

/* ---- the end ---- */

static void report_loss(struct run *run)
{
	run->loss.lost += lw_stream_bad(run->stream);
	run->loss.lost += run->metrics ? lw_metrics_unfit(run->metrics) : hidden(run);
	if (run->loss.lost)
		lw_warn("%s: %llu records were lost, %llu shown; a larger --buffer, or a filter, may help",
			run->tool->name, run->loss.lost, run->shown);
}

static const char *why_ended(const struct run *run, int err)
{
	if (err)
		return "error";
	if (run->done || (run->record_limit && run->came == run->record_limit))
		return "count";
	if (lw_signals_stop())
		return "signal";
	return run->options.duration > 0 ? "duration" : "tool";
}

static void report_shed(const struct run *run)
{
	if (run->shed)
		lw_note("%s: %llu records were left out by --max-rate, %llu shown", run->tool->name,
			run->shed, run->shown);
	if (run->unmatched)
		lw_note("%s: %llu records did not meet --where, %llu shown", run->tool->name,
			run->unmatched, run->shown);
	if (lw_top_left_out(run->top))
		lw_note("%s: %llu records were left out by --top, %llu shown", run->tool->name,
			lw_top_left_out(run->top), run->shown);
}

/* Returns err, or else what became of writing it: stdout may stand still, as in show(). */
static int summarize(struct run *run, int err)
{
	struct lw_summary summary = {
		.records = run->came + run->shed + run->unmatched,
		.shown = run->shown,
		.shed = run->shed,
		.unmatched = run->unmatched,
		.below = lw_top_left_out(run->top),
		.lost = run->loss.lost,
		.missed = run->loss.missed,
		.ended = why_ended(run, err),
		.stream = run->stream,
	};
	int failed;

	/* Nobody reads what is written to a reader that has gone, or stands still. */
	if (!run->options.summary || !run->started || run->stuck || err == -EPIPE)
		return err;
	failed = lw_render_summary(run->render, &summary);
	if (!failed)
		failed = show(run);
	return err || failed > 0 ? err : failed;
}

/* A heading, the line of a report or the summary, which are no records. */
static void report_cut(const struct run *run)
{
	if (run->stuck && !hidden(run))
		lw_warn("%s: stdout did not take the last lines", run->tool->name);
}

static bool is_complete(const struct run *run)
{
	return !run->stuck && !run->stale && !run->loss.lost && !run->loss.missed &&
	       !lw_stream_uncounted(run->stream, 0);
}

/*
 * Whether the module is refused shows before it has started: what is not permitted later is
 * not its, but such as a file's that chattr(1) has made immutable.
 */
static enum lw_exit exit_code(const struct run *run, int err)
{
	switch (err) {
	case 0:
	case -EPIPE: /* the reader has had enough */
		return is_complete(run) ? LW_OK : LW_LOST;
	case -EPERM:
		return run->started ? LW_FAILED : LW_REFUSED;
	default:
		return LW_FAILED;
	}
}

/* A further run inserts a copy, which it frees at its end. Returns 0 or -errno, printed. */
static int rename_module(const struct run *run, struct lw_job *job, void **copy)
{
	const struct lw_tool *tool = run->tool;
	int err = 0;

	if (run->number > 1)
		err = lw_rename(tool->image, tool->size, tool->module, job->module, copy,
				&job->size);
	if (*copy)
		job->image = *copy;
	if (err)
		lw_error("%s: %s: cannot give it the name %s: %s", tool->name, tool->path,
			 job->module, strerror(-err));
	return err;
}

static int run_engine(struct run *run)
{
	const struct lw_tool *tool = run->tool;
	struct lw_job job = {
		.name = tool->name,
		.path = tool->path,
		.image = tool->image,
		.size = tool->signed_size,
		.params = run->options.params,
		.duration = run->options.duration,
		.lookup = lw_identity_same_build(tool, run->host->root) ? tool->lookup : 0,
		.until = lw_command_fd(run->command),
		.out = run->output ? lw_output_pipe(run->output) : -1,
		.root = run->host->root,
		.armed = tool,
		.sink = { on_refused, on_inserted, on_started, on_data, on_flush, on_message, run },
	};
	void *renamed = NULL;
	int err;

	snprintf(job.module, sizeof(job.module), "lw_%s", run->name);
	if (run->options.staprun)
		return lw_staprun_run(&job, &run->loss);
	err = rename_module(run, &job, &renamed);
	if (!err)
		err = lw_engine_run(&job, &run->loss);
	free(renamed);
	return err;
}

/* A tool without reports shows its first records now. Returns err, or else what became of that. */
static int end_top(struct run *run, int err)
{
	int failed;

	if ((!run->top && !run->join) || !run->started || err == -EPIPE)
		return err;
	failed = put_kept(run);
	if (failed == -ENOMEM)
		no_memory(run);
	if (!failed)
		failed = show(run);
	return err || failed > 0 ? err : failed;
}

/* @err: what became of it */
static enum lw_exit end(struct run *run, int err)
{
	err = end_top(run, err);
	report_loss(run);
	report_shed(run);
	report_uncounted(run);
	run->stale = run->metrics && lw_metrics_end(run->metrics);
	err = summarize(run, err);
	report_cut(run);
	return exit_code(run, err);
}

static enum lw_exit insert_and_run(struct run *run)
{
	enum lw_exit code = LW_FAILED;

	lw_signals_catch();
	if (run->options.output.path)
		lw_signals_reopen();
	if (!prepare(run))
		code = end(run, run_engine(run));
	lw_render_free(run->render);
	lw_metrics_close(run->metrics);
	lw_top_free(run->top);
	lw_stream_free(run->stream);
	lw_groups_free(run->groups);
	lw_by_free(run->by);
	lw_join_free(run->join);
	if (lw_output_close(run->output))
		code = LW_FAILED;
	return code;
}

/* The rules of a run, from the top: what fails has been said. */
static enum lw_exit ask_rules(struct lw_subject *subject, struct run *run)
{
	struct lw_origin origin = { 0 };
	enum lw_exit code;

	subject->origin = &origin;
	code = lw_rules_guard(subject, LW_IDENTITY | LW_HOST | LW_ORIGIN);
	run->serial = lw_origin_serial(&origin);
	lw_origin_free(&origin);
	subject->origin = NULL;
	return code;
}

static void say_removed(const char *tool, const char *module)
{
	lw_warn("%s: removed module %s, which a killed run had left", tool, module);
}

/* Only root can take a lock. For a user with staprun, the kernel refuses a second run. */
static int take_place(struct run *run, struct lw_subject *subject)
{
	pid_t pid = 0;
	int number = 1;

	if (geteuid())
		lw_runs_name(run->name, subject->name, number);
	else
		number = lw_runs_take(subject->root, subject->name, lw_running_places(subject),
				      run->name, &pid);
	if (number == -EBUSY)
		lw_error(
			"%s: running: another lwload is about to begin or to end it (pid %d); try again",
			subject->name, pid);
	else if (number < 0)
		lw_error("%s: cannot lock " LW_LOCK_DIR "/%s: %s", subject->name, run->name,
			 strerror(-number));
	/* The engine removes what is in the run's own place. */
	if (number > 0 && !geteuid() && !subject->staprun)
		lw_runs_sweep(subject->root, subject->name, number, say_removed);
	run->number = number;
	subject->further = number > 1;
	return number < 0 ? number : 0;
}

/* Only its descendants' events are shown. */
static int begin_command(struct run *run)
{
	const struct lw_options *options = &run->options;
	int err = lw_command_new(run->tool->name, run->host->root, options->command, options->as,
				 &run->command);

	return err ? err : lw_options_below(&run->options, lw_command_keeper(run->command));
}

/* Do the options go with the way in which the tool is to run? Returns 0, or -EINVAL, printed. */
static int check_way(const struct run *run)
{
	const struct lw_tool *tool = run->tool;
	const char *what = NULL;

	if (run->options.command && (run->recorded || run->options.staprun)) {
		lw_error("%s: %s takes no command", tool->name,
			 run->recorded ? "a recorder" : "option --staprun");
		return -EINVAL;
	}
	if (!run->recorded)
		return 0;
	if (run->options.top.most && !lw_tool_interval(tool) && run->options.duration == 0) {
		lw_error(
			"%s: a recorder has the records of --top when its run ends; add --duration",
			tool->name);
		return -EINVAL;
	}
	if (run->options.output.path)
		what = "output";
	if (run->options.metrics)
		what = "metrics";
	if (what)
		lw_error("%s: a recorder keeps its records in memory; leave out --%s", tool->name,
			 what);
	return what ? -EINVAL : 0;
}

/* The guards of a run, from the top: each has said why if it is not passed. */
static enum lw_exit run_tool(struct run *run)
{
	const struct lw_host *host = run->host;
	const struct lw_tool *tool = run->tool;
	struct lw_subject subject = {
		.root = host->root,
		.release = host->release,
		.name = tool->name,
		.tool = tool,
		.buffer = run->options.buffer,
		.run = true,
		.staprun = run->options.staprun,
		.waivers = (run->options.is_unsigned ? LW_UNSIGNED : 0) |
			   (run->options.older ? LW_OLDER : 0),
	};
	enum lw_exit code;

	if (run->options.help) {
		lw_options_help(tool);
		return LW_OK;
	}
	if (check_way(run))
		return LW_USAGE;
	if (run->options.command && begin_command(run))
		return LW_FAILED;
	code = ask_rules(&subject, run);
	if (code != LW_OK)
		return code;
	if (take_place(run, &subject))
		return LW_FAILED;
	run->subject = &subject;
	return insert_and_run(run);
}

/*
 * The exit status of a run with a command is the command's, even if events were lost: stderr and the summary tell of
 * them. A fault of lwload gives 125, as with timeout(1).
 */
static enum lw_exit command_code(struct run *run, enum lw_exit code)
{
	int status = lw_command_end(run->command, lw_signals_sent());

	if (code != LW_OK && code != LW_LOST)
		return LW_OWN_FAULT;
	return status < 0 ? code : (enum lw_exit)status;
}

enum lw_exit lw_run_recorded(const struct lw_host *host, int argc, char **argv,
			     const struct lw_recorded *recorded)
{
	struct run run = { .host = host, .recorded = recorded };
	struct lw_tool *tool;
	enum lw_exit code = lw_find(host, argv[0], &tool);

	if (code != LW_OK)
		return lw_options_command(argc, argv) < argc ? LW_OWN_FAULT : code;
	run.tool = tool;
	if (lw_options_parse(tool, argc, argv, &run.options) ||
	    (!run.options.help && lw_here_options(host->root, host->release, tool, &run.options)))
		code = LW_USAGE;
	else
		code = run_tool(&run);
	if (run.options.command && !run.options.help)
		code = command_code(&run, code);
	lw_options_free(&run.options);
	lw_tool_free(tool);
	return code;
}

enum lw_exit lw_run(const struct lw_host *host, int argc, char **argv)
{
	return lw_run_recorded(host, argc, argv, NULL);
}
