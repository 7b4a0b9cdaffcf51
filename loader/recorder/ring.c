// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "recorder/ring.h"

struct lw_ring {
	struct lw_cursor oldest, newest;
	bool blocks;
	size_t size;
	char text[];
};

struct lw_ring *lw_ring_new(size_t size)
{
	struct lw_ring *ring = calloc(1, sizeof(*ring) + size);

	if (ring)
		ring->size = size;
	return ring;
}

void lw_ring_blocks(struct lw_ring *ring)
{
	ring->blocks = true;
}

size_t lw_ring_kept(const struct lw_ring *ring)
{
	return ring->newest.at - ring->oldest.at;
}

struct lw_cursor lw_ring_oldest(const struct lw_ring *ring)
{
	return ring->oldest;
}

struct lw_cursor lw_ring_newest(const struct lw_ring *ring)
{
	return ring->newest;
}

/* Where the text stands on, at most @len bytes, until the memory's end. */
static size_t piece(const struct lw_ring *ring, uint64_t at, size_t len)
{
	size_t left = ring->size - at % ring->size;

	return len < left ? len : left;
}

/* Passes the line that begins there. Returns whether it is empty. */
static bool pass_line(const struct lw_ring *ring, struct lw_cursor *cursor)
{
	uint64_t start = cursor->at;
	const char *end = NULL;

	while (!end && cursor->at < ring->newest.at) {
		const char *text = ring->text + cursor->at % ring->size;
		size_t n = piece(ring, cursor->at, ring->newest.at - cursor->at);

		end = memchr(text, '\n', n);
		cursor->at += end ? (size_t)(end + 1 - text) : n;
	}
	cursor->lines++;
	return cursor->at - start == 1;
}

static void make_room(struct lw_ring *ring, size_t len)
{
	bool whole = true;

	while (lw_ring_kept(ring) && (lw_ring_kept(ring) + len > ring->size || !whole))
		whole = pass_line(ring, &ring->oldest) || !ring->blocks;
}

static void count_lines(struct lw_cursor *cursor, const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	while ((p = memchr(p, '\n', end - p))) {
		cursor->lines++;
		p++;
	}
	cursor->at += len;
}

static void put_line(struct lw_ring *ring, const char *text, size_t len)
{
	make_room(ring, len);
	while (len) {
		size_t n = piece(ring, ring->newest.at, len);

		memcpy(ring->text + ring->newest.at % ring->size, text, n);
		count_lines(&ring->newest, text, n);
		text += n;
		len -= n;
	}
}

void lw_ring_put(struct lw_ring *ring, const char *text, size_t len)
{
	while (len) {
		size_t n = (const char *)memchr(text, '\n', len) + 1 - text;

		put_line(ring, text, n);
		text += n;
		len -= n;
	}
}

size_t lw_ring_next(const struct lw_ring *ring, struct lw_cursor *cursor, const char **text)
{
	if (cursor->at < ring->oldest.at) {
		cursor->dropped += ring->oldest.lines - cursor->lines;
		cursor->at = ring->oldest.at;
		cursor->lines = ring->oldest.lines;
	}
	*text = ring->text + cursor->at % ring->size;
	return piece(ring, cursor->at, ring->newest.at - cursor->at);
}

void lw_ring_pass(const struct lw_ring *ring, struct lw_cursor *cursor, size_t len)
{
	count_lines(cursor, ring->text + cursor->at % ring->size, len);
}

size_t lw_ring_rest(const struct lw_ring *ring, struct lw_cursor *cursor, char *buf)
{
	size_t n, len = 0;

	if (cursor->at == 0 || ring->text[(cursor->at - 1) % ring->size] == '\n')
		return 0;
	do {
		const char *text = ring->text + cursor->at % ring->size;
		const char *end;

		n = piece(ring, cursor->at, ring->newest.at - cursor->at);
		end = memchr(text, '\n', n);
		n = end ? (size_t)(end + 1 - text) : n;
		memcpy(buf + len, text, n);
		lw_ring_pass(ring, cursor, n);
		len += n;
	} while (n && buf[len - 1] != '\n');
	return len;
}
