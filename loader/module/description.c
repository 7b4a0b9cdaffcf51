// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/description.h"
#include "module/section.h"
#include "util/name.h"
#include "util/number.h"

/* Cuts the first word off *rest and returns it. Returns NULL at the end. */
static char *word(char **rest)
{
	char *w = strsep(rest, " ");

	return w && *w ? w : NULL;
}

static bool parse_int(const char *text, int min, int max, int *value)
{
	unsigned long long number;

	if (!lw_parse_decimal(text, min, max, &number))
		return false;
	*value = number;
	return true;
}

/* The offset of a function in the kernel's text: hexadecimal after 0x, not 0, below 2 GiB. */
static bool parse_offset(const char *text, uint64_t *value)
{
	long long number;

	if (strncmp(text, "0x", 2) || !lw_parse_number(text, 1, INT_MAX, &number))
		return false;
	*value = number;
	return true;
}

/* As modules/describe has it: it becomes a key of JSON, a parameter, a long option. */
static bool plain_name(const char *name)
{
	size_t n = strlen(name);

	return n < 64 && !isdigit((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static bool parse_type(char *text, struct lw_field *field)
{
	char *width = strchr(text, ':');
	int i;

	if (width) {
		*width++ = '\0';
		if (!parse_int(width, 1, 200, &field->width))
			return false;
	}
	for (i = 0; i < LW_NTYPES; i++) {
		if (!strcmp(text, lw_type_name(i))) {
			field->type = i;
			return true;
		}
	}
	return false;
}

static bool parse_field(struct lw_tool *tool, char *rest)
{
	struct lw_field *field = &tool->fields[tool->nfields];
	char *type, *option;

	if (tool->nfields == LW_MAX_FIELDS)
		return false;
	field->name = word(&rest);
	type = word(&rest);
	option = word(&rest);
	if (!field->name || !plain_name(field->name) || !type || !option || !rest ||
	    !parse_type(type, field))
		return false;
	/* The letter is an index in render.c. */
	field->without = *option == '!';
	option += field->without;
	if (!*option || option[1] ||
	    (!isalnum((unsigned char)*option) && (*option != '-' || field->without)))
		return false;
	field->option = *option == '-' ? '\0' : *option;
	field->text = rest;
	tool->nfields++;
	return true;
}

static bool parse_option(struct lw_tool *tool, char *rest)
{
	struct lw_option *option = &tool->options[tool->noptions];
	char *letter, *arg;

	if (tool->noptions == LW_MAX_OPTIONS)
		return false;
	option->param = word(&rest);
	letter = word(&rest);
	arg = word(&rest);
	if (!option->param || !plain_name(option->param) || !letter || letter[1] ||
	    !isalnum((unsigned char)*letter) || !arg || !rest)
		return false;
	option->letter = *letter;
	snprintf(option->shown, sizeof(option->shown), "-%c", *letter);
	option->arg = strcmp(arg, "-") ? arg : NULL;
	option->text = rest;
	tool->noptions++;
	return true;
}

/* TEXT: ARGUMENTS */
static bool parse_example(struct lw_tool *tool, char *text)
{
	struct lw_example *example = &tool->examples[tool->nexamples];
	char *colon = strstr(text, ": ");

	if (tool->nexamples == LW_MAX_EXAMPLES || !colon || colon == text || !colon[2])
		return false;
	*colon = '\0';
	example->text = text;
	example->args = colon + 2;
	tool->nexamples++;
	return true;
}

static bool parse_named(char *name, struct lw_names *names)
{
	struct lw_named *value = &names->values[names->n];
	char *number = strchr(name, '=');

	if (names->n == LW_MAX_VALUES || !number || number == name)
		return false;
	*number++ = '\0';
	value->name = name;
	names->n++;
	return lw_parse_number(number, 0, LLONG_MAX, &value->number);
}

/* NAME=NUMBER,NAME=NUMBER and what these are */
static bool parse_names(struct lw_tool *tool, const char *arg, char *rest)
{
	struct lw_names *names = &tool->names[tool->nnames];
	char *list, *name;

	if (tool->nnames == LW_MAX_NAMES)
		return false;
	names->arg = arg;
	list = word(&rest);
	names->want = rest;
	if (!*arg || !list || !rest)
		return false;
	while ((name = strsep(&list, ",")))
		if (!parse_named(name, names))
			return false;
	tool->nnames++;
	return true;
}

static bool parse_key(struct lw_tool *tool, const char *key, char *value)
{
	static const struct {
		const char *key;
		size_t offset;
	} plain[] = {
		{ "name", offsetof(struct lw_tool, module) },
		{ "vermagic", offsetof(struct lw_tool, vermagic) },
		{ "lwtools", offsetof(struct lw_tool, format) },
		{ "lw_summary", offsetof(struct lw_tool, summary) },
		{ "lw_group", offsetof(struct lw_tool, group) },
		{ "lw_uts", offsetof(struct lw_tool, uts) },
		{ "lw_build_id", offsetof(struct lw_tool, build_id) },
		{ "lw_lists", offsetof(struct lw_tool, lists) },
		{ "lw_more", offsetof(struct lw_tool, added) },
		{ "lw_by", offsetof(struct lw_tool, by) },
		{ "lw_no_task", offsetof(struct lw_tool, no_task) },
		{ "version", offsetof(struct lw_tool, version) },
	};
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (!strcmp(key, plain[i].key)) {
			*(char **)((char *)tool + plain[i].offset) = value;
			return true;
		}
	}
	if (!strcmp(key, "lw_lookup"))
		return parse_offset(value, &tool->lookup);
	if (!strcmp(key, "lw_buffer"))
		return parse_int(value, 1, 4095, &tool->buffer);
	if (!strncmp(key, "lw_field", 8))
		return parse_field(tool, value);
	if (!strncmp(key, "lw_option", 9))
		return parse_option(tool, value);
	if (!strncmp(key, "lw_example", 10))
		return parse_example(tool, value);
	if (!strncmp(key, "lw_values_", 10))
		return parse_names(tool, key + 10, value);
	return true;
}

struct pair {
	char *key, *value;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

static int parse_pairs(struct lw_tool *tool, const struct pair *pairs, int n, struct lw_reason *why)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!parse_key(tool, pairs[i].key, pairs[i].value)) {
			lw_because(why, "%s: bad description %s; rebuild or reinstall it",
				   tool->path, pairs[i].key);
			return -ENOEXEC;
		}
	}
	return 0;
}

