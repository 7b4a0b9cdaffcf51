// SPDX-License-Identifier: GPL-2.0-only
/* check.c - lwload check: are the tools ready for this kernel, or for another? */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/manifest.h"
#include "module/tool.h"
#include "module/where.h"
#include "rules/origin.h"
#include "rules/symbols.h"
#include "rules/table.h"
#include "text/promfile.h"
#include "util/escape.h"
#include "util/json.h"
#include "util/log.h"
#include "util/reason.h"
#include "verbs/lwload.h"

struct check {
	const struct lw_host *host;
	const char *tool;    /* NULL: all there are */
	const char *kernel;  /* --kernel */
	const char *metrics; /* --metrics */
	bool all_installed;
	bool json;
	FILE *ready, *kernels; /* samples of metrics; NULL without --metrics */
};

/* The results for one tool and one kernel. */
struct report {
	const struct check *check;
	const char *release;
	const char *tool; /* NULL: that kernel has none */
	int n;
	struct {
		const char *rule;
		enum lw_result result;
		struct lw_reason why;
	} rows[LW_NRULES];
};

/* ---- output ---- */

static void print_text(const struct report *report)
{
	static const char *const names[] = { "ok", "warn", "skip", "FAIL" };
	int i;

	for (i = 0; i < report->n; i++) {
		printf("%s %-14s %-10s %-4s ", report->release, report->tool ? report->tool : "-",
		       report->rows[i].rule, names[report->rows[i].result]);
		lw_print_visible(report->rows[i].why.text);
		putchar('\n');
	}
}

static void put_rows(struct lw_buffer *out, const struct report *report)
{
	static const char *const names[] = { "ok", "warn", "skip", "fail" };
	int i;

	for (i = 0; i < report->n; i++) {
		lw_json_open(out, '{');
		lw_json_key(out, "rule");
		lw_json_text(out, report->rows[i].rule);
		lw_json_key(out, "result");
		lw_json_text(out, names[report->rows[i].result]);
		lw_json_key(out, "text");
		lw_json_text(out, report->rows[i].why.text);
		lw_json_close(out, '}');
	}
}

/* Returns false if out of memory. */
static bool print_json(const struct report *report, bool ready)
{
	size_t names = strlen(report->release) + (report->tool ? strlen(report->tool) : 0);
	struct lw_buffer out = { 0 };

	if (!lw_buffer_reserve(&out,
			       LW_JSON_ROOM(names + 64) +
				       report->n * LW_JSON_ROOM(sizeof(struct lw_reason) + 64))) {
		lw_error("check: %s", strerror(ENOMEM));
		return false;
	}
	lw_json_open(&out, '{');
	lw_json_key(&out, "kernel");
	lw_json_text(&out, report->release);
	lw_json_key(&out, "tool");
	lw_json_text(&out, report->tool);
	lw_json_key(&out, "ready");
	lw_json_bool(&out, ready);
	lw_json_key(&out, "rules");
	lw_json_open(&out, '[');
	put_rows(&out, report);
	lw_json_close(&out, ']');
	lw_json_close(&out, '}');
	lw_put_char(&out, '\n');
	fwrite(out.bytes, 1, out.len, stdout);
	free(out.bytes);
	return true;
}

static void put_label(FILE *out, const char *separator, const char *name, const char *value)
{
	fputs(separator, out);
	lw_prom_label(out, name, value, strlen(value));
}

/* A kernel without tools has one sample, with an empty tool. A skipped tool has no sample. */
static void put_ready(const struct report *report, bool ready)
{
	FILE *out = report->check->ready;

	if (report->rows[0].result == LW_RULE_SKIP)
		return;
	put_label(out, "lwtools_ready{", "kernel", report->release);
	put_label(out, ",", "tool", report->tool ? report->tool : "");
	fprintf(out, "} %d\n", ready);
}

/* Returns @code, or LW_FAILED if the report could not be printed. */
static enum lw_exit print(const struct report *report, enum lw_exit code)
{
	bool ready = code == LW_OK;

	if (report->check->ready)
		put_ready(report, ready);
	else if (!report->check->json)
		print_text(report);
	else if (!print_json(report, ready))
		code = LW_FAILED;
	return code;
}

