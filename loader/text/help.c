// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "text/options_parts.h"

static void help_line(char letter, const char *name, const char *arg, const char *text)
{
	char left[96];
	int n = 0;

	if (letter)
		n = snprintf(left, sizeof(left), "  -%c, --%s", letter, name);
	else
		n = snprintf(left, sizeof(left), "      --%s", name);
	if (arg)
		snprintf(left + n, sizeof(left) - n, " %s", arg);
	printf("%-26s  %s\n", left, text);
}

static void common_help(int i, const int *by_letter, bool reports)
{
	const struct lw_common *common = &lw_common_options[i];
	bool mine = common->letter && by_letter[(int)common->letter] == common->code;

	help_line(mine ? common->letter : 0, common->name, common->arg,
		  common->code == COUNT && reports ? "stop after N reports" : common->text);
}

/* Has no option of the tool taken the name from the one with this code? */
static bool has_long(const struct lw_option_table *table, int code)
{
	const struct option *option;

	for (option = table->longs; option->name; option++)
		if (option->val == code)
			return true;
	return false;
}

static void whose_help(const struct lw_option_table *table)
{
	int i;

	printf("\noptions that choose tasks, with lists such as 1,2:\n");
	for (i = 0; i < LW_NWHOSE; i++) {
		const struct lw_whose_option *option = &lw_whose_options[i];
		int code = WHOSE + 2 * i;
		bool mine = option->letter && table->by_letter[(int)option->letter] == code;

		if (has_long(table, code))
			help_line(mine ? option->letter : 0, option->name, option->arg,
				  option->text);
	}
	for (i = 0; i < LW_NWHOSE; i++)
		help_line(0, table->left_out[i], lw_whose_options[i].arg, "leave these out");
}

static void options_help(const struct lw_tool *tool)
{
	bool reports = lw_tool_interval(tool);
	struct lw_option_table table;
	int i;

	lw_options_table(tool, &table);
	if (tool->noptions)
		printf("\noptions of %s:\n", tool->name);
	for (i = 0; i < tool->noptions; i++)
		help_line(tool->options[i].letter, table.names[i], tool->options[i].arg,
			  tool->options[i].text);
	printf("\noptions of every tool:\n");
	for (i = 0; i < NCOMMON; i++)
		if (lw_common_has(tool, i))
			common_help(i, table.by_letter, reports);
	if (tool->lists)
		whose_help(&table);
}

static void fields_help(const struct lw_tool *tool)
{
	int i;

	printf("\nfields:\n");
	for (i = 0; i < tool->nfields; i++) {
		if (i == tool->nfields - tool->nmore)
			printf("\nfields that %s adds:\n",
			       lw_tool_interval(tool) ? "--by" : "--fields +FIELD");
		const struct lw_field *field = &tool->fields[i];

		if (field->option > ' ')
			printf("  %-12s  %s (%s -%c)\n", field->name, field->text,
			       field->without ? "without" : "with", field->option);
		else
			printf("  %-12s  %s\n", field->name, field->text);
	}
}

static void examples_help(const struct lw_tool *tool)
{
	int i;

	printf("\nexamples:\n  lwload %s\n      trace until Ctrl-C\n", tool->name);
	for (i = 0; i < tool->nexamples; i++)
		printf("  lwload %s %s\n      %s\n", tool->name, tool->examples[i].args,
		       tool->examples[i].text);
}

void lw_options_help(const struct lw_tool *tool)
{
	printf("usage: lwload %s [options]%s%s\n\n%s - %s\n", tool->name,
	       lw_tool_interval(tool) ? " [INTERVAL [COUNT]]" : "",
	       tool->lists ? " [-- COMMAND [ARG ...]]" : "", tool->name, tool->summary);
	options_help(tool);
	fields_help(tool);
	examples_help(tool);
}
