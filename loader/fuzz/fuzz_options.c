// SPDX-License-Identifier: GPL-2.0-only
/* fuzz_options.c - command lines, and the parameters that the kernel gets for them */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/options.h"
#include "fuzz.h"

#define MAX_ARGS 64
/* The longest parameter that the kernel takes (param_set_charp(), kernel/params.c) */
#define MAX_PARAM 1024

static const struct lw_tool records = {
	.name = "records",
	.buffer = 1,
	.fields = { { "time", LW_TIME, 0, 'T', "time", false },
		    { "path", LW_STR, 0, 0, "path", false } },
	.nfields = 2,
	.options = { { "timestamp", 'T', NULL, "flag", "-T" },
		     { "pid", 'p', "PID", "process", "-p" },
		     { "tid", 't', "TID", "thread", "-t" },
		     { "uid", 'u', "UID", "user", "-u" },
		     { "number", 'm', "N", "number", "-m" },
		     { "port", 'P', "PORT", "port", "-P" },
		     { "signal", 's', "SIGNAL", "signal", "-s" },
		     { "flags", 'f', "FLAGS", "flags", "-f" },
		     { "name", 'n', "NAME", "command", "-n" },
		     { "full_path", 'F', "PATH", "any string", "-F" },
		     { "count_them", 'c', NULL, "a letter that is a common one", "-c" } },
	.noptions = 11,
	.names = { { "FLAGS",
		     "names of flags",
		     { { "O_WRONLY", 1LL << 33 }, { "O_CREAT", 0x40 }, { "O_TRUNC", 0x200 } },
		     3 } },
	.nnames = 1,
};

static const struct lw_tool reports = {
	.name = "reports",
	.buffer = 4,
	.lists = "pid tid uid ppid process comm pidns mntns cgroup tree",
	.fields = { { "time", LW_TIME, 0, 0, "time", false },
		    { "size", LW_DIST, 0, 0, "sizes", false } },
	.nfields = 2,
	.options = { { "interval", 'i', "N", "seconds", "-i" },
		     { "disk", 'd', "DISK", "any string", "-d" },
		     { "queued", 'Q', NULL, "flag", "-Q" } },
	.noptions = 3,
};

/* ---- the kernel's parser of parameters (next_arg(), lib/cmdline.c) ---- */

/* The kernel's table of characters (lib/ctype.c) has the no-break space of Latin-1 as well. */
static bool is_space(char c)
{
	return (c >= '\t' && c <= '\r') || c == ' ' || c == '\xa0';
}

/* Takes the next parameter off *rest. */
static void next_param(char **rest, char **name, char **value)
{
	bool quoted = false;
	char *p;

	*name = *rest;
	*value = NULL;
	for (p = *rest; *p && (quoted || !is_space(*p)); p++) {
		quoted ^= *p == '"';
		if (*p == '=' && !*value) {
			*p = '\0';
			*value = p + 1;
		}
	}
	assert(!quoted && **name && *value);
	*rest = *p ? p + 1 : p;
	*p = '\0';
	if (**value == '"') {
		++*value;
		assert(p[-1] == '"' && p - 1 >= *value);
		p[-1] = '\0';
	}
	assert(!strchr(*value, '"'));
}

/* ---- checks ---- */

static const struct lw_option *option_of(const struct lw_tool *tool, const char *name)
{
	int i;

	for (i = 0; i < tool->noptions; i++)
		if (!strcmp(tool->options[i].param, name))
			return &tool->options[i];
	return NULL;
}

static bool is_number(const char *text, long long min, long long max)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	return end > text && !*end && !errno && n >= min && n <= max;
}

/* Each value of the list is good, and there are at most @most. */
static bool is_list(const char *list, int most, bool (*ok)(const char *value))
{
	char *copy = strdup(list), *rest = copy, *value;
	bool all = true;
	int n = 0;

	assert(copy);
	for (; (value = strsep(&rest, ",")); n++)
		all = all && ok(value);
	free(copy);
	return all && n <= most;
}

static bool is_pid(const char *value)
{
	return isdigit((unsigned char)*value) && is_number(value, 1, 4194304);
}

static bool is_uid(const char *value)
{
	return isdigit((unsigned char)*value) && is_number(value, 0, 4294967294);
}

static bool is_name(const char *value)
{
	return *value && strlen(value) <= 15;
}

