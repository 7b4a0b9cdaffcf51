// SPDX-License-Identifier: GPL-2.0-only
/* test_stream.c - bytes to records, in pieces of any size */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/stream.h"
#include "helper.h"

/* A tool with a field of every type that a row of a table can have, ... */
static const struct lw_tool tool = {
	.name = "x",
	.nfields = 6,
	.fields = {
		{ "time", LW_TIME, 0, 0, "", false }, { "n", LW_INT, 0, 0, "", false },
		{ "h", LW_HEX, 0, 0, "", false }, { "o", LW_OCT, 0, 0, "", false },
		{ "s", LW_STR, 0, 0, "", false }, { "a", LW_ARGS, 0, 0, "", false },
	},
};

#define HEADER "#lwtools\t1\tx\ttime=time\tn=int\th=hex\to=oct\ts=str\ta=args\n"

/* ... and one with distributions. */
static const struct lw_tool dist_tool = {
	.name = "x",
	.nfields = 5,
	.fields = {
		{ "time", LW_TIME, 0, 0, "", false }, { "ms", LW_MSEC, 0, 0, "", false },
		{ "d", LW_DIST, 0, 0, "", false }, { "e", LW_DIST, 0, 0, "", false },
		{ "s", LW_STR, 0, 0, "", false },
	},
};

#define DIST_HEADER "#lwtools\t1\tx\ttime=time\tms=msec\td=dist\te=dist\ts=str\n"

/*
 * Records as text: a value, - or ?, with | between and + after a value that was cut; {TIME} and
 * {} for the begin and the end of a report
 */
struct seen {
	char text[8192];
	int records;
	const struct lw_tool *tool;
};

static void add(struct seen *seen, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct seen *seen, const char *format, ...)
{
	size_t n = strlen(seen->text);
	va_list args;

	va_start(args, format);
	vsnprintf(seen->text + n, sizeof(seen->text) - n, format, args);
	va_end(args);
}

static void add_bytes(struct seen *seen, const struct lw_value *value)
{
	size_t i;

	for (i = 0; i < value->len; i++) {
		unsigned char c = value->text[i];

		add(seen, c >= 0x20 && c < 0x7f ? "%c" : "<%02x>", c);
	}
}

/* Writes a distribution in the protocol's form, from what was read. */
static void add_dist(struct seen *seen, const struct lw_dist *dist)
{
	int i, last = -1;

	add(seen, "%.*s %llu %lld", (int)dist->unit_len, dist->unit, dist->count, dist->sum);
	for (i = 0; i < LW_BUCKETS; i++) {
		if (!dist->buckets[i])
			continue;
		add(seen, " %llu:%llu", i ? 1ULL << i : 0, dist->buckets[i]);
		last = i;
	}
	assert_int_equal(dist->last, last);
}

static void add_record(struct seen *seen, const struct lw_value *values)
{
	const struct lw_field *fields = seen->tool->fields;
	int i;

	for (i = 0; i < seen->tool->nfields; i++) {
		const struct lw_value *value = &values[i];

		add(seen, i ? "|" : "[");
		if (value->state == LW_NONE)
			add(seen, "-");
		else if (value->state == LW_UNREADABLE)
			add(seen, "?");
		else if (fields[i].type == LW_STR || fields[i].type == LW_ARGS)
			add_bytes(seen, value);
		else if (fields[i].type == LW_DIST)
			add_dist(seen, value->dist);
		else
			add(seen, "%lld", value->number);
		if (value->cut)
			add(seen, "+");
	}
	add(seen, "]");
	seen->records++;
}

static struct lw_stream *new_stream(struct seen *seen)
{
	memset(seen->text, 0, sizeof(seen->text));
	seen->records = 0;
	if (!seen->tool)
		seen->tool = &tool;
	return lw_stream_new(seen->tool);
}

/* Returns 0 after all bytes were read, or the result that ended the reading. */
static int take(struct lw_stream *stream, struct seen *seen, const char *bytes, size_t len)
{
	int item;

	while ((item = lw_stream_next(stream, &bytes, &len)) > 0) {
		if (item == LW_RECORD)
			add_record(seen, lw_stream_values(stream));
		else if (item == LW_REPORT)
			add(seen, "{%lld}", lw_stream_time(stream));
		else
			add(seen, "{}");
	}
	return item;
}

