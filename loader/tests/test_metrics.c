// SPDX-License-Identifier: GPL-2.0-only
/* test_metrics.c - reports in, a file for Prometheus out; the places where it may be */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "text/metrics.h"
#include "text/promfile.h"
#include "util/escape.h"
#include "util/log.h"
#include "helper.h"

static char *dir;       /* has run/, for locks */
static char path[4096]; /* the file in dir */

static int setup(void **state)
{
	(void)state;
	dir = tree_new();
	tree_text(dir, "run/x", "");
	snprintf(path, sizeof(path), "%s/lwtools-x.prom", dir);
	umask(022);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(dir);
	return 0;
}

/* ---- a run of a made-up tool ---- */

#define INTERVAL .noptions = 1, .options = { { "interval", 'i', "N", "", "-i" } }

static const struct lw_tool made_up[] = {
	{
		.name = "sizes",
		.version = "1.2",
		INTERVAL,
		.nfields = 3,
		.fields = {
			{ "time", LW_TIME, 0, 0, "when", false },
			{ "comm", LW_STR, 16, 0, "who", false },
			{ "size", LW_DIST, 0, 0, "size of\nthe \\ requests", false },
		},
	},
	{
		.name = "io-times",
		.version = "1.2",
		INTERVAL,
		.nfields = 5,
		.fields = {
			{ "time", LW_TIME, 0, 0, "when", false },
			{ "disk", LW_STR, 8, 'D', "which disk", false },
			{ "pid", LW_INT, 7, 'P', "whose", false },
			{ "comm", LW_STR, 16, 'P', "who", false },
			{ "latency", LW_DIST, 0, 0, "how long", false },
		},
	},
	{
		.name = "counts",
		.version = "1.2",
		INTERVAL,
		.nfields = 10,
		.fields = {
			{ "time", LW_TIME, 0, 0, "when", false },
			{ "pid", LW_INT, 7, 0, "process", false },
			{ "args", LW_ARGS, 7, 0, "what", false },
			{ "flags", LW_HEX, 7, 0, "how", false },
			{ "mode", LW_OCT, 7, 0, "how", false },
			{ "uid", LW_INT, 7, 0, "user", false },
			{ "calls", LW_INT, 7, 0, "how many", false },
			{ "took", LW_MSEC, 7, 0, "all of them", false },
			{ "max", LW_INT, 7, 0, "the longest", false },
			{ "open", LW_DIST, 0, 0, "time until it was closed", false },
		},
	},
	{
		.name = "wide",
		.version = "1.2",
		INTERVAL,
		.nfields = LW_MAX_FIELDS,
		.fields = { [0 ... LW_MAX_FIELDS - 1] = { "calls", LW_DIST, 0, 0, "how many", false } },
	},
};

struct play {
	const struct lw_tool *tool;
	struct lw_metrics *metrics;
	struct lw_stream *stream;
	struct lw_loss loss;
	bool given[128];
};

static void feed(struct play *play, const char *text)
{
	struct lw_stream *stream = play->stream;
	size_t len = strlen(text);
	int item;

	while ((item = lw_stream_next(stream, &text, &len))) {
		assert_true(item > 0);
		if (item == LW_RECORD)
			assert_int_equal(lw_metrics_record(play->metrics, lw_stream_values(stream)),
					 0);
		else if (item == LW_REPORT_END)
			lw_metrics_write(play->metrics, &play->loss, stream);
	}
}

static void feed_header(struct play *play)
{
	int i;

	feed(play, "#lwtools\t1\t");
	feed(play, play->tool->name);
	for (i = 0; i < play->tool->nfields; i++) {
		feed(play, "\t");
		feed(play, play->tool->fields[i].name);
		feed(play, "=");
		feed(play, lw_type_name(play->tool->fields[i].type));
	}
	feed(play, "\n");
}

