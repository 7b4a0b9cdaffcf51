// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/log.h"
#include "text/options.h"
#include "text/promfile.h"

#define PID_LIMIT 4194304 /* PID_MAX_LIMIT of linux/threads.h, 64 bit */
#define COMM_LIMIT 15     /* TASK_COMM_LEN less the NUL */
#define STRING_LIMIT 511  /* MAXSTRINGLEN of SystemTap less the NUL */
#define IDS_LIMIT 40      /* LW_IDS of stp/kernel/filter.h */
#define NAMES_LIMIT 16    /* LW_NAMES of the same */
#define BUFFER_LIMIT 4095 /* what staprun -b allows */
#define ROTATE_LEAST 4096
#define ROTATE_KEPT 5
#define ROTATE_LIMIT 999
#define METRICS_SECONDS 15 /* --metrics without an interval: as often as they are mostly read */

/* ---- values ---- */

bool lw_parse_number(const char *text, long long min, long long max, long long *value)
{
	char *end;

	if (!isdigit((unsigned char)text[*text == '-']))
		return false;
	errno = 0;
	*value = strtoll(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	return !errno && !*end && *value >= min && *value <= max;
}

bool lw_parse_size(const char *text, size_t len, unsigned long long min, unsigned long long max,
		   unsigned long long *bytes)
{
	static const char units[] = "KMG";
	unsigned long long number = 0;
	const char *unit;
	size_t i;

	for (i = 0; i < len && isdigit((unsigned char)text[i]); i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, text[i] - '0', &number))
			return false;
	if (!i || i + 1 < len)
		return false;
	unit = i < len ? memchr(units, text[i], 3) : NULL;
	if ((i < len && !unit) ||
	    __builtin_mul_overflow(number, unit ? 1ULL << (10 * (unit - units + 1)) : 1, &number))
		return false;
	*bytes = number;
	return number >= min && number <= max;
}

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

/*
 * Access modes are values, not bits, so each has a bit of its own beyond those
 * of open(2): 32, 33 and 34 (stp/opensnoop.stp).
 */
static const struct {
	const char *name;
	long long bits;
} open_flags[] = {
	{ "O_RDONLY", 1LL << 32 },  { "O_WRONLY", 1LL << 33 }, { "O_RDWR", 1LL << 34 },
	{ "O_CREAT", 00000100 },    { "O_EXCL", 00000200 },    { "O_NOCTTY", 00000400 },
	{ "O_TRUNC", 00001000 },    { "O_APPEND", 00002000 },  { "O_NONBLOCK", 00004000 },
	{ "O_DSYNC", 00010000 },    { "O_DIRECT", 00040000 },  { "O_DIRECTORY", 00200000 },
	{ "O_NOFOLLOW", 00400000 }, { "O_NOATIME", 01000000 }, { "O_CLOEXEC", 02000000 },
	{ "O_SYNC", 04000000 },     { "O_PATH", 010000000 },   { "O_TMPFILE", 020000000 },
};

static bool one_flag(const char *name, size_t n, long long *value)
{
	size_t i;

	for (i = 0; i < sizeof(open_flags) / sizeof(open_flags[0]); i++) {
		if (strlen(open_flags[i].name) == n && !strncmp(open_flags[i].name, name, n)) {
			*value |= open_flags[i].bits;
			return true;
		}
	}
	return false;
}