/* ---- rules ---- */

static void add(struct report *report, const char *rule, enum lw_result result)
{
	/* No option is given here. */
	if (result == LW_RULE_WAIVABLE)
		result = LW_RULE_FAIL;
	report->rows[report->n].rule = rule;
	report->rows[report->n++].result = result;
}

/* Where the reason goes of the rule that is added next. */
static struct lw_reason *why(struct report *report)
{
	return &report->rows[report->n].why;
}

static void add_rules(struct report *report, const char *path, struct lw_symbols *symbols)
{
	const struct lw_host *host = report->check->host;
	struct lw_reason refusal = { "" };
	struct lw_origin origin = { 0 };
	struct lw_subject subject = {
		.root = host->root,
		.release = report->release,
		.elsewhere = strcmp(report->release, host->release),
		.name = report->tool,
		.origin = &origin,
		.path = path,
		.refusal = &refusal,
		.symbols = symbols,
	};
	struct lw_tool *tool = NULL;
	int i;

	lw_tool_read(host->root, report->release, report->tool, &tool, &refusal);
	subject.tool = tool;
	subject.buffer = tool ? tool->buffer : 1;
	for (i = 0; i < LW_NRULES; i++)
		add(report, lw_rules[i].name, lw_rule_check(&lw_rules[i], &subject, why(report)));
	lw_origin_free(&origin);
	lw_tool_free(tool);
}

static bool is_ready(const struct report *report)
{
	int i;

	for (i = 0; i < report->n; i++)
		if (report->rows[i].result == LW_RULE_FAIL)
			return false;
	return true;
}

/* ---- tools ---- */

static bool reason_of(const char *name, const char *reason, void *arg)
{
	struct report *report = arg;

	if (!report->tool || strcmp(name, report->tool))
		return false;
	lw_because(why(report), "not for this kernel: %s", reason);
	return true;
}

static enum lw_exit absent(struct report *report)
{
	const struct lw_host host = { report->check->host->root, report->release };
	const char *root = host.root, *rule = "installed";
	enum lw_exit code = LW_NO_MODULE;

	if (lw_find_compressed(&host, report->tool, why(report))) {
		rule = "compressed";
		code = LW_REFUSED;
	} else if (lw_missing_each(root, report->release, reason_of, report)) {
		/* It says why. */
	} else if (report->tool && lw_find_mistyped(&host, report->tool)) {
		lw_find_meant(&host, report->tool, why(report));
		code = LW_USAGE;
	} else {
		lw_because(
			why(report),
			"no module in %s/lib/modules/%s/systemtap or updates/dkms; apt install lwtools-modules-%s",
			root, report->release, report->release);
	}
	add(report, rule, LW_RULE_FAIL);
	return print(report, code);
}

static enum lw_exit check_tool(const struct check *check, struct lw_symbols *symbols,
			       const char *name)
{
	const char *release = symbols->release;
	struct report report = { .check = check, .release = release, .tool = name };
	char *path;
	int err = lw_tool_where(check->host->root, release, name, &path);

	if (err == -ENOENT)
		return absent(&report);
	if (err) {
		lw_error("check: %s", strerror(-err));
		return LW_FAILED;
	}
	add_rules(&report, path, symbols);
	free(path);
	return print(&report, is_ready(&report) ? LW_OK : LW_REFUSED);
}

/* ---- kernels ---- */

/* From the least to the worst: nothing failed, no module, a module that is refused. */
static enum lw_exit worse(enum lw_exit a, enum lw_exit b)
{
	return a > b ? a : b;
}

struct missing {
	const struct check *check;
	const char *release;
};

/* One that the kernel cannot have is nobody's failure. */
static bool print_missing(const char *name, const char *reason, void *arg)
{
	const struct missing *missing = arg;
	struct report report = {
		.check = missing->check,
		.release = missing->release,
		.tool = name,
	};

	lw_because(why(&report), "not for this kernel: %s", reason);
	add(&report, "installed", LW_RULE_SKIP);
	print(&report, LW_NO_MODULE);
	return false;
}