/* Feeds bytes in pieces of @piece; returns what the last feed returned. */
static int feed(const char *bytes, size_t len, size_t piece, struct seen *seen,
		unsigned long long *bad)
{
	struct lw_stream *stream = new_stream(seen);
	int err = 0;

	while (len && !err) {
		size_t n = len < piece ? len : piece;
		/* A copy on the heap, so that a sanitizer sees a read beyond it. */
		char *copy = malloc(n);

		memcpy(copy, bytes, n);
		err = take(stream, seen, copy, n);
		free(copy);
		bytes += n;
		len -= n;
	}
	*bad = lw_stream_bad(stream);
	lw_stream_free(stream);
	return err;
}

struct row {
	const char *name;
	const char *line;
	const char *want; /* NULL: the line is no record */
};

static const struct row rows[] = {
	{ "plain", "1\t-2\t3\t4\tabc\td", "[1|-2|3|4|abc|d]" },
	{ "no numbers", "\t\t\t\t\t", "[-|-|-|-||]" },
	{ "tab, newline, return, backslash", "1\t2\t3\t4\ta\\tb\\nc\\rd\\\\e\t",
	  "[1|2|3|4|a<09>b<0a>c<0d>d\\e|]" },
	{ "NUL in args", "1\t2\t3\t4\t\tcat\\0-v\\0", "[1|2|3|4||cat<00>-v<00>]" },
	{ "hexadecimal", "1\t2\t3\t4\t\\x1b[31m\\x7f\\xff\\x90\\xaf\t",
	  "[1|2|3|4|<1b>[31m<7f><ff><90><af>|]" },
	{ "raw high bytes", "1\t2\t3\t4\t\xc3\xa9\xff\t", "[1|2|3|4|<c3><a9><ff>|]" },
	{ "cut", "1\t2\t3\t4\tabc\\+\td\\+", "[1|2|3|4|abc+|d+]" },
	{ "unreadable", "1\t2\t3\t4\t\\?\t\\?", "[1|2|3|4|?|?]" },
	{ "one argument unreadable", "1\t2\t3\t4\t\ta\\0\\?\\0b", "[1|2|3|4||a<00>?<00>b]" },
	{ "first argument unreadable", "1\t2\t3\t4\t\t\\?\\0b", "[1|2|3|4||?<00>b]" },
	{ "directory unreadable", "1\t2\t3\t4\t\\?/x\t", "[1|2|3|4|?/x|]" },
	{ "greatest numbers", "9223372036854775807\t-9223372036854775808\t3\t4\t\t",
	  "[9223372036854775807|-9223372036854775808|3|4||]" },
	{ "minus zero", "1\t-0\t0\t4\t\t", "[1|0|0|4||]" },
	{ "time before the epoch", "-1\t2\t3\t4\t\t", NULL },
	{ "leading zero", "1\t2\t007\t4\t\t", NULL },
	{ "leading zero after minus", "1\t-02\t7\t4\t\t", NULL },
	{ "too few fields", "1\t2\t3\t4\tabc", NULL },
	{ "too many fields", "1\t2\t3\t4\tabc\td\te", NULL },
	{ "empty line", "", NULL },
	{ "no number", "1\tx\t3\t4\tabc\td", NULL },
	{ "bytes after a number", "1\t2x\t3\t4\tabc\td", NULL },
	{ "blank before a number", "1\t 2\t3\t4\tabc\td", NULL },
	{ "plus before a number", "1\t+2\t3\t4\tabc\td", NULL },
	{ "minus alone", "1\t-\t3\t4\tabc\td", NULL },
	{ "hexadecimal number", "1\t0x2\t3\t4\tabc\td", NULL },
	{ "number too large", "1\t9223372036854775808\t3\t4\tabc\td", NULL },
	{ "number too small", "1\t-9223372036854775809\t3\t4\tabc\td", NULL },
	{ "escape unknown", "1\t2\t3\t4\ta\\qb\td", NULL },
	{ "escape at the end", "1\t2\t3\t4\tabc\td\\", NULL },
	{ "hexadecimal at the end", "1\t2\t3\t4\tabc\td\\x", NULL },
	{ "one digit at the end", "1\t2\t3\t4\tabc\td\\x1", NULL },
	{ "capital digit", "1\t2\t3\t4\tabc\td\\x1B", NULL },
};

/* A line that is no record is counted and does not harm its neighbours. */
static void reads(void **state)
{
	const struct row *row = *state;
	struct seen seen = { 0 };
	char bytes[1024], want[1024];
	unsigned long long bad;
	int n;

	n = snprintf(bytes, sizeof(bytes), HEADER "5\t\t\t\t\t\n%s\n6\t\t\t\t\t\n", row->line);
	snprintf(want, sizeof(want), "[5|-|-|-||]%s[6|-|-|-||]", row->want ? row->want : "");
	assert_int_equal(feed(bytes, n, n, &seen, &bad), 0);
	assert_string_equal(seen.text, want);
	assert_int_equal(bad, row->want ? 0 : 1);
}

