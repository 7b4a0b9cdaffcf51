/* SPDX-License-Identifier: GPL-2.0-only */
/* by.h - reports by container, control group, user, process or tree: --by */
#ifndef LW_BY_H
#define LW_BY_H

#include <stddef.h>
#include <stdint.h>

#include "module/tool.h"
#include "text/groups.h"

/*
 * lw_by_field - the field that --by WORD fills, as an index in tool->fields
 * Returns -EINVAL, printed, if the module does not count by tasks, or if the word is not one of the five.
 */
int lw_by_field(const struct lw_tool *tool, const char *word);

/* lw_by_param - returns the module's parameter for that field, such as "lw_by=cgroup" */
const char *lw_by_param(enum lw_more more);

/* lw_by_named - has the row a name after the number? */
bool lw_by_named(enum lw_more more);

struct lw_by;

/* lw_by_new - @root: directory that holds etc, proc and sys, "" on a real host. Returns NULL if out of memory. */
struct lw_by *lw_by_new(const char *root, enum lw_more more);
void lw_by_free(struct lw_by *by);

/*
 * lw_by_text - the text of the field
 * @number: as the row has it (stp/kernel/by.h)
 * @name, @len: the process's name
 * Returns the text, valid until the next call, and its length in *n; "" for a task that is in no container.
 */
const char *lw_by_text(struct lw_by *by, uint64_t number, const char *name, size_t len, size_t *n);

#endif