static bool parse_flags(const char *text, long long *value)
{
	size_t n;

	*value = 0;
	do {
		n = strcspn(text, ",|");
		if (!one_flag(text, n, value))
			return false;
		text += n;
	} while (*text++);
	return true;
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

static const struct kind kinds[] = {
	{ "PID", 1, PID_LIMIT, NULL, "a process id, 1 to 4194304", IDS_LIMIT },
	{ "TID", 1, PID_LIMIT, NULL, "a thread id, 1 to 4194304", IDS_LIMIT },
	{ "UID", 0, UINT_MAX - 1LL, NULL, "a user id, 0 to 4294967294", IDS_LIMIT },
	{ "NAME", 1, COMM_LIMIT, parse_name, "a command name of 1 to 15 bytes", NAMES_LIMIT },
	/* Modules multiply it, such as milliseconds to nanoseconds, and keep it in 32 bits. */
	{ "N", 0, INT_MAX, NULL, "a number, 0 to 2147483647", 0 },
	{ "PORT", 1, 65535, NULL, "a port, 1 to 65535", 0 },
	{ "SIGNAL", 0, 64, parse_signal, "a signal number, 0 to 64, or a name such as TERM", 0 },
	{ "FLAGS", 0, 0, parse_flags, "names of open(2) flags such as O_WRONLY,O_CREAT", 0 },
};

/* Of the option "interval", wherever its value comes from. */
static const struct kind seconds = { "N", 1, 3600, NULL, "a number of seconds, 1 to 3600", 0 };

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

/* ---- parameters ---- */

static int add_param(struct lw_options *options, char *param)
{
	if (!param)
		return -ENOMEM;
	options->params[options->nparams++] = param;
	return 0;
}

static int add_number(struct lw_options *options, const char *name, long long value)
{
	char *param;

	if (asprintf(&param, "%s=%lld", name, value) < 0)
		param = NULL;
	return add_param(options, param);
}

/*
 * The kernel splits parameters at spaces and knows double quotes but no way to
 * escape one: a quote inside a value would let it set other parameters.
 */
static bool string_ok(const char *tool, const struct lw_option *option, const char *value)
{
	const char *p;

	if (!*value || strlen(value) > STRING_LIMIT) {
		lw_error("%s: option -%c: want 1 to %d bytes, got %zu", tool, option->letter,
			 STRING_LIMIT, strlen(value));
		return false;
	}
	for (p = value; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '"') {
			lw_error("%s: option -%c: \"%s\" has a control character or a quote, "
				 "which cannot be passed to the kernel",
				 tool, option->letter, value);
			return false;
		}
	}
	return true;
}

static int add_string(const struct lw_tool *tool, struct lw_options *options,
		      const struct lw_option *option, const char *value)
{
	char *param;

	if (!string_ok(tool->name, option, value))
		return -EINVAL;
	if (asprintf(&param, "%s=\"%s\"", option->param, value) < 0)
		param = NULL;
	return add_param(options, param);
}

/* ---- values of a tool's options ---- */

static bool parse_value(const struct kind *kind, const char *text, long long *value)
{
	if (kind->parse)
		return kind->parse(text, value);
	return lw_parse_number(text, kind->min, kind->max, value);
}

static int bad_value(const struct lw_tool *tool, const struct lw_option *option,
		     const struct kind *kind, const char *value, const char *list)
{
	if (strcmp(value, list))
		lw_error("%s: option -%c: \"%.64s\" in \"%.64s\" is not %s", tool->name,
			 option->letter, value, list, kind->want);
	else
		lw_error("%s: option -%c: \"%.64s\" is not %s", tool->name, option->letter, value,
			 kind->want);
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
			err = bad_value(tool, option, kind, value, list);
		else if (numbers && n < kind->room)
			numbers += sprintf(numbers, "%s%lld", n ? "," : "", number);
		n++;
	}
	free(copy);
	if (!err && n > kind->room) {
		lw_error("%s: option -%c: want a list of at most %d, got %d", tool->name,
			 option->letter, kind->room, n);
		err = -EINVAL;
	}
	return err;
}

static int add_list(const struct lw_tool *tool, struct lw_options *options,
		    const struct lw_option *option, const struct kind *kind, const char *list)
{
	char numbers[IDS_LIMIT * 11 + 1], *param; /* a user id has 10 digits */
	bool names = kind->parse == parse_name;
	int err = check_list(tool, option, kind, list, names ? NULL : numbers);

	if (err)
		return err;
	if (names)
		return add_string(tool, options, option, list);
	if (asprintf(&param, "%s=%s", option->param, numbers) < 0)
		param = NULL;
	return add_param(options, param);
}

