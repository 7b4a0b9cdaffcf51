// SPDX-License-Identifier: GPL-2.0-only
/* test_stream.c - bytes to records, in pieces of any size */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"
#include "stream.h"

/* A tool with a field of every type. */
static const struct lw_tool tool = {
	.name = "x",
	.nfields = 6,
	.fields = {
		{ "time", LW_TIME, 0, 0, "" }, { "n", LW_INT, 0, 0, "" },
		{ "h", LW_HEX, 0, 0, "" }, { "o", LW_OCT, 0, 0, "" },
		{ "s", LW_STR, 0, 0, "" }, { "a", LW_ARGS, 0, 0, "" },
	},
};

#define HEADER "#lwtools\t1\tx\ttime=time\tn=int\th=hex\to=oct\ts=str\ta=args\n"

/* Records as text: "value" or -, ? with | between, + behind what was cut. */
struct seen {
	char text[8192];
	int records;
	int stop_at;
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

static int on_record(void *context, const struct lw_value *values)
{
	struct seen *seen = context;
	int i;

	for (i = 0; i < tool.nfields; i++) {
		const struct lw_value *value = &values[i];

		add(seen, i ? "|" : "[");
		if (value->state == LW_NONE)
			add(seen, "-");
		else if (value->state == LW_UNREADABLE)
			add(seen, "?");
		else if (tool.fields[i].type == LW_STR || tool.fields[i].type == LW_ARGS)
			add_bytes(seen, value);
		else
			add(seen, "%lld", value->number);
		if (value->cut)
			add(seen, "+");
	}
	add(seen, "]");
	return ++seen->records == seen->stop_at ? 7 : 0;
}

/* Feeds bytes in pieces of @piece; returns what the last feed returned. */
static int feed(const char *bytes, size_t len, size_t piece, struct seen *seen,
		unsigned long long *bad)
{
	struct lw_stream *stream = lw_stream_new(&tool, on_record, seen);
	int err = 0;

	memset(seen->text, 0, sizeof(seen->text));
	seen->records = 0;
	while (len && !err) {
		size_t n = len < piece ? len : piece;
		/* A copy on the heap, so that a sanitizer sees a read beyond it. */
		char *copy = malloc(n);

		memcpy(copy, bytes, n);
		err = lw_stream_feed(stream, copy, n);
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
	const char *want; /* NULL: it is no record */
};

static const struct row rows[] = {
	{ "plain", "1\t-2\t3\t4\tabc\td", "[1|-2|3|4|abc|d]" },
	{ "no numbers", "\t\t\t\t\t", "[-|-|-|-||]" },
	{ "tab, newline, return, backslash", "1\t2\t3\t4\ta\\tb\\nc\\rd\\\\e\t",
	  "[1|2|3|4|a<09>b<0a>c<0d>d\\e|]" },
	{ "NUL in args", "1\t2\t3\t4\t\tcat\\0-v\\0", "[1|2|3|4||cat<00>-v<00>]" },
	{ "hexadecimal", "1\t2\t3\t4\t\\x1b[31m\\x7f\\xff\t", "[1|2|3|4|<1b>[31m<7f><ff>|]" },
	{ "raw high bytes", "1\t2\t3\t4\t\xc3\xa9\xff\t", "[1|2|3|4|<c3><a9><ff>|]" },
	{ "cut", "1\t2\t3\t4\tabc\\+\td\\+", "[1|2|3|4|abc+|d+]" },
	{ "unreadable", "1\t2\t3\t4\t\\?\t\\?", "[1|2|3|4|?|?]" },
	{ "one argument unreadable", "1\t2\t3\t4\t\ta\\0\\?\\0b", "[1|2|3|4||a<00>?<00>b]" },
	{ "first argument unreadable", "1\t2\t3\t4\t\t\\?\\0b", "[1|2|3|4||?<00>b]" },
	{ "directory unreadable", "1\t2\t3\t4\t\\?/x\t", "[1|2|3|4|?/x|]" },
	{ "greatest numbers", "9223372036854775807\t-9223372036854775808\t3\t4\t\t",
	  "[9223372036854775807|-9223372036854775808|3|4||]" },
	{ "minus zero", "1\t-0\t0\t4\t\t", "[1|0|0|4||]" },
	{ "leading zero", "1\t2\t007\t4\t\t", NULL },
	{ "leading zero behind minus", "1\t-02\t7\t4\t\t", NULL },
	{ "too few fields", "1\t2\t3\t4\tabc", NULL },
	{ "too many fields", "1\t2\t3\t4\tabc\td\te", NULL },
	{ "empty line", "", NULL },
	{ "no number", "1\tx\t3\t4\tabc\td", NULL },
	{ "bytes behind a number", "1\t2x\t3\t4\tabc\td", NULL },
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
	struct seen seen = { .stop_at = -1 };
	char bytes[1024], want[1024];
	unsigned long long bad;
	int n;

	n = snprintf(bytes, sizeof(bytes), HEADER "5\t\t\t\t\t\n%s\n6\t\t\t\t\t\n", row->line);
	snprintf(want, sizeof(want), "[5|-|-|-||]%s[6|-|-|-||]", row->want ? row->want : "");
	assert_int_equal(feed(bytes, n, n, &seen, &bad), 0);
	assert_string_equal(seen.text, want);
	assert_int_equal(bad, row->want ? 0 : 1);
}

/* Splitting must not matter: every piece length, then the same result. */
static void any_split(void **state)
{
	static const char bytes[] = HEADER "1\t2\t3\t4\ta\\tb\tc\\0d\n"
					   "bad line\n"
					   "1\t2\t3\t4\t\\x1b\\+\t\\?\n"
					   "\t\t\t\t\t\n";
	static const char want[] = "[1|2|3|4|a<09>b|c<00>d][1|2|3|4|<1b>+|?][-|-|-|-||]";
	struct seen seen = { .stop_at = -1 };
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
		struct seen seen = { .stop_at = -1 };
		struct lw_stream *stream = lw_stream_new(&tool, on_record, &seen);
		size_t at = 0;

		while (at < sizeof(bytes) - 1) {
			size_t n = random_next(&seed) % (sizeof(bytes) - at);

			assert_int_equal(lw_stream_feed(stream, bytes + at, n), 0);
			at += n;
		}
		assert_string_equal(seen.text, "[1|2|3|4|a\\b|c][5|6|7|8|<09>|d]");
		lw_stream_free(stream);
	}
}

static void nul_byte(void **state)
{
	static const char bytes[] = HEADER "1\t2\t3\t4\ta\0b\tc\n1\t2\t3\t4\tok\tc\n";
	struct seen seen = { .stop_at = -1 };
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
	struct seen seen = { .stop_at = -1 };
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
	struct seen seen = { .stop_at = -1 };
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
	struct seen seen = { .stop_at = -1 };
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
		assert_non_null(strstr(text, "not what its description says"));
		free(text);
	}
}

