// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/by.h"
#include "text/options_parts.h"
#include "text/promfile.h"
#include "text/values.h"
#include "util/log.h"
#include "util/name.h"
#include "util/nearest.h"
#include "util/number.h"

#define BUFFER_LIMIT 4095 /* what staprun -b allows */
#define ROTATE_LEAST 4096
#define ROTATE_KEPT 5
#define ROTATE_LIMIT 999
#define METRICS_SECONDS 15 /* --metrics without an interval: as often as they are mostly read */

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

static int add_option(const struct lw_tool *tool, struct lw_options *options,
		      const struct lw_option *option, const char *value)
{
	char *param = NULL;
	int err;

	if (options->given[(int)option->letter]) {
		lw_error("%s: option -%c is given twice", tool->name, option->letter);
		return -EINVAL;
	}
	options->given[(int)option->letter] = true;
	if (!option->arg)
		return add_number(options, option->param, 1);
	err = lw_values_param(tool, option, value, &param);
	return err ? err : add_param(options, param);
}

/* ---- options of every tool ---- */

const struct lw_common lw_common_options[NCOMMON] = {
	{ "duration", DURATION, 'd', "SECS", "stop after SECS seconds, such as 2 or 0.5" },
	{ "count", COUNT, 'c', "N", "stop after N records" },
	{ "max-rate", MAX_RATE, 0, "N", "leave out what is more than N records in a second" },
	{ "where", WHERE, 0, "EXPR", "show records only if a field meets it, such as pid=1" },
	{ "fields", FIELDS, 0, "LIST", "show these fields, in this order, such as pid,comm" },
	{ "sort", SORT, 0, "FIELD",
	  "sort records by this field, the highest first; +FIELD: the lowest" },
	{ "top", TOP, 0, "N",
	  "show only the first N sorted records, in each report or at the end" },
	{ "by", BY, 0, "KIND", "report by container, cgroup, user, process or tree" },
	{ "output", OUTPUT, 0, "FILE", "write records to the end of FILE" },
	{ "rotate", ROTATE, 0, "SIZE[,N]", "begin a new FILE after SIZE, and keep N old ones (5)" },
	{ "metrics", METRICS, 0, "FILE",
	  "write all counts since the run began to FILE, for Prometheus" },
	{ "as", AS, 0, "USER", "run the command as this user" },
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

/* Returns the tool's option with that parameter, or NULL. */
static const struct lw_option *option_of(const struct lw_tool *tool, const char *param)
{
	int i;

	for (i = 0; i < tool->noptions; i++)
		if (!strcmp(tool->options[i].param, param))
			return &tool->options[i];
	return NULL;
}

/* Tools that write reports have --metrics, some have --by, and none has --max-rate. A tool may have a --top of its own. */
bool lw_common_has(const struct lw_tool *tool, int i)
{
	if (lw_common_options[i].code == METRICS)
		return lw_tool_interval(tool);
	if (lw_common_options[i].code == BY)
		return lw_tool_interval(tool) && tool->by;
	if (lw_common_options[i].code == TOP)
		return !option_of(tool, "top");
	return lw_common_options[i].code != MAX_RATE || !lw_tool_interval(tool);
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
	const char *end = lw_parse_size(text, ROTATE_LEAST, LLONG_MAX, &output->rotate);
	long long keep = ROTATE_KEPT;

	if (!end || (*end && *end != ','))
		return bad(tool, "rotate", text, "a size of 4K or more, such as 100M or 1G");
	if (*end && !lw_parse_number(end + 1, 1, ROTATE_LIMIT, &keep))
		return bad(tool, "rotate", text, "SIZE,N with 1 to 999 files");
	output->keep = keep;
	return 0;
}

static const char *want_count(const struct lw_tool *tool)
{
	return lw_tool_interval(tool) ? "a number of reports, 1 or more"
				      : "a number of records, 1 or more";
}

/* NULL: the option has an argument. */
static bool *flag_of(struct lw_options *options, int code)
{
	switch (code) {
	case HELP:
		return &options->help;
	case JSON:
		return &options->json;
	case SUMMARY:
		return &options->summary;
	case STAPRUN:
		return &options->staprun;
	case UNSIGNED:
		return &options->is_unsigned;
	case OLDER:
		return &options->older;
	case VERBOSE:
		return &options->verbose;
	default:
		return NULL;
	}
}

/* NULL: the option's argument is no text that is kept as it is. */
static const char **text_of(struct lw_options *options, int code)
{
	switch (code) {
	case FIELDS:
		return &options->fields;
	case SORT:
		return &options->sort;
	case BY:
		return &options->by;
	case AS:
		return &options->as;
	case OUTPUT:
		return &options->output.path;
	default:
		return NULL;
	}
}

#define METRICS_WANT \
	"a file whose name ends in " LW_PROM_END ", since node_exporter reads no others"

static int set_max_rate(const struct lw_tool *tool, struct lw_options *options, const char *value)
{
	long long number;

	if (!lw_parse_number(value, 1, LLONG_MAX, &number))
		return bad(tool, "max-rate", value, "a number of records, 1 or more");
	options->max_rate = number;
	return 0;
}

static int add_where(const struct lw_tool *tool, struct lw_options *options, const char *value)
{
	if (options->nwhere == LW_MAX_CONDITIONS) {
		lw_error("%s: option --where is given more than %d times", tool->name,
			 LW_MAX_CONDITIONS);
		return -EINVAL;
	}
	options->where[options->nwhere++] = value;
	return 0;
}

static int set_promfile(const struct lw_tool *tool, struct lw_options *options, const char *value)
{
	options->metrics = value;
	return lw_promfile_name_ok(value) ? 0 : bad(tool, "metrics", value, METRICS_WANT);
}

static int set_common(const struct lw_tool *tool, struct lw_options *options, int code,
		      const char *value)
{
	const char **text = text_of(options, code);
	bool *flag = flag_of(options, code);
	long long number;

	if (flag)
		*flag = true;
	if (text)
		*text = value;
	if (flag || text)
		return 0;
	switch (code) {
	case DURATION:
		if (!lw_values_duration(value, &options->duration))
			return bad(tool, "duration", value, "a number of seconds, up to a year");
		return 0;
	case COUNT:
		if (!lw_parse_number(value, 1, LLONG_MAX, &number))
			return bad(tool, "count", value, want_count(tool));
		options->count = number;
		return 0;
	case MAX_RATE:
		return set_max_rate(tool, options, value);
	case TOP:
		if (!lw_parse_number(value, 1, LW_MAX_TOP, &number))
			return bad(tool, "top", value, "a number of records, 1 to 10000");
		options->top.most = number;
		return 0;
	case WHERE:
		return add_where(tool, options, value);
	case ROTATE:
		return parse_rotate(tool, &options->output, value);
	case METRICS:
		return set_promfile(tool, options, value);
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
	if (!lw_values_interval(value, &number)) {
		lw_error("%s: INTERVAL: \"%.64s\" is not " LW_SECONDS, tool->name, value);
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

static void add_letter(struct lw_option_table *table, char letter, bool arg, int code)
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

static void add_long(struct lw_option_table *table, int *n, const char *name, bool arg, int code)
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

static void add_whose_options(const struct lw_tool *tool, struct lw_option_table *table, int *n)
{
	int i;

	for (i = 0; i < LW_NWHOSE; i++) {
		const struct lw_whose_option *option = &lw_whose_options[i];

		if (tool->lists)
			add_letter(table, option->letter, true, WHOSE + 2 * i);
		add_long(table, n, option->name, true, WHOSE + 2 * i);
		snprintf(table->left_out[i], sizeof(table->left_out[i]), "not-%s", option->name);
		add_long(table, n, table->left_out[i], true, WHOSE + 2 * i + 1);
	}
}

void lw_options_table(const struct lw_tool *tool, struct lw_option_table *table)
{
	int i, n = 0;
	char *p;

	memset(table, 0, sizeof(*table));
	/* "lwload TOOL 5 -T" is fine if the tool takes a 5. */
	strcpy(table->letters, lw_tool_interval(tool) ? ":" : "+:");
	for (i = 0; i < NCOMMON; i++)
		/* Each tool takes --metrics and --by, so that it can say why it has none. */
		if (lw_common_has(tool, i) || lw_common_options[i].code == METRICS ||
		    lw_common_options[i].code == BY)
			add_long(table, &n, lw_common_options[i].name, lw_common_options[i].arg,
				 lw_common_options[i].code);
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
		add_letter(table, lw_common_options[i].letter, lw_common_options[i].arg,
			   lw_common_options[i].code);
	add_whose_options(tool, table, &n);
}

/* The long option that was meant, NULL if none is near */
static const char *meant(const struct lw_option_table *table, const char *argument)
{
	const char *names[LW_MAX_LONGS + 1];
	char typed[64];
	int n;

	if (strncmp(argument, "--", 2))
		return NULL;
	snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
	for (n = 0; table->longs[n].name; n++)
		names[n] = table->longs[n].name;
	return lw_nearest(typed, names, n);
}

static int getopt_error(const struct lw_tool *tool, const struct lw_option_table *table, int code,
			char **argv)
{
	const char *what = code == ':' ? "needs a value" : "is unknown";
	const char *near = code == ':' ? NULL : meant(table, argv[optind - 1]);

	/* Long options have 0 or a code from 256 on; chars are signed. */
	if (optopt && optopt < HELP)
		lw_error("%s: option -%c %s; see lwload %s --help", tool->name, optopt, what,
			 tool->name);
	else if (near)
		lw_error("%s: option %s is unknown; did you mean --%s?", tool->name,
			 argv[optind - 1], near);
	else
		lw_error("%s: option %s %s; see lwload %s --help", tool->name, argv[optind - 1],
			 what, tool->name);
	return -EINVAL;
}

/* A JSON record without its time is of little use to a machine. */
static int add_time(const struct lw_tool *tool, struct lw_options *options,
		    const struct lw_option_table *table)
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
	if (options->as && !options->command) {
		lw_error("%s: option --as goes with a command after -- only", tool->name);
		return -EINVAL;
	}
	return 0;
}

/* ---- a command ---- */

int lw_options_command(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		;
	return i;
}

/* Returns where the options end, or -EINVAL. */
static int split_command(const struct lw_tool *tool, int argc, char **argv,
			 struct lw_options *options)
{
	int i = lw_options_command(argc, argv);

	if (i == argc)
		return argc;
	options->command = argv + i + 1;
	if (!*options->command) {
		lw_error("%s: no command after --", tool->name);
		return -EINVAL;
	}
	if (!tool->lists) {
		lw_error("%s: takes no command: its events have no process of their own",
			 tool->name);
		return -EINVAL;
	}
	if (!lw_name_in(tool->lists, "below")) {
		lw_error("%s: command: " LW_OLD_MODULE, tool->name);
		return -EINVAL;
	}
	return i;
}

int lw_options_below(struct lw_options *options, pid_t pid)
{
	return add_number(options, "lw_only_below", pid);
}

/* ---- --metrics ---- */

static int no_metrics(const struct lw_tool *tool, const char *why)
{
	lw_error("%s: option --metrics %s", tool->name, why);
	return -EINVAL;
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
	if (options->fields)
		return no_metrics(tool, "writes no records; leave out --fields");
	if (options->count)
		return no_metrics(tool, "prints no reports to count; use --duration");
	if (options->sort || options->top.most)
		return no_metrics(tool, "adds up all counts; leave out --sort and --top");
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

/* ---- fields ---- */

/* The kernel's bit for a field (stp/kernel/fields.h): a container is a control group. */
static unsigned int bit_of(const struct lw_tool *tool, int field)
{
	int more = lw_fields_more(tool, field);

	return more < 0 || lw_tool_interval(tool) ? 0
						  : 1U << (more == LW_CONTAINER ? LW_CGROUP : more);
}

/* Objects of a container, or of several, tell whose they are. */
static void add_whose(const struct lw_tool *tool, struct lw_options *options)
{
	if (options->json && !options->fields && !lw_tool_interval(tool) &&
	    lw_whose_is_group(&options->whose)) {
		lw_fields_add(tool, LW_CGROUP, &options->columns);
		lw_fields_add(tool, LW_CONTAINER, &options->columns);
	}
}

static int ask_for_more(const struct lw_tool *tool, struct lw_options *options)
{
	int i;

	add_whose(tool, options);
	for (i = 0; i < options->columns.n; i++)
		options->more |= bit_of(tool, options->columns.field[i]);
	for (i = 0; i < options->nwhere; i++)
		options->more |= bit_of(tool, options->conditions[i].field);
	if (options->top.field >= 0)
		options->more |= bit_of(tool, options->top.field);
	return options->more ? add_number(options, "lw_more", options->more) : 0;
}

/* Records that are shown one by one have no order but their time. */
static int parse_order(const struct lw_tool *tool, struct lw_options *options)
{
	options->top.field = -1;
	if (!options->sort && !options->top.most)
		return 0;
	if (!options->top.most && !lw_tool_interval(tool)) {
		lw_error(
			"%s: option --sort needs --top N, as records are shown when they come; the first N are shown at the end",
			tool->name);
		return -EINVAL;
	}
	return lw_top_parse(tool, options->given, options->sort, &options->top);
}

/* The field that it fills can then be named, and is shown in place of the process. */
static int parse_by(const struct lw_tool *tool, struct lw_options *options)
{
	int field;
	char *param;

	options->by_more = -1;
	if (!options->by)
		return 0;
	field = lw_by_field(tool, options->by);
	if (field < 0)
		return -EINVAL;
	options->by_more = lw_fields_more(tool, field);
	if (options->by_more == LW_CONTAINER && option_of(tool, "top") &&
	    !has_param(options, "top=0")) {
		lw_error(
			"%s: option --by container needs --top 0: the highest counts of control groups alone cannot be added up",
			tool->name);
		return -EINVAL;
	}
	options->given[(int)tool->fields[field].option] = true;
	options->columns.by = true;
	param = strdup(lw_by_param(options->by_more));
	return add_param(options, param);
}

/* Some fields belong to options, which may come later. */
static int parse_fields(const struct lw_tool *tool, struct lw_options *options)
{
	int i, err = parse_by(tool, options);

	if (!err && options->by && !options->fields)
		lw_fields_add(tool, options->by_more, &options->columns);
	if (!err && options->fields)
		err = lw_fields_choose(tool, options->given, options->fields, &options->columns);
	for (i = 0; i < options->nwhere && !err; i++)
		err = lw_condition_parse(tool, options->given, options->where[i],
					 &options->conditions[i]);
	if (!err)
		err = parse_order(tool, options);
	return err ? err : ask_for_more(tool, options);
}

int lw_options_parse(const struct lw_tool *tool, int argc, char **argv, struct lw_options *options)
{
	struct lw_option_table table;
	int code, err = 0;

	memset(options, 0, sizeof(*options));
	options->buffer = tool->buffer;
	argc = split_command(tool, argc, argv, options);
	if (argc < 0)
		return argc;
	lw_options_table(tool, &table);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while (!err && (code = getopt_long(argc, argv, table.letters, table.longs, NULL)) != -1) {
		if (code == '?' || code == ':')
			return getopt_error(tool, &table, code, argv);
		if (code < 128)
			code = table.by_letter[code];
		if (code >= WHOSE)
			err = lw_whose_set(tool, &options->whose, (code - WHOSE) / 2,
					   (code - WHOSE) % 2, optarg);
		else if (code >= PARAM)
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
	if (!err)
		err = parse_fields(tool, options);
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
