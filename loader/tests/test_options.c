// SPDX-License-Identifier: GPL-2.0-only
/* test_options.c - argv to parameters; bad arguments are in test_cli.c */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/options.h"
#include "helper.h"

#define MAX_ARGS 12

/* Returns whether the arguments are taken; the parameters are in one line. */
static bool parse_for(const struct lw_tool *tool, const char *const *args, char *params,
		      size_t size, struct lw_options *options)
{
	char *argv[MAX_ARGS + 2] = { tool->name };
	struct capture err;
	int i, argc = 1, result;

	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)args[argc - 1];
	capture_begin(&err, 2);
	result = lw_options_parse(tool, argc, argv, options);
	free(capture_end(&err, NULL));
	params[0] = '\0';
	for (i = 0; options->params[i]; i++)
		snprintf(params + strlen(params), size - strlen(params), "%s%s", i ? " " : "",
			 options->params[i]);
	lw_options_free(options);
	return result == 0;
}

static bool parse(const char *name, const char *const *args, char *params, size_t size,
		  struct lw_options *options)
{
	struct lw_tool *tool = tool_of(name);
	bool taken = parse_for(tool, args, params, size, options);

	lw_tool_free(tool);
	return taken;
}

#define FOUR(x) x "," x "," x "," x
#define IDS_40 FOUR("4194304,4194304,4194304,1,2,3,4194304,4194304,4194304,9")
#define UIDS_10 \
	"4294967294,4294967294,4294967294,4294967294,4294967294,4294967294," FOUR("4294967294")
#define UIDS_40 FOUR(UIDS_10)
#define NAMES_16 FOUR(FOUR("123456789012345"))

struct row {
	const char *name;
	const char *tool;
	const char *args[MAX_ARGS];
	const char *params;
};

