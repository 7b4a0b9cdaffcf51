/* SPDX-License-Identifier: GPL-2.0-only */
/* ring.h - the last lines of a text, in memory of a fixed size */
#ifndef LW_RING_H
#define LW_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lw_ring;

/*
 * lw_ring_new - makes an empty ring
 * @size: bytes of text that it keeps; the longest line must fit
 * Returns NULL if out of memory; free(3) it.
 */
struct lw_ring *lw_ring_new(size_t size);

/*
 * lw_ring_blocks - from now on, whole blocks make room for new text, instead of lines; an empty
 * line ends a block
 */
void lw_ring_blocks(struct lw_ring *ring);

/* lw_ring_put - adds whole lines, each with its newline; the oldest lines make room */
void lw_ring_put(struct lw_ring *ring, const char *text, size_t len);

/* lw_ring_kept - returns the number of bytes in it */
size_t lw_ring_kept(const struct lw_ring *ring);

/* A reader's place in the text, which may be gone already */
struct lw_cursor {
	uint64_t at;                /* bytes before it, from the beginning on */
	uint64_t lines;             /* lines before it */
	unsigned long long dropped; /* lines that were gone before the reader came to them */
};

/*
 * lw_ring_oldest - the place of the first line that is kept; lw_ring_newest - after the last line
 */
struct lw_cursor lw_ring_oldest(const struct lw_ring *ring);
struct lw_cursor lw_ring_newest(const struct lw_ring *ring);

/*
 * lw_ring_next - gives text from the cursor on, which need not be all. Returns its length, 0 at the
 * end.
 * @cursor: moves to the oldest line if its own is gone
 */
size_t lw_ring_next(const struct lw_ring *ring, struct lw_cursor *cursor, const char **text);

/* lw_ring_pass - moves the cursor by bytes of the text that lw_ring_next() gave */
void lw_ring_pass(const struct lw_ring *ring, struct lw_cursor *cursor, size_t len);

/*
 * lw_ring_rest - copies the rest of the cursor's line, and moves the cursor after it
 * @buf: has room for a line. Returns the length, 0 if the cursor is at the start of a line.
 */
size_t lw_ring_rest(const struct lw_ring *ring, struct lw_cursor *cursor, char *buf);

#endif