static int add_option(const struct lw_tool *tool, struct lw_options *options,
		      const struct lw_option *option, const char *value)
{
	const struct kind *kind;
	long long number;

	if (options->given[(int)option->letter]) {
		lw_error("%s: option -%c is given twice", tool->name, option->letter);
		return -EINVAL;
	}
	options->given[(int)option->letter] = true;
	if (!option->arg)
		return add_number(options, option->param, 1);
	kind = kind_of(tool, option);
	if (!kind)
		return add_string(tool, options, option, value);
	if (kind->room)
		return add_list(tool, options, option, kind, value);
	if (!parse_value(kind, value, &number))
		return bad_value(tool, option, kind, value, value);
	return add_number(options, option->param, number);
}

/* ---- options of every tool ---- */

enum {
	HELP = 256,
	JSON,
	SUMMARY,
	STAPRUN,
	UNSIGNED,
	OLDER,
	VERBOSE,
	DURATION,
	COUNT,
	MAX_RATE,
	OUTPUT,
	ROTATE,
	METRICS,
	BUFFER,
	PARAM
};

static const struct {
	const char *name;
	int code;
	char letter; /* unless the tool has it, 0: none */
	const char *arg;
	const char *text;
} common[] = {
	{ "duration", DURATION, 'd', "SECS", "stop after SECS seconds, such as 2 or 0.5" },
	{ "count", COUNT, 'c', "N", "stop after N records" },
	{ "max-rate", MAX_RATE, 0, "N", "leave out what is more than N records in a second" },
	{ "output", OUTPUT, 0, "FILE", "write records to the end of FILE" },
	{ "rotate", ROTATE, 0, "SIZE[,N]", "begin a new FILE after SIZE, and keep N old ones (5)" },
	{ "metrics", METRICS, 0, "FILE",
	  "write all counts since the run began to FILE, for Prometheus" },
	{ "json", JSON, 0, NULL, "print one JSON object for each record" },
	{ "summary", SUMMARY, 0, NULL,
	  "with --json: one more object at the end, of what was lost" },
	{ "buffer", BUFFER, 0, "MB", "kernel buffer of each CPU in MiB" },
	{ "staprun", STAPRUN, 0, NULL, "insert with the host's staprun (5.1 or later)" },
	{ "unsigned", UNSIGNED, 0, NULL, "run it although no key vouches for the module" },
	{ "older", OLDER, 0, NULL, "run it although a newer version has been run here" },
	{ "verbose", VERBOSE, 'v', NULL, "say on stderr when the probes are in place" },
	{ "help", HELP, 'h', NULL, "print this help" },
};
#define NCOMMON ((int)(sizeof(common) / sizeof(common[0])))

/* Tools that write reports have --metrics, and no --max-rate. */
static bool has_common(const struct lw_tool *tool, int i)
{
	if (common[i].code == METRICS)
		return lw_tool_interval(tool);
	return common[i].code != MAX_RATE || !lw_tool_interval(tool);
}

static bool parse_seconds(const char *text, double *value)
{
	char *end;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false;
	if (strspn(text, "0123456789.") != strlen(text))
		return false;
	*value = strtod(text, &end);
	return !*end && isfinite(*value) && *value > 0 && *value <= 31536000;
}

static int bad(const struct lw_tool *tool, const char *name, const char *value, const char *want)
{
	lw_error("%s: option --%s: \"%.64s\" is not %s", tool->name, name, value, want);
	return -EINVAL;
}

/* SIZE[,N] */
static int parse_rotate(const struct lw_tool *tool, struct lw_output_options *output,
			const char *text)
{
	size_t len = strcspn(text, ",");
	long long keep = ROTATE_KEPT;

	if (!lw_parse_size(text, len, ROTATE_LEAST, LLONG_MAX, &output->rotate))
		return bad(tool, "rotate", text, "a size of 4K or more, such as 100M or 1G");
	if (text[len] && !lw_parse_number(text + len + 1, 1, ROTATE_LIMIT, &keep))
		return bad(tool, "rotate", text, "SIZE,N with 1 to 999 files");
	output->keep = keep;
	return 0;
}

static const char *want_count(const struct lw_tool *tool)
{
	return lw_tool_interval(tool) ? "a number of reports, 1 or more"
				      : "a number of records, 1 or more";
}