static const struct row rows[] = {
	{ "none", "opensnoop", { NULL }, "_stp_bufsize=1" },
	{ "pid", "opensnoop", { "-p", "1" }, "pid=1 _stp_bufsize=1" },
	{ "joined", "opensnoop", { "-p4194304" }, "pid=4194304 _stp_bufsize=1" },
	{ "long", "opensnoop", { "--pid", "7" }, "pid=7 _stp_bufsize=1" },
	{ "long with =", "opensnoop", { "--pid=7" }, "pid=7 _stp_bufsize=1" },
	{ "hexadecimal", "opensnoop", { "-p", "0x10" }, "pid=16 _stp_bufsize=1" },
	{ "pids", "opensnoop", { "-p", "1,23,4194304" }, "pid=1,23,4194304 _stp_bufsize=1" },
	{ "pids, one of them twice", "opensnoop", { "-p5,0x10,5" }, "pid=5,16,5 _stp_bufsize=1" },
	{ "40 pids, the most", "opensnoop", { "-p", IDS_40 }, "pid=" IDS_40 " _stp_bufsize=1" },
	{ "40 long uids", "opensnoop", { "-u", UIDS_40 }, "uid=" UIDS_40 " _stp_bufsize=1" },
	{ "tids", "opensnoop", { "--tid=12,13" }, "tid=12,13 _stp_bufsize=1" },
	{ "uids", "opensnoop", { "-u", "0,4294967294" }, "uid=0,4294967294 _stp_bufsize=1" },
	{ "names", "opensnoop", { "-n", "cat,a b" }, "name=\"cat,a b\" _stp_bufsize=1" },
	{ "16 names, the most",
	  "opensnoop",
	  { "-n", NAMES_16 },
	  "name=\"" NAMES_16 "\" _stp_bufsize=1" },
	{ "tid", "opensnoop", { "-t", "12" }, "tid=12 _stp_bufsize=1" },
	{ "uid 0", "opensnoop", { "-u", "0" }, "uid=0 _stp_bufsize=1" },
	{ "greatest uid", "opensnoop", { "-u", "4294967294" }, "uid=4294967294 _stp_bufsize=1" },
	{ "name", "opensnoop", { "-n", "cat" }, "name=\"cat\" _stp_bufsize=1" },
	{ "name with a blank", "opensnoop", { "-n", "a b=c" }, "name=\"a b=c\" _stp_bufsize=1" },
	{ "name of 15 bytes",
	  "opensnoop",
	  { "-n", "123456789012345" },
	  "name=\"123456789012345\" _stp_bufsize=1" },
	{ "flag with underscore", "opensnoop", { "--full-path" }, "full_path=1 _stp_bufsize=1" },
	{ "cluster", "opensnoop", { "-Tx" }, "timestamp=1 failed=1 _stp_bufsize=1" },
	{ "cluster with value", "opensnoop", { "-xp5" }, "failed=1 pid=5 _stp_bufsize=1" },
	{ "O_RDONLY", "opensnoop", { "-f", "O_RDONLY" }, "flags=4294967296 _stp_bufsize=1" },
	{ "O_WRONLY,O_CREAT",
	  "opensnoop",
	  { "-f", "O_WRONLY,O_CREAT" },
	  "flags=8589934656 _stp_bufsize=1" },
	{ "a flag twice",
	  "opensnoop",
	  { "-f", "O_CREAT,O_TRUNC,O_CREAT" },
	  "flags=576 _stp_bufsize=1" },
	{ "O_RDWR|O_TRUNC",
	  "opensnoop",
	  { "-f", "O_RDWR|O_TRUNC" },
	  "flags=17179869696 _stp_bufsize=1" },
	{ "json brings time", "opensnoop", { "--json" }, "timestamp=1 _stp_bufsize=1" },
	{ "json and time", "opensnoop", { "-T", "--json" }, "timestamp=1 _stp_bufsize=1" },
	{ "buffer", "opensnoop", { "--buffer", "4095" }, "_stp_bufsize=4095" },
	{ "user by name", "opensnoop", { "-u", "root" }, "uid=0 _stp_bufsize=1" },
	{ "end of options", "opensnoop", { "-x", "--", "-e", "a" }, "failed=1 _stp_bufsize=1" },
	{ "signal number", "killsnoop", { "-s", "64" }, "sig=64 _stp_bufsize=1" },
	{ "signal 0", "killsnoop", { "-s", "0" }, "sig=0 _stp_bufsize=1" },
	{ "signal name", "killsnoop", { "-s", "TERM" }, "sig=15 _stp_bufsize=1" },
	{ "signal SIGname", "killsnoop", { "-s", "sigkill" }, "sig=9 _stp_bufsize=1" },
	{ "last signal", "killsnoop", { "-s", "SYS" }, "sig=31 _stp_bufsize=1" },
	{ "tpid", "killsnoop", { "-t", "3" }, "tpid=3 _stp_bufsize=1" },
	{ "tpids", "killsnoop", { "-t", "3,4" }, "tpid=3,4 _stp_bufsize=1" },
	{ "ppid", "execsnoop", { "-P", "1", "-x" }, "ppid=1 fails=1 _stp_bufsize=1" },
	{ "ports", "accept2close", { "-P", "65535" }, "port=65535 _stp_bufsize=1" },
	{ "greatest number",
	  "accept2close",
	  { "-m", "2147483647" },
	  "min=2147483647 _stp_bufsize=1" },
};

static void takes(void **state)
{
	const struct row *row = *state;
	struct lw_options options;
	char params[1024];

	assert_true(parse(row->tool, row->args, params, sizeof(params), &options));
	assert_string_equal(params, row->params);
}

static void common_options(void **state)
{
	const char *const args[] = { "-d", "0.5", "-c", "23", "-v", "--staprun", "--json", NULL };
	struct lw_options options;
	char params[1024];

	(void)state;
	assert_true(parse("killsnoop", args, params, sizeof(params), &options));
	assert_true(options.duration == 0.5);
	assert_int_equal(options.count, 23);
	assert_true(options.verbose && options.staprun && options.json && !options.help);
}