/* ---- distributions ---- */

#define MAX "9223372036854775807"

/* Texts of the field d; a line whose text is not taken is no record. */
static const struct {
	const char *text;
	bool taken;
} dists[] = {
	{ "usecs 12 345 0:3 4:9", true },
	{ "msecs 1 0 0:1", true },
	{ "kbytes 2 8 2:1 1024:1", true },
	{ "a 0 0 2:1", true },
	/* The loader does not check whether count, sum and buckets agree. */
	{ "usecs 1 1 4:3", true },
	{ "usecs 1 -7 0:1", true },
	{ "usecs " MAX " " MAX " 0:" MAX, true },
	{ "usecs 1 -9223372036854775808 0:1", true },
	{ "usecs 1 1 4611686018427387904:1 9223372036854775808:2", true },

	{ "usecs", false },
	{ "usecs 1", false },
	{ "usecs 1 2", false },
	{ "usecs 1 2 ", false },
	{ " ", false },
	{ " usecs 1 2 0:1", false },
	{ " 1 2 0:1", false },
	{ " 1 0:1", false },
	{ "1 2 0:1", false },
	{ "usecs  1 2 0:1", false },
	{ "usecs 1  2 0:1", false },
	{ "usecs 1 2  0:1", false },
	{ "usecs 1 2 0:1 ", false },
	{ "usecs 1 2 0:1  2:1", false },
	{ "usecs,1 2 0:1", false },
	{ "Usecs 1 2 0:1", false },
	{ "usecs2 1 2 0:1", false },
	{ "u-s 1 2 0:1", false },
	{ "\xc2\xb5s 1 2 0:1", false },
	{ "usecs x 2 0:1", false },
	{ "usecs -1 2 0:1", false },
	{ "usecs +1 2 0:1", false },
	{ "usecs 01 2 0:1", false },
	{ "usecs 9223372036854775808 2 0:1", false },
	{ "usecs 1 x 0:1", false },
	{ "usecs 1 - 0:1", false },
	{ "usecs 1 --1 0:1", false },
	{ "usecs 1 02 0:1", false },
	{ "usecs 1 9223372036854775808 0:1", false },
	{ "usecs 1 -9223372036854775809 0:1", false },
	{ "usecs 1 99999999999999999999 0:1", false },
	{ "usecs 1 2 0", false },
	{ "usecs 1 2 0:", false },
	{ "usecs 1 2 :1", false },
	{ "usecs 1 2 0 :1", false },
	{ "usecs 1 2 0: 1", false },
	{ "usecs 1 2 0=1", false },
	{ "usecs 1 2 0:0", false },
	{ "usecs 1 2 0:-1", false },
	{ "usecs 1 2 0:01", false },
	{ "usecs 1 2 0:1x", false },
	{ "usecs 1 2 0:1:2", false },
	{ "usecs 1 2 0:1,2:1", false },
	{ "usecs 1 2 0:9223372036854775808", false },
	{ "usecs 1 2 0:18446744073709551617", false },
	{ "usecs 1 2 00:1", false },
	{ "usecs 1 2 02:1", false },
	{ "usecs 1 2 -2:1", false },
	{ "usecs 1 2 0x2:1", false },
	{ "usecs 1 2 1:1", false },
	{ "usecs 1 2 3:1", false },
	{ "usecs 1 2 6:1", false },
	{ "usecs 1 2 9223372036854775809:1", false },
	{ "usecs 1 2 18446744073709551616:1", false },
	{ "usecs 1 2 36893488147419103232:1", false },
	{ "usecs 1 2 0:1 0:1", false },
	{ "usecs 1 2 2:1 2:1", false },
	{ "usecs 1 2 4:1 2:1", false },
	{ "usecs 1 2 2:1 0:1", false },
	{ "usecs 1 2 0:1\\0", false },
	{ "\\?", false },
};