static int set_common(const struct lw_tool *tool, struct lw_options *options, int code,
		      const char *value)
{
	long long number;

	switch (code) {
	case HELP:
		options->help = true;
		return 0;
	case JSON:
		options->json = true;
		return 0;
	case SUMMARY:
		options->summary = true;
		return 0;
	case STAPRUN:
		options->staprun = true;
		return 0;
	case UNSIGNED:
		options->is_unsigned = true;
		return 0;
	case OLDER:
		options->older = true;
		return 0;
	case VERBOSE:
		options->verbose = true;
		return 0;
	case DURATION:
		if (!parse_seconds(value, &options->duration))
			return bad(tool, "duration", value, "a number of seconds, up to a year");
		return 0;
	case COUNT:
		if (!lw_parse_number(value, 1, LLONG_MAX, &number))
			return bad(tool, "count", value, want_count(tool));
		options->count = number;
		return 0;
	case MAX_RATE:
		if (!lw_parse_number(value, 1, LLONG_MAX, &number))
			return bad(tool, "max-rate", value, "a number of records, 1 or more");
		options->max_rate = number;
		return 0;
	case OUTPUT:
		options->output.path = value;
		return 0;
	case ROTATE:
		return parse_rotate(tool, &options->output, value);
	case METRICS:
		if (!lw_promfile_name_ok(value))
			return bad(tool, "metrics", value,
				   "a file whose name ends in " LW_PROM_END
				   ", since node_exporter reads no others");
		options->metrics = value;
		return 0;
	default:
		if (!lw_parse_number(value, 1, BUFFER_LIMIT, &number))
			return bad(tool, "buffer", value, "a number of MiB, 1 to 4095");
		options->buffer = number;
		return 0;
	}
}

/* ---- arguments that are no options ---- */

static int set_interval(const struct lw_tool *tool, struct lw_options *options, const char *value)
{
	const struct lw_option *interval = lw_tool_interval(tool);
	long long number;

	if (options->given[(int)interval->letter]) {
		lw_error("%s: the interval is given twice: by option -%c and as \"%.64s\"",
			 tool->name, interval->letter, value);
		return -EINVAL;
	}
	if (!lw_parse_number(value, seconds.min, seconds.max, &number)) {
		lw_error("%s: INTERVAL: \"%.64s\" is not %s", tool->name, value, seconds.want);
		return -EINVAL;
	}
	options->given[(int)interval->letter] = true;
	return add_number(options, interval->param, number);
}

static int set_count(const struct lw_tool *tool, struct lw_options *options, const char *value)
{
	long long number;

	if (options->count) {
		lw_error("%s: the count is given twice: by option --count and as \"%.64s\"",
			 tool->name, value);
		return -EINVAL;
	}
	if (!lw_parse_number(value, 1, LLONG_MAX, &number)) {
		lw_error("%s: COUNT: \"%.64s\" is not %s", tool->name, value, want_count(tool));
		return -EINVAL;
	}
	options->count = number;
	return 0;
}

/* [INTERVAL [COUNT]], if the tool takes them. */
static int set_arguments(const struct lw_tool *tool, struct lw_options *options, int n, char **args)
{
	int most = lw_tool_interval(tool) ? 2 : 0, err = 0;

	if (n > most) {
		lw_error("%s: takes no argument \"%.64s\"; see lwload %s --help", tool->name,
			 args[most], tool->name);
		return -EINVAL;
	}
	if (n > 0)
		err = set_interval(tool, options, args[0]);
	if (!err && n > 1)
		err = set_count(tool, options, args[1]);
	return err;
}

/* ---- getopt ---- */

struct table {
	char letters[2 * (LW_MAX_OPTIONS + NCOMMON) + 3];
	struct option longs[LW_MAX_OPTIONS + NCOMMON + 1];
	char names[LW_MAX_OPTIONS][64]; /* full_path becomes --full-path */
	int by_letter[128];
};

static void add_letter(struct table *table, char letter, bool arg, int code)
{
	size_t n = strlen(table->letters);

	if (!letter || table->by_letter[(int)letter])
		return;
	table->by_letter[(int)letter] = code;
	table->letters[n++] = letter;
	if (arg)
		table->letters[n++] = ':';
	table->letters[n] = '\0';
}