/* @letters: the options in use */
static void begin(struct play *play, const char *tool, const char *letters)
{
	struct lw_metrics_of of = { .root = dir, .release = RELEASE, .path = path };
	size_t i;

	needs_root();
	memset(play, 0, sizeof(*play));
	for (; *letters; letters++)
		play->given[(int)*letters] = true;
	for (i = 0; i < COUNT(made_up); i++)
		if (!strcmp(made_up[i].name, tool))
			play->tool = of.tool = &made_up[i];
	of.given = play->given;
	assert_int_equal(lw_metrics_open(&of, &play->metrics), 0);
	play->stream = lw_stream_new(play->tool);
	lw_metrics_start(play->metrics);
	lw_metrics_write(play->metrics, &play->loss, play->stream);
	feed_header(play);
}

/* The same series twice would cost the whole scrape. */
static void has_no_series_twice(void)
{
	char command[4300];

	snprintf(command, sizeof(command),
		 "sed '/^#/d; s/ [^ ]*$//' %s | sort | uniq -d | grep . >&2", path);
	assert_int_not_equal(system(command), 0);
}

/* Ends what begin() began. The file is gone. */
static void finish(struct play *play)
{
	has_no_series_twice();
	assert_int_equal(lw_metrics_end(play->metrics), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	lw_metrics_close(play->metrics);
	lw_stream_free(play->stream);
}

/* The file has these lines where its first line with this start is. */
static void file_has(const char *start, const char *text)
{
	char *bytes = file_read(path, NULL), *at = strstr(bytes, start);

	if (!at)
		fail_msg("no \"%s\" in:\n%s", start, bytes);
	if (strlen(at) > strlen(text))
		at[strlen(text)] = '\0';
	assert_string_equal(at, text);
	free(bytes);
}

static void has_line(const char *line)
{
	char *bytes = file_read(path, NULL), *want;

	assert_true(asprintf(&want, "\n%s\n", line) > 0);
	if (!strstr(bytes, want))
		fail_msg("no line \"%s\" in:\n%s", line, bytes);
	free(want);
	free(bytes);
}

static void has_not(const char *text)
{
	char *bytes = file_read(path, NULL);

	if (strstr(bytes, text))
		fail_msg("\"%s\" is in:\n%s", text, bytes);
	free(bytes);
}

/* ---- the file's text ---- */

#define SIZE "lwtools_sizes_size_bytes"
#define BUCKET(le, n) SIZE "_bucket{comm=\"dd\",le=\"" le "\"} " n "\n"

/* A request of 8 KiB is not counted below 8192 bytes, and a request of 16 MiB is above all bounds. */
static void sizes(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "sizes", "");
	feed(&play, "#report\t1700000000000000000\n"
		    "\tdd\tkbytes 7 16412 0:1 4:3 8:2 16384:1\n#end\n");
	file_has("# HELP " SIZE,
		 "# HELP " SIZE " size of\\nthe \\\\ requests\n"
		 "# TYPE " SIZE " histogram\n" BUCKET("2047", "1") BUCKET("4095", "1") BUCKET(
			 "8191", "4") BUCKET("16383", "6") BUCKET("32767", "6") BUCKET("65535", "6")
			 BUCKET("131071", "6") BUCKET("262143", "6") BUCKET("524287", "6")
				 BUCKET("1048575", "6") BUCKET("2097151", "6")
					 BUCKET("4194303", "6") BUCKET("8388607", "6")
						 BUCKET("16777215", "6") BUCKET("+Inf", "7") SIZE
		 "_sum{comm=\"dd\"} 16805888\n" SIZE "_count{comm=\"dd\"} 7\n");
	finish(&play);
}