/* A line with this text as field d or e is a record with this value, or is no record. */
static void reads_dist(const char *text, bool taken)
{
	struct seen seen = { .tool = &dist_tool };
	char bytes[4096], want[4096];
	unsigned long long bad;
	int n, field;

	for (field = 0; field < 2; field++) {
		n = snprintf(bytes, sizeof(bytes), DIST_HEADER "1\t2\t%s\t%s\ta\n\t\t\t\tb\n",
			     field ? "" : text, field ? text : "");
		snprintf(want, sizeof(want), "[1|2|%s|%s|a][-|-|-|-|b]", field ? "-" : text,
			 field ? text : "-");
		assert_int_equal(feed(bytes, n, n, &seen, &bad), 0);
		assert_string_equal(seen.text, taken ? want : "[-|-|-|-|b]");
		assert_int_equal(bad, taken ? 0 : 1);
	}
}

static void distributions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(dists); i++)
		reads_dist(dists[i].text, dists[i].taken);
}

/* A record can have both distributions or none; a value of type msec is whole nanoseconds. */
static void two_distributions(void **state)
{
	static const char bytes[] = DIST_HEADER "1\t-2\tusecs 1 1 0:1\tmsecs 2 9 4:2\ta\n"
						"\t\t\t\t\n"
						"1\t2.5\t\t\t\n"
						"1\t2\tusecs 1 1 0:1\t\n"
						"1\t2\tusecs 1 3 2:1\t\ta\n";
	struct seen seen = { .tool = &dist_tool };
	unsigned long long bad;

	(void)state;
	assert_int_equal(feed(bytes, sizeof(bytes) - 1, 5, &seen, &bad), 0);
	assert_string_equal(seen.text, "[1|-2|usecs 1 1 0:1|msecs 2 9 4:2|a][-|-|-|-|]"
				       "[1|2|usecs 1 3 2:1|-|a]");
	assert_int_equal(bad, 2);
}

/* All buckets have the greatest numbers. */
static void largest_distribution(void **state)
{
	char text[4096];
	int i, n = snprintf(text, sizeof(text), "usecs " MAX " " MAX " 0:" MAX);

	(void)state;
	for (i = 1; i < LW_BUCKETS; i++)
		n += snprintf(text + n, sizeof(text) - n, " %llu:" MAX, 1ULL << i);
	assert_true(n > 1800);
	reads_dist(text, true);
	/* No bucket follows the last. */
	strcat(text, " 18446744073709551616:1");
	reads_dist(text, false);
}

/* A line with one wrong byte is no record, or one with exactly the values in the line. */
static void damaged_distribution(void **state)
{
	static const char line[] = "usecs 1234 56789 0:3 4:9 1024:345 1048576:22";
	static const char some[] = " :0123456789aZ-+x\\";
	uint32_t seed = 11;
	int round, taken = 0;

	(void)state;
	for (round = 0; round < 3000; round++) {
		struct seen seen = { .tool = &dist_tool };
		char bytes[512], text[sizeof(line)], want[512];
		unsigned long long bad;
		int n;

		strcpy(text, line);
		text[random_next(&seed) % (sizeof(line) - 1)] =
			some[random_next(&seed) % (sizeof(some) - 1)];
		n = snprintf(bytes, sizeof(bytes), DIST_HEADER "\t\t%s\t\t\n", text);
		snprintf(want, sizeof(want), "[-|-|%s|-|]", text);
		assert_int_equal(feed(bytes, n, n, &seen, &bad), 0);
		assert_string_equal(seen.text, bad ? "" : want);
		taken += !bad;
	}
	/* Some were taken, and some were not. */
	assert_in_range(taken, 300, 2700);
}

/* ---- lines that are no records ---- */