/* The value was typed: after a letter, after =, or alone. */
static bool is_typed(const char *value, char *const *args, int n)
{
	size_t len = strlen(value);

	for (; n; n--, args++)
		if (strlen(*args) >= len && !strcmp(*args + strlen(*args) - len, value))
			return true;
	return false;
}

static bool value_ok(const struct lw_option *option, const char *value, char *const *args, int n)
{
	const char *arg = option->arg ? option->arg : "flag";

	/* MAXSTRINGLEN of SystemTap less the NUL */
	assert(strlen(value) <= 511);

	if (!strcmp(arg, "flag"))
		return !strcmp(value, "1");
	if (!strcmp(option->param, "interval"))
		return is_number(value, 1, 3600);
	if (!strcmp(arg, "PID") || !strcmp(arg, "TID"))
		return is_list(value, 40, is_pid);
	if (!strcmp(arg, "UID"))
		return is_list(value, 40, is_uid);
	if (!strcmp(arg, "NAME"))
		return is_list(value, 16, is_name) && is_typed(value, args, n);
	if (!strcmp(arg, "N"))
		return is_number(value, 0, 2147483647);
	if (!strcmp(arg, "PORT"))
		return is_number(value, 1, 65535);
	if (!strcmp(arg, "SIGNAL"))
		return is_number(value, 0, 64);
	if (!strcmp(arg, "FLAGS"))
		return is_number(value, 1, 1LL << 35);
	return *value && is_typed(value, args, n);
}

/* The kernel sees the parameters that were accepted, and no other. */
static void check_params(const struct lw_tool *tool, const struct lw_options *options,
			 char *const *args, int n)
{
	char text[(LW_MAX_OPTIONS + 2) * MAX_PARAM] = "", *rest = text, *name, *value;
	bool seen[LW_MAX_OPTIONS] = { false };
	const struct lw_option *option;
	int i;

	for (i = 0; i < options->nparams; i++) {
		assert(strlen(options->params[i]) < MAX_PARAM);
		strcat(strcat(text, options->params[i]), " ");
	}
	assert(!options->params[i]);
	for (i = 0; i < options->nparams - 1; i++) {
		next_param(&rest, &name, &value);
		option = option_of(tool, name);
		assert(option && !seen[option - tool->options]);
		seen[option - tool->options] = true;
		assert(options->given[(int)option->letter]);
		assert(value_ok(option, value, args, n));
	}
	next_param(&rest, &name, &value);
	assert(!*rest && !strcmp(name, "_stp_bufsize") && is_number(value, 1, 4095));
}

/* Here is no process, no control group and no namespace: only these lists are accepted. */
static void check_lists(const struct lw_tool *tool, struct lw_options *options)
{
	int before = options->nparams;
	char text[MAX_PARAM], *rest = text, *name, *value;
	int i, err = lw_whose_params("/nonexistent", tool, &options->whose, options->params,
				     &options->nparams);

	assert(err == 0 || err == -EINVAL);
	assert(options->nparams < LW_MAX_PARAMS && !options->params[options->nparams]);
	for (i = before; i < options->nparams; i++, rest = text) {
		assert(strlen(options->params[i]) < MAX_PARAM);
		strcpy(text, options->params[i]);
		next_param(&rest, &name, &value);
		assert(!*rest && (!strncmp(name, "lw_only_", 8) || !strncmp(name, "lw_not_", 7)));
		name = strchr(name + 3, '_') + 1;
		if (!strcmp(name, "process") || !strcmp(name, "comm"))
			assert(is_list(value, 16, is_name));
		else
			assert(is_list(value, 40, is_uid));
	}
}

/* The first byte chooses a tool. The arguments follow, with a NUL between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct lw_tool *tool = input_byte(&input) & 1 ? &reports : &records;
	char *args[MAX_ARGS + 2] = { tool->name }, *typed[MAX_ARGS + 2];
	char *text = malloc(input.left + 1), *p;
	struct lw_options options;
	int n = 1, err;

	assert(text);
	memcpy(text, input.data, input.left);
	text[input.left] = '\0';
	for (p = text; p <= text + input.left && n <= MAX_ARGS; p += strlen(p) + 1)
		args[n++] = p;
	memcpy(typed, args, sizeof(typed));
	err = lw_options_parse(tool, n, args, &options);
	assert(err == 0 || err == -EINVAL);
	if (!err) {
		assert(options.duration >= 0 && options.duration <= 31536000);
		check_params(tool, &options, typed + 1, n - 1);
		check_lists(tool, &options);
	}
	lw_options_free(&options);
	free(text);
	return 0;
}