/* Each text is a label: 1.04858 would be another series. */
static void bounds_of_times(void **state)
{
	static const char *const bounds[] = {
		"2e-06",     "4e-06",     "8e-06",      "1.6e-05",  "3.2e-05",  "6.4e-05",
		"0.000128",  "0.000256",  "0.000512",   "0.001024", "0.002048", "0.004096",
		"0.008192",  "0.016384",  "0.032768",   "0.065536", "0.131072", "0.262144",
		"0.524288",  "1.048576",  "2.097152",   "4.194304", "8.388608", "16.777216",
		"33.554432", "67.108864", "134.217728",
	};
	struct play play;
	char line[128];
	size_t i;

	(void)state;
	begin(&play, "io-times", "");
	/* 4 to 7 microseconds, and 2^27, which is above all bounds. */
	feed(&play, "#report\t1\n\t\t\t\tusecs 3 134217745 4:2 134217728:1\n#end\n");
	for (i = 0; i < COUNT(bounds); i++) {
		snprintf(line, sizeof(line),
			 "lwtools_io_times_latency_seconds_bucket{le=\"%s\"} %d", bounds[i],
			 i < 2 ? 0 : 2);
		has_line(line);
	}
	file_has("lwtools_io_times_latency_seconds_bucket{le=\"134.217728\"}",
		 "lwtools_io_times_latency_seconds_bucket{le=\"134.217728\"} 2\n"
		 "lwtools_io_times_latency_seconds_bucket{le=\"+Inf\"} 3\n"
		 "lwtools_io_times_latency_seconds_sum 134.217745\n"
		 "lwtools_io_times_latency_seconds_count 3\n");
	finish(&play);
}

/* Even the largest values are counted. */
static void values_above_all_bounds(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "io-times", "");
	feed(&play,
	     "#report\t1\n\t\t\t\tusecs 2 1 4611686018427387904:1 9223372036854775808:1\n#end\n");
	has_line("lwtools_io_times_latency_seconds_bucket{le=\"134.217728\"} 0");
	has_line("lwtools_io_times_latency_seconds_bucket{le=\"+Inf\"} 2");
	has_line("lwtools_io_times_latency_seconds_count 2");
	finish(&play);
}

static void milliseconds(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "io-times", "");
	feed(&play, "#report\t1\n\t\t\t\tmsecs 1 5 4:1\n#end\n");
	has_line("lwtools_io_times_latency_seconds_bucket{le=\"0.004\"} 0");
	has_line("lwtools_io_times_latency_seconds_bucket{le=\"0.008\"} 1");
	has_line("lwtools_io_times_latency_seconds_bucket{le=\"131.072\"} 1");
	has_line("lwtools_io_times_latency_seconds_sum 0.005");
	finish(&play);
}

/* A report has only the growth since the last one; the file has all since the run began. */
static void reports_are_added_up(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "io-times", "D");
	feed(&play, "#report\t1\n\tsda\t\t\tusecs 2 3 0:1 2:1\n#end\n");
	feed(&play, "#report\t2\n\tsdb\t\t\tusecs 1 1 0:1\n\tsda\t\t\tusecs 1 2 2:1\n#end\n");
	feed(&play, "#report\t3\n#end\n");
	has_line("lwtools_io_times_latency_seconds_bucket{disk=\"sda\",le=\"2e-06\"} 1");
	has_line("lwtools_io_times_latency_seconds_bucket{disk=\"sda\",le=\"4e-06\"} 3");
	has_line("lwtools_io_times_latency_seconds_sum{disk=\"sda\"} 0.000005");
	has_line("lwtools_io_times_latency_seconds_count{disk=\"sda\"} 3");
	has_line("lwtools_io_times_latency_seconds_count{disk=\"sdb\"} 1");
	finish(&play);
}

/* Processes of one name have one series. */
static void pids_are_no_labels(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "io-times", "P");
	feed(&play, "#report\t1\n\t\t11\tcat\tusecs 1 1 0:1\n\t\t12\tcat\tusecs 1 1 0:1\n"
		    "\t\t13\tdog\tusecs 1 1 0:1\n#end\n");
	has_line("lwtools_io_times_latency_seconds_count{comm=\"cat\"} 2");
	has_line("lwtools_io_times_latency_seconds_count{comm=\"dog\"} 1");
	has_not("pid");
	finish(&play);
}

#define COUNTS "args=\"a b\",flags=\"0x1f\",mode=\"0644\",uid=\"1000\""

