// SPDX-License-Identifier: GPL-2.0-only
/* test_render.c - protocol text in, table or JSON out, byte for byte */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "text/render.h"
#include "text/stream.h"
#include "helper.h"

static const char *const names[] = { "opensnoop", "execsnoop", "killsnoop" };
static struct lw_tool *tools[COUNT(names)];

static int setup(void **state)
{
	size_t i;

	(void)state;
	/* Table times are local: a zone with an odd offset shows that. */
	setenv("TZ", "XXX-05:30", 1);
	for (i = 0; i < COUNT(names); i++)
		tools[i] = tool_of(names[i]);
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static int teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		lw_tool_free(tools[i]);
	return 0;
}

/* Tools that write reports, distributions or both */
static const struct lw_tool made_up[] = {
	{
		.name = "latency",
		.nfields = 6,
		.fields = {
			{ "time", LW_TIME, 0, 'T', "", false }, { "disk", LW_STR, 8, 'D', "", false },
			{ "flags", LW_HEX, 0, 'F', "", false }, { "worst", LW_MSEC, 0, 'F', "", false },
			{ "args", LW_ARGS, 0, 'D', "", false }, { "latency", LW_DIST, 0, 0, "", false },
		},
		.noptions = 1,
		.options = { { "interval", 'i', "N", "", "-i" } },
	},
	/* Rows at once, and a distribution at the end */
	{
		.name = "closes",
		.nfields = 4,
		.fields = {
			{ "time", LW_TIME, 0, 'T', "", false }, { "comm", LW_STR, 8, 0, "", false },
			{ "ms", LW_MSEC, 10, 0, "", false }, { "duration", LW_DIST, 0, 0, "", false },
		},
	},
	/* Rows in reports */
	{
		.name = "counts",
		.nfields = 3,
		.fields = {
			{ "time", LW_TIME, 0, 0, "", false }, { "pid", LW_INT, 7, 0, "", false },
			{ "count", LW_INT, 8, 0, "", false },
		},
		.noptions = 1,
		.options = { { "interval", 'i', "N", "", "-i" } },
	},
	{
		.name = "two",
		.nfields = 4,
		.fields = {
			{ "time", LW_TIME, 0, 'T', "", false }, { "read", LW_DIST, 0, 0, "", false },
			{ "write", LW_DIST, 0, 0, "", false }, { "fd", LW_INT, 0, 0, "", false },
		},
		.noptions = 1,
		.options = { { "interval", 'i', "N", "", "-i" } },
	},
};

static const struct lw_tool *find_tool(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(made_up); i++)
		if (!strcmp(made_up[i].name, name))
			return &made_up[i];
	for (i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i], name))
			return tools[i];
	abort();
}

static void feed(struct lw_stream *stream, struct lw_render *r, const char *text)
{
	size_t len = strlen(text);
	int item, err = 0;

	while ((item = lw_stream_next(stream, &text, &len))) {
		assert_true(item > 0);
		if (item == LW_RECORD)
			err = lw_render_record(r, lw_stream_values(stream));
		else if (item == LW_REPORT)
			err = lw_render_report(r, lw_stream_time(stream));
		else
			lw_render_end(r);
		assert_int_equal(err, 0);
	}
}

static void feed_header(struct lw_stream *stream, const struct lw_tool *tool)
{
	static const char *const types[] = { "time", "int", "hex",  "oct",
					     "msec", "str", "args", "dist" };
	char text[1024];
	int i, n = snprintf(text, sizeof(text), "#lwtools\t1\t%s", tool->name);

	for (i = 0; i < tool->nfields - tool->nmore; i++)
		n += snprintf(text + n, sizeof(text) - n, "\t%s=%s", tool->fields[i].name,
			      types[tool->fields[i].type]);
	snprintf(text + n, sizeof(text) - n, "\n");
	feed(stream, NULL, text);
}

/* The fields that a test chooses; those of the tool if there are none */
static struct lw_columns chosen;

/* The output of a test's one printer, to stdout */
static struct lw_output *output;

static struct lw_render *render_new(const struct lw_tool *tool, bool json, const bool *given)
{
	static const struct lw_output_options to_stdout;
	struct lw_render *r;

	assert_int_equal(lw_output_open(tool->name, &to_stdout, &output), 0);
	r = lw_render_new(tool, json, given, &chosen, output);
	assert_non_null(r);
	return r;
}

static void render_free(struct lw_render *r)
{
	lw_render_free(r);
	lw_output_close(output);
}

/* Returns the output for these lines; @letters: the options in use. */
static char *render(const struct lw_tool *tool, bool json, const char *letters, const char *lines)
{
	bool given[128] = { false };
	struct lw_render *r;
	struct lw_stream *stream;
	struct capture out;
	int err;

	for (; *letters; letters++)
		given[(int)*letters] = true;
	r = render_new(tool, json, given);
	stream = lw_stream_new(tool);
	feed_header(stream, tool);
	lw_render_start(r);
	feed(stream, r, lines);
	assert_int_equal(lw_stream_bad(stream), 0);
	capture_begin(&out, 1);
	err = lw_render_flush(r);
	lw_stream_free(stream);
	render_free(r);
	lines = capture_end(&out, NULL);
	assert_int_equal(err, 0);
	return (char *)lines;
}

struct row {
	const char *name;
	const char *tool;
	bool json;
	const char *letters;
	const char *lines;
	const char *want;
};

#define OPEN_HEAD "   UID     PID COMM               FD  ERR PATH\n"
#define OPEN_JSON(path)                                                           \
	"{\"time\":null,\"uid\":0,\"pid\":1,\"comm\":\"cat\",\"fd\":3,\"err\":0," \
	"\"flags\":null,\"mode\":null,\"path\":" path
