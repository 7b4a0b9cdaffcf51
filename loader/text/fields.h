/* SPDX-License-Identifier: GPL-2.0-only */
/* fields.h - names of a tool's fields, as people type them */
#ifndef LW_FIELDS_H
#define LW_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "module/tool.h"

/* The fields that are shown, in this order */
struct lw_columns {
	int n; /* 0: nobody chose */
	int field[LW_MAX_FIELDS];
	bool added; /* besides those that are shown anyway */
	bool by;    /* --by: rows are of no process */
};

/*
 * lw_fields_find - the field that an option names
 * @given: the tool's options in use, by letter
 * @option: whose value this is, for messages
 * @name, @len: the name, which needs no NUL at its end
 *
 * Returns the index in tool->fields. Returns -EINVAL, printed, if there is no such field, or if the tool
 * fills it only with an option that is not given.
 */
int lw_fields_find(const struct lw_tool *tool, const bool *given, const char *option,
		   const char *name, size_t len);

/*
 * lw_fields_choose - the fields of a list with commas, for --fields
 * With + before each of them, they are fields that lwload adds to the others. Returns 0, or -EINVAL, printed, as lw_fields_find() does and if a field is in the list twice.
 */
int lw_fields_choose(const struct lw_tool *tool, const bool *given, const char *list,
		     struct lw_columns *columns);

/*
 * lw_fields_add - adds a field of lwload's, if the tool has it, as + does
 * Returns false if it has not.
 */
bool lw_fields_add(const struct lw_tool *tool, enum lw_more more, struct lw_columns *columns);

/* lw_fields_is_text - is a value of this field text, or arguments with a NUL between? */
bool lw_fields_is_text(const struct lw_field *field);

/* lw_fields_of_process - is it one of the tool's own fields for a process? With --by, rows are of no process. */
bool lw_fields_of_process(const struct lw_tool *tool, int field);

/* lw_fields_more - which of lwload's fields is it? Returns -1 for a field of the tool's own. */
int lw_fields_more(const struct lw_tool *tool, int field);

#endif