static void counters(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "counts", "");
	feed(&play, "#report\t1\n"
		    "\t7\ta\\0b\t31\t420\t1000\t9007199254740993\t1500000\t9\t\n"
		    "\t8\ta\\0b\t31\t420\t1000\t1\t1\t12\tusecs 1 1 0:1\n"
		    "\t8\ta\\0b\t31\t420\t1000\t-5\t\t12\t\n#end\n");
	file_has("# HELP lwtools_counts_calls_total",
		 "# HELP lwtools_counts_calls_total how many\n"
		 "# TYPE lwtools_counts_calls_total counter\n"
		 "lwtools_counts_calls_total{" COUNTS "} 9007199254740994\n"
		 "# HELP lwtools_counts_took_seconds_total all of them\n"
		 "# TYPE lwtools_counts_took_seconds_total counter\n"
		 "lwtools_counts_took_seconds_total{" COUNTS "} 0.001500001\n"
		 "# HELP lwtools_counts_open_seconds time until it was closed\n"
		 "# TYPE lwtools_counts_open_seconds histogram\n"
		 "lwtools_counts_open_seconds_bucket{" COUNTS ",le=\"2e-06\"} 1\n");
	finish(&play);
}

/* They do not come back to 0. */
static void counts_have_an_end(void **state)
{
	struct play play;
	int i;

	(void)state;
	begin(&play, "counts", "");
	feed(&play, "#report\t1\n");
	for (i = 0; i < 3; i++)
		feed(&play,
		     "\t7\ta\t1\t1\t1\t9223372036854775807\t1\t9\t"
		     "usecs 9223372036854775807 9223372036854775807 0:9223372036854775807\n");
	feed(&play, "#end\n");
	has_line("lwtools_counts_calls_total{args=\"a\",flags=\"0x1\",mode=\"0001\",uid=\"1\"} "
		 "18446744073709551615");
	has_line(
		"lwtools_counts_open_seconds_count{args=\"a\",flags=\"0x1\",mode=\"0001\",uid=\"1\"} "
		"18446744073709551615");
	has_line(
		"lwtools_counts_open_seconds_sum{args=\"a\",flags=\"0x1\",mode=\"0001\",uid=\"1\"} "
		"9223372036854.775807");
	finish(&play);
}

static void labels_of_strangers(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "sizes", "");
	feed(&play, "#report\t1\n"
		    "\ta\"b\\\\c\\nd\tbytes 1 1 0:1\n"               /* quote, backslash, newline */
		    "\t\xc3\xa4\xff\xe2\x82\x1b[2J\tbytes 1 1 0:1\n" /* broken UTF-8, ESC */
		    "\t\xe2\x80\xa8\\0\tbytes 1 1 0:1\n"             /* U+2028, NUL */
		    "\t\\?\tbytes 1 1 0:1\n\tcut\\+\tbytes 1 1 0:1\n\t\tbytes 1 1 0:1\n#end\n");
	has_line(SIZE "_count{comm=\"a\\\"b\\\\c\\nd\"} 1");
	has_line(SIZE
		 "_count{comm=\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd[2J\"} 1");
	has_line(SIZE "_count{comm=\"\xef\xbf\xbd\xef\xbf\xbd\"} 1");
	has_line(SIZE "_count{comm=\"?\"} 1");
	has_line(SIZE "_count{comm=\"cut...\"} 1");
	has_line(SIZE "_count{comm=\"\"} 1");
	finish(&play);
}

/* Labels that are the same when they are written are one series. */
static void labels_that_become_the_same(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "sizes", "");
	feed(&play, "#report\t1\n\t\xff\tbytes 1 1 0:1\n\t\xfe\tbytes 1 1 0:1\n#end\n"
		    "#lost\t3\ta\xff\n#lost\t4\ta\xfe\n#report\t2\n#end\n");
	has_line(SIZE "_count{comm=\"\xef\xbf\xbd\"} 2");
	has_line("lwtools_uncounted_events_total{tool=\"sizes\",reason=\"a\xef\xbf\xbd\"} 7");
	finish(&play);
}

