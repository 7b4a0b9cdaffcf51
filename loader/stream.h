/* SPDX-License-Identifier: GPL-2.0-only */
/* stream.h - bytes of a module to records, as lwtools-stream(5) describes them */
#ifndef LW_STREAM_H
#define LW_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "tool.h"

enum lw_state {
	LW_VALUE,      /* text and len hold it, number if the type is one */
	LW_NONE,       /* the tool has no value here */
	LW_UNREADABLE, /* it could not be read from the process's memory */
};

struct lw_value {
	enum lw_state state;
	bool cut;         /* there was no room for all of it */
	long long number; /* LW_TIME: nanoseconds since the epoch */
	const char *text; /* unescaped bytes, no NUL at their end; one between LW_ARGS' */
	size_t len;
};

struct lw_stream;

/*
 * lw_stream_new - a reader of one run's output
 * @tool: whose fields the stream must have
 * @record: called with tool->nfields values, valid until it returns. Returns 0
 * to go on, anything else ends lw_stream_feed().
 */
struct lw_stream *lw_stream_new(const struct lw_tool *tool,
				int (*record)(void *context, const struct lw_value *values),
				void *context);
void lw_stream_free(struct lw_stream *stream);

/*
 * lw_stream_feed - take the next bytes, in pieces of any size. Returns 0, what
 * record() returned if not 0, or -EPROTO (the first line is not the header that
 * belongs to the tool; printed). Lines that are no record are counted, not passed on.
 */
int lw_stream_feed(struct lw_stream *stream, const char *buf, size_t len);

/* lw_stream_bad - lines that were no record */
unsigned long long lw_stream_bad(const struct lw_stream *stream);

#endif
