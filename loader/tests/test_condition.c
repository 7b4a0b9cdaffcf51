// SPDX-License-Identifier: GPL-2.0-only
/* test_condition.c - --where: what is a condition, and which records meet it */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "text/condition.h"
#include "helper.h"

static const struct lw_tool tool = {
	.name = (char *)"tool",
	.fields = {
		{ .name = "time", .type = LW_TIME, .option = 'T' },
		{ .name = "pid", .type = LW_INT },
		{ .name = "ms", .type = LW_MSEC },
		{ .name = "mode", .type = LW_OCT },
		{ .name = "address", .type = LW_HEX },
		{ .name = "comm", .type = LW_STR },
		{ .name = "args", .type = LW_ARGS },
		{ .name = "latency", .type = LW_DIST },
		{ .name = "flags", .type = LW_STR, .option = 'e' },
	},
	.nfields = 9,
};

#define NUMBER(n)                                \
	{                                        \
		.state = LW_VALUE, .number = (n) \
	}
#define TEXT(t)                                                        \
	{                                                              \
		.state = LW_VALUE, .text = (t), .len = sizeof(t) - 1U, \
	}

static const struct lw_value values[] = {
	NUMBER(0),      NUMBER(-7),           NUMBER(1500000),
	NUMBER(0644),   NUMBER(255),          TEXT("cat"),
	TEXT("ls\0-l"), { .state = LW_NONE }, { .state = LW_UNREADABLE },
};

/* Prints what is wrong into @said, which is to be freed. */
static int parse(const char *text, bool with_flags, struct lw_condition *condition, char **said)
{
	bool given[128] = { ['e'] = with_flags, ['T'] = true };
	struct capture err;
	int result;

	capture_begin(&err, 2);
	result = lw_condition_parse(&tool, given, text, condition);
	*said = capture_end(&err, NULL);
	return result;
}

static const struct {
	const char *text;
	bool holds;
} conditions[] = {
	{ "pid=-7", true },
	{ "pid==-7", true },
	{ "pid=7", false },
	{ "pid!=-7", false },
	{ "pid!=7", true },
	{ "pid<-6", true },
	{ "pid<-7", false },
	{ "pid<=-7", true },
	{ "pid<=-8", false },
	{ "pid>-8", true },
	{ "pid>-7", false },
	{ "pid>=-7", true },
	{ "pid>=-6", false },
	{ "ms=1.5", true },
	{ "ms>1.499999", true },
	{ "ms>1.500000", false },
	{ "ms<2", true },
	{ "ms>1", true },
	{ "ms=1.05", false },
	{ "mode=644", true },
	{ "mode=0644", true },
	{ "address=0xff", true },
	{ "address=255", true },
	{ "comm=cat", true },
	{ "comm=ca", false },
	{ "comm=cats", false },
	{ "comm!=dog", true },
	{ "comm!=cat", false },
	{ "comm~at", true },
	{ "comm~ca", true },
	{ "comm~cat", true },
	{ "comm~cats", false },
	{ "comm~", true },
	{ "comm=", false },
	{ "args=ls -l", true },
	{ "args~s -", true },
	{ "args~-a", false },
	/* A value that does not exist or was not read meets nothing. */
	{ "flags!=x", false },
	{ "flags~", false },
};

static void records(void **state)
{
	struct lw_condition condition;
	char *said;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(conditions); i++) {
		if (parse(conditions[i].text, true, &condition, &said) < 0)
			fail_msg("%s: %s", conditions[i].text, said);
		if (lw_condition_holds(&tool, &condition, values) != conditions[i].holds)
			fail_msg("%s: should%s hold", conditions[i].text,
				 conditions[i].holds ? "" : " not");
		free(said);
	}
}

static const struct {
	const char *text, *says;
} refused[] = {
	{ "", "not a field" },
	{ "pid", "not a field" },
	{ "=1", "not a field" },
	{ "pid!1", "not a field" },
	{ "pdi=1", "did you mean pid?" },
	{ "elephant=1", "\"elephant\" is unknown; lwload tool --help" },
	{ "time>1", "a time or a distribution" },
	{ "latency>1", "a time or a distribution" },
	{ "flags~x", "only with option -e" },
	{ "pid~1", "only text" },
	{ "pid=", "not a number" },
	{ "pid=cat", "not a number" },
	{ "pid=1.5", "not a number" },
	{ "pid=9223372036854775808", "not a number" },
	{ "ms=1.", "not a number" },
	{ "ms=.5", "not a number" },
	{ "ms=1.5x", "not a number" },
	{ "ms=1.0000001", "not a number" },
	{ "ms=-1", "not a number" },
	{ "ms=9223372036854", "not a number" },
	{ "mode=0x1", "not a number" },
	{ "mode=8", "not a number" },
	{ "mode=", "not a number" },
	{ "mode=1777777777777777777777", "not a number" },
	{ "comm<x", "compare text" },
	{ "comm>=x", "compare text" },
};

static void what_is_no_condition(void **state)
{
	struct lw_condition condition;
	char *said;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		if (!parse(refused[i].text, false, &condition, &said))
			fail_msg("%s was taken", refused[i].text);
		if (!strstr(said, refused[i].says) || strchr(said, '\n') != said + strlen(said) - 1)
			fail_msg("%s: %s", refused[i].text, said);
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(what_is_no_condition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
