/* SPDX-License-Identifier: GPL-2.0-only */
/* ring.h - the last lines of a text, in so much memory and no more */
#ifndef LW_RING_H
#define LW_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lw_ring;

/*
 * lw_ring_new - an empty one
 * @size: of the text that is kept, in bytes, at least that of the longest line
 * Returns NULL if out of memory; free(3) it.
 */
struct lw_ring *lw_ring_new(size_t size);

/*
 * lw_ring_blocks - from now on what makes room are not lines but all lines up to an empty
 * one, which belong together
 */
void lw_ring_blocks(struct lw_ring *ring);

/* lw_ring_put - add whole lines, each with its newline; the oldest make room */
void lw_ring_put(struct lw_ring *ring, const char *text, size_t len);

/* lw_ring_kept - bytes that are there */
size_t lw_ring_kept(const struct lw_ring *ring);

/* A place in the text. A reader has one, which need not keep up. */
struct lw_cursor {
	uint64_t at;                /* bytes before it, from the beginning on */
	uint64_t lines;             /* lines before it */
	unsigned long long dropped; /* lines that made room before it came there */
};

/* lw_ring_oldest, lw_ring_newest - the place of the first line that is there, or behind the last */
struct lw_cursor lw_ring_oldest(const struct lw_ring *ring);
struct lw_cursor lw_ring_newest(const struct lw_ring *ring);

/*
 * lw_ring_next - text from there on, which need not be all; returns its length, 0 at the end
 * @cursor: is moved to the oldest line if its own is gone
 */
size_t lw_ring_next(const struct lw_ring *ring, struct lw_cursor *cursor, const char **text);

/* lw_ring_pass - move on by bytes of what lw_ring_next() gave */
void lw_ring_pass(const struct lw_ring *ring, struct lw_cursor *cursor, size_t len);

/*
 * lw_ring_rest - copy and pass what is left of the line that the cursor is in
 * @buf: has room for a line. Returns its length, 0 if it is at the start of one.
 */
size_t lw_ring_rest(const struct lw_ring *ring, struct lw_cursor *cursor, char *buf);

#endif