#define EXEC_JSON(args)                                                            \
	"{\"time\":null,\"uid\":0,\"pid\":2,\"ppid\":1,\"comm\":\"ls\",\"ret\":0," \
	"\"args\":" args

#define BAD "\xef\xbf\xbd" /* U+FFFD */

#define WHEN "1700000000123456789"
#define REPORT "#report\t" WHEN "\n"
#define CLOCK "03:43:20.123\n"
#define COUNTS "    PID    COUNT\n"
#define CLOSES "COMM             MS\n"
#define CLOSES_T "TIME         COMM             MS\n"
#define CLOSES_JSON(ms) "{\"time\":null,\"comm\":\"a\",\"ms\":" ms ",\"duration\":null}\n"
#define S0 "                                        "
#define S13 "*************                           "
#define S20 "********************                    "
#define S40 "****************************************"
#define HIST(unit) "     " unit "              : count    distribution\n"
#define ONE HIST("usecs ") ONE_BAR
#define ONE_MS HIST("msecs ") ONE_BAR
#define ONE_BAR "         0 -> 1          : 1        |" S40 "|\n\n"

static const struct row rows[] = {
	/* ---- tables ---- */
	{ "opensnoop: heading only", "opensnoop", false, "", "", OPEN_HEAD },
	{ "opensnoop", "opensnoop", false, "",
	  "\t0\t1\tsystemd\t12\t0\t\t\t/etc/passwd\n\t1000\t4194304\tcat\t-1\t2\t\t\t/nowhere\n",
	  OPEN_HEAD "     0       1 systemd            12    0 /etc/passwd\n"
		    "  1000 4194304 cat                -1    2 /nowhere\n" },
	{ "opensnoop: time, flags and mode with their options", "opensnoop", false, "Te",
	  "1700000000123456789\t0\t1\tcat\t3\t0\t557377\t384\ta\n",
	  "TIME            UID     PID COMM               FD  ERR     FLAGS  MODE PATH\n"
	  "03:43:20.123      0       1 cat                 3    0   0x88141  0600 a\n" },
	{ "times of other days than the first have their date", "opensnoop", false, "T",
	  "1700000000123456789\t0\t1\tcat\t3\t0\t0\t0\ta\n"
	  "1700072999999000000\t0\t1\tcat\t3\t0\t0\t0\ta\n"
	  "1700073000000000000\t0\t1\tcat\t3\t0\t0\t0\ta\n"
	  "1699986599000000000\t0\t1\tcat\t3\t0\t0\t0\ta\n",
	  "TIME            UID     PID COMM               FD  ERR PATH\n"
	  "03:43:20.123      0       1 cat                 3    0 a\n"
	  "23:59:59.999      0       1 cat                 3    0 a\n"
	  "2023-11-16T00:00:00.000      0       1 cat                 3    0 a\n"
	  "2023-11-14T23:59:59.000      0       1 cat                 3    0 a\n" },
	{ "report on another day", "counts", false, "",
	  REPORT "#end\n#report\t1700073000000000000\n#end\n",
	  CLOCK "\n2023-11-16T00:00:00.000\n" },
	{ "opensnoop: other options bring no column", "opensnoop", false, "pxF",
	  "1\t0\t1\tcat\t3\t0\t1\t2\ta\n",
	  OPEN_HEAD "     0       1 cat                 3    0 a\n" },
	{ "execsnoop", "execsnoop", false, "",
	  "\t0\t12\t1\tls\t0\tls\\0-l\\0/tmp\n\t65534\t7\t6\tsh\t-2\t\\?\n",
	  "   UID     PID    PPID COMM              RET ARGS\n"
	  "     0      12       1 ls                  0 ls -l /tmp\n"
	  " 65534       7       6 sh                 -2 ?\n" },
	{ "killsnoop: the last column is a number", "killsnoop", false, "T",
	  "1700000000999999999\t0\t12\tkill\t15\t-1\t-3\n",
	  "TIME            UID     PID COMM              SIG    TPID  RESULT\n"
	  "03:43:20.999      0      12 kill               15      -1      -3\n" },
	{ "numbers missing", "killsnoop", false, "", "\t\t\tkill\t\t\t\n",
	  "   UID     PID COMM              SIG    TPID  RESULT\n"
	  "     -       - kill                -       -       -\n" },
	{ "values wider than their columns", "killsnoop", false, "",
	  "\t12345678\t1\ta23456789012345678\t1\t2\t3\n",
	  "   UID     PID COMM              SIG    TPID  RESULT\n"
	  "12345678       1 a23456789012345678    1       2       3\n" },
	{ "empty name", "opensnoop", false, "", "\t0\t1\t\t3\t0\t\t\t\n",
	  OPEN_HEAD "     0       1                     3    0 \n" },
	{ "unreadable name", "opensnoop", false, "", "\t0\t1\tcat\t-1\t14\t\t\t\\?\n",
	  OPEN_HEAD "     0       1 cat                -1   14 ?\n" },
	{ "cut name", "opensnoop", false, "", "\t0\t1\tcat\t3\t0\t\t\t/long\\+\n",
	  OPEN_HEAD "     0       1 cat                 3    0 /long...\n" },
	{ "characters of several bytes take one column", "opensnoop", false, "",
	  "\t0\t1\t\xc3\xa9t\xc3\xa9\t3\t0\t\t\t\xe2\x82\xac \xf0\x9f\xa9\xba\n",
	  OPEN_HEAD "     0       1 \xc3\xa9t\xc3\xa9                 3    0 "
		    "\xe2\x82\xac \xf0\x9f\xa9\xba\n" },
	{ "wide characters take two", "opensnoop", false, "",
	  "\t0\t1\t日本語\t3\t0\t\t\ta\n\t0\t1\t가ｗ😀ab\t3\t0\t\t\ta\n"
	  "\t0\t1\t日本語日本語日本\t3\t0\t\t\ta\n",
	  OPEN_HEAD "     0       1 日本語              3    0 a\n"
		    "     0       1 가ｗ😀ab            3    0 a\n"
		    "     0       1 日本語日本語日本    3    0 a\n" },
	/* An acute accent, a vowel point, two joiners, a syllable of three letters */
	{ "characters that combine take none", "opensnoop", false, "",
	  "\t0\t1\te\u0301\t3\t0\t\t\ta\n\t0\t1\t\u05d0\u05b8\t3\t0\t\t\ta\n"
	  "\t0\t1\ta\u200db\u200b\t3\t0\t\t\ta\n"
	  "\t0\t1\t\u1112\u1161\u11ab\t3\t0\t\t\ta\n",
	  OPEN_HEAD "     0       1 e\u0301                   3    0 a\n"
		    "     0       1 \u05d0\u05b8                   3    0 a\n"
		    "     0       1 a\u200db\u200b                  3    0 a\n"
		    "     0       1 \u1112\u1161\u11ab                  3    0 a\n" },
	{ "half a wide character", "opensnoop", false, "", "\t0\t1\t日\xe6\x9c\t3\t0\t\t\ta\n",
	  OPEN_HEAD "     0       1 日\\xe6\\x9c          3    0 a\n" },
	{ "control bytes", "opensnoop", false, "",
	  "\t0\t1\t\\x1b[2J\t3\t0\t\t\ta\\tb\\nc\\rd\\0e\\x07\\x7f\\\\\n",
	  OPEN_HEAD
	  "     0       1 \\x1b[2J             3    0 a\\tb\\nc\\rd\\x00e\\x07\\x7f\\\\\n" },
	{ "C1", "opensnoop", false, "",
	  "\t0\t1\tx\t3\t0\t\t\t\xc2\x9b"
	  "2J\\x9b"
	  "2J\n",
	  OPEN_HEAD "     0       1 x                   3    0 \\x9b2J\\x9b2J\n" },
	{ "no UTF-8", "opensnoop", false, "",
	  "\t0\t1\tx\t3\t0\t\t\t\xff|\xc3|\xe2\x82|\xc0\xaf|\xe0\x80\xaf|\xed\xa0\x80|"
	  "\xf4\x90\x80\x80|\xf8\x88\x80\x80\x80|\x80\n",
	  OPEN_HEAD "     0       1 x                   3    0 "
		    "\\xff|\\xc3|\\xe2\\x82|\\xc0\\xaf|\\xe0\\x80\\xaf|\\xed\\xa0\\x80|"
		    "\\xf4\\x90\\x80\\x80|\\xf8\\x88\\x80\\x80\\x80|\\x80\n" },
	{ "characters that turn a line around", "opensnoop", false, "",
	  "\t0\t1\tx\t3\t0\t\t\t\xd8\x9c|\xe2\x80\x8e|\xe2\x80\x8f|\xe2\x80\xa8|\xe2\x80\xaa|"
	  "\xe2\x80\xae|\xe2\x81\xa6|\xe2\x81\xa9\n",
	  OPEN_HEAD "     0       1 x                   3    0 \\u061c|\\u200e|\\u200f|\\u2028|"
		    "\\u202a|\\u202e|\\u2066|\\u2069\n" },
	{ "their neighbours are printed", "opensnoop", false, "",
	  "\t0\t1\tx\t3\t0\t\t\t\xc2\xa0|\xe2\x80\x90|\xe2\x80\xa7|\xe2\x80\xaf|\xe2\x81\xaa~\n",
	  OPEN_HEAD "     0       1 x                   3    0 "
		    "\xc2\xa0|\xe2\x80\x90|\xe2\x80\xa7|\xe2\x80\xaf|\xe2\x81\xaa~\n" },
	{ "escapes in arguments", "execsnoop", false, "",
	  "\t0\t2\t1\tls\t0\tls\\0\\x1b]0;\\x07\\+\n",
	  "   UID     PID    PPID COMM              RET ARGS\n"
	  "     0       2       1 ls                  0 ls \\x1b]0;\\x07...\n" },
	{ "octal and hexadecimal", "opensnoop", false, "e",
	  "\t0\t1\tx\t3\t0\t0\t0\ta\n\t0\t1\tx\t3\t0\t-1\t2541\ta\n",
	  "   UID     PID COMM               FD  ERR     FLAGS  MODE PATH\n"
	  "     0       1 x                   3    0       0x0  0000 a\n"
	  "     0       1 x                   3    0 0xffffffffffffffff  4755 a\n" },

	/* ---- milliseconds ---- */
	{ "milliseconds", "closes", false, "",
	  "\ta\t12345678\t\n\tb\t999\t\n\tc\t1000\t\n\td\t0\t\n\te\t\t\n",
	  CLOSES "a            12.345\nb             0.000\nc             0.001\n"
		 "d             0.000\ne                 -\n" },
	{ "milliseconds wider than their column", "closes", false, "",
	  "\ta\t9223372036854775807\t\n", CLOSES "a        9223372036854.775\n" },
	{ "milliseconds below 0", "closes", false, "",
	  "\ta\t-1\t\n\tb\t-12345678\t\n\tc\t-9223372036854775808\t\n",
	  CLOSES "a            -0.000\nb           -12.345\nc        -9223372036854.775\n" },
	{ "milliseconds are as wide as their name", "latency", false, "F",
	  REPORT "\t\t\t1000000\t\t\n", CLOCK "FLAGS WORST\n    - 1.000\n" },
	{ "JSON milliseconds", "closes", true, "",
	  "\ta\t12345678\t\n\ta\t-1\t\n\ta\t9223372036854775807\t\n\ta\t\t\n",
	  CLOSES_JSON("12.345") CLOSES_JSON("-0.000") CLOSES_JSON("9223372036854.775")
		  CLOSES_JSON("null") },

	/* ---- distributions ---- */
	{ "distribution", "latency", false, "", "\t\t\t\t\tusecs 12 345 0:3 8:9\n",
	  HIST("usecs ") "         0 -> 1          : 3        |" S13 "|\n"
			 "         2 -> 3          : 0        |" S0 "|\n"
			 "         4 -> 7          : 0        |" S0 "|\n"
			 "         8 -> 15         : 9        |" S40 "|\n\n" },
	{ "distribution from a higher bucket on", "latency", false, "",
	  "\t\t\t\t\tkbytes 4 345 16:1000 32:500\n",
	  HIST("kbytes") "         0 -> 1          : 0        |" S0 "|\n"
			 "         2 -> 3          : 0        |" S0 "|\n"
			 "         4 -> 7          : 0        |" S0 "|\n"
			 "         8 -> 15         : 0        |" S0 "|\n"
			 "        16 -> 31         : 1000     |" S40 "|\n"
			 "        32 -> 63         : 500      |" S20 "|\n\n" },
	{ "counts wider than their column", "latency", false, "",
	  "\t\t\t\t\tmsecs 1 1 0:4611686018427387904 2:9223372036854775807\n",
	  HIST("msecs ") "         0 -> 1          : 4611686018427387904 |" S20 "|\n"
			 "         2 -> 3          : 9223372036854775807 |" S40 "|\n\n" },
	{ "long unit", "latency", false, "", "\t\t\t\t\tabcdefghijklmnopqrstuvwxyz 1 1 0:1\n",
	  "     abcdefghijklmnopqrstuvwxyz : count    distribution\n" ONE_BAR },
	{ "names before a distribution", "latency", false, "TDF",
	  WHEN "\tsda\t255\t12345678\tls\\0-l\tusecs 1 1 0:1\n",
	  "disk = sda, flags = 0xff, worst = 12.345, args = ls -l\n" ONE },
	{ "names whose option is off", "latency", false, "F",
	  "\tsda\t255\t1000\tls\tusecs 1 1 0:1\n", "flags = 0xff, worst = 0.001\n" ONE },
	{ "names that are empty", "latency", false, "DF", "\t\t\t0\t\tusecs 1 1 0:1\n",
	  "worst = 0.000\n" ONE },
	{ "names unreadable, cut and dangerous", "latency", false, "D",
	  "\t\\?\t\t\t\\x1b[2J\\+\tusecs 1 1 0:1\n\t\\+\t\t\t\tusecs 1 1 0:1\n",
	  "disk = ?, args = \\x1b[2J...\n" ONE "disk = ...\n" ONE },
	{ "two records with a distribution", "latency", false, "D",
	  "\tsda\t\t\t\tusecs 1 1 0:1\n\tsdb\t\t\t\tusecs 1 1 0:1\n",
	  "disk = sda\n" ONE "disk = sdb\n" ONE },
	{ "no distribution and no column", "latency", false, "", "\tsda\t\t\t\t\n", "" },
	{ "two distributions have names", "two", false, "",
	  "\tusecs 1 1 0:1\tusecs 1 1 0:1\t3\n\t\tusecs 1 1 0:1\t\n",
	  "fd = 3\nread\n" ONE "write\n" ONE "write\n" ONE },
	{ "rows, then a distribution", "closes", false, "",
	  "\tcat\t1000000\t\n\tcat\t2000000\t\n\t\t\tmsecs 1 1 0:1\n",
	  CLOSES "cat           1.000\ncat           2.000\n\n" ONE_MS },
	{ "no row, a distribution", "closes", false, "", "\t\t\tmsecs 1 1 0:1\n",
	  CLOSES "\n" ONE_MS },
	{ "rows after a distribution", "closes", false, "",
	  "\tcat\t1000000\tmsecs 1 1 0:1\n\tcat\t2000000\t\n\tcat\t3000000\t\n",
	  CLOSES "\ncomm = cat, ms = 1.000\n" ONE_MS "cat           2.000\n"
		 "cat           3.000\n" },
	{ "JSON distribution", "closes", true, "",
	  "\tcat\t\tusecs 12 345 0:3 4:9 9223372036854775808:9223372036854775807\n"
	  "\tcat\t\tusecs 1 -5 2:1\n",
	  "{\"time\":null,\"comm\":\"cat\",\"ms\":null,\"duration\":{\"unit\":\"usecs\",\"count\":12,"
	  "\"sum\":345,\"buckets\":[{\"low\":0,\"high\":1,\"count\":3},"
	  "{\"low\":4,\"high\":7,\"count\":9},{\"low\":9223372036854775808,"
	  "\"high\":18446744073709551615,\"count\":9223372036854775807}]}}\n"
	  "{\"time\":null,\"comm\":\"cat\",\"ms\":null,\"duration\":{\"unit\":\"usecs\",\"count\":1,"
	  "\"sum\":-5,\"buckets\":[{\"low\":2,\"high\":3,\"count\":1}]}}\n" },
	{ "JSON of a field whose option is off", "latency", true, "", "\tsda\t1\t\ta\t\n",
	  "{\"time\":null,\"disk\":\"sda\",\"flags\":1,\"worst\":null,\"args\":[\"a\"],"
	  "\"latency\":null}\n" },

	/* ---- reports ---- */
	{ "no report, no heading", "counts", false, "", "", "" },
	{ "reports with rows", "counts", false, "",
	  REPORT "\t1\t2\n\t3\t4\n#end\n" REPORT "\t5\t6\n#end\n",
	  CLOCK COUNTS "      1        2\n      3        4\n\n" CLOCK COUNTS "      5        6\n" },
	{ "empty reports", "counts", false, "",
	  REPORT "#end\n" REPORT "\t1\t2\n#end\n" REPORT "#end\n",
	  CLOCK "\n" CLOCK COUNTS "      1        2\n\n" CLOCK },
	{ "reports with distributions", "latency", false, "D",
	  REPORT "\tsda\t\t\t\tusecs 1 1 0:1\n\tsdb\t\t\t\tusecs 1 1 0:1\n#end\n" REPORT
		 "\tsda\t\t\t\tusecs 1 1 0:1\n#end\n" REPORT "#end\n",
	  CLOCK "disk = sda\n" ONE "disk = sdb\n" ONE CLOCK "disk = sda\n" ONE CLOCK },
	{ "report with a distribution, then rows", "latency", false, "D",
	  REPORT "\t\t\t\t\tusecs 1 1 0:1\n\tsda\t\t\ta\t\n\tsdb\t\t\tb\t\n"
		 "\t\t\t\t\tusecs 1 1 0:1\n#end\n",
	  CLOCK ONE "DISK     ARGS\nsda      a\nsdb      b\n\n" ONE },
	{ "report that does not end", "counts", false, "",
	  REPORT "\t1\t2\n" REPORT "\t3\t4\n#end\n",
	  CLOCK COUNTS "      1        2\n\n" CLOCK COUNTS "      3        4\n" },
	{ "end without a report", "counts", false, "",
	  "#end\n\t1\t2\n#end\n" REPORT "\t1\t2\n#end\n",
	  COUNTS "      1        2\n\n" CLOCK COUNTS "      1        2\n" },
	{ "rows outside of reports", "counts", false, "",
	  "\t1\t2\n\t1\t2\n" REPORT "\t3\t4\n#end\n\t5\t6\n\t5\t6\n" REPORT "#end\n\t7\t8\n",
	  COUNTS "      1        2\n      1        2\n\n" CLOCK COUNTS "      3        4\n\n"
		 "      5        6\n      5        6\n\n" CLOCK "\n      7        8\n" },
	{ "rows around a report that does not end", "counts", false, "",
	  "\t1\t2\n" REPORT REPORT "#end\n\t3\t4\n",
	  COUNTS "      1        2\n\n" CLOCK "\n" CLOCK "\n      3        4\n" },
	{ "rows without a column are nothing", "latency", false, "",
	  REPORT "\tsda\t\t\t\t\n\t\t\t\t\tusecs 1 1 0:1\n#end\n", CLOCK ONE },
	{ "distribution after an empty report", "latency", false, "",
	  REPORT "#end\n\t\t\t\t\tusecs 1 1 0:1\n", CLOCK "\n" ONE },
	{ "report of a tool with a heading at its start", "closes", false, "",
	  "\tcat\t1000000\t\n" REPORT "\tdog\t2000000\t\n\t\t\tmsecs 1 1 0:1\n#end\n"
	  "\tcat\t3000000\t\n",
	  CLOSES "cat           1.000\n\n" CLOCK CLOSES "dog           2.000\n\n" ONE_MS
		 "cat           3.000\n" },
	{ "column of the time in a report", "closes", false, "T",
	  REPORT "\tcat\t0\t\n1700000001000000000\tcat\t0\t\n#end\n",
	  CLOSES_T "\n" CLOCK CLOSES_T "03:43:20.123 cat           0.000\n"
		   "03:43:21.000 cat           0.000\n" },
	{ "JSON reports", "counts", true, "",
	  REPORT "\t1\t2\n1700000001000000000\t3\t4\n#end\n\t5\t6\n" REPORT "#end\n",
	  "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"pid\":1,\"count\":2}\n"
	  "{\"time\":\"2023-11-14T22:13:21.000000Z\",\"pid\":3,\"count\":4}\n"
	  "{\"time\":null,\"pid\":5,\"count\":6}\n" },

	/* ---- JSON ---- */
	{ "JSON has no heading", "opensnoop", true, "", "", "" },
	{ "JSON", "opensnoop", true, "T", "1700000000123456789\t0\t1\tcat\t3\t0\t557377\t384\t/a\n",
	  "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"uid\":0,\"pid\":1,\"comm\":\"cat\",\"fd\":3,"
	  "\"err\":0,\"flags\":557377,\"mode\":384,\"path\":\"/a\"}\n" },
	{ "JSON time of a leap day, with leading zeroes", "killsnoop", true, "T",
	  "951782400000001000\t0\t1\tk\t9\t2\t0\n",
	  "{\"time\":\"2000-02-29T00:00:00.000001Z\",\"uid\":0,\"pid\":1,\"comm\":\"k\",\"sig\":9,"
	  "\"tpid\":2,\"result\":0}\n" },
	{ "JSON null", "opensnoop", true, "", "\t0\t1\tcat\t3\t0\t\t\t\\?\n",
	  OPEN_JSON("null}\n") },
	{ "JSON empty name", "opensnoop", true, "", "\t0\t1\tcat\t3\t0\t\t\t\n",
	  OPEN_JSON("\"\"}\n") },
	{ "JSON truncated", "opensnoop", true, "", "\t0\t1\tcat\t3\t0\t\t\tab\\+\n",
	  OPEN_JSON("\"ab\",\"truncated\":[\"path\"]}\n") },
	{ "JSON two truncated", "opensnoop", true, "", "\t0\t1\tca\\+\t3\t0\t\t\tab\\+\n",
	  "{\"time\":null,\"uid\":0,\"pid\":1,\"comm\":\"ca\",\"fd\":3,\"err\":0,\"flags\":null,"
	  "\"mode\":null,\"path\":\"ab\",\"truncated\":[\"comm\",\"path\"]}\n" },
	{ "JSON escapes", "opensnoop", true, "",
	  "\t0\t1\tcat\t3\t0\t\t\ta\"b\\\\c\\td\\ne\\0\\x1b\\x7f/\n",
	  OPEN_JSON("\"a\\\"b\\\\c\\u0009d\\u000ae\\u0000\\u001b\\u007f/\"}\n") },
	{ "JSON UTF-8 and not", "opensnoop", true, "",
	  "\t0\t1\tcat\t3\t0\t\t\t\xc3\xa9\xff\xe2\x82\xf0\x9f\xa9\xba\xc2\x9b\xe2\x80\xae\n",
	  OPEN_JSON("\"\xc3\xa9" BAD BAD BAD "\xf0\x9f\xa9\xba\\u009b\\u202e\","
		    "\"path_base64\":\"w6n/4oLwn6m6wpvigK4=\"}\n") },
	{ "JSON names that differ in bytes that are no UTF-8", "opensnoop", true, "",
	  "\t0\t1\tcat\t3\t0\t\t\t/tmp/a\xff\n\t0\t1\tcat\t3\t0\t\t\t/tmp/a\xfe\\+\n",
	  OPEN_JSON("\"/tmp/a" BAD "\",\"path_base64\":\"L3RtcC9h/w==\"}\n")
		  OPEN_JSON("\"/tmp/a" BAD "\",\"path_base64\":\"L3RtcC9h/g==\","
			    "\"truncated\":[\"path\"]}\n") },
	{ "JSON arguments of which one is no UTF-8", "execsnoop", true, "",
	  "\t0\t2\t1\tl\x80\t0\tls\\0\\0\x80\\0ab\\0\n",
	  "{\"time\":null,\"uid\":0,\"pid\":2,\"ppid\":1,\"comm\":\"l" BAD "\",\"ret\":0,"
	  "\"args\":[\"ls\",\"\",\"" BAD "\",\"ab\",\"\"],\"comm_base64\":\"bIA=\","
	  "\"args_base64\":[\"bHM=\",\"\",\"gA==\",\"YWI=\",\"\"]}\n" },
	{ "JSON arguments", "execsnoop", true, "", "\t0\t2\t1\tls\t0\tls\\0-l\\0\\0a b\n",
	  EXEC_JSON("[\"ls\",\"-l\",\"\",\"a b\"]}\n") },
	{ "JSON one argument", "execsnoop", true, "", "\t0\t2\t1\tls\t0\tls\n",
	  EXEC_JSON("[\"ls\"]}\n") },
	{ "JSON arguments cut", "execsnoop", true, "", "\t0\t2\t1\tls\t0\tls\\0\"\\+\n",
	  EXEC_JSON("[\"ls\",\"\\\"\"],\"truncated\":[\"args\"]}\n") },
	{ "JSON arguments unreadable", "execsnoop", true, "", "\t0\t2\t1\tls\t0\t\\?\n",
	  EXEC_JSON("null}\n") },
};