static void add_long(struct table *table, int *n, const char *name, bool arg, int code)
{
	int i;

	for (i = 0; i < *n; i++)
		if (!strcmp(table->longs[i].name, name))
			return;
	table->longs[*n].name = name;
	table->longs[*n].has_arg = arg ? required_argument : no_argument;
	table->longs[*n].val = code;
	(*n)++;
}

static void make_table(const struct lw_tool *tool, struct table *table)
{
	int i, n = 0;
	char *p;

	memset(table, 0, sizeof(*table));
	/* "lwload TOOL 5 -T" is fine if the tool takes a 5. */
	strcpy(table->letters, lw_tool_interval(tool) ? ":" : "+:");
	for (i = 0; i < NCOMMON; i++)
		/* Each tool takes --metrics, so that check_metrics() can say why it has none. */
		if (has_common(tool, i) || common[i].code == METRICS)
			add_long(table, &n, common[i].name, common[i].arg, common[i].code);
	for (i = 0; i < tool->noptions; i++) {
		const struct lw_option *option = &tool->options[i];

		add_letter(table, option->letter, option->arg, PARAM + i);
		snprintf(table->names[i], sizeof(table->names[i]), "%s", option->param);
		for (p = table->names[i]; *p; p++)
			if (*p == '_')
				*p = '-';
		add_long(table, &n, table->names[i], option->arg, PARAM + i);
	}
	for (i = 0; i < NCOMMON; i++)
		add_letter(table, common[i].letter, common[i].arg, common[i].code);
}

static int getopt_error(const struct lw_tool *tool, int code, char **argv)
{
	const char *what = code == ':' ? "needs a value" : "is unknown";

	/* Long options have 0 or a code from 256 on; chars are signed. */
	if (optopt && optopt < HELP)
		lw_error("%s: option -%c %s; see lwload %s --help", tool->name, optopt, what,
			 tool->name);
	else
		lw_error("%s: option %s %s; see lwload %s --help", tool->name, argv[optind - 1],
			 what, tool->name);
	return -EINVAL;
}

/* A JSON record without its time is of little use to a machine. */
static int add_time(const struct lw_tool *tool, struct lw_options *options,
		    const struct table *table)
{
	char letter = tool->nfields && tool->fields[0].type == LW_TIME ? tool->fields[0].option : 0;
	int code = letter ? table->by_letter[(int)letter] : 0;

	if (code < PARAM || options->given[(int)letter] || tool->options[code - PARAM].arg)
		return 0;
	return add_option(tool, options, &tool->options[code - PARAM], "");
}

static int check_pairs(const struct lw_tool *tool, const struct lw_options *options)
{
	if (options->summary && !options->json) {
		lw_error("%s: option --summary goes with --json only", tool->name);
		return -EINVAL;
	}
	if (options->output.rotate && !options->output.path) {
		lw_error("%s: option --rotate goes with --output only", tool->name);
		return -EINVAL;
	}
	return 0;
}

/* ---- --metrics ---- */

static int no_metrics(const struct lw_tool *tool, const char *why)
{
	lw_error("%s: option --metrics %s", tool->name, why);
	return -EINVAL;
}

/* Returns the tool's option with that parameter, or NULL. */
static const struct lw_option *option_of(const struct lw_tool *tool, const char *param)
{
	int i;

	for (i = 0; i < tool->noptions; i++)
		if (!strcmp(tool->options[i].param, param))
			return &tool->options[i];
	return NULL;
}

static bool has_param(const struct lw_options *options, const char *param)
{
	int i;

	for (i = 0; i < options->nparams; i++)
		if (!strcmp(options->params[i], param))
			return true;
	return false;
}

/* Refuses options that would print something else, or other numbers. */
static int check_metrics(const struct lw_tool *tool, const struct lw_options *options)
{
	if (!lw_tool_interval(tool))
		return no_metrics(tool, "needs a tool that writes reports and has --interval");
	if (options->output.path)
		return no_metrics(tool, "writes no records; leave out --output");
	if (options->json)
		return no_metrics(tool, "writes no records; leave out --json");
	if (options->count)
		return no_metrics(tool, "prints no reports to count; use --duration");
	if (has_param(options, "milliseconds=1"))
		return no_metrics(tool, "writes seconds; leave out --milliseconds");
	if (option_of(tool, "top") && !has_param(options, "top=0"))
		return no_metrics(tool,
				  "needs --top 0: the highest counts alone cannot be added up");
	return 0;
}