static const struct row line_rows[] = {
	{ "report", "#report\t7\n#end", "{7}{}" },
	{ "record in a report takes its time", "#report\t7\n\t1\t\t\t\t\n#end",
	  "{7}[7|1|-|-||]{}" },
	{ "record in a report with a time", "#report\t7\n8\t1\t\t\t\t\n#end", "{7}[8|1|-|-||]{}" },
	{ "record after a report", "#report\t7\n#end\n\t1\t\t\t\t", "{7}{}[-|1|-|-||]" },
	{ "report at 0", "#report\t0\n\t\t\t\t\t", "{0}[0|-|-|-||]" },
	{ "greatest time", "#report\t" MAX, "{" MAX "}" },
	{ "two reports", "#report\t7\n#end\n#report\t9\n\t\t\t\t\t\n#end",
	  "{7}{}{9}[9|-|-|-||]{}" },
	{ "report without an end", "#report\t7\n#report\t9\n\t\t\t\t\t\n#end",
	  "{7}{9}[9|-|-|-||]{}" },
	{ "end without a report", "#end", "{}" },
	{ "lost", "#lost\t7\tno room", "" },
	{ "lost in a report", "#report\t7\n#lost\t7\tno room\n\t\t\t\t\t", "{7}[7|-|-|-||]" },
	{ "report without a time", "#report\t", NULL },
	{ "report without a tab", "#report", NULL },
	{ "report with a blank", "#report 7", NULL },
	{ "report with more", "#report\t7\t8", NULL },
	{ "report with a blank after it", "#report\t7 ", NULL },
	{ "report with a negative time", "#report\t-7", NULL },
	{ "report with a leading zero", "#report\t07", NULL },
	{ "report at no number", "#report\tx", NULL },
	{ "report too late", "#report\t9223372036854775808", NULL },
	{ "reports", "#reports\t7", NULL },
	{ "end with more", "#end\t", NULL },
	{ "end with a blank", "#end ", NULL },
	{ "blank before end", " #end", NULL },
	{ "ends", "#ends", NULL },
	{ "header again", "#lwtools\t1\tx", NULL },
	{ "comment", "# text", NULL },
	{ "hash alone", "#", NULL },
	{ "unknown line", "#unknown\t7", NULL },
	{ "unknown line with as many fields", "#report7\t2\t3\t4\ta\tb", NULL },
	{ "lost without a number", "#lost\t\tx", NULL },
	{ "lost without a text", "#lost\t7", NULL },
	{ "lost with an empty text", "#lost\t7\t", NULL },
	{ "lost with more", "#lost\t7\tx\t", NULL },
	{ "lost with a bad escape", "#lost\t7\tx\\q", NULL },
	{ "lost nothing readable", "#lost\t7\t\\?", NULL },
	{ "lost less than nothing", "#lost\t-7\tx", NULL },
	{ "lost with a number too large", "#lost\t9223372036854775808\tx", NULL },
	{ "lost no number", "#lost\t7x\tx", NULL },
	{ "lost with a blank", "#lost 7\tx", NULL },
};

/* Each call reads one thing, and leaves what follows it for the next. */
static void one_item_a_call(void **state)
{
	static const char bytes[] = HEADER "#report\t7\n1\t\t\t\t\t\nbad\n#end\n2\t\t\t\t\t\n3";
	static const struct {
		int item;
		const char *left;
	} want[] = {
		{ LW_REPORT, "1\t\t\t\t\t\nbad\n#end\n2\t\t\t\t\t\n3" },
		{ LW_RECORD, "bad\n#end\n2\t\t\t\t\t\n3" },
		{ LW_REPORT_END, "2\t\t\t\t\t\n3" },
		{ LW_RECORD, "3" },
		{ 0, "" },
	};
	struct lw_stream *stream = lw_stream_new(&tool);
	size_t i, len = sizeof(bytes) - 1;
	const char *p = bytes;

	(void)state;
	for (i = 0; i < COUNT(want); i++) {
		assert_int_equal(lw_stream_next(stream, &p, &len), want[i].item);
		assert_string_equal(p, want[i].left);
		assert_int_equal(len, strlen(want[i].left));
	}
	assert_int_equal(lw_stream_bad(stream), 1);
	lw_stream_free(stream);
}

/* ---- fields of lwload's ---- */

static const struct lw_tool with_more = {
	.name = (char *)"x",
	.fields = { { .name = "time", .type = LW_TIME },
		    { .name = "uid", .type = LW_INT },
		    { .name = "process", .type = LW_STR },
		    { .name = "nspid", .type = LW_INT },
		    { .name = "container", .type = LW_STR },
		    { .name = "cgroup", .type = LW_STR } },
	.nfields = 6,
	.more = { LW_PROCESS, LW_NSPID, LW_CONTAINER, LW_CGROUP },
	.nmore = 4,
};

static const struct lw_tool with_by = {
	.name = (char *)"x",
	.fields = {
		{ .name = "time", .type = LW_TIME },
		{ .name = "uid", .type = LW_INT },
		{ .name = "user", .type = LW_STR },
		{ .name = "process", .type = LW_STR },
	},
	.nfields = 4,
	.nmore = 2,
	.more = { LW_USER, LW_PROCESS },
};

/* A stream of these fields gives that, and so many lines are bad. It is freed. */
static void stream_gives(struct lw_stream *stream, struct seen *seen, const char *lines,
			 const char *want, int bad)
{
	static const char header[] = "#lwtools\t1\tx\ttime=time\tuid=int\n";

	assert_int_equal(take(stream, seen, header, sizeof(header) - 1), 0);
	assert_int_equal(take(stream, seen, lines, strlen(lines)), 0);
	assert_string_equal(seen->text, want);
	assert_int_equal(lw_stream_bad(stream), bad);
	lw_stream_free(stream);
}