static void prints(void **state)
{
	const struct row *row = *state;
	char *text = render(find_tool(row->tool), row->json, row->letters, row->lines);

	assert_string_equal(text, row->want);
	free(text);
}

static void prints_chosen(const char *tool, bool json, struct lw_columns columns, const char *lines,
			  const char *want)
{
	char *text;

	chosen = columns;
	text = render(find_tool(tool), json, "", lines);
	chosen.n = 0;
	assert_string_equal(text, want);
	free(text);
}

/* Only these, in this order; the last one of a table is not padded. */
static void chosen_fields(void **state)
{
	static const char exec[] = "\t0\t2\t1\tl\x80\t-2\tls\\0\"\\+\n";
	const struct lw_columns comm_pid = { 2, { 4, 2 }, false, false },
				pid_comm = { 2, { 2, 4 }, false, false },
				args = { 1, { 6 }, false, false };

	(void)state;
	prints_chosen("execsnoop", false, comm_pid, exec,
		      "COMM                 PID\nl\\x80                  2\n");
	prints_chosen("execsnoop", false, pid_comm, exec, "    PID COMM\n      2 l\\x80\n");
	/* Nothing is said of fields that are not shown. */
	prints_chosen("execsnoop", true, comm_pid, exec,
		      "{\"comm\":\"l\xef\xbf\xbd\",\"pid\":2,\"comm_base64\":\"bIA=\"}\n");
	prints_chosen("execsnoop", true, args, exec,
		      "{\"args\":[\"ls\",\"\\\"\"],\"truncated\":[\"args\"]}\n");
}