static void too_many_labels(void **state)
{
	struct play play;
	char text[64];
	int i;

	(void)state;
	begin(&play, "sizes", "");
	feed(&play, "#report\t1\n");
	for (i = 0; i < LW_METRICS_SETS + 5; i++) {
		snprintf(text, sizeof(text), "\tp%d\tbytes 1 1 0:1\n", i);
		feed(&play, text);
	}
	/* Sets that are there go on, and a process named "other" joins the set "other". */
	feed(&play, "\tp0\tbytes 1 1 0:1\n\tother\tbytes 1 1 0:1\n#end\n");
	has_line(SIZE "_count{comm=\"p0\"} 2");
	has_line(SIZE "_count{comm=\"p199\"} 1");
	has_line(SIZE "_count{comm=\"other\"} 6");
	has_line("lwtools_other_records_total{tool=\"sizes\"} 5");
	has_not("p200");
	finish(&play);
}

/* An earlier set with the name "other" is the set "other" from then on. */
static void other_was_there_before(void **state)
{
	struct play play;
	char text[64];
	int i;

	(void)state;
	begin(&play, "sizes", "");
	feed(&play, "#report\t1\n\tother\tbytes 1 1 0:1\n");
	for (i = 0; i < LW_METRICS_SETS; i++) {
		snprintf(text, sizeof(text), "\tp%d\tbytes 1 1 0:1\n", i);
		feed(&play, text);
	}
	feed(&play, "#end\n");
	has_line(SIZE "_count{comm=\"other\"} 2");
	has_line("lwtools_other_records_total{tool=\"sizes\"} 1");
	finish(&play);
}

/* A metric has one unit, and one that is not known has no bounds. */
static void units_that_do_not_fit(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "sizes", "");
	feed(&play, "#report\t1\n\ta\tpages 1 1 0:1\n\ta\tbytes 1 1 0:1\n\ta\tkbytes 1 1 0:1\n"
		    "\ta\tbyte 1 1 0:1\n#end\n");
	has_line(SIZE "_count{comm=\"a\"} 1");
	assert_int_equal(lw_metrics_unfit(play.metrics), 3);
	finish(&play);
}

/* These are there before the first report, to show that the tool runs. */
static void every_tool(void **state)
{
	struct play play;
	char *bytes, *start;
	long long sec;

	(void)state;
	begin(&play, "sizes", "");
	bytes = file_read(path, NULL);
	start = strstr(bytes, "\nlwtools_start_time_seconds{tool=\"sizes\"} ");
	assert_non_null(start);
	sec = atoll(strchr(start, ' '));
	assert_in_range(sec, time(NULL) - 60, time(NULL));
	memmove(strchr(start, ' '), strchr(start + 1, '\n'), strlen(strchr(start + 1, '\n')) + 1);
	assert_string_equal(
		bytes,
		"# HELP lwtools_up 1 while lwload runs the tool.\n# TYPE lwtools_up gauge\n"
		"lwtools_up{tool=\"sizes\"} 1\n"
		"# HELP lwtools_info 1, labelled with the version of the tool and its kernel.\n"
		"# TYPE lwtools_info gauge\n"
		"lwtools_info{tool=\"sizes\",version=\"1.2\",kernel=\"" RELEASE "\"} 1\n"
		"# HELP lwtools_start_time_seconds When the probes were in place; the counts of "
		"the tool begin then.\n# TYPE lwtools_start_time_seconds gauge\n"
		"lwtools_start_time_seconds{tool=\"sizes\"}\n"
		"# HELP lwtools_lost_records_total Records that did not arrive, so far as is "
		"known.\n# TYPE lwtools_lost_records_total counter\n"
		"lwtools_lost_records_total{tool=\"sizes\"} 0\n"
		"# HELP lwtools_missed_calls_total Calls that the tool did not see, so far as is "
		"known.\n# TYPE lwtools_missed_calls_total counter\n"
		"lwtools_missed_calls_total{tool=\"sizes\"} 0\n"
		"# HELP lwtools_other_records_total Records added up as other, since there are "
		"too many sets of labels.\n# TYPE lwtools_other_records_total counter\n"
		"lwtools_other_records_total{tool=\"sizes\"} 0\n");
	free(bytes);
	finish(&play);
}