static void given_letters(void **state)
{
	const char *const args[] = { "-e", "--pid=3", NULL };
	struct lw_options options;
	char params[1024];

	(void)state;
	assert_true(parse("opensnoop", args, params, sizeof(params), &options));
	assert_true(options.given['e'] && options.given['p']);
	assert_false(options.given['x'] || options.given['T']);
}

/* A tool's own option takes a letter from a common one. */
static void tools_letter_wins(void **state)
{
	char *argv[] = { "x", "-d", "5", "--duration", "2", NULL };
	struct lw_tool tool = { .name = "x", .buffer = 3, .noptions = 1 };
	struct lw_options options;

	(void)state;
	tool.options[0] = (struct lw_option){ "depth", 'd', "N", "how deep", "-d" };
	assert_int_equal(lw_options_parse(&tool, 5, argv, &options), 0);
	assert_string_equal(options.params[0], "depth=5");
	assert_string_equal(options.params[1], "_stp_bufsize=3");
	assert_true(options.duration == 2);
	lw_options_free(&options);
}

/* If a tool's -T is not the time, --json does not set it. */
static void json_with_another_t(void **state)
{
	char *argv[] = { "x", "--json", NULL };
	struct lw_tool tool = { .name = "x", .buffer = 3, .noptions = 1 };
	struct lw_options options;

	(void)state;
	tool.options[0] = (struct lw_option){ "threshold", 'T', "N", "how long", "-T" };
	assert_int_equal(lw_options_parse(&tool, 2, argv, &options), 0);
	assert_string_equal(options.params[0], "_stp_bufsize=3");
	lw_options_free(&options);
}

/* ---- tools that write reports ---- */

/* This tool has another letter for its interval, and its -c has another meaning. */
static const struct lw_tool reporter = {
	.name = "x",
	.summary = "writes reports",
	.buffer = 2,
	.noptions = 4,
	.options = {
		{ "disk", 'd', NULL, "by disk", "-d" },
		{ "interval", 'I', "N", "seconds between reports", "-I" },
		{ "comm", 'c', "NAME", "this command only", "-c" },
		{ "queued", 'Q', NULL, "with time in the queue", "-Q" },
	},
};

static const struct report_row {
	const char *args[MAX_ARGS];
	const char *params;
	unsigned long long count;
} report_rows[] = {
	{ { NULL }, "_stp_bufsize=2", 0 },
	{ { "1" }, "interval=1 _stp_bufsize=2", 0 },
	{ { "3600", "1" }, "interval=3600 _stp_bufsize=2", 1 },
	{ { "0x10", "9223372036854775807" }, "interval=16 _stp_bufsize=2", LLONG_MAX },
	{ { "-I", "5" }, "interval=5 _stp_bufsize=2", 0 },
	{ { "--interval=5", "--count", "7" }, "interval=5 _stp_bufsize=2", 7 },
	{ { "5", "--count", "7" }, "interval=5 _stp_bufsize=2", 7 },
	{ { "--count", "7", "5" }, "interval=5 _stp_bufsize=2", 7 },
	{ { "-d", "-c", "cat", "5", "7" }, "disk=1 comm=\"cat\" interval=5 _stp_bufsize=2", 7 },
	{ { "5", "-d", "7", "-Q" }, "disk=1 queued=1 interval=5 _stp_bufsize=2", 7 },
	{ { "--count", "7" }, "_stp_bufsize=2", 7 },
};

static void takes_interval(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(report_rows); i++) {
		const struct report_row *row = &report_rows[i];
		struct lw_options options;
		char params[1024];

		assert_true(parse_for(&reporter, row->args, params, sizeof(params), &options));
		assert_string_equal(params, row->params);
		assert_true(options.count == row->count);
		assert_int_equal(options.given['I'], strstr(params, "interval") != NULL);
	}
}

