// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text/values.h"
#include "util/log.h"
#include "util/number.h"
#include "util/user.h"

#define PID_LIMIT 4194304 /* PID_MAX_LIMIT of linux/threads.h, 64 bit */
#define COMM_LIMIT 15     /* TASK_COMM_LEN less the NUL */
#define STRING_LIMIT 511  /* MAXSTRINGLEN of SystemTap less the NUL */
#define IDS_LIMIT 40      /* LW_IDS of stp/kernel/filter.h */
#define NAMES_LIMIT 16    /* LW_NAMES of the same */
#define USER_WANT "a user of /etc/passwd, or a user id, 0 to 4294967294"

static const char *const signals[] = {
	"0",    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
	"SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
	"TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
};

static bool parse_signal(const char *text, long long *value)
{
	size_t i;

	if (lw_parse_number(text, 0, 64, value))
		return true;
	if (!strncasecmp(text, "SIG", 3))
		text += 3;
	for (i = 1; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (!strcasecmp(text, signals[i])) {
			*value = i;
			return true;
		}
	}
	return false;
}

/* A part of a command name, whose value is its length. */
static bool parse_name(const char *text, long long *value)
{
	*value = strlen(text);
	return *value >= 1 && *value <= COMM_LIMIT;
}

struct kind {
	const char *arg; /* the placeholder in the tool's description */
	long long min, max;
	bool (*parse)(const char *text, long long *value);
	const char *want;
	int room; /* values in a list with commas; 0: one value, and no list */
};

/* A user id, or a name of the host's own users: a static program has no libraries that know others. */
static bool parse_user(const char *text, long long *value)
{
	if (lw_parse_number(text, 0, UINT_MAX - 1LL, value))
		return true;
	*value = lw_user_id("", text);
	return *value >= 0;
}

static const struct kind kinds[] = {
	{ "PID", 1, PID_LIMIT, NULL, "a process id, 1 to 4194304", IDS_LIMIT },
	{ "TID", 1, PID_LIMIT, NULL, "a thread id, 1 to 4194304", IDS_LIMIT },
	{ "UID", 0, UINT_MAX - 1LL, parse_user, USER_WANT, IDS_LIMIT },
	{ "USER", 0, UINT_MAX - 1LL, parse_user, USER_WANT, IDS_LIMIT },
	{ "NAME", 1, COMM_LIMIT, parse_name, "a command name of 1 to 15 bytes", NAMES_LIMIT },
	/* Modules multiply it, such as milliseconds to nanoseconds, and keep it in 32 bits. */
	{ "N", 0, INT_MAX, NULL, "a number, 0 to 2147483647", 0 },
	{ "PORT", 1, 65535, NULL, "a port, 1 to 65535", 0 },
	{ "PORTS", 1, 65535, NULL, "a port, 1 to 65535", IDS_LIMIT },
	{ "SIGNAL", 0, 64, parse_signal, "a signal number, 0 to 64, or a name such as TERM", 0 },
};

/* The value of the option "interval", wherever it comes from. */
static const struct kind seconds = { "N", 1, 3600, NULL, LW_SECONDS, 0 };

static const struct kind *kind_of(const struct lw_tool *tool, const struct lw_option *option)
{
	size_t i;

	if (option == lw_tool_interval(tool))
		return &seconds;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].arg, option->arg))
			return &kinds[i];
	return NULL; /* a string */
}

static bool parse_value(const struct kind *kind, const char *text, long long *value)
{
	if (kind->parse)
		return kind->parse(text, value);
	return lw_parse_number(text, kind->min, kind->max, value);
}

static int bad_value(const struct lw_tool *tool, const struct lw_option *option, const char *want,
		     const char *value, const char *list)
{
	if (strcmp(value, list))
		lw_error("%s: option %s: \"%.64s\" in \"%.64s\" is not %s", tool->name,
			 option->shown, value, list, want);
	else
		lw_error("%s: option %s: \"%.64s\" is not %s", tool->name, option->shown, value,
			 want);
	return -EINVAL;
}

/*
 * Checks each of the values between commas. Writes the same list to numbers, unless it is NULL,
 * all of them decimal: the module reads no others, and they fit a string of SystemTap's.
 */