static void losses(void **state)
{
	struct play play;

	(void)state;
	begin(&play, "sizes", "");
	play.loss = (struct lw_loss){ .lost = 12, .missed = 345 };
	feed(&play, "#lost\t6\tno room\n#lost\t7\ttoo late\n#lost\t1\tno room\n");
	feed(&play, "#report\t1\n#end\n");
	has_line("lwtools_lost_records_total{tool=\"sizes\"} 12");
	has_line("lwtools_missed_calls_total{tool=\"sizes\"} 345");
	has_line("lwtools_uncounted_events_total{tool=\"sizes\",reason=\"no room\"} 7");
	has_line("lwtools_uncounted_events_total{tool=\"sizes\",reason=\"too late\"} 7");
	finish(&play);
}

/* ---- the file's place ---- */

static int open_file(const char *name, bool wait, struct lw_promfile **file, char **text)
{
	struct capture err;
	int result;

	capture_begin(&err, 2);
	result = lw_promfile_open("x", dir, name, wait, file);
	*text = capture_end(&err, NULL);
	return result;
}

static struct lw_promfile *is_taken(const char *name)
{
	struct lw_promfile *file;
	char *text;

	needs_root();
	assert_int_equal(open_file(name, false, &file, &text), 0);
	assert_string_equal(text, "");
	free(text);
	return file;
}

/* The file is refused by one line that has this message, and stays as it is. */
static void is_refused(const char *name, const char *message)
{
	struct lw_promfile *file;
	char *text;

	needs_root();
	assert_true(open_file(name, false, &file, &text) < 0);
	if (!strstr(text, message))
		fail_msg("no \"%s\" in: %s", message, text);
	assert_memory_equal(text, "lwload: x: ", 11);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	lw_promfile_close(file);
}

static void names(void **state)
{
	(void)state;
	assert_true(lw_promfile_name_ok("x.prom"));
	assert_true(lw_promfile_name_ok("/a.b/c/x.prom"));
	assert_false(lw_promfile_name_ok(""));
	assert_false(lw_promfile_name_ok(".prom"));
	assert_false(lw_promfile_name_ok("/a/.prom"));
	assert_false(lw_promfile_name_ok("/a.prom/x"));
	assert_false(lw_promfile_name_ok("x.prom.new"));
	assert_false(lw_promfile_name_ok("x.PROM"));
}

static void put(struct lw_promfile *file, const char *text)
{
	assert_int_equal(lw_promfile_replace(file, text, strlen(text)), 0);
}

static void holds(const char *text)
{
	char *bytes = file_read(path, NULL);

	assert_string_equal(bytes, text);
	free(bytes);
}

static int entries(void)
{
	char command[4200];
	FILE *pipe;
	int n;

	snprintf(command, sizeof(command), "ls -A %s | grep -vc '^run$'", dir);
	pipe = popen(command, "r");
	assert_int_equal(fscanf(pipe, "%d", &n), 1);
	pclose(pipe);
	return n;
}