/* An option "interval" is one only if its placeholder is N. */
static void interval_of_another_kind(void **state)
{
	const char *const args[] = { "-I", "abc", NULL }, *const five[] = { "5", NULL };
	struct lw_tool tool = reporter;
	struct lw_options options;
	char params[1024];

	(void)state;
	tool.options[1].arg = "NAME";
	assert_true(parse_for(&tool, args, params, sizeof(params), &options));
	assert_string_equal(params, "interval=\"abc\" _stp_bufsize=2");
	assert_false(parse_for(&tool, five, params, sizeof(params), &options));
	tool.options[1].arg = NULL;
	assert_false(parse_for(&tool, five, params, sizeof(params), &options));
}

static char *help_of(const struct lw_tool *tool)
{
	struct capture out;

	capture_begin(&out, 1);
	lw_options_help(tool);
	return capture_end(&out, NULL);
}

/* A tool's own --pid and -n stay; --process has no letter then. */
static void lists_of_tasks(void **state)
{
	static const struct {
		const char *args[MAX_ARGS];
		int option;
		bool left_out;
	} all[] = {
		{ { "--ppid", "a" }, 5, false },      { { "--not-comm=a" }, 4, true },
		{ { "--process=a" }, 3, false },      { { "-n", "a" }, 3, false },
		{ { "-p", "a" }, 0, false },          { { "--not-pid", "a" }, 0, true },
		{ { "-t", "a" }, 1, false },          { { "--container", "a" }, 8, false },
		{ { "--not-mntns", "a" }, 10, true },
	};
	struct lw_tool tool = reporter;
	struct lw_options options;
	char params[1024];
	size_t i;

	(void)state;
	tool.lists = "pid tid process comm ppid cgroup mntns";
	for (i = 0; i < COUNT(all); i++) {
		assert_true(parse_for(&tool, all[i].args, params, sizeof(params), &options));
		assert_string_equal(params, "_stp_bufsize=2");
		assert_string_equal(options.whose.values[all[i].option][all[i].left_out], "a");
		assert_null(options.whose.values[all[i].option][!all[i].left_out]);
	}
	tool.lists = "pid ppid tids";
	assert_true(parse_for(&tool, all[0].args, params, sizeof(params), &options));
	/* A module that is older than lwload */
	assert_false(parse_for(&tool, all[2].args, params, sizeof(params), &options));
	assert_false(parse_for(&tool, all[6].args, params, sizeof(params), &options));
}

static void fields_that_the_module_adds(void **state)
{
	static const struct {
		const char *args[MAX_ARGS];
		const char *params;
	} all[] = {
		{ { "--fields", "+process" }, "lw_more=1 _stp_bufsize=1" },
		{ { "--fields", "pid,nspid,ppid" }, "lw_more=6 _stp_bufsize=1" },
		{ { "--fields", "+container" }, "lw_more=8 _stp_bufsize=1" },
		{ { "--fields", "+container,+cgroup" }, "lw_more=8 _stp_bufsize=1" },
		{ { "--where", "process=cat" }, "lw_more=1 _stp_bufsize=1" },
		{ { "--json", "--container=x" }, "timestamp=1 lw_more=8 _stp_bufsize=1" },
		{ { "--json", "--cgroup=/x" }, "timestamp=1 lw_more=8 _stp_bufsize=1" },
		{ { "--json", "--not-cgroup=/x" }, "timestamp=1 _stp_bufsize=1" },
		{ { "--json", "--cgroup=/x", "--fields=pid" }, "timestamp=1 _stp_bufsize=1" },
		{ { "--cgroup=/x" }, "_stp_bufsize=1" },
		{ { "--fields", "pid" }, "_stp_bufsize=1" },
	};
	struct lw_options options;
	char params[1024];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		assert_true(parse("opensnoop", all[i].args, params, sizeof(params), &options));
		assert_string_equal(params, all[i].params);
	}
}

