// SPDX-License-Identifier: GPL-2.0-only
/* test_words.c - messages of SystemTap's runtime in plain words, and what they count */
#include <stdio.h>
#include <string.h>

#include "kernel/words.h"
#include "helper.h"

#define NOT_PRINTED ""

/* Messages as lwtools' modules send them */
static const struct row {
	const char *text, *words;
	unsigned long long lost, missed;
} rows[] = {
	{ "There were 23 transport failures. Try stap -s to increase the buffer size from 1.",
	  NOT_PRINTED, 23, 0 },
	{ "There were 4 lost messages, 99 lost bytes, and 2 unexpected sequences.", NOT_PRINTED, 4,
	  0 },
	{ "Number of errors: 0, skipped probes: 42",
	  "42 calls were missed: too many were under way at once; a filter may help", 0, 42 },
	{ "Number of errors: 0, skipped probes: 0",
	  "calls were missed: they came while another was being recorded", 0, 1 },
	{ "Number of errors: 1, skipped probes: 0", NOT_PRINTED, 0, 0 },
	{ "Number of errors: 12, skipped probes: 5", "5 calls were missed before it ended", 0, 5 },
	{ "Skipped too many probes, check MAXSKIPPED or try again",
	  "it stopped: too many calls were missed, with too many under way at once; a filter may "
	  "help (SystemTap: Skipped too many probes, check MAXSKIPPED or try again)",
	  0, 1 },
	{ "MAXACTION exceeded near operator '{' at a.stp:3:1",
	  "it stopped: one of its probes took more steps than it may; a filter or a shorter "
	  "interval may help (SystemTap: MAXACTION exceeded near operator '{' at a.stp:3:1)",
	  0, 0 },
	{ "MAXNESTING exceeded near x",
	  "it stopped: one of its functions called itself too often; please report this "
	  "(SystemTap: MAXNESTING exceeded near x)",
	  0, 0 },
	{ "Array overflow, check size limit (16384) near identifier 'a'",
	  "it stopped: one of its tables has room for 16384 entries only; a filter or a shorter "
	  "interval may help (SystemTap: Array overflow, check size limit (16384) near "
	  "identifier 'a')",
	  0, 1 },
	{ "aggregation overflow in a",
	  "it stopped: one of its tables is full; a filter or a shorter interval may help "
	  "(SystemTap: aggregation overflow in a)",
	  0, 1 },
	{ "read fault [man error::fault] at 0x0",
	  "it stopped: it met memory that cannot be read; please report this (SystemTap: read "
	  "fault [man error::fault] at 0x0)",
	  0, 0 },
	{ "kernel fault at 0x0 accessing arg(1)",
	  "it stopped: it met memory that cannot be read; please report this (SystemTap: kernel "
	  "fault at 0x0 accessing arg(1))",
	  0, 0 },
	{ "division by 0 near x",
	  "it stopped by a fault of its own; please report this (SystemTap: division by 0 near x)",
	  0, 0 },
	{ "empty aggregate near x",
	  "it stopped by a fault of its own; please report this (SystemTap: empty aggregate near x)",
	  0, 0 },
	{ "probe kprobe.function(\"a\") (a+0) registration error [man warning::pass5] (rc -22)",
	  "the kernel did not take one of its probes, and what that would show is missing; see "
	  "dmesg (SystemTap: probe kprobe.function(\"a\") (a+0) registration error [man "
	  "warning::pass5] (rc -22))",
	  0, 1 },
	/* Other messages stay as they are. */
	{ "Cannot register module notifier (-12)", "Cannot register module notifier (-12)", 0, 0 },
	{ "There were -1 transport failures.", "There were -1 transport failures.", 0, 0 },
	{ "There were 5", "There were 5", 0, 0 },
	{ "Number of errors: 0", "Number of errors: 0", 0, 0 },
	{ "probe of something", "probe of something", 0, 0 },
	{ "", NOT_PRINTED, 0, 0 },
};

static void words(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct lw_loss loss = { .lost = 100, .missed = 1000 };
		char buf[512];
		const char *got = lw_words(rows[i].text, &loss, buf, sizeof(buf));

		assert_string_equal(got ? got : NOT_PRINTED, rows[i].words);
		assert_int_equal(loss.lost, 100 + rows[i].lost);
		assert_int_equal(loss.missed, 1000 + rows[i].missed);
	}
}

/* A message of any length stays within the buffer. */
static void long_message(void **state)
{
	struct lw_loss loss = { 0 };
	char text[4096], buf[64];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "MAXACTION exceeded", 18);
	text[sizeof(text) - 1] = '\0';
	assert_non_null(lw_words(text, &loss, buf, sizeof(buf) - 1));
	assert_int_equal(strlen(buf), sizeof(buf) - 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(long_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
