// SPDX-License-Identifier: GPL-2.0-only
/* test_nearest.c - the words that are nearest to a mistyped one */
#include <string.h>

#include "util/nearest.h"
#include "helper.h"

static const char *const words[] = {
	"opensnoop", "execsnoop", "killsnoop", "rwtime", "json", "pid"
};

static const struct row {
	const char *typed, *meant;
} rows[] = {
	{ "opensnoop", "opensnoop" },
	{ "opensnop", "opensnoop" },
	{ "openssnoop", "opensnoop" },
	{ "opemsnoop", "opensnoop" },
	{ "poensnoop", "opensnoop" },
	{ "opensnopo", "opensnoop" },
	{ "execnsoop", "execsnoop" },
	{ "xecsnoops", "execsnoop" },
	{ "kilsnoo", "killsnoop" },
	{ "jsn", "json" },
	{ "pdi", "pid" },
	{ "rwtimer", "rwtime" },
	/* All three are equally near. */
	{ "xxxxsnoop", NULL },
	{ "tcptop", NULL },
	{ "jn", NULL },
	{ "p", NULL },
	{ "", NULL },
};

static void nearest(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *found = lw_nearest(rows[i].typed, words, COUNT(words));

		if (found != rows[i].meant &&
		    (!found || !rows[i].meant || strcmp(found, rows[i].meant)))
			fail_msg("%s: %s", rows[i].typed, found ? found : "none");
	}
}

static void long_words(void **state)
{
	char text[128];
	const char *const word[] = { text };

	(void)state;
	memset(text, 'a', sizeof(text));
	text[63] = '\0';
	assert_ptr_equal(lw_nearest(text, word, 1), text);
	assert_null(lw_nearest("a", word, 1));
	text[63] = 'a';
	text[127] = '\0';
	assert_null(lw_nearest(text, word, 1));
	assert_null(lw_nearest("a", word, 1));
	assert_null(lw_nearest("a", word, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest),
		cmocka_unit_test(long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