static void replaced(void **state)
{
	struct lw_promfile *file;
	struct stat st;

	(void)state;
	umask(077);
	file = is_taken(path);
	assert_int_equal(entries(), 0);
	put(file, "one\n");
	holds("one\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	put(file, "two\nthree\n");
	holds("two\nthree\n");
	assert_int_equal(entries(), 1);
	assert_false(lw_promfile_failed(file));
	assert_int_equal(lw_promfile_remove(file), 0);
	assert_int_equal(entries(), 0);
	/* The file may have gone already. */
	assert_int_equal(lw_promfile_remove(file), 0);
	lw_promfile_close(file);
}

/* But for a lock that is not waited for, which a run keeps to its end. */
static void all_that_was_opened_is_closed(void **state)
{
	struct lw_promfile *file;
	int before = descriptors();
	char *text;

	(void)state;
	needs_root();
	assert_int_equal(open_file(path, true, &file, &text), 0);
	put(file, "one\n");
	lw_promfile_close(file);
	assert_int_equal(descriptors(), before);
	free(text);
}

/* The sanitizer looks. */
static void as_many_fields_as_a_tool_may_have(void **state)
{
	struct play play;
	int i;

	(void)state;
	begin(&play, "wide", "");
	feed(&play, "#report\t1\n");
	for (i = 1; i < LW_MAX_FIELDS; i++)
		feed(&play, "usecs 1 1 0:1\t");
	feed(&play, "usecs 1 1 0:1\n#end\n");
	lw_metrics_end(play.metrics);
	lw_metrics_close(play.metrics);
	lw_stream_free(play.stream);
}

/* A killed run leaves its file, and perhaps a new one that is not complete. */
static void after_a_killed_run(void **state)
{
	struct lw_promfile *file;
	char temp[4200];

	(void)state;
	snprintf(temp, sizeof(temp), "%s.new", path);
	file_write(path, "# HELP lwtools_up 1\n", 20);
	file_write(temp, "half", 4);
	file = is_taken(path);
	holds("# HELP lwtools_up 1\n");
	put(file, "new\n");
	holds("new\n");
	assert_int_equal(entries(), 1);
	lw_promfile_close(file);
}

static void places_that_are_refused(void **state)
{
	char target[4200];

	(void)state;
	needs_another_user();
	snprintf(target, sizeof(target), "%s/target", dir);
	file_write(target, "safe", 4);
	assert_int_equal(symlink(target, path), 0);
	is_refused(path, "it is a symbolic link; remove it");
	unlink(path);
	assert_int_equal(mkdir(path, 0755), 0);
	is_refused(path, "it is not a regular file");
	rmdir(path);
	assert_int_equal(mkfifo(path, 0644), 0);
	is_refused(path, "it is not a regular file");
	unlink(path);
	file_write(path, "# HELP node_x 1\n", 16);
	is_refused(path, "it is there, but lwload did not write it; name another file");
	holds("# HELP node_x 1\n");
	file_write(path, "# HELP lwtools_up 1\n", 20);
	assert_int_equal(chown(path, 65534, 65534), 0);
	is_refused(path, "it belongs to another user; remove it");
}

static void directories_that_are_refused(void **state)
{
	char link[4200], in_link[4300], none[4200];

	(void)state;
	needs_another_user();
	snprintf(none, sizeof(none), "%s/none/x.prom", dir);
	is_refused(none, "cannot open the directory of ");
	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(in_link, sizeof(in_link), "%s/x.prom", link);
	assert_int_equal(symlink(dir, link), 0);
	is_refused(in_link, "a symbolic link leads there");
	assert_int_equal(chmod(dir, 0775), 0);
	is_refused(path, "others may write to its directory; name one of root's");
	assert_int_equal(chmod(dir, 01777), 0);
	is_refused(path, "others may write to its directory");
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chown(dir, 65534, 65534), 0);
	is_refused(path, "its directory belongs to another user; name one of root's");
}

/* The directory is below one of user prometheus, as Debian's is. */
static void directory_in_anothers(void **state)
{
	char below[4200];
	struct lw_promfile *file;

	(void)state;
	needs_another_user();
	snprintf(below, sizeof(below), "%s/node-exporter", dir);
	assert_int_equal(mkdir(below, 0755), 0);
	assert_int_equal(chown(dir, 65534, 65534), 0);
	snprintf(below, sizeof(below), "%s/node-exporter/x.prom", dir);
	/* The lock is in another directory. */
	tree_text(dir, "run/x", "");
	file = is_taken(below);
	put(file, "x\n");
	lw_promfile_close(file);
}

static int as_nobody(void *arg)
{
	struct lw_promfile *file;
	int err;

	(void)arg;
	if (setresuid(65534, 65534, 65534))
		return 97;
	err = lw_promfile_open("x", dir, path, false, &file);
	lw_promfile_close(file);
	return err ? 1 : 0;
}

static void not_root(void **state)
{
	struct outcome outcome;

	(void)state;
	needs_another_user();
	assert_int_equal(chown(dir, 65534, 65534), 0);
	in_child(as_nobody, NULL, &outcome);
	assert_int_equal(outcome.code, 1);
	assert_has(outcome.err, "only root may write files of metrics; try sudo");
	outcome_free(&outcome);
}

