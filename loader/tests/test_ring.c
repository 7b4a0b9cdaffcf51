// SPDX-License-Identifier: GPL-2.0-only
/* test_ring.c - the end of a text in bounded memory, and readers that are too slow */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/ring.h"
#include "helper.h"

static void put(struct lw_ring *ring, const char *text)
{
	lw_ring_put(ring, text, strlen(text));
}

/* Reads all that there is for this reader, whose place moves on. */
static char *read_all(const struct lw_ring *ring, struct lw_cursor *cursor)
{
	static char text[4096];
	const char *piece;
	size_t n, len = 0;

	while ((n = lw_ring_next(ring, cursor, &piece))) {
		memcpy(text + len, piece, n);
		len += n;
		lw_ring_pass(ring, cursor, n);
	}
	text[len] = '\0';
	return text;
}

static void holds(const struct lw_ring *ring, const char *text)
{
	struct lw_cursor cursor = lw_ring_oldest(ring);

	assert_string_equal(read_all(ring, &cursor), text);
	assert_int_equal(lw_ring_kept(ring), strlen(text));
	assert_int_equal(cursor.dropped, 0);
}

static void the_oldest_make_room(void **state)
{
	struct lw_ring *ring = lw_ring_new(12);

	(void)state;
	holds(ring, "");
	put(ring, "one\ntwo\n");
	holds(ring, "one\ntwo\n");
	put(ring, "3\n4\n");
	holds(ring, "one\ntwo\n3\n4\n");
	put(ring, "5\n");
	holds(ring, "two\n3\n4\n5\n");
	put(ring, "twelve ones\n");
	holds(ring, "twelve ones\n");
	free(ring);
}

static void blocks_go_as_a_whole(void **state)
{
	struct lw_ring *ring = lw_ring_new(16);

	(void)state;
	lw_ring_blocks(ring);
	put(ring, "a\n1\n\nb\n2\n\n");
	put(ring, "c\n3\n\n");
	holds(ring, "a\n1\n\nb\n2\n\nc\n3\n\n");
	put(ring, "d\n4\n\n");
	holds(ring, "b\n2\n\nc\n3\n\nd\n4\n\n");
	free(ring);
}

static void readers_that_are_too_slow(void **state)
{
	struct lw_ring *ring = lw_ring_new(12);
	struct lw_cursor slow, quick;

	(void)state;
	put(ring, "before\n");
	slow = quick = lw_ring_newest(ring);
	put(ring, "1\n2\n");
	assert_string_equal(read_all(ring, &quick), "1\n2\n");
	put(ring, "3\n4\n5\n6\n7\n8\n");
	assert_string_equal(read_all(ring, &quick), "3\n4\n5\n6\n7\n8\n");
	assert_int_equal(quick.dropped, 0);
	assert_string_equal(read_all(ring, &slow), "3\n4\n5\n6\n7\n8\n");
	assert_int_equal(slow.dropped, 2);
	put(ring, "9\na\nb\nc\nd\ne\nf\n");
	assert_string_equal(read_all(ring, &slow), "a\nb\nc\nd\ne\nf\n");
	assert_int_equal(slow.dropped, 3);
	free(ring);
}

/* Part of a line has been sent: the rest is copied before newer text takes its place. */
static void rest_of_a_line(void **state)
{
	struct lw_ring *ring = lw_ring_new(12);
	struct lw_cursor cursor;
	const char *text;
	char rest[12];

	(void)state;
	put(ring, "12345678\n");
	cursor = lw_ring_newest(ring);
	/* This text goes over the end of the memory. */
	put(ring, "abcdefg\n");
	assert_int_equal(lw_ring_rest(ring, &cursor, rest), 0);
	assert_int_equal(lw_ring_next(ring, &cursor, &text), 3);
	lw_ring_pass(ring, &cursor, 2);
	assert_int_equal(lw_ring_rest(ring, &cursor, rest), 6);
	assert_memory_equal(rest, "cdefg\n", 6);
	assert_int_equal(lw_ring_rest(ring, &cursor, rest), 0);
	assert_int_equal(lw_ring_next(ring, &cursor, &text), 0);
	put(ring, "1\n2\n3\n");
	assert_string_equal(read_all(ring, &cursor), "1\n2\n3\n");
	assert_int_equal(cursor.dropped, 0);
	free(ring);
}

/* After megabytes, the ring has the end in whole lines, and not more than its size. */
static void much_text(void **state)
{
	enum { SIZE = 1000 };
	struct lw_ring *ring = lw_ring_new(SIZE);
	struct lw_cursor slow = lw_ring_newest(ring), all;
	unsigned long long seen = 0;
	uint32_t seed = 7;
	char line[300], *text;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "%*d\n", (int)(random_next(&seed) % 200), i);
		put(ring, line);
		assert_in_range(lw_ring_kept(ring), 1, SIZE);
		if (i % 7)
			continue;
		text = read_all(ring, &slow);
		for (; *text; text++)
			seen += *text == '\n';
	}
	all = lw_ring_newest(ring);
	assert_int_equal(all.lines, 20000);
	for (text = read_all(ring, &slow); *text; text++)
		seen += *text == '\n';
	assert_int_equal(seen + slow.dropped, 20000);
	assert_true(slow.dropped > 0);
	free(ring);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_make_room),
		cmocka_unit_test(blocks_go_as_a_whole),
		cmocka_unit_test(readers_that_are_too_slow),
		cmocka_unit_test(rest_of_a_line),
		cmocka_unit_test(much_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
