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

#include "helper.h"
#include "render.h"
#include "stream.h"

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

static const struct lw_tool *find_tool(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i], name))
			return tools[i];
	abort();
}

static int on_record(void *context, const struct lw_value *values)
{
	return lw_render_record(context, values);
}

static void feed_header(struct lw_stream *stream, const struct lw_tool *tool)
{
	static const char *const types[] = { "time", "int", "hex", "oct", "str", "args" };
	char text[1024];
	int i, n = snprintf(text, sizeof(text), "#lwtools\t1\t%s", tool->name);

	for (i = 0; i < tool->nfields; i++)
		n += snprintf(text + n, sizeof(text) - n, "\t%s=%s", tool->fields[i].name,
			      types[tool->fields[i].type]);
	text[n++] = '\n';
	assert_int_equal(lw_stream_feed(stream, text, n), 0);
}

/* What stdout gets for these lines; @letters: the options in use. */
static char *render(const struct lw_tool *tool, bool json, const char *letters, const char *lines)
{
	bool given[128] = { false };
	struct lw_render *r;
	struct lw_stream *stream;
	struct capture out;
	int err;

	for (; *letters; letters++)
		given[(int)*letters] = true;
	r = lw_render_new(tool, json, given);
	stream = lw_stream_new(tool, on_record, r);
	feed_header(stream, tool);
	lw_render_start(r);
	assert_int_equal(lw_stream_feed(stream, lines, strlen(lines)), 0);
	assert_int_equal(lw_stream_bad(stream), 0);
	capture_begin(&out, 1);
	err = lw_render_flush(r);
	lw_stream_free(stream);
	lw_render_free(r);
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
	  OPEN_JSON("\"\xc3\xa9\\ufffd\\ufffd\\ufffd\xf0\x9f\xa9\xba\\u009b\\u202e\"}\n") },
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

/* ---- any bytes ---- */

/* A tiny checker of RFC 8259: each returns behind the value, or NULL. */
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

/* libc decodes it, so the loader's own decoder does not check itself. */
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

/* Bytes that lead to the edges of UTF-8 more often than all 255 would. */
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
		/* The heading and one line, whatever the name. */
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
	struct lw_render *r = lw_render_new(find_tool("opensnoop"), false, given);
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
	lw_render_free(r);
	return result;
}

static void full_device(void **state)
{
	char *message;

	(void)state;
	assert_int_equal(flush_to(open("/dev/full", O_WRONLY), &message), -ENOSPC);
	assert_string_equal(message, "lwload: opensnoop: cannot write to stdout: "
				     "No space left on device\n");
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
	struct lw_render *r = lw_render_new(find_tool("opensnoop"), true, given);

	(void)state;
	lw_render_start(r);
	assert_int_equal(lw_render_flush(r), 0);
	lw_render_free(r);
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
		cmocka_unit_test(random_bytes), cmocka_unit_test(full_device),
		cmocka_unit_test(reader_gone),  cmocka_unit_test(nothing_to_write),
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