/* These lines are read so if the module was asked for these fields. */
static void more_reads(unsigned int more, const char *lines, const char *want, int bad)
{
	struct lw_groups *groups = lw_groups_new("/nonexistent");
	struct seen seen = { .tool = &with_more };
	struct lw_stream *stream = new_stream(&seen);

	lw_stream_more(stream, more, groups);
	stream_gives(stream, &seen, lines, want, bad);
	lw_groups_free(groups);
}

/* Rows end in what --by asks for. */
static void by_reads(enum lw_more more, const char *lines, const char *want, int bad)
{
	struct lw_by *by = lw_by_new("/nonexistent", more);
	struct seen seen = { .tool = &with_by };
	struct lw_stream *stream = new_stream(&seen);

	lw_stream_by(stream, more, by);
	stream_gives(stream, &seen, lines, want, bad);
	lw_by_free(by);
}

static void rows_by_something(void **state)
{
	(void)state;
	by_reads(LW_USER, "#report\t5\n\t3\t1000\n\t4\t0\n#end\n", "{5}[5|3|1000|-][5|4|0|-]{}", 0);
	by_reads(LW_PROCESS, "#report\t5\n\t3\t12\ta\tb\n\t3\t12\t\n#end\n", "{5}[5|3|-|12]{}", 1);
	by_reads(LW_PROCESS, "#report\t5\n\t3\t12\ta\\tb\n\t3\t7\tc\n#end\n",
		 "{5}[5|3|-|12/a<09>b][5|3|-|7/c]{}", 0);
	/* A row at the run's end has nothing more. */
	by_reads(LW_USER, "1\t3\n1\t4\t9\n", "[1|3|-|-][1|4|9|-]", 0);
	by_reads(LW_USER, "1\t3\t\n1\t3\t-1\n1\t3\tx\n1\t3\t5\t6\n1\t3\t18446744073709551616\n", "",
		 5);
	by_reads(LW_PROCESS, "1\t3\t5\n1\t3\t5\ta\tb\n", "", 2);
}

static void fields_that_were_asked_for(void **state)
{
	const unsigned int all = 1 << LW_PROCESS | 1 << LW_NSPID | 1 << LW_CGROUP;

	(void)state;
	more_reads(0, "1\t2\n", "[1|2|-|-|-|-]", 0);
	more_reads(all, "1\t2\ta\\tb\t7\t99\n", "[1|2|a<09>b|7|-|99]", 0);
	more_reads(all, "1\t2\t\t0\t18446744073709551615\n", "[1|2||0|-|18446744073709551615]", 0);
	more_reads(1 << LW_NSPID, "1\t2\t7\n", "[1|2|-|7|-|-]", 0);
	/* The tool has a parent of its own: what the module gives is read over. */
	more_reads(1 << LW_PPID | 1 << LW_NSPID, "1\t2\t5\t7\n", "[1|2|-|7|-|-]", 0);
	/* A row of a report, or of a run's end, is no task's. The next record has its own. */
	more_reads(all, "1\t2\n1\t2\ta\t7\t99\n", "[1|2|-|-|-|-][1|2|a|7|-|99]", 0);
	more_reads(all, "1\t2\ta\t7\t99\n#report\t5\n\t3\n#end\n1\t2\tb\t8\t1\n",
		   "[1|2|a|7|-|99]{5}[5|3|-|-|-|-]{}[1|2|b|8|-|1]", 0);
	more_reads(all, "1\t2\ta\n1\t2\ta\t7\n1\t2\ta\t7\t\n1\t2\ta\t7\t-1\n1\t2\ta\tx\t1\n", "",
		   5);
	more_reads(all, "1\t2\ta\t7\t99\t\n1\t2\ta\t7\t99x\n1\t2\ta\\q\t7\t99\n", "", 3);
	more_reads(0, "1\t2\ta\n", "", 1);
}

/* The losses after these lines are EVENTS and reason, one a line. */
static void lost_after(const char *lines, const char *want)
{
	struct seen seen = { 0 };
	struct lw_stream *stream = new_stream(&seen);
	const struct lw_uncounted *entry;
	char text[4096] = "";
	int i, n = 0;

	assert_int_equal(take(stream, &seen, HEADER, sizeof(HEADER) - 1), 0);
	assert_int_equal(take(stream, &seen, lines, strlen(lines)), 0);
	for (i = 0; (entry = lw_stream_uncounted(stream, i)); i++)
		n += snprintf(text + n, sizeof(text) - n, "%llu %s\n", entry->events, entry->why);
	assert_string_equal(text, want);
	assert_null(lw_stream_uncounted(stream, -1));
	assert_null(lw_stream_uncounted(stream, 100));
	assert_int_equal(lw_stream_bad(stream), 0);
	lw_stream_free(stream);
}

