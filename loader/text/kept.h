/* SPDX-License-Identifier: GPL-2.0-only */
/* kept.h - copies of records, which stay when the stream goes on */
#ifndef LW_KEPT_H
#define LW_KEPT_H

#include "module/tool.h"
#include "text/stream.h"

/* Bytes that the text of each value has room for, so that a number can become another */
#define LW_KEPT_DIGITS 24

/* One piece of memory: free(3) it. The bytes and distributions follow the values, which point to them. */
struct lw_kept {
	unsigned long long number; /* the owner's: the order in which records came, or their hash */
	struct lw_kept *next;      /* the owner's */
	struct lw_value values[];  /* tool->nfields */
};

/*
 * lw_kept_copy - copies a record
 * @values: as lw_stream_values() returns them
 * The distributions of the copy may be changed. Returns NULL if out of memory.
 */
struct lw_kept *lw_kept_copy(const struct lw_tool *tool, const struct lw_value *values);

/* Records in their order */
struct lw_kept_list {
	struct lw_kept **records;
	size_t n, room;
};

/* lw_kept_add - copies a record to the list's end. Returns the copy, NULL if out of memory. */
struct lw_kept *lw_kept_add(struct lw_kept_list *list, const struct lw_tool *tool,
			    const struct lw_value *values);

/* lw_kept_each - calls fn for each record. Returns 0, or what fn returned if that was not 0; then the rest is left out. */
int lw_kept_each(const struct lw_kept_list *list,
		 int (*fn)(void *context, const struct lw_value *values), void *context);

/* lw_kept_forget - frees the records, but not the list's own memory */
void lw_kept_forget(struct lw_kept_list *list);

/* lw_kept_dist - the distribution of a copy's value; NULL: it has none */
struct lw_dist *lw_kept_dist(struct lw_kept *kept, int field);

#endif
