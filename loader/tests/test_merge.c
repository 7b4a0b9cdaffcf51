// SPDX-License-Identifier: GPL-2.0-only
/* test_merge.c - packets of several streams in the order of their numbers */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/merge.h"
#include "helper.h"

#define STREAMS 3

/* The text of all packets; each packet ends with a newline, as records do. */
struct seen {
	char text[512 << 10];
	size_t len;
	int packets;
	int stop_at;
};

static struct seen seen;

static int deliver(void *context, const char *packet, size_t len)
{
	(void)context;
	assert_true(seen.len + len < sizeof(seen.text));
	memcpy(seen.text + seen.len, packet, len);
	seen.len += len;
	seen.text[seen.len] = '\0';
	return ++seen.packets == seen.stop_at ? 9 : 0;
}

static const struct lw_sink sink = { .data = deliver };

static struct lw_merge *begin(void)
{
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = -1;
	return lw_merge_new(STREAMS, &sink);
}

struct bytes {
	char data[64 << 10];
	size_t len, pos;
};

static void put(struct bytes *b, const void *data, size_t len)
{
	assert_true(b->len + len <= sizeof(b->data));
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

/* A packet whose header promises @len bytes, of which @there are written. */
static void put_cut(struct bytes *b, uint32_t sequence, const char *text, uint32_t len,
		    uint32_t there)
{
	put(b, "\xf0\x9f\xa9\xba", 4);
	put(b, &sequence, sizeof(sequence));
	put(b, &len, sizeof(len));
	put(b, text, there);
}

static void put_packet(struct bytes *b, uint32_t sequence, const char *text)
{
	put_cut(b, sequence, text, strlen(text), strlen(text));
}

static void give(struct lw_merge *merge, int i, const void *data, size_t len)
{
	while (len) {
		size_t room, n;
		char *to = lw_merge_room(merge, i, &room);

		/* A full buffer can always be emptied. */
		if (!room) {
			assert_int_equal(lw_merge_run(merge, true), 0);
			to = lw_merge_room(merge, i, &room);
		}
		assert_true(room > 0);
		n = room < len ? room : len;
		memcpy(to, data, n);
		lw_merge_fill(merge, i, n);
		data = (const char *)data + n;
		len -= n;
		if (len)
			assert_int_equal(lw_merge_run(merge, false), 0);
	}
}

static void give_packet(struct lw_merge *merge, int i, uint32_t sequence, const char *text)
{
	static struct bytes b;

	b.len = 0;
	put_packet(&b, sequence, text);
	give(merge, i, b.data, b.len);
}

static void run(struct lw_merge *merge, bool force, const char *want)
{
	seen.len = 0;
	seen.text[0] = '\0';
	assert_int_equal(lw_merge_run(merge, force), 0);
	assert_string_equal(seen.text, want);
}

/* ---- one thing each ---- */

static void in_order(void **state)
{
	struct lw_merge *merge = begin();

	(void)state;
	give_packet(merge, 2, 1, "a\n");
	give_packet(merge, 0, 3, "c\n");
	give_packet(merge, 0, 4, "d\n");
	give_packet(merge, 1, 2, "b\n");
	run(merge, false, "a\nb\nc\nd\n");
	assert_false(lw_merge_waiting(merge));
	assert_int_equal(lw_merge_lost(merge), 0);
	lw_merge_free(merge);
}

static void gap_waits(void **state)
{
	struct lw_merge *merge = begin();

	(void)state;
	give_packet(merge, 0, 1, "a\n");
	give_packet(merge, 0, 3, "c\n");
	run(merge, false, "a\n");
	assert_true(lw_merge_waiting(merge));
	run(merge, false, "");
	give_packet(merge, 1, 2, "b\n");
	run(merge, false, "b\nc\n");
	assert_int_equal(lw_merge_lost(merge), 0);
	lw_merge_free(merge);
}

static void gap_forced(void **state)
{
	struct lw_merge *merge = begin();

	(void)state;
	give_packet(merge, 0, 1, "a\n");
	give_packet(merge, 0, 5, "e\n");
	give_packet(merge, 1, 7, "g\n");
	run(merge, true, "a\ne\ng\n");
	assert_int_equal(lw_merge_lost(merge), 4);
	assert_false(lw_merge_waiting(merge));
	lw_merge_free(merge);
}

/* A packet that was given up comes after all: it is shown, and no longer counted as lost. */
static void late_packet(void **state)
{
	struct lw_merge *merge = begin();

	(void)state;
	give_packet(merge, 0, 1, "a\n");
	give_packet(merge, 0, 4, "d\n");
	run(merge, true, "a\nd\n");
	assert_int_equal(lw_merge_lost(merge), 2);
	give_packet(merge, 1, 2, "b\n");
	give_packet(merge, 0, 5, "e\n");
	run(merge, false, "b\ne\n");
	assert_int_equal(lw_merge_lost(merge), 1);
	assert_false(lw_merge_waiting(merge));
	lw_merge_free(merge);
}

static void numbers_wrap(void **state)
{
	struct lw_merge *merge = begin();
	unsigned long long lost;

	(void)state;
	/* No jump may be longer than half of all numbers. */
	give_packet(merge, 0, 0x60000000, "w\n");
	run(merge, true, "w\n");
	give_packet(merge, 0, 0xc0000000, "x\n");
	run(merge, true, "x\n");
	give_packet(merge, 0, 0xfffffffe, "y\n");
	run(merge, true, "y\n");
	lost = lw_merge_lost(merge);
	give_packet(merge, 0, 0, "b\n");
	give_packet(merge, 1, 1, "c\n");
	run(merge, false, "");
	give_packet(merge, 2, 0xffffffff, "a\n");
	run(merge, false, "a\nb\nc\n");
	assert_true(lw_merge_lost(merge) == lost);
	lw_merge_free(merge);
}

static void sink_stops(void **state)
{
	struct lw_merge *merge = begin();

	(void)state;
	give_packet(merge, 0, 1, "a\n");
	give_packet(merge, 0, 2, "b\n");
	seen.stop_at = 1;
	assert_int_equal(lw_merge_run(merge, false), 9);
	assert_string_equal(seen.text, "a\n");
	lw_merge_free(merge);
}

/* ---- damage ---- */

/* The end of a sub-buffer is zeroes where no whole packet fitted. */
static void zero_padding(void **state)
{
	static const char zeroes[4096];
	struct lw_merge *merge = begin();

	(void)state;
	give_packet(merge, 0, 1, "a\n");
	give(merge, 0, zeroes, 1);
	give_packet(merge, 0, 2, "b\n");
	give(merge, 0, zeroes, sizeof(zeroes));
	give_packet(merge, 0, 3, "c\n");
	give(merge, 0, zeroes, 100);
	run(merge, false, "a\nb\nc\n");
	assert_int_equal(lw_merge_lost(merge), 0);
	lw_merge_free(merge);
}

/*
 * A packet is cut at each place. It is not shown; the packets before and after it are, whole.
 * No record has bytes of two packets.
 */
static void truncated_anywhere(void **state)
{
	static const char text[] = "0123456789 0123456789 0123456789\n";
	uint32_t len = sizeof(text) - 1, there;

	(void)state;
	for (there = 0; there < len; there++) {
		struct lw_merge *merge = begin();
		struct bytes b = { .len = 0 };

		put_packet(&b, 1, "before\n");
		put_cut(&b, 2, text, len, there);
		put_packet(&b, 3, "after, and long enough to fill the place of it\n");
		put_packet(&b, 4, "end\n");
		give(merge, 1, b.data, b.len);
		run(merge, true, "before\nafter, and long enough to fill the place of it\nend\n");
		lw_merge_free(merge);
	}
}

/* It found no room at all, which the next one's header tells. */
static void cut_to_nothing(void **state)
{
	struct lw_merge *merge = begin();
	static struct bytes b;

	(void)state;
	put_cut(&b, 1, "", 10, 0);
	put_packet(&b, 2, "b\n");
	give(merge, 0, b.data, b.len);
	run(merge, false, "b\n");
	lw_merge_free(merge);
}

/*
 * The packet after a cut one may be shorter than the missing part, and its header may come in
 * two reads.
 */
static void little_after(void **state)
{
	struct bytes b = { .len = 0 };
	size_t at;

	(void)state;
	put_cut(&b, 1, "0123456789\n", 11, 10);
	put_packet(&b, 2, "a\n");
	for (at = 0; at <= b.len; at++) {
		struct lw_merge *merge = begin();

		give(merge, 0, b.data, at);
		run(merge, false, at == b.len ? "a\n" : "");
		give(merge, 0, b.data + at, b.len - at);
		run(merge, false, at == b.len ? "" : "a\n");
		assert_int_equal(lw_merge_next(merge), 3);
		assert_true(lw_merge_lost(merge) == 0);
		lw_merge_free(merge);
	}
}

/* A packet whose end may be the start of a header waits for the next bytes. */
static void ends_like_a_header(void **state)
{
	struct lw_merge *merge = begin();

	(void)state;
	give_packet(merge, 0, 1, "a\xf0\x9f");
	run(merge, false, "");
	give_packet(merge, 0, 2, "b\n");
	run(merge, false,
	    "a\xf0\x9f"
	    "b\n");
	give_packet(merge, 0, 3, "c\xf0");
	run(merge, false, "");
	run(merge, true, "c\xf0");
	lw_merge_free(merge);
}

/* A file name may hold the bytes that a header begins with. */
static void magic_in_text(void **state)
{
	static const char text[] = "\xf0\x9f\xa9\xba\xf0\x9f\xa9\xba"
				   "abcdefgh\xf0\x9f\xa9\xba\n";
	struct lw_merge *merge = begin();

	(void)state;
	give_packet(merge, 0, 1, text);
	give_packet(merge, 0, 2, "b\n");
	run(merge, false,
	    "\xf0\x9f\xa9\xba\xf0\x9f\xa9\xba"
	    "abcdefgh\xf0\x9f\xa9\xba\nb\n");
	lw_merge_free(merge);
}

static void impossible_lengths(void **state)
{
	struct lw_merge *merge = begin();
	struct bytes b = { .len = 0 };

	(void)state;
	put_cut(&b, 1, "", 0, 0);
	put_cut(&b, 1, "x\n", 0xffffffff, 2);
	put_cut(&b, 1, "x\n", 0x10000, 2);
	put_packet(&b, 1, "a\n");
	give(merge, 0, b.data, b.len);
	run(merge, false, "a\n");
	lw_merge_free(merge);
}

/* ---- full ---- */

/*
 * One packet is missing and the buffer is full. The merge gives up nothing by itself, since
 * another stream may have the packet. There is room again when that has been read, or when the
 * merge is forced.
 */
static struct lw_merge *full_of_waiting(void)
{
	struct lw_merge *merge = begin();
	static char text[1001];
	size_t room;
	uint32_t i;

	memset(text, 'x', 999);
	strcpy(text + 999, "\n");
	for (i = 2; lw_merge_room(merge, 0, &room), room >= 1012; i++) {
		give_packet(merge, 0, i, text);
		assert_int_equal(lw_merge_run(merge, false), 0);
	}
	assert_int_equal(seen.packets, 0);
	assert_in_range(i, 100, 1000);
	return merge;
}

static void full_buffer(void **state)
{
	struct lw_merge *merge = full_of_waiting();
	size_t room;

	(void)state;
	give_packet(merge, 1, 1, "first\n");
	assert_int_equal(lw_merge_run(merge, false), 0);
	assert_memory_equal(seen.text, "first\nxxx", 9);
	lw_merge_room(merge, 0, &room);
	assert_true(room > 100000);
	assert_int_equal(lw_merge_lost(merge), 0);
	lw_merge_free(merge);
}

static void full_buffer_forced(void **state)
{
	struct lw_merge *merge = full_of_waiting();
	size_t room;

	(void)state;
	assert_int_equal(lw_merge_run(merge, true), 0);
	assert_memory_equal(seen.text, "xxx", 3);
	lw_merge_room(merge, 0, &room);
	assert_true(room > 100000);
	assert_int_equal(lw_merge_lost(merge), 1);
	lw_merge_free(merge);
}

/* The longest possible packet comes in two pieces, and another packet follows. */
static void longest_packet(void **state)
{
	static char text[0xffff + 1];
	static struct bytes part;
	struct lw_merge *merge = begin();

	(void)state;
	memset(text, 'y', 0xfffe);
	strcpy(text + 0xfffe, "\n");
	part.len = 0;
	put_cut(&part, 1, text, 0xffff, 1000);
	give(merge, 0, part.data, part.len);
	run(merge, false, "");
	give(merge, 0, text + 1000, 0xffff - 1000);
	give_packet(merge, 0, 2, "z\n");
	assert_int_equal(lw_merge_run(merge, false), 0);
	assert_int_equal(seen.packets, 2);
	assert_int_equal(seen.len, 0xffff + 2);
	lw_merge_free(merge);
}

/* ---- random ---- */

#define PACKETS 200

static void random_streams(struct bytes *streams, char *want, uint32_t *seed)
{
	uint32_t sequence;

	for (sequence = 1; sequence <= PACKETS; sequence++) {
		struct bytes *b = &streams[random_next(seed) % STREAMS];
		char text[96];

		snprintf(
			text, sizeof(text), "%u:%.*s\n", sequence, (int)(random_next(seed) % 80),
			"The quick brown fox jumps over the lazy dog and does so again and again now");
		put_packet(b, sequence, text);
		if (random_next(seed) % 16 == 0)
			put(b, "\0\0\0\0\0\0\0\0", random_next(seed) % 9);
		want = stpcpy(want, text);
	}
}

static bool all_given(const struct bytes *streams)
{
	int i;

	for (i = 0; i < STREAMS; i++)
		if (streams[i].pos < streams[i].len)
			return false;
	return true;
}

/* Gives pieces of random streams and sizes until all is given. */
static void random_pieces(struct lw_merge *merge, struct bytes *streams, uint32_t *seed)
{
	while (!all_given(streams)) {
		int i = random_next(seed) % STREAMS;
		struct bytes *b = &streams[i];
		size_t n = random_next(seed) % 300;

		if (n > b->len - b->pos)
			n = b->len - b->pos;
		give(merge, i, b->data + b->pos, n);
		b->pos += n;
		assert_int_equal(lw_merge_run(merge, false), 0);
	}
}

static void random_splits(void **state)
{
	static struct bytes streams[STREAMS];
	static char want[PACKETS * 96];
	uint32_t seed = 2026;
	int round;

	(void)state;
	for (round = 0; round < 300; round++) {
		struct lw_merge *merge = begin();

		memset(streams, 0, sizeof(streams));
		random_streams(streams, want, &seed);
		random_pieces(merge, streams, &seed);
		/* All bytes are there, so that nothing may wait, though the merge was not forced. */
		assert_string_equal(seen.text, want);
		assert_int_equal(seen.packets, PACKETS);
		assert_int_equal(lw_merge_lost(merge), 0);
		lw_merge_free(merge);
	}
}

/* After any bytes there is room for more, and no crash and no endless loop. */
static void random_bytes(void **state)
{
	static const char some[] = "\xf0\x9f\xa9\xba\x01\x00\x00\x00\x05\x00\x00\x00";
	struct lw_merge *merge = begin();
	uint32_t seed = 11;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		char piece[16];
		size_t at = random_next(&seed) % 12, n = random_next(&seed) % (12 - at) + 1;

		memcpy(piece, some + at, n);
		give(merge, random_next(&seed) % STREAMS, piece, n);
		assert_int_equal(lw_merge_run(merge, random_next(&seed) % 8 == 0), 0);
		seen.len = 0;
	}
	lw_merge_free(merge);
	lw_merge_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),       cmocka_unit_test(gap_waits),
		cmocka_unit_test(gap_forced),     cmocka_unit_test(late_packet),
		cmocka_unit_test(numbers_wrap),   cmocka_unit_test(sink_stops),
		cmocka_unit_test(zero_padding),   cmocka_unit_test(truncated_anywhere),
		cmocka_unit_test(magic_in_text),  cmocka_unit_test(impossible_lengths),
		cmocka_unit_test(full_buffer),    cmocka_unit_test(full_buffer_forced),
		cmocka_unit_test(longest_packet), cmocka_unit_test(random_splits),
		cmocka_unit_test(random_bytes),   cmocka_unit_test(ends_like_a_header),
		cmocka_unit_test(cut_to_nothing), cmocka_unit_test(little_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
