// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text/kept.h"

/* Structures may come next. */
static size_t aligned(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

/* Only a value that exists has text and a distribution. */
static size_t bytes_of(const struct lw_value *value)
{
	size_t n = 0;

	if (value->state != LW_VALUE)
		return 0;
	if (value->dist)
		n = aligned(sizeof(*value->dist) + value->dist->unit_len);
	return n + aligned(value->len > LW_KEPT_DIGITS ? value->len : LW_KEPT_DIGITS);
}

/* Returns the end of the bytes. */
static char *copy_value(struct lw_value *value, char *bytes)
{
	struct lw_dist *dist;

	if (value->state != LW_VALUE) {
		*value = (struct lw_value){ .state = value->state, .text = "" };
		return bytes;
	}
	if (value->len)
		memcpy(bytes, value->text, value->len);
	value->text = bytes;
	bytes += aligned(value->len > LW_KEPT_DIGITS ? value->len : LW_KEPT_DIGITS);
	if (!value->dist)
		return bytes;
	dist = memcpy(bytes, value->dist, sizeof(*dist));
	dist->unit = memcpy(bytes + sizeof(*dist), value->dist->unit, dist->unit_len);
	value->dist = dist;
	return bytes + aligned(sizeof(*dist) + dist->unit_len);
}

struct lw_kept *lw_kept_copy(const struct lw_tool *tool, const struct lw_value *values)
{
	size_t size = sizeof(struct lw_kept) + tool->nfields * sizeof(*values);
	struct lw_kept *kept;
	char *bytes;
	int i;

	for (i = 0; i < tool->nfields; i++)
		size += bytes_of(&values[i]);
	kept = malloc(size);
	if (!kept)
		return NULL;
	kept->number = 0;
	kept->next = NULL;
	memcpy(kept->values, values, tool->nfields * sizeof(*values));
	bytes = (char *)&kept->values[tool->nfields];
	for (i = 0; i < tool->nfields; i++)
		bytes = copy_value(&kept->values[i], bytes);
	return kept;
}

static bool has_room(struct lw_kept_list *list)
{
	size_t room = list->room ? 2 * list->room : 64;
	struct lw_kept **more;

	if (list->n < list->room)
		return true;
	more = reallocarray(list->records, room, sizeof(*more));
	if (!more)
		return false;
	list->records = more;
	list->room = room;
	return true;
}

struct lw_kept *lw_kept_add(struct lw_kept_list *list, const struct lw_tool *tool,
			    const struct lw_value *values)
{
	struct lw_kept *kept = has_room(list) ? lw_kept_copy(tool, values) : NULL;

	if (kept)
		list->records[list->n++] = kept;
	return kept;
}

int lw_kept_each(const struct lw_kept_list *list,
		 int (*fn)(void *context, const struct lw_value *values), void *context)
{
	size_t i;
	int err = 0;

	for (i = 0; i < list->n && !err; i++)
		err = fn(context, list->records[i]->values);
	return err;
}

void lw_kept_forget(struct lw_kept_list *list)
{
	while (list->n)
		free(list->records[--list->n]);
}

struct lw_dist *lw_kept_dist(struct lw_kept *kept, int field)
{
	/* It is in the same piece of memory. */
	return (struct lw_dist *)kept->values[field].dist;
}