/* lwload's own fields are not shown, but if they are added: before a text of any length. */
static void added_fields(void **state)
{
	static const char exec[] = "\t0\t2\t1\tls\t0\tls\n";
	const struct lw_columns nspid = { 1, { 8 }, true, false },
				only = { 2, { 10, 2 }, false, false };
	const struct lw_tool *tool = find_tool("execsnoop");

	(void)state;
	/* It has a ppid of its own. */
	assert_int_equal(tool->nmore, 4);
	assert_string_equal(tool->fields[8].name, "nspid");
	assert_string_equal(tool->fields[10].name, "container");
	prints_chosen("execsnoop", false, nspid, exec,
		      "   UID     PID    PPID COMM              RET   NSPID ARGS\n"
		      "     0       2       1 ls                  0       - ls\n");
	prints_chosen("execsnoop", true, nspid, exec,
		      "{\"time\":null,\"uid\":0,\"pid\":2,\"ppid\":1,\"comm\":\"ls\",\"ret\":0,"
		      "\"args\":[\"ls\"],\"nspid\":null}\n");
	prints_chosen("execsnoop", false, only, exec,
		      "CONTAINER           PID\n                      2\n");
}

/* A distribution is no column of a table, and is shown in any case. */
static void chosen_distributions(void **state)
{
	const struct lw_columns dist = { 1, { 5 }, false, false },
				args_disk = { 2, { 4, 1 }, false, false };
	static const char line[] = "\tsda\t0\t0\ta\tusecs 1 1 0:1\n";

	(void)state;
	prints_chosen("latency", false, dist, line, ONE);
	prints_chosen("latency", false, args_disk, line, "args = a, disk = sda\n" ONE);
	prints_chosen("latency", true, args_disk, line, "{\"args\":[\"a\"],\"disk\":\"sda\"}\n");
}