static int set_metrics(const struct lw_tool *tool, struct lw_options *options)
{
	int err = check_metrics(tool, options);
	const struct lw_option *interval = lw_tool_interval(tool);

	if (err || options->given[(int)interval->letter])
		return err;
	return add_number(options, interval->param, METRICS_SECONDS);
}

int lw_options_parse(const struct lw_tool *tool, int argc, char **argv, struct lw_options *options)
{
	struct table table;
	int code, err = 0;

	memset(options, 0, sizeof(*options));
	options->buffer = tool->buffer;
	make_table(tool, &table);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while (!err && (code = getopt_long(argc, argv, table.letters, table.longs, NULL)) != -1) {
		if (code == '?' || code == ':')
			return getopt_error(tool, code, argv);
		if (code < 128)
			code = table.by_letter[code];
		if (code >= PARAM)
			err = add_option(tool, options, &tool->options[code - PARAM], optarg);
		else
			err = set_common(tool, options, code, optarg);
	}
	if (!err)
		err = set_arguments(tool, options, argc - optind, argv + optind);
	if (!err)
		err = check_pairs(tool, options);
	options->output.blocks = lw_tool_interval(tool) && !options->json;
	if (!err && options->json)
		err = add_time(tool, options, &table);
	if (!err && options->metrics && !options->help)
		err = set_metrics(tool, options);
	if (!err)
		err = add_number(options, "_stp_bufsize", options->buffer);
	return err;
}

/* Returns the parameter NAME=VALUE of an option, or NULL. */
static char **param_of(struct lw_options *options, const struct lw_option *option)
{
	size_t n = strlen(option->param);
	int i;

	for (i = 0; i < options->nparams; i++)
		if (!strncmp(options->params[i], option->param, n) && options->params[i][n] == '=')
			return &options->params[i];
	return NULL;
}

char *lw_options_value(const struct lw_options *options, const struct lw_option *option)
{
	char **param = param_of((struct lw_options *)options, option);
	const char *value = param ? strchr(*param, '=') + 1 : NULL;

	if (!value)
		return NULL;
	return *value == '"' ? strndup(value + 1, strlen(value) - 2) : strdup(value);
}

int lw_options_replace(struct lw_options *options, const struct lw_option *option,
		       const char *value)
{
	char **param = param_of(options, option), *text;

	if (asprintf(&text, "%s=\"%s\"", option->param, value) < 0)
		return -ENOMEM;
	free(*param);
	*param = text;
	return 0;
}

void lw_options_free(struct lw_options *options)
{
	int i;

	for (i = 0; i < options->nparams; i++)
		free(options->params[i]);
	options->nparams = 0;
}

/* ---- help ---- */

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
	char letter = common[i].letter;
	bool mine = letter && by_letter[(int)letter] == common[i].code;

	help_line(mine ? letter : 0, common[i].name, common[i].arg,
		  common[i].code == COUNT && reports ? "stop after N reports" : common[i].text);
}

void lw_options_help(const struct lw_tool *tool)
{
	bool reports = lw_tool_interval(tool);
	struct table table;
	int i;

	make_table(tool, &table);
	printf("usage: lwload %s [options]%s\n\n%s - %s\n\noptions:\n", tool->name,
	       reports ? " [INTERVAL [COUNT]]" : "", tool->name, tool->summary);
	for (i = 0; i < tool->noptions; i++)
		help_line(tool->options[i].letter, table.names[i], tool->options[i].arg,
			  tool->options[i].text);
	for (i = 0; i < NCOMMON; i++)
		if (has_common(tool, i))
			common_help(i, table.by_letter, reports);
	printf("\nfields:\n");
	for (i = 0; i < tool->nfields; i++) {
		const struct lw_field *field = &tool->fields[i];

		if (field->option)
			printf("  %-12s  %s (with -%c)\n", field->name, field->text, field->option);
		else
			printf("  %-12s  %s\n", field->name, field->text);
	}
}
