// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text/fields.h"
#include "util/log.h"
#include "util/name.h"
#include "util/nearest.h"

static int no_field(const struct lw_tool *tool, const char *option, const char *name, size_t len)
{
	const char *names[LW_MAX_FIELDS], *near;
	char typed[64];
	int i;

	for (i = 0; i < tool->nfields; i++)
		names[i] = tool->fields[i].name;
	snprintf(typed, sizeof(typed), "%.*s", (int)len, name);
	near = lw_nearest(typed, names, tool->nfields);
	if (near)
		lw_error("%s: option --%s: field \"%s\" is unknown; did you mean %s?", tool->name,
			 option, typed, near);
	else
		lw_error(
			"%s: option --%s: field \"%s\" is unknown; lwload %s --help lists the fields",
			tool->name, option, typed, tool->name);
	return -EINVAL;
}

static bool is_by(const bool *given)
{
	int more;

	for (more = 0; more < LW_NMORE; more++)
		if (given[(int)LW_BY_LETTER(more)])
			return true;
	return false;
}

int lw_fields_find(const struct lw_tool *tool, const bool *given, const char *option,
		   const char *name, size_t len)
{
	const struct lw_field *field;
	int i = lw_tool_field(tool, name, len);

	if (i < 0)
		return no_field(tool, option, name, len);
	field = &tool->fields[i];
	if (lw_fields_of_process(tool, i) && is_by(given)) {
		lw_error("%s: option --%s: with --by, rows have no %s", tool->name, option,
			 field->name);
		return -EINVAL;
	}
	if (lw_field_is_filled(field, given))
		return i;
	if (field->option < ' ')
		lw_error("%s: option --%s: field %s needs --by %s", tool->name, option, field->name,
			 field->name);
	else
		lw_error("%s: option --%s: the tool fills field %s only %s option -%c", tool->name,
			 option, field->name, field->without ? "without" : "with", field->option);
	return -EINVAL;
}

static bool is_chosen(const struct lw_columns *columns, int field)
{
	int i;

	for (i = 0; i < columns->n; i++)
		if (columns->field[i] == field)
			return true;
	return false;
}

bool lw_fields_is_text(const struct lw_field *field)
{
	return field->type == LW_STR || field->type == LW_ARGS;
}

bool lw_fields_of_process(const struct lw_tool *tool, int field)
{
	const char *name = tool->fields[field].name;

	return lw_fields_more(tool, field) < 0 && lw_name_in("pid tid ppid comm", name);
}

int lw_fields_more(const struct lw_tool *tool, int field)
{
	int own = tool->nfields - tool->nmore;

	return field < own ? -1 : (int)tool->more[field - own];
}

bool lw_fields_add(const struct lw_tool *tool, enum lw_more more, struct lw_columns *columns)
{
	int i;

	for (i = 0; i < tool->nfields; i++)
		if (lw_fields_more(tool, i) == (int)more) {
			columns->added = true;
			columns->field[columns->n++] = i;
			return true;
		}
	return false;
}

/* Each has a + before it, or none has. */
static int check_plus(const struct lw_tool *tool, const struct lw_columns *columns, int field,
		      bool plus)
{
	const char *name = tool->fields[field].name;

	if (columns->n && plus != columns->added)
		lw_error("%s: option --fields: write + before each field or before none of them",
			 tool->name);
	else if (plus && lw_fields_more(tool, field) < 0)
		lw_error("%s: option --fields: %s is one of the tool's own fields; leave out its +",
			 tool->name, name);
	else if (is_chosen(columns, field))
		lw_error("%s: option --fields: %s is given twice", tool->name, name);
	else
		return 0;
	return -EINVAL;
}

int lw_fields_choose(const struct lw_tool *tool, const bool *given, const char *list,
		     struct lw_columns *columns)
{
	columns->n = 0;
	columns->added = false;
	do {
		bool plus = *list == '+';
		size_t len = strcspn(list += plus, ",");
		int field = lw_fields_find(tool, given, "fields", list, len);

		if (field < 0 || check_plus(tool, columns, field, plus))
			return -EINVAL;
		columns->added = plus;
		columns->field[columns->n++] = field;
		list += len;
	} while (*list++);
	return 0;
}