/* A tiny checker of RFC 8259: each function returns the end of the value, or NULL. */
static const char *json_value(const char *p);

static const char *json_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	for (; *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p == '\\' && !strchr("\"\\/bfnrtu", *++p))
			return NULL;
	}
	return p + 1;
}

static const char *json_members(const char *p, char end, bool named)
{
	if (*p == end)
		return p + 1;
	for (;;) {
		if (named && (!(p = json_string(p)) || *p++ != ':'))
			return NULL;
		p = json_value(p);
		if (!p)
			return NULL;
		if (*p == end)
			return p + 1;
		if (*p++ != ',')
			return NULL;
	}
}

static const char *json_value(const char *p)
{
	if (!strncmp(p, "null", 4))
		return p + 4;
	if (*p == '"')
		return json_string(p);
	if (*p == '[')
		return json_members(p + 1, ']', false);
	if (*p == '{')
		return json_members(p + 1, '}', true);
	if (*p == '-')
		p++;
	return isdigit((unsigned char)*p) ? p + strspn(p, "0123456789") : NULL;
}

/* ---- large distributions ---- */

/* A record of the tool latency with N values in each of buckets @first to @last. */
static char *render_buckets(bool json, const char *unit, int first, int last, const char *n)
{
	char *line = NULL, *text;
	size_t size;
	FILE *file = open_memstream(&line, &size);
	int i;

	fprintf(file, "\t\t\t\t\t%s 1 1", unit);
	for (i = first; i <= last; i++)
		fprintf(file, " %llu:%s", i ? 1ULL << i : 0, n);
	fputc('\n', file);
	fclose(file);
	text = render(find_tool("latency"), json, "", line);
	free(line);
	return text;
}