static void a_command_ends_the_options(void **state)
{
	const char *const args[] = { "5", "-Q", "--", "ls", "-Q", "--", "x", NULL };
	const char *const none[] = { "5", "--", NULL };
	struct lw_tool tool = reporter;
	struct lw_options options;
	char params[1024];

	(void)state;
	assert_false(parse_for(&tool, args, params, sizeof(params), &options));
	tool.lists = "pid";
	assert_false(parse_for(&tool, args, params, sizeof(params), &options));
	tool.lists = "pid below";
	assert_false(parse_for(&tool, none, params, sizeof(params), &options));
	assert_true(parse_for(&tool, args, params, sizeof(params), &options));
	assert_string_equal(params, "queued=1 interval=5 _stp_bufsize=2");
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "-Q");
	assert_string_equal(options.command[3], "x");
	assert_null(options.command[4]);
}

static void help_of_reporter(void **state)
{
	char *text = help_of(&reporter);

	(void)state;
	assert_memory_equal(text, "usage: lwload x [options] [INTERVAL [COUNT]]\n\nx - writes", 56);
	assert_has(text, "      --count N             stop after N reports\n");
	assert_null(strstr(text, "N records"));
	free(text);
}

/* All options of a description that has the greatest number of them are given. */
static void greatest_number_of_options(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	char *argv[LW_MAX_OPTIONS + 2] = { "x" }, texts[LW_MAX_OPTIONS][3];
	struct lw_tool tool = { .name = "x", .noptions = LW_MAX_OPTIONS };
	struct lw_options options;
	int i;

	(void)state;
	for (i = 0; i < LW_MAX_OPTIONS; i++) {
		tool.options[i] = (struct lw_option){ "p", letters[i], NULL, "", "" };
		snprintf(texts[i], sizeof(texts[i]), "-%c", letters[i]);
		argv[i + 1] = texts[i];
	}
	assert_int_equal(lw_options_parse(&tool, LW_MAX_OPTIONS + 1, argv, &options), 0);
	assert_int_equal(options.nparams, LW_MAX_OPTIONS + 1);
	assert_null(options.params[options.nparams]);
	lw_options_free(&options);
}

/* The help shows all of the description. */
static void help(void **state)
{
	static const char *const wanted[] = {
		"usage: lwload opensnoop [options] [-- COMMAND [ARG ...]]\n",
		"opensnoop - trace open(2)",
		"  -p, --pid PID             these processes only\n",
		"  -F, --full-path           print relative names with their directory\n",
		"  -d, --duration SECS ",
		"  -c, --count N             stop after N records\n",
		"      --json  ",
		"  flags         flags of the call (with -e)\n",
		"  path          name of the file as the caller gave it\n",
		"\noptions of opensnoop:\n",
		"\noptions of every tool:\n",
		"\noptions that choose tasks, with lists such as 1,2:\n      --process NAME  ",
		"      --tree PID  ",
		("\nexamples:\n  lwload opensnoop\n      trace until Ctrl-C\n"
		 "  lwload opensnoop -x -n nginx\n      files that nginx fails to open\n"),
	};
	struct lw_tool *tool = tool_of("opensnoop");
	char *text = help_of(tool);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wanted); i++)
		assert_has(text, wanted[i]);
	free(text);
	lw_tool_free(tool);
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(common_options),
		cmocka_unit_test(lists_of_tasks),
		cmocka_unit_test(a_command_ends_the_options),
		cmocka_unit_test(fields_that_the_module_adds),
		cmocka_unit_test(given_letters),
		cmocka_unit_test(tools_letter_wins),
		cmocka_unit_test(json_with_another_t),
		cmocka_unit_test(takes_interval),
		cmocka_unit_test(interval_of_another_kind),
		cmocka_unit_test(help_of_reporter),
		cmocka_unit_test(greatest_number_of_options),
		cmocka_unit_test(help),
	};
	struct CMUnitTest tests[COUNT(fixed) + COUNT(rows)];
	size_t i;

	memcpy(tests, fixed, sizeof(fixed));
	for (i = 0; i < COUNT(rows); i++)
		tests[COUNT(fixed) + i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = takes,
			.initial_state = (void *)&rows[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