static void lost(void **state)
{
	(void)state;
	lost_after("", "");
	lost_after("#lost\t0\tnothing\n", "");
	lost_after("#lost\t3\tno room\n", "3 no room\n");
	lost_after("#lost\t3\tno room\n#lost\t4\ttoo late\n#lost\t5\tno room\n",
		   "8 no room\n4 too late\n");
	lost_after("#lost\t1\ta\\\\b \\x1b\n", "1 a\\b \x1b\n");
	/* Three of the greatest number would wrap. */
	lost_after("#lost\t" MAX "\tx\n#lost\t" MAX "\tx\n#lost\t" MAX "\tx\n",
		   "18446744073709551615 x\n");
}

/* The ninth reason and those after it are counted together. */
static void many_reasons(void **state)
{
	char lines[512] = "";
	int i, n = 0;

	(void)state;
	for (i = 1; i <= 8; i++)
		n += snprintf(lines + n, sizeof(lines) - n, "#lost\t%d\tr%d\n", i, i);
	lost_after(lines, "1 r1\n2 r2\n3 r3\n4 r4\n5 r5\n6 r6\n7 r7\n8 r8\n");
	strcat(lines, "#lost\t100\tr9\n#lost\t10\tr10\n#lost\t100\tr9\n#lost\t1\tr8\n");
	lost_after(lines, "1 r1\n2 r2\n3 r3\n4 r4\n5 r5\n6 r6\n7 r7\n9 r8\n210 other reasons\n");
}

static void long_reason(void **state)
{
	char lines[2048], want[256];

	(void)state;
	snprintf(lines, sizeof(lines), "#lost\t2\t%0500d\n#lost\t3\t%0500d\n", 0, 0);
	snprintf(want, sizeof(want), "5 %0127d\n", 0);
	lost_after(lines, want);
}

/* ---- pieces ---- */

/* The result is the same for pieces of every length. */
static void any_split(void **state)
{
	static const char bytes[] = HEADER "1\t2\t3\t4\ta\\tb\tc\\0d\n"
					   "bad line\n"
					   "#report\t7\n"
					   "1\t2\t3\t4\t\\x1b\\+\t\\?\n"
					   "#end\n"
					   "\t\t\t\t\t\n";
	static const char want[] = "[1|2|3|4|a<09>b|c<00>d]{7}[1|2|3|4|<1b>+|?]{}[-|-|-|-||]";
	struct seen seen = { 0 };
	unsigned long long bad;
	size_t piece;

	(void)state;
	for (piece = 1; piece < sizeof(bytes); piece++) {
		assert_int_equal(feed(bytes, sizeof(bytes) - 1, piece, &seen, &bad), 0);
		assert_string_equal(seen.text, want);
		assert_int_equal(bad, 1);
	}
}

static void two_random_splits(void **state)
{
	uint32_t seed = 42;
	int round;

	(void)state;
	for (round = 0; round < 300; round++) {
		static const char bytes[] = HEADER "1\t2\t3\t4\ta\\\\b\tc\n5\t6\t7\t8\t\\t\td\n";
		struct seen seen = { 0 };
		struct lw_stream *stream = new_stream(&seen);
		size_t at = 0;

		while (at < sizeof(bytes) - 1) {
			size_t n = random_next(&seed) % (sizeof(bytes) - at);

			assert_int_equal(take(stream, &seen, bytes + at, n), 0);
			at += n;
		}
		assert_string_equal(seen.text, "[1|2|3|4|a\\b|c][5|6|7|8|<09>|d]");
		lw_stream_free(stream);
	}
}

static void nul_byte(void **state)
{
	static const char bytes[] = HEADER "1\t2\t3\t4\ta\0b\tc\n1\t2\t3\t4\tok\tc\n";
	struct seen seen = { 0 };
	unsigned long long bad;

	(void)state;
	assert_int_equal(feed(bytes, sizeof(bytes) - 1, 9, &seen, &bad), 0);
	assert_string_equal(seen.text, "[1|2|3|4|ok|c]");
	assert_int_equal(bad, 1);
}