/* The text has a heading, rows of this length each, and an empty line. */
static void has_rows(const char *text, int rows, size_t length)
{
	const char *p = strchr(text, '\n') + 1;

	for (; rows; rows--) {
		assert_int_equal(strcspn(p, "\n"), length);
		p += length + 1;
	}
	assert_string_equal(p, "\n");
}

/* The last bounds that fit ten digits and the first that do not look as bcc's do. */
static void wide_histogram(void **state)
{
	char *text = render_buckets(false, "usecs", 32, 32, "1");

	(void)state;
	has_rows(text, 33, 78);
	assert_memory_equal(text, HIST("usecs "), strlen(HIST("usecs ")));
	assert_has(text, "\n4294967296 -> 8589934591 : 1        |" S40 "|\n\n");
	free(text);
	text = render_buckets(false, "usecs", 32, 33, "1");
	has_rows(text, 34, 78);
	assert_memory_equal(text, "               usecs                         : count    distri",
			    62);
	assert_has(text, "\n                   2 -> 3                    : 0        |"
			 "                    |\n");
	assert_has(text, "\n          4294967296 -> 8589934591           : 1        |"
			 "********************|\n");
	assert_has(text, "\n          8589934592 -> 17179869183          : 1        |"
			 "********************|\n\n");
	free(text);
}