static enum lw_exit check_tools(const struct check *check, struct lw_symbols *symbols, int *ready,
				int *tools)
{
	const char *release = symbols->release;
	struct report none = { .check = check, .release = release };
	struct missing missing = { check, release };
	enum lw_exit one, code = LW_OK;
	char **names;
	int i;

	*tools = lw_tool_names(check->host->root, release, &names);
	if (*tools < 0) {
		lw_error("check: %s", strerror(-*tools));
		return LW_FAILED;
	}
	for (i = 0; i < *tools; i++) {
		one = check_tool(check, symbols, names[i]);
		*ready += one == LW_OK;
		code = worse(code, one);
	}
	lw_tool_free_names(names, *tools);
	if (!*tools)
		code = absent(&none);
	lw_missing_each(check->host->root, release, print_missing, &missing);
	return code;
}

static enum lw_exit check_kernel(const struct check *check, const char *release)
{
	struct lw_symbols symbols = { .root = check->host->root, .release = release };
	int ready = 0, tools = 1;
	enum lw_exit code;

	if (check->tool) {
		code = check_tool(check, &symbols, check->tool);
		ready = code == LW_OK;
	} else {
		code = check_tools(check, &symbols, &ready, &tools);
	}
	lw_symbols_free(&symbols);
	if (!check->json && !check->ready && code != LW_FAILED)
		printf("%d of %d tools ready for kernel %s\n", ready, tools, release);
	return code;
}

/* It becomes a directory's name, and a pattern's part in where.c. */
static bool release_ok(const char *release)
{
	const char *p;

	for (p = release; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("/*?[]\\", *p))
			return false;
	return *release && *release != '.' && p - release <= 64;
}

/* Others are what a removed kernel leaves: modules of DKMS, or ours. */
static bool bootable(const char *root, const char *release)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/lib/modules/%s/modules.dep", root, release);
	if (access(path, F_OK) == 0)
		return true;
	snprintf(path, sizeof(path), "%s/boot/vmlinuz-%s", root, release);
	return access(path, F_OK) == 0;
}

/* @newest: a boot loader boots this kernel, unless it is told otherwise */
static void put_kernel(const struct check *check, const char *release, bool newest)
{
	bool running = !strcmp(release, check->host->release);

	if (!check->kernels)
		return;
	put_label(check->kernels, "lwtools_kernel{", "kernel", release);
	put_label(check->kernels, ",", "running", running ? "1" : "0");
	put_label(check->kernels, ",", "newest", newest ? "1" : "0");
	fputs("} 1\n", check->kernels);
}

static bool is_kernel(const char *root, const char *release)
{
	return release_ok(release) && bootable(root, release);
}

/* Returns the index of the newest kernel, or -1. */
static int newest_of(const char *root, struct dirent *const *entries, int n)
{
	while (--n >= 0 && !is_kernel(root, entries[n]->d_name))
		;
	return n;
}

static enum lw_exit check_kernels(const struct check *check)
{
	const char *root = check->host->root;
	enum lw_exit code = LW_OK;
	struct dirent **entries;
	char path[PATH_MAX];
	int i, n, newest;

	snprintf(path, sizeof(path), "%s/lib/modules", root);
	n = scandir(path, &entries, NULL, versionsort);
	newest = newest_of(root, entries, n);
	for (i = 0; i < n; i++) {
		const char *release = entries[i]->d_name;

		if (is_kernel(root, release)) {
			put_kernel(check, release, i == newest);
			code = worse(code, check_kernel(check, release));
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	if (newest >= 0)
		return code;
	lw_error("check: no kernel is installed: none in %s has modules.dep, or vmlinuz in /boot",
		 path);
	return LW_NO_MODULE;
}

/* ---- metrics ---- */

static enum lw_exit no_memory(void)
{
	lw_error("check: %s", strerror(ENOMEM));
	return LW_FAILED;
}

static int write_metrics(struct lw_promfile *file, const char *ready, const char *kernels)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err = -ENOMEM;

	if (out) {
		lw_prom_family(out, "lwtools_ready", "gauge",
			       "1 if the tool is ready for the kernel, 0 if not.");
		fputs(ready, out);
		lw_prom_family(out, "lwtools_kernel", "gauge",
			       "1 for each kernel that is installed.");
		fputs(kernels, out);
	}
	if (out && fclose(out) == 0)
		err = lw_promfile_replace(file, text, size);
	free(text);
	return err;
}

static bool close_text(FILE *out)
{
	return out && fclose(out) == 0;
}

static enum lw_exit check_to_metrics(struct check *check, struct lw_promfile *file)
{
	char *ready = NULL, *kernels = NULL;
	size_t n_ready, n_kernels;
	enum lw_exit code;
	bool whole;