/* Lines around the greatest length: one fits, a byte more does not. */
static void long_line(size_t length, int records)
{
	static const char end[] = "\n5\t\t\t\t\t\n";
	char *bytes = malloc(sizeof(HEADER) + length + sizeof(end));
	size_t n = sizeof(HEADER) - 1;
	struct seen seen = { 0 };
	unsigned long long bad;

	memcpy(bytes, HEADER "\t\t\t\t", n + 4);
	memset(bytes + n + 4, 'a', length - 5);
	bytes[n + length - 1] = '\t';
	memcpy(bytes + n + length, end, sizeof(end) - 1);
	assert_int_equal(feed(bytes, n + length + sizeof(end) - 1, 1000, &seen, &bad), 0);
	assert_int_equal(seen.records, records);
	assert_int_equal(bad, 2 - records);
	free(bytes);
}

static void over_long_line(void **state)
{
	(void)state;
	long_line(64 << 10, 2);
	long_line((64 << 10) + 1, 1);
	long_line(200 << 10, 1);
}

static void no_newline_at_the_end(void **state)
{
	static const char bytes[] = HEADER "1\t2\t3\t4\ta\tb\n1\t2\t3\t4\tc\td";
	struct seen seen = { 0 };
	unsigned long long bad;

	(void)state;
	assert_int_equal(feed(bytes, sizeof(bytes) - 1, 100, &seen, &bad), 0);
	assert_string_equal(seen.text, "[1|2|3|4|a|b]");
}

static void wrong_header(void **state)
{
	static const char *const headers[] = {
		"\n",
		"1\t2\t3\t4\ta\tb\n",
		"#lwtools\t1\n",
		"#lwtools\t2\tx\ttime=time\tn=int\th=hex\to=oct\ts=str\ta=args\n",
		"#lwtools\t1\ty\ttime=time\tn=int\th=hex\to=oct\ts=str\ta=args\n",
		"#lwtools\t1\tx\ttime=time\tn=int\th=hex\to=oct\ts=str\n",
		"#lwtools\t1\tx\ttime=time\tn=int\th=hex\to=oct\ts=str\ta=str\n",
		"#lwtools\t1\tx\ttime=time\tn=int\th=hex\to=oct\ts=str\ta=args\tb=int\n",
	};
	struct seen seen = { 0 };
	unsigned long long bad;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(headers); i++) {
		struct capture err;
		char *text;
		int result;

		capture_begin(&err, 2);
		result = feed(headers[i], strlen(headers[i]), 7, &seen, &bad);
		text = capture_end(&err, NULL);
		assert_int_equal(result, -EPROTO);
		assert_has(text, "not what its description says");
		free(text);
	}
}

/* Any bytes are read without a crash, and lines that are no records are counted. */
static void random_bytes(void **state)
{
	static const char some[] = "\t\n\\x0t?+19-a: #\0";
	struct seen seen = { 0 };
	uint32_t seed = 7;
	int round;

	(void)state;
	for (round = 0; round < 2000; round++) {
		const char *header = round % 2 ? HEADER : DIST_HEADER;
		size_t n = strlen(header);
		unsigned long long bad;
		char bytes[512];

		seen.tool = round % 2 ? &tool : &dist_tool;
		strcpy(bytes, header);

		for (; n < sizeof(bytes); n++)
			bytes[n] = some[random_next(&seed) % sizeof(some)];
		assert_int_equal(feed(bytes, n, 1 + random_next(&seed) % 80, &seen, &bad), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(distributions),
		cmocka_unit_test(two_distributions),
		cmocka_unit_test(largest_distribution),
		cmocka_unit_test(damaged_distribution),
		cmocka_unit_test(rows_by_something),
		cmocka_unit_test(fields_that_were_asked_for),
		cmocka_unit_test(one_item_a_call),
		cmocka_unit_test(lost),
		cmocka_unit_test(many_reasons),
		cmocka_unit_test(long_reason),
		cmocka_unit_test(any_split),
		cmocka_unit_test(two_random_splits),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(over_long_line),
		cmocka_unit_test(no_newline_at_the_end),
		cmocka_unit_test(wrong_header),
		cmocka_unit_test(random_bytes),
	};
	struct CMUnitTest tests[COUNT(fixed) + COUNT(rows) + COUNT(line_rows)];
	size_t i;

	memcpy(tests, fixed, sizeof(fixed));
	for (i = 0; i < COUNT(rows) + COUNT(line_rows); i++) {
		const struct row *row = i < COUNT(rows) ? &rows[i] : &line_rows[i - COUNT(rows)];

		tests[COUNT(fixed) + i] = (struct CMUnitTest){
			.name = row->name,
			.test_func = reads,
			.initial_state = (void *)row,
		};
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