static int check_list(const struct lw_tool *tool, const struct lw_option *option,
		      const struct kind *kind, const char *list, char *numbers)
{
	char *copy = strdup(list), *rest = copy, *value;
	long long number;
	int n = 0, err = copy ? 0 : -ENOMEM;

	while (!err && (value = strsep(&rest, ","))) {
		if (!parse_value(kind, value, &number))
			err = bad_value(tool, option, kind->want, value, list);
		else if (numbers && n < kind->room)
			numbers += sprintf(numbers, "%s%lld", n ? "," : "", number);
		n++;
	}
	free(copy);
	if (!err && n > kind->room) {
		lw_error("%s: option %s: want a list of at most %d, got %d", tool->name,
			 option->shown, kind->room, n);
		err = -EINVAL;
	}
	return err;
}

/*
 * The kernel splits parameters at spaces and knows double quotes but no way to
 * escape one: a quote inside a value would let it set other parameters.
 */
static bool string_ok(const char *tool, const struct lw_option *option, const char *value)
{
	const char *p;

	if (!*value || strlen(value) > STRING_LIMIT) {
		lw_error("%s: option %s: want 1 to %d bytes, got %zu", tool, option->shown,
			 STRING_LIMIT, strlen(value));
		return false;
	}
	for (p = value; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '"') {
			lw_error(
				"%s: option %s: \"%s\" has a control character or a quote, which cannot be passed to the kernel",
				tool, option->shown, value);
			return false;
		}
	}
	return true;
}

static int string_param(const struct lw_tool *tool, const struct lw_option *option,
			const char *value, char **param)
{
	if (!string_ok(tool->name, option, value))
		return -EINVAL;
	return asprintf(param, "%s=\"%s\"", option->param, value) < 0 ? -ENOMEM : 0;
}

static int list_param(const struct lw_tool *tool, const struct lw_option *option,
		      const struct kind *kind, const char *list, char **param)
{
	char numbers[IDS_LIMIT * 11 + 1]; /* a user id has 10 digits */
	bool names = kind->parse == parse_name;
	int err = check_list(tool, option, kind, list, names ? NULL : numbers);

	if (err)
		return err;
	if (names)
		return string_param(tool, option, list, param);
	return asprintf(param, "%s=%s", option->param, numbers) < 0 ? -ENOMEM : 0;
}

static const struct lw_names *names_of(const struct lw_tool *tool, const struct lw_option *option)
{
	int i;

	for (i = 0; i < tool->nnames; i++)
		if (!strcmp(tool->names[i].arg, option->arg))
			return &tool->names[i];
	return NULL;
}

static bool add_named(const struct lw_names *names, const char *name, size_t n, long long *number)
{
	const struct lw_named *value;

	for (value = names->values; value < names->values + names->n; value++) {
		if (strlen(value->name) == n && !strncmp(value->name, name, n)) {
			*number |= value->number;
			return true;
		}
	}
	return false;
}

static int named_param(const struct lw_tool *tool, const struct lw_option *option,
		       const struct lw_names *names, const char *text, char **param)
{
	const char *name = text;
	long long number = 0;
	size_t n;

	do {
		n = strcspn(name, ",|");
		if (!add_named(names, name, n, &number))
			return bad_value(tool, option, names->want, text, text);
		name += n;
	} while (*name++);
	return asprintf(param, "%s=%lld", option->param, number) < 0 ? -ENOMEM : 0;
}

int lw_values_param(const struct lw_tool *tool, const struct lw_option *option, const char *text,
		    char **param)
{
	const struct lw_names *names = names_of(tool, option);
	const struct kind *kind = kind_of(tool, option);
	long long number;

	if (names)
		return named_param(tool, option, names, text, param);
	if (!kind)
		return string_param(tool, option, text, param);
	if (kind->room)
		return list_param(tool, option, kind, text, param);
	if (!parse_value(kind, text, &number))
		return bad_value(tool, option, kind->want, text, text);
	return asprintf(param, "%s=%lld", option->param, number) < 0 ? -ENOMEM : 0;
}

bool lw_values_interval(const char *text, long long *value)
{
	return parse_value(&seconds, text, value);
}

bool lw_values_duration(const char *text, double *value)
{
	char *end;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false;
	if (strspn(text, "0123456789.") != strlen(text))
		return false;
	*value = strtod(text, &end);
	return !*end && isfinite(*value) && *value > 0 && *value <= 31536000;
}
