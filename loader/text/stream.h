/* SPDX-License-Identifier: GPL-2.0-only */
/* stream.h - turns a module's bytes into records, as lwtools-stream(5) describes them */
#ifndef LW_STREAM_H
#define LW_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "module/tool.h"
#include "text/by.h"
#include "text/groups.h"

enum lw_state {
	LW_VALUE,      /* the value is in text and len, and in number if it is one */
	LW_NONE,       /* the tool has no value here */
	LW_UNREADABLE, /* the value could not be read from the process's memory */
};

#define LW_BUCKETS 64

/* A distribution: the number of values in each power of two */
struct lw_dist {
	const char *unit; /* unit of the values: letters a to z, without a NUL */
	size_t unit_len;
	unsigned long long count;               /* number of values, from the tool */
	long long sum;                          /* sum of the values, from the tool */
	unsigned long long buckets[LW_BUCKETS]; /* 0: values 0 and 1; i: 2^i to 2^(i+1)-1 */
	int last;                               /* the highest bucket with a value in it */
};

struct lw_value {
	enum lw_state state;
	bool cut;         /* the module had no room for the whole text */
	long long number; /* LW_TIME: nanoseconds since the epoch; LW_MSEC: nanoseconds */
	const char *text; /* unescaped bytes, without a NUL at the end; LW_ARGS has NULs between */
	size_t len;
	const struct lw_dist *dist; /* LW_DIST */
};

/* The items that lw_stream_next() finds */
enum lw_item {
	LW_RECORD = 1,
	LW_REPORT,     /* a report begins; the one before may lack its end */
	LW_REPORT_END, /* a report ends; its begin may have been lost */
};

struct lw_stream;

/*
 * lw_stream_new - makes a reader of one run's output
 * @tool: the stream must have its fields
 * Returns NULL if out of memory.
 */
struct lw_stream *lw_stream_new(const struct lw_tool *tool);

/*
 * lw_stream_more - its records have fields that lwload has asked the module for
 * @more: the module's parameter lw_more (stp/kernel/fields.h)
 * @groups: the control groups, for their paths and containers; stays as long as the stream
 */
void lw_stream_more(struct lw_stream *stream, unsigned int more, struct lw_groups *groups);

/*
 * lw_stream_by - its rows have what option --by asks for
 * @by: stays as long as the stream; NULL: nothing
 */
void lw_stream_by(struct lw_stream *stream, enum lw_more more, struct lw_by *by);

/* lw_stream_free - frees it; NULL is allowed */
void lw_stream_free(struct lw_stream *stream);

/*
 * lw_stream_next - reads until an item is complete
 * @buf, @len: new bytes, in pieces of any size; both move on after bytes that were read
 *
 * Lines that are no record are counted. Returns an enum lw_item; 0 if all bytes are read, so that
 * the next call brings more; or -EPROTO, printed, if the first line is not the tool's header.
 */
int lw_stream_next(struct lw_stream *stream, const char **buf, size_t *len);

/*
 * lw_stream_values - returns the tool->nfields values of the last LW_RECORD, valid until the next
 * lw_stream_next(). In a report, a record without a time has the report's time.
 */
const struct lw_value *lw_stream_values(const struct lw_stream *stream);

/* lw_stream_time - returns the time of the last LW_REPORT, in nanoseconds since the epoch */
long long lw_stream_time(const struct lw_stream *stream);

/* lw_stream_bad - returns the number of lines that were no record */
unsigned long long lw_stream_bad(const struct lw_stream *stream);

/* Events that the module saw and could not keep */
struct lw_uncounted {
	unsigned long long events; /* never 0; ULLONG_MAX stands for more as well */
	char why[128];             /* the module's words, cut off if longer */
};

#define LW_REASONS 9

/*
 * lw_stream_uncounted - returns the module's reason number @i, from 0, or NULL if there are fewer.
 * There are at most LW_REASONS; the last has the events of all reasons after the first eight.
 */
const struct lw_uncounted *lw_stream_uncounted(const struct lw_stream *stream, int i);

#endif