	check->ready = open_memstream(&ready, &n_ready);
	check->kernels = open_memstream(&kernels, &n_kernels);
	code = check->ready && check->kernels ? check_kernels(check) : no_memory();
	whole = close_text(check->ready);
	whole = close_text(check->kernels) && whole;
	if (whole && code != LW_FAILED && n_kernels && write_metrics(file, ready, kernels))
		code = LW_FAILED;
	free(ready);
	free(kernels);
	return whole || code == LW_FAILED ? code : no_memory();
}

static enum lw_exit check_metrics(struct check *check)
{
	struct lw_promfile *file;
	enum lw_exit code = LW_FAILED;

	if (!lw_promfile_open("check", check->host->root, check->metrics, true, &file))
		code = check_to_metrics(check, file);
	lw_promfile_close(file);
	return code;
}

/* ---- arguments ---- */

static int parse_metrics(struct check *check, const char *path)
{
	if (path && lw_promfile_name_ok(path)) {
		check->metrics = path;
		return 0;
	}
	lw_error("check: option --metrics needs a file whose name ends in " LW_PROM_END
		 ", since node_exporter reads no others");
	return -EINVAL;
}

static int check_pairs(const struct check *check)
{
	const char *why = NULL;

	if (check->kernel && check->all_installed)
		why = "--kernel and --all-installed exclude each other";
	else if (check->metrics && (!check->all_installed || check->tool))
		why = "option --metrics needs --all-installed, and takes no tool";
	else if (check->metrics && check->json)
		why = "--metrics and --json exclude each other";
	if (!why)
		return 0;
	lw_error("check: %s", why);
	return -EINVAL;
}

static int parse_release(struct check *check, const char *release)
{
	if (check->kernel) {
		lw_error("check: option --kernel is given twice");
		return -EINVAL;
	}
	if (!release || !release_ok(release)) {
		lw_error("check: option --kernel needs a kernel's release, such as %s",
			 check->host->release);
		return -EINVAL;
	}
	check->kernel = release;
	return 0;
}

static int parse_tool(struct check *check, const char *name)
{
	if (check->tool || *name == '-') {
		lw_error("check: takes no argument \"%.64s\"", name);
		return -EINVAL;
	}
	check->tool = name;
	return lw_find_name_ok(name) ? 0 : -EINVAL;
}

static int parse_arguments(struct check *check, char **argv)
{
	int err = 0;

	for (argv++; *argv && !err; argv++) {
		if (!strcmp(*argv, "--json"))
			check->json = true;
		else if (!strcmp(*argv, "--all-installed"))
			check->all_installed = true;
		else if (!strcmp(*argv, "--kernel"))
			err = parse_release(check, argv[1] ? *++argv : NULL);
		else if (!strncmp(*argv, "--kernel=", 9))
			err = parse_release(check, *argv + 9);
		else if (!strcmp(*argv, "--metrics"))
			err = parse_metrics(check, argv[1] ? *++argv : NULL);
		else if (!strncmp(*argv, "--metrics=", 10))
			err = parse_metrics(check, *argv + 10);
		else
			err = parse_tool(check, *argv);
	}
	return err ? err : check_pairs(check);
}

enum lw_exit lw_check(const struct lw_host *host, int argc, char **argv)
{
	struct check check = { .host = host };

	(void)argc;
	if (parse_arguments(&check, argv))
		return LW_USAGE;
	if (check.metrics)
		return check_metrics(&check);
	if (check.all_installed)
		return check_kernels(&check);
	return check_kernel(&check, check.kernel ? check.kernel : host->release);
}