/* The sink has had enough: nothing more is given to it. */
static void record_ends_feeding(void **state)
{
	static const char bytes[] = HEADER "1\t\t\t\t\t\n2\t\t\t\t\t\n3\t\t\t\t\t\n";
	struct seen seen = { .stop_at = 2 };
	unsigned long long bad;

	(void)state;
	assert_int_equal(feed(bytes, sizeof(bytes) - 1, sizeof(bytes), &seen, &bad), 7);
	assert_int_equal(seen.records, 2);
}

/* Any bytes at all: no crash, and what is no record is counted. */
static void random_bytes(void **state)
{
	static const char some[] = "\t\n\\x0t?+19-a\0";
	struct seen seen = { .stop_at = -1 };
	uint32_t seed = 7;
	int round;

	(void)state;
	for (round = 0; round < 2000; round++) {
		char bytes[512] = HEADER;
		size_t n = sizeof(HEADER) - 1;
		unsigned long long bad;

		for (; n < sizeof(bytes); n++)
			bytes[n] = some[random_next(&seed) % sizeof(some)];
		assert_int_equal(feed(bytes, n, 1 + random_next(&seed) % 80, &seen, &bad), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(any_split),
		cmocka_unit_test(two_random_splits),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(over_long_line),
		cmocka_unit_test(no_newline_at_the_end),
		cmocka_unit_test(wrong_header),
		cmocka_unit_test(record_ends_feeding),
		cmocka_unit_test(random_bytes),
	};
	struct CMUnitTest tests[COUNT(fixed) + COUNT(rows)];
	size_t i;

	memcpy(tests, fixed, sizeof(fixed));
	for (i = 0; i < COUNT(rows); i++)
		tests[COUNT(fixed) + i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = reads,
			.initial_state = (void *)&rows[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