static void largest_distribution(void **state)
{
	static const char last[] = " 9223372036854775808 -> 18446744073709551615 : "
				   "9223372036854775807 |********************|\n\n";
	char *text = render_buckets(false, "usecs", 0, 63, "9223372036854775807");

	(void)state;
	has_rows(text, 64, 89);
	assert_string_equal(text + strlen(text) - strlen(last), last);
	free(text);
}

static void largest_json_distribution(void **state)
{
	static const char last[] = ",{\"low\":9223372036854775808,\"high\":18446744073709551615,"
				   "\"count\":9223372036854775807}]}}\n";
	char *text = render_buckets(true, "usecs", 0, 63, "9223372036854775807");

	(void)state;
	assert_string_equal(json_value(text), "\n");
	assert_string_equal(text + strlen(text) - strlen(last), last);
	free(text);
}

/* One value is few bytes of input and 64 lines of output: the buffer must always have room. */
static void room_for_histograms(void **state)
{
	static const char one[] = "\t\t\t\t\tusecs 1 1 9223372036854775808:1\n";
	int first, i;

	(void)state;
	for (first = 1; first < 5200; first += 100) {
		char lines[8192], *text;
		int n = snprintf(lines, sizeof(lines), "\t%0*d\t\t\t\tusecs 1 1 0:1\n", first, 0);

		for (i = 0; i < 26; i++)
			n += snprintf(lines + n, sizeof(lines) - n, "%s", one);
		text = render(find_tool("latency"), false, "D", lines);
		assert_true(strlen(text) > (128 << 10));
		free(text);
	}
}