/*
 * Lines KEY=VALUE, each with a NUL after it; more may fill up the section. They
 * are not in the order of their numbers: sort first.
 */
static int parse_info(struct lw_tool *tool, struct lw_reason *why)
{
	char *p, *equals, *end = tool->info + tool->info_size;
	struct pair *pairs;
	int err, n = 0;

	/* No line is shorter than three bytes. */
	pairs = calloc(tool->info_size / 3 + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	for (p = tool->info; p < end; p += strlen(p) + 1) {
		equals = strchr(p, '=');
		if (!equals || equals == p)
			continue;
		pairs[n].key = p;
		pairs[n].value = equals + 1;
		p = equals + 1;
		*equals = '\0';
		n++;
	}
	qsort(pairs, n, sizeof(*pairs), by_key);
	err = parse_pairs(tool, pairs, n, why);
	free(pairs);
	return err;
}

/* A copy, with a NUL at its end whatever the file says. */
static int copy_info(struct lw_tool *tool)
{
	size_t offset, size;

	if (lw_section_find(tool->image, tool->size, ".modinfo", &offset, &size))
		return -ENOEXEC;
	tool->info = malloc(size + 1);
	if (!tool->info)
		return -ENOMEM;
	memcpy(tool->info, (char *)tool->image + offset, size);
	tool->info[size] = '\0';
	tool->info_size = size;
	return 0;
}

static int check_info(const struct lw_tool *tool, struct lw_reason *why)
{
	if (!tool->format || !tool->summary || !tool->module || !tool->vermagic || !tool->nfields) {
		lw_because(why, "%s: not a module of lwtools: it does not describe itself",
			   tool->path);
		return -ENOEXEC;
	}
	if (strcmp(tool->format, LW_FORMAT)) {
		lw_because(why,
			   "%s: its description has format %s, this lwload reads " LW_FORMAT
			   "; install lwtools and its modules of the same version",
			   tool->path, tool->format);
		return -ENOEXEC;
	}
	return 0;
}

/* The control group's number is both the path and, if it is one, the container. */
static const struct {
	enum lw_more more;
	const char *word;
	struct lw_field field;
} added[] = {
	{ LW_PROCESS, "process", { "process", LW_STR, 16, 0, "name of the process", false } },
	{ LW_PPID, "ppid", { "ppid", LW_INT, 7, 0, "process id of the parent", false } },
	{ LW_NSPID,
	  "nspid",
	  { "nspid", LW_INT, 7, 0, "process id in its own PID namespace", false } },
	{ LW_CGROUP, "cgroup", { "cgroup", LW_STR, 30, 0, "control group", false } },
	{ LW_CONTAINER,
	  "cgroup",
	  { "container", LW_STR, 15, 0, "container, by id or name", false } },
};

/* In rows of reports, which are no task's. A process is its number and its name. */
static const struct {
	enum lw_more more;
	struct lw_field field;
} by[] = {
	{ LW_CONTAINER, { "container", LW_STR, 15, 0, "container, by id or name", false } },
	{ LW_CGROUP, { "cgroup", LW_STR, 30, 0, "control group", false } },
	{ LW_USER, { "user", LW_STR, 12, 0, "name of the user, or the user id", false } },
	{ LW_PROCESS, { "process", LW_STR, 24, 0, "process id and name of the process", false } },
	{ LW_TREE,
	  { "tree", LW_STR, 24, 0, "the same of its topmost ancestor below the first process",
	    false } },
};

/* Unless the tool has a field of that name */
static void add_field(struct lw_tool *tool, enum lw_more more, const struct lw_field *field,
		      char option)
{
	if (tool->nfields == LW_MAX_FIELDS ||
	    lw_tool_field(tool, field->name, strlen(field->name)) >= 0)
		return;
	tool->fields[tool->nfields] = *field;
	tool->fields[tool->nfields++].option = option;
	tool->more[tool->nmore++] = more;
}

static void add_fields(struct lw_tool *tool)
{
	bool reports = lw_tool_interval(tool);
	size_t i;

	for (i = 0; tool->added && !reports && i < sizeof(added) / sizeof(added[0]); i++)
		if (lw_name_in(tool->added, added[i].word))
			add_field(tool, added[i].more, &added[i].field, 0);
	for (i = 0; tool->by && reports && i < sizeof(by) / sizeof(by[0]); i++)
		if (lw_name_in(tool->by, by[i].field.name))
			add_field(tool, by[i].more, &by[i].field, LW_BY_LETTER(by[i].more));
}

int lw_description_read(struct lw_tool *tool, struct lw_reason *why)
{
	int err = copy_info(tool);

	if (err == -ENOEXEC)
		lw_because(why,
			   "%s: not a kernel module, or damaged; reinstall the package that has it",
			   tool->path);
	if (!err)
		err = parse_info(tool, why);
	if (!err)
		err = check_info(tool, why);
	/* The kernel side that all tools share has them nevertheless. */
	if (tool->no_task)
		tool->added = NULL;
	if (!err)
		add_fields(tool);
	return err;
}