/* Another process writes the file until @told is closed. */
static pid_t written_elsewhere(int *told)
{
	struct lw_promfile *file;
	int pipes[2], ends[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(pipes) | pipe(ends), 0);
	pid = fork();
	if (!pid) {
		if (lw_promfile_open("x", dir, path, false, &file) || write(pipes[1], "x", 1) != 1)
			_exit(1);
		close(ends[1]);
		_exit(read(ends[0], &c, 1) < 0);
	}
	close(pipes[1]);
	close(ends[0]);
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(pipes[0]);
	*told = ends[1];
	return pid;
}

/* A second lwload for a file is refused, by any path of that file. */
static void another_lwload(void **state)
{
	struct lw_promfile *file;
	char other[4200], *text;
	int told;
	pid_t pid;

	(void)state;
	needs_root();
	pid = written_elsewhere(&told);
	is_refused(path, "another lwload writes it; name another file");
	snprintf(other, sizeof(other), "%s/./lwtools-x.prom", dir);
	is_refused(other, "another lwload writes it");
	snprintf(other, sizeof(other), "%s/lwtools-y.prom", dir);
	lw_promfile_close(is_taken(other));
	/* When asked to, lwload waits for the other's end. */
	close(told);
	assert_int_equal(open_file(path, true, &file, &text), 0);
	free(text);
	lw_promfile_close(file);
	waitpid(pid, NULL, 0);
}

static void a_full_disk(void **state)
{
	static char large[2000];
	struct rlimit limit, none;
	struct lw_promfile *file;
	struct capture err;
	char *text;

	(void)state;
	file = is_taken(path);
	put(file, "old\n");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &none);
	limit = none;
	/* Messages on stderr go to a file as well. */
	limit.rlim_cur = 1000;
	capture_begin(&err, 2);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(lw_promfile_replace(file, large, sizeof(large)), -EFBIG);
	/* The second failure prints nothing. */
	assert_int_equal(lw_promfile_replace(file, large, sizeof(large)), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &none);
	text = capture_end(&err, NULL);
	assert_has(text, "x: cannot write to ");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	holds("old\n");
	assert_int_equal(entries(), 1);
	/* When there is room again, the file is written again. */
	put(file, "new\n");
	holds("new\n");
	assert_true(lw_promfile_failed(file));
	lw_promfile_close(file);
}

/* If somebody moves the directory, the file is still written in it. */
static void moved_meanwhile(void **state)
{
	struct lw_promfile *file = is_taken(path);
	char moved[4200];

	(void)state;
	snprintf(moved, sizeof(moved), "%s.moved", dir);
	assert_int_equal(rename(dir, moved), 0);
	assert_int_equal(symlink("/nowhere", dir), 0);
	put(file, "x\n");
	unlink(dir);
	assert_int_equal(rename(moved, dir), 0);
	holds("x\n");
	lw_promfile_close(file);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(sizes),
		FRESH(bounds_of_times),
		FRESH(values_above_all_bounds),
		FRESH(milliseconds),
		FRESH(reports_are_added_up),
		FRESH(pids_are_no_labels),
		FRESH(counters),
		FRESH(counts_have_an_end),
		FRESH(labels_of_strangers),
		FRESH(labels_that_become_the_same),
		FRESH(too_many_labels),
		FRESH(other_was_there_before),
		FRESH(units_that_do_not_fit),
		FRESH(every_tool),
		FRESH(losses),
		FRESH(names),
		FRESH(replaced),
		FRESH(all_that_was_opened_is_closed),
		FRESH(as_many_fields_as_a_tool_may_have),
		FRESH(after_a_killed_run),
		FRESH(places_that_are_refused),
		FRESH(directories_that_are_refused),
		FRESH(directory_in_anothers),
		FRESH(not_root),
		FRESH(another_lwload),
		FRESH(a_full_disk),
		FRESH(moved_meanwhile),
	};

	leaks_in_children_only();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
