/* SPDX-License-Identifier: GPL-2.0-only */
/* stream.h - bytes of a module to records, as lwtools-stream(5) describes them */
#ifndef LW_STREAM_H
#define LW_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "module/tool.h"

enum lw_state {
	LW_VALUE,      /* text and len hold it, number if the type is one */
	LW_NONE,       /* the tool has no value here */
	LW_UNREADABLE, /* it could not be read from the process's memory */
};

#define LW_BUCKETS 64

/* How many values lie in which power of two. */
struct lw_dist {
	const char *unit; /* of the values: letters a to z, no NUL at their end */
	size_t unit_len;
	unsigned long long count;               /* of the values, as the tool says */
	long long sum;                          /* of the values, as the tool says */
	unsigned long long buckets[LW_BUCKETS]; /* 0: values 0 and 1; i: 2^i to 2^(i+1)-1 */
	int last;                               /* the highest bucket with a value in it */
};

struct lw_value {
	enum lw_state state;
	bool cut;         /* there was no room for all of it */
	long long number; /* LW_TIME: nanoseconds since the epoch; LW_MSEC: nanoseconds */
	const char *text; /* unescaped bytes, no NUL at their end; one between LW_ARGS' */
	size_t len;
	const struct lw_dist *dist; /* LW_DIST */
};

/* Each returns 0 to go on; anything else ends lw_stream_feed(). */
struct lw_stream_ops {
	/*
	 * A record: tool->nfields values, valid until it returns. The time of one that
	 * is in a report and has none itself is the report's.
	 */
	int (*record)(void *context, const struct lw_value *values);
	/* A report begins, at @nsec since the epoch; the one before may lack its end. */
	int (*report)(void *context, long long nsec);
	/* It ends; its begin may have been lost. */
	int (*end)(void *context);
	void *context;
};

struct lw_stream;

/*
 * lw_stream_new - a reader of one run's output
 * @tool: whose fields the stream must have
 * @ops: what is done with it, copied
 * Returns NULL if out of memory.
 */
struct lw_stream *lw_stream_new(const struct lw_tool *tool, const struct lw_stream_ops *ops);
void lw_stream_free(struct lw_stream *stream);

/*
 * lw_stream_feed - take the next bytes, in pieces of any size. Returns 0, what one of
 * the ops returned if not 0, or -EPROTO (the first line is not the header that belongs
 * to the tool; printed). Lines that are no record are counted, not passed on.
 */
int lw_stream_feed(struct lw_stream *stream, const char *buf, size_t len);

/* lw_stream_bad - lines that were no record */
unsigned long long lw_stream_bad(const struct lw_stream *stream);

/* Events that the module saw and could not keep. */
struct lw_uncounted {
	unsigned long long events; /* never 0; so many or more if it is ULLONG_MAX */
	char why[128];             /* the module's words, cut off if longer */
};

#define LW_REASONS 9

/*
 * lw_stream_uncounted - the reason number @i, from 0, of all that the module gave until
 * now. Returns NULL if there are not so many. There are at most LW_REASONS: what has other
 * reasons than the first eight is in the last.
 */
const struct lw_uncounted *lw_stream_uncounted(const struct lw_stream *stream, int i);

#endif
