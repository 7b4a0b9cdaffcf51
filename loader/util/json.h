/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.h - the writer of JSON (RFC 8259), at the end of a buffer
 *
 * Each function puts a comma first if another value of the same object or array comes before. The
 * buffer's last byte tells; a newline there ends the previous text. The caller makes room
 * (buffer.h): LW_JSON_ROOM for a string or a key of this length, or for a number.
 */
#ifndef LW_JSON_H
#define LW_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "util/buffer.h"
#include "util/escape.h"

/* A comma, two quotes and a colon; the longest number has 20 digits. */
#define LW_JSON_ROOM(len) (LW_ESCAPED * (len) + 24)

/* lw_json_next - puts a comma, if one is needed */
static inline void lw_json_next(struct lw_buffer *out)
{
	char last = out->len ? out->bytes[out->len - 1] : '\n';

	if (last != ':' && last != '{' && last != '[' && last != '\n')
		lw_put_char(out, ',');
}

/* lw_json_open - begins an object or array: { or [ */
static inline void lw_json_open(struct lw_buffer *out, char bracket)
{
	lw_json_next(out);
	lw_put_char(out, bracket);
}

/* lw_json_close - ends it: } or ] */
static inline void lw_json_close(struct lw_buffer *out, char bracket)
{
	lw_put_char(out, bracket);
}

/* lw_json_key - puts the key of the next value; @name has nothing to escape */
static inline void lw_json_key(struct lw_buffer *out, const char *name)
{
	lw_json_next(out);
	lw_put_char(out, '"');
	lw_put_string(out, name);
	lw_put(out, "\":", 2);
}

/* lw_json_raw - puts a number as it is in text, or another value that is JSON already */
static inline void lw_json_raw(struct lw_buffer *out, const char *text, size_t len)
{
	lw_json_next(out);
	lw_put(out, text, len);
}

/*
 * lw_json_string - puts a string; U+FFFD stands for bytes that are no UTF-8 (lw_escape_json()).
 * Returns false if there are such bytes.
 */
static inline bool lw_json_string(struct lw_buffer *out, const char *text, size_t len)
{
	bool bad = false;

	lw_json_next(out);
	out->len = lw_escape_json(out->bytes + out->len, text, len, &bad) - out->bytes;
	return !bad;
}

/* lw_json_base64 - puts any bytes as base64. Returns true. */
static inline bool lw_json_base64(struct lw_buffer *out, const char *text, size_t len)
{
	lw_json_next(out);
	out->len = lw_escape_base64(out->bytes + out->len, text, len) - out->bytes;
	return true;
}

/* lw_json_text - puts a string that ends with a NUL; NULL: null */
void lw_json_text(struct lw_buffer *out, const char *text);

/* lw_json_unsigned - puts a number in decimal digits */
void lw_json_unsigned(struct lw_buffer *out, unsigned long long number);
void lw_json_signed(struct lw_buffer *out, long long number);
void lw_json_bool(struct lw_buffer *out, bool yes);
void lw_json_null(struct lw_buffer *out);

#endif
