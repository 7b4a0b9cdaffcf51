/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buffer.h - text that grows at its end
 *
 * The caller first makes room for the longest text that it may put. Putting is then copying only.
 */
#ifndef LW_BUFFER_H
#define LW_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* All zeros are an empty buffer. Free bytes. */
struct lw_buffer {
	char *bytes; /* no NUL at their end */
	size_t len;
	size_t size; /* bytes that there is room for */
};

/* lw_buffer_grow - makes room for @more bytes, when there is none. False: out of memory */
bool lw_buffer_grow(struct lw_buffer *buffer, size_t more);

/* lw_buffer_reserve - the same; there may be room already */
static inline bool lw_buffer_reserve(struct lw_buffer *buffer, size_t more)
{
	return buffer->len + more <= buffer->size || lw_buffer_grow(buffer, more);
}

static inline void lw_put(struct lw_buffer *buffer, const char *bytes, size_t n)
{
	memcpy(buffer->bytes + buffer->len, bytes, n);
	buffer->len += n;
}

static inline void lw_put_char(struct lw_buffer *buffer, char c)
{
	buffer->bytes[buffer->len++] = c;
}

static inline void lw_put_string(struct lw_buffer *buffer, const char *text)
{
	lw_put(buffer, text, strlen(text));
}

/* lw_put_format - puts a formatted text, of which 255 bytes at most are kept */
void lw_put_format(struct lw_buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * lw_put_spaces - puts @n spaces, none if @n is negative; there must be room for 15 more. It copies
 * sixteen at a time: for few spaces, a call of memset(3) takes longer.
 */
static inline void lw_put_spaces(struct lw_buffer *buffer, int n)
{
	int i;

	for (i = 0; i < n; i += 16)
		memcpy(buffer->bytes + buffer->len + i, "                ", 16);
	buffer->len += n > 0 ? n : 0;
}

#endif