/* A unit has no limit of its own, so that one may fill the line. */
static void longest_unit(void **state)
{
	char unit[60001], *text;

	(void)state;
	memset(unit, 'a', sizeof(unit) - 1);
	unit[sizeof(unit) - 1] = '\0';
	text = render_buckets(false, unit, 0, 63, "1");
	assert_int_equal(strspn(text + 15, "a"), 60000);
	has_rows(text, 64, 78);
	free(text);
	text = render_buckets(true, unit, 0, 63, "1");
	assert_string_equal(json_value(text), "\n");
	free(text);
}

/* ---- any bytes ---- */

/* libc decodes the text, so that the loader's decoder does not check itself. */
static bool safe_text(const char *text)
{
	static wchar_t wide[8192];
	size_t i, n = mbstowcs(wide, text, COUNT(wide));

	if (n == (size_t)-1 || n == COUNT(wide))
		return false;
	for (i = 0; i < n; i++) {
		wchar_t c = wide[i];

		if ((c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
		    c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069))
			return false;
	}
	return true;
}

/* These bytes lead to the edges of UTF-8 more often than all 255 would. */
static void random_value(char *out, size_t n, uint32_t *seed)
{
	static const unsigned char some[] = {
		0x1b, 0x7f, 0x80, 0x8e, 0x9b, 0x9c, 0xa8, 0xae, 0xa9, 0xbf, 0xc0, 0xc2, 0xd8, 0xdf,
		0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 'a',  '"',  0x81, 0xa0, 0x01,
	};

	for (; n; n--, out++)
		*out = some[random_next(seed) % COUNT(some)];
	*out = '\0';
}

static void random_bytes(void **state)
{
	uint32_t seed = 5;
	int round;

	(void)state;
	for (round = 0; round < 3000; round++) {
		char value[64], line[128], *text;
		const char *end;

		random_value(value, random_next(&seed) % 60, &seed);
		snprintf(line, sizeof(line), "\t0\t1\tcat\t3\t0\t\t\t%s\n", value);
		text = render(find_tool("opensnoop"), false, "", line);
		assert_true(safe_text(text));
		/* There are a heading and one line, whatever the name is. */
		assert_ptr_equal(strchr(strchr(text, '\n') + 1, '\n'), text + strlen(text) - 1);
		free(text);
		text = render(find_tool("opensnoop"), true, "", line);
		assert_true(safe_text(text));
		end = json_value(text);
		assert_non_null(end);
		assert_string_equal(end, "\n");
		free(text);
	}
}

/* ---- writing ---- */

static int flush_to(int fd, char **message)
{
	bool given[128] = { false };
	struct lw_render *r = render_new(find_tool("opensnoop"), false, given);
	int saved = dup(1), result;
	struct capture err;

	lw_render_start(r);
	dup2(fd, 1);
	close(fd);
	capture_begin(&err, 2);
	result = lw_render_flush(r);
	*message = capture_end(&err, NULL);
	dup2(saved, 1);
	close(saved);
	render_free(r);
	return result;
}

static void full_device(void **state)
{
	char *message;

	(void)state;
	assert_int_equal(flush_to(open("/dev/full", O_WRONLY), &message), -ENOSPC);
	assert_true(text_says(message, "opensnoop: *stdout: No space left on device\n"));
	free(message);
}

static void reader_gone(void **state)
{
	char *message;
	int pipes[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(pipes), 0);
	close(pipes[0]);
	assert_int_equal(flush_to(pipes[1], &message), -EPIPE);
	assert_string_equal(message, "");
	free(message);
}

static void nothing_to_write(void **state)
{
	bool given[128] = { false };
	struct lw_render *r = render_new(find_tool("opensnoop"), true, given);

	(void)state;
	lw_render_start(r);
	assert_int_equal(lw_render_flush(r), 0);
	render_free(r);
	lw_render_free(NULL);
}

/* More than any buffer's first size, in one flush. */
static void many_records(void **state)
{
	static char lines[200 << 10];
	size_t n = 0, count = 0;
	char *text, *p;

	(void)state;
	while (n < sizeof(lines) - 64) {
		n += snprintf(lines + n, sizeof(lines) - n, "\t0\t%zu\tcat\t3\t0\t\t\t/a\n", count);
		count++;
	}
	text = render(find_tool("opensnoop"), false, "", lines);
	for (p = text; (p = strchr(p, '\n')); p++)
		count--;
	assert_int_equal(count, -1);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(chosen_fields),        cmocka_unit_test(added_fields),
		cmocka_unit_test(chosen_distributions), cmocka_unit_test(wide_histogram),
		cmocka_unit_test(largest_distribution), cmocka_unit_test(largest_json_distribution),
		cmocka_unit_test(room_for_histograms),  cmocka_unit_test(longest_unit),
		cmocka_unit_test(random_bytes),         cmocka_unit_test(full_device),
		cmocka_unit_test(reader_gone),          cmocka_unit_test(nothing_to_write),
		cmocka_unit_test(many_records),
	};
	struct CMUnitTest tests[COUNT(fixed) + COUNT(rows)];
	size_t i;

	memcpy(tests, fixed, sizeof(fixed));
	for (i = 0; i < COUNT(rows); i++)
		tests[COUNT(fixed) + i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = prints,
			.initial_state = (void *)&rows[i],
		};
	return cmocka_run_group_tests(tests, setup, teardown);
}
