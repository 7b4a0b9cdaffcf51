// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text/fields.h"
#include "text/metrics.h"
#include "text/promfile.h"
#include "util/escape.h"
#include "util/log.h"

/* A longer value of a label is cut off. No file name is as long. */
#define MAX_LABEL 4096

enum role { NOTHING, LABEL, COUNTER, HISTOGRAM };

/* The sum of one field of one label set. */
struct sum {
	bool any;
	unsigned long long total; /* COUNTER; nanoseconds for an LW_MSEC */
	long long sum;            /* HISTOGRAM, in the stream's unit */
	unsigned long long buckets[LW_BUCKETS];
};

struct set {
	char *labels; /* A="B",C="D"; each set has others */
	size_t len;
	struct sum *sums; /* one for each field that is not a label, in their order */
};

struct lw_metrics {
	struct lw_metrics_of of;
	struct lw_promfile *file;
	enum role roles[LW_MAX_FIELDS];
	const struct unit *units[LW_MAX_FIELDS]; /* HISTOGRAM: NULL until there is a record */
	int nsums;
	struct set sets[LW_METRICS_SETS + 1]; /* the last one is "other" */
	int nsets;
	unsigned long long others; /* records in the set "other" */
	unsigned long long unfit;
	struct timespec start;
};

/* ---- fields ---- */

/* Names with a blank on each side: is_among() looks for a name with its blanks. */
static const char left_out[] = " pid tid ppid avg min max ";
static const char ids[] = " uid gid cpu node port lport rport sig errno ";

static bool is_among(const char *names, const char *name)
{
	char word[72];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(names, word);
}

bool lw_metrics_is_sum(const struct lw_field *field)
{
	if (is_among(left_out, field->name))
		return false;
	return field->type == LW_DIST || field->type == LW_MSEC ||
	       (field->type == LW_INT && !is_among(ids, field->name));
}

static enum role role_of(const struct lw_field *field, const bool *given)
{
	if (!lw_field_is_filled(field, given))
		return NOTHING;
	if (field->type == LW_TIME || is_among(left_out, field->name))
		return NOTHING;
	if (field->type == LW_DIST)
		return HISTOGRAM;
	return lw_metrics_is_sum(field) ? COUNTER : LABEL;
}

/* ---- units ---- */

static const struct unit {
	const char *name, *suffix;
	unsigned long long low;              /* in the stream's unit: the last bucket begins here */
	unsigned long long multiply, divide; /* to the base unit: one of them is 1 */
	bool whole; /* values of the base unit are whole: the bound is the last value below */
} units[] = {
	{ "usecs", "seconds", 1 << 27, 1, 1000000, false },
	{ "msecs", "seconds", 1 << 17, 1, 1000, false },
	{ "kbytes", "bytes", 1 << 14, 1024, 1, true },
	{ "bytes", "bytes", 1 << 24, 1, 1, true },
};

static const struct unit *unit_of(const struct lw_dist *dist)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == dist->unit_len &&
		    !memcmp(units[i].name, dist->unit, dist->unit_len))
			return &units[i];
	return NULL;
}

/* ---- numbers: decimal, exact, and without an exponent ---- */

static unsigned long long plus(unsigned long long a, unsigned long long b)
{
	return __builtin_add_overflow(a, b, &a) ? ULLONG_MAX : a;
}

/* n / divide, a power of ten */
static void put_divided(FILE *out, unsigned long long n, unsigned long long divide)
{
	unsigned long long rest = n % divide;

	fprintf(out, "%llu", n / divide);
	if (!rest)
		return;
	fputc('.', out);
	while (rest) {
		rest *= 10;
		fputc('0' + rest / divide, out);
		rest %= divide;
	}
}

static void put_sum(FILE *out, const struct unit *unit, long long sum)
{
	unsigned long long n = sum < 0 ? 0ULL - sum : (unsigned long long)sum;

	if (__builtin_mul_overflow(n, unit->multiply, &n))
		n = ULLONG_MAX;
	if (sum < 0)
		fputc('-', out);
	put_divided(out, n, unit->divide);
}

/* The bound of all values below @low. The largest bound has the 9 digits of %.9g. */
static void put_bound(FILE *out, const struct unit *unit, unsigned long long low)
{
	double bound = (double)(low * unit->multiply - unit->whole) / unit->divide;

	fprintf(out, "%.9g", bound);
}

/* ---- opening ---- */

int lw_metrics_open(const struct lw_metrics_of *of, struct lw_metrics **out)
{
	struct lw_metrics *metrics = calloc(1, sizeof(*metrics));
	int i;

	*out = metrics;
	if (!metrics) {
		lw_error("%s: %s", of->tool->name, strerror(ENOMEM));
		return -ENOMEM;
	}
	metrics->of = *of;
	for (i = 0; i < of->tool->nfields; i++) {
		metrics->roles[i] = role_of(&of->tool->fields[i], of->given);
		if (of->by && lw_fields_of_process(of->tool, i))
			metrics->roles[i] = NOTHING;
		metrics->nsums += metrics->roles[i] >= COUNTER;
	}
	return lw_promfile_open(of->tool->name, of->root, of->path, false, &metrics->file);
}

void lw_metrics_close(struct lw_metrics *metrics)
{
	int i;

	if (!metrics)
		return;
	lw_promfile_close(metrics->file);
	for (i = 0; i <= LW_METRICS_SETS; i++) {
		free(metrics->sets[i].labels);
		free(metrics->sets[i].sums);
	}
	free(metrics);
}

/* ---- labels ---- */

/* Writes the value as in a table, without escapes. Returns its length. */
static size_t label_text(char *text, size_t size, enum lw_type type, const struct lw_value *value)
{
	size_t i, n = value->len < size ? value->len : size;

	if (value->state == LW_NONE)
		return 0;
	if (value->state == LW_UNREADABLE)
		return snprintf(text, size, "?");
	if (type == LW_HEX || type == LW_OCT)
		return snprintf(text, size, type == LW_HEX ? "0x%llx" : "%04llo", value->number);
	for (i = 0; i < n; i++)
		text[i] = type == LW_ARGS && !value->text[i] ? ' ' : value->text[i];
	return n;
}

static void put_label(FILE *out, const struct lw_field *field, const struct lw_value *value)
{
	char text[MAX_LABEL + 3];
	size_t len = label_text(text, MAX_LABEL, field->type, value);

	if (value->cut || value->len > MAX_LABEL)
		len = (char *)mempcpy(text + len, "...", 3) - text;
	lw_prom_label(out, field->name, text, len);
}

/* @values: NULL for the set "other". Returns NULL if out of memory; free the result. */
static char *labels_of(const struct lw_metrics *metrics, const struct lw_value *values, size_t *len)
{
	const struct lw_tool *tool = metrics->of.tool;
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	const char *separator = "";
	int i;

	if (!out)
		return NULL;
	for (i = 0; i < tool->nfields; i++) {
		if (metrics->roles[i] != LABEL)
			continue;
		fputs(separator, out);
		separator = ",";
		if (values)
			put_label(out, &tool->fields[i], &values[i]);
		else
			lw_prom_label(out, tool->fields[i].name, "other", 5);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- label sets ---- */

static struct set *find(struct lw_metrics *metrics, const char *labels, size_t len)
{
	struct set *set;

	for (set = metrics->sets; set < metrics->sets + metrics->nsets; set++)
		if (set->len == len && !memcmp(set->labels, labels, len))
			return set;
	set = &metrics->sets[LW_METRICS_SETS];
	/* Once the set "other" is in use, a record whose labels are all "other" joins it. */
	return set->labels && set->len == len && !memcmp(set->labels, labels, len) ? set : NULL;
}

/* Takes the labels, which may be NULL. */
static struct set *fill(const struct lw_metrics *metrics, struct set *set, char *labels, size_t len)
{
	set->sums = labels ? calloc(metrics->nsums, sizeof(*set->sums)) : NULL;
	if (!set->sums) {
		free(labels);
		return NULL;
	}
	set->labels = labels;
	set->len = len;
	return set;
}

/* Returns the set "other", or an earlier one whose labels are all "other". */
static struct set *other(struct lw_metrics *metrics)
{
	struct set *set;
	size_t len;
	char *labels = labels_of(metrics, NULL, &len);

	metrics->others = plus(metrics->others, 1);
	set = labels ? find(metrics, labels, len) : NULL;
	if (!set)
		return fill(metrics, &metrics->sets[LW_METRICS_SETS], labels, len);
	free(labels);
	return set;
}

/* Returns NULL if out of memory. */
static struct set *set_of(struct lw_metrics *metrics, const struct lw_value *values)
{
	struct set *set;
	size_t len;
	char *labels = labels_of(metrics, values, &len);

	if (!labels)
		return NULL;
	set = find(metrics, labels, len);
	if (set) {
		free(labels);
		return set;
	}
	if (metrics->nsets == LW_METRICS_SETS) {
		free(labels);
		return other(metrics);
	}
	set = fill(metrics, &metrics->sets[metrics->nsets], labels, len);
	metrics->nsets += set != NULL;
	return set;
}

/* ---- adding up ---- */

static void add_dist(struct sum *sum, const struct lw_dist *dist)
{
	int i;

	for (i = 0; i <= dist->last; i++)
		sum->buckets[i] = plus(sum->buckets[i], dist->buckets[i]);
	if (__builtin_add_overflow(sum->sum, dist->sum, &sum->sum))
		sum->sum = dist->sum < 0 ? LLONG_MIN : LLONG_MAX;
}

static void add_value(struct sum *sum, enum role role, const struct lw_value *value)
{
	if (value->state != LW_VALUE)
		return;
	sum->any = true;
	if (role == HISTOGRAM)
		add_dist(sum, value->dist);
	else if (value->number > 0)
		sum->total = plus(sum->total, value->number);
}

/* A metric has one unit. */
static bool fits(struct lw_metrics *metrics, const struct lw_value *values)
{
	int i;

	for (i = 0; i < metrics->of.tool->nfields; i++) {
		const struct unit *unit;

		if (metrics->roles[i] != HISTOGRAM || values[i].state != LW_VALUE)
			continue;
		unit = unit_of(values[i].dist);
		if (!unit || (metrics->units[i] && metrics->units[i] != unit))
			return false;
		metrics->units[i] = unit;
	}
	return true;
}

int lw_metrics_record(struct lw_metrics *metrics, const struct lw_value *values)
{
	struct set *set;
	int i, n = 0;

	if (!metrics->nsums)
		return 0;
	if (!fits(metrics, values)) {
		metrics->unfit++;
		return 0;
	}
	set = set_of(metrics, values);
	if (!set) {
		lw_error("%s: %s", metrics->of.tool->name, strerror(ENOMEM));
		return -ENOMEM;
	}
	for (i = 0; i < metrics->of.tool->nfields; i++)
		if (metrics->roles[i] >= COUNTER)
			add_value(&set->sums[n++], metrics->roles[i], &values[i]);
	return 0;
}

unsigned long long lw_metrics_unfit(const struct lw_metrics *metrics)
{
	return metrics->unfit;
}

/* ---- the metrics of the tool ---- */

/* lwtools_TOOL_FIELD_END */
static void put_name(char *name, size_t size, const struct lw_tool *tool, int i, const char *end)
{
	char *p;

	snprintf(name, size, "lwtools_%s_%s_%s", tool->name, tool->fields[i].name, end);
	for (p = name; *p; p++)
		if (*p == '-')
			*p = '_';
}

/* {A="B",le="0.1"}; the labels A may be absent */
static void put_bucket_labels(FILE *out, const struct set *set, const struct unit *unit,
			      unsigned long long low)
{
	fprintf(out, "_bucket{%s%sle=\"", set->labels, set->len ? "," : "");
	if (low)
		put_bound(out, unit, low);
	else
		fputs("+Inf", out);
	fputs("\"} ", out);
}

static void put_labels(FILE *out, const struct set *set)
{
	if (set->len)
		fprintf(out, "{%s}", set->labels);
	fputc(' ', out);
}

static void put_histogram(FILE *out, const char *name, const struct set *set, const struct sum *sum,
			  const struct unit *unit)
{
	unsigned long long low, below = 0;
	int i = 0;

	for (low = 2; low <= unit->low; low *= 2) {
		below = plus(below, sum->buckets[i++]);
		fputs(name, out);
		put_bucket_labels(out, set, unit, low);
		fprintf(out, "%llu\n", below);
	}
	while (i < LW_BUCKETS)
		below = plus(below, sum->buckets[i++]);
	fputs(name, out);
	put_bucket_labels(out, set, unit, 0);
	fprintf(out, "%llu\n%s_sum", below, name);
	put_labels(out, set);
	put_sum(out, unit, sum->sum);
	fprintf(out, "\n%s_count", name);
	put_labels(out, set);
	fprintf(out, "%llu\n", below);
}

static void put_counter(FILE *out, const char *name, const struct set *set, const struct sum *sum,
			unsigned long long divide)
{
	fputs(name, out);
	put_labels(out, set);
	put_divided(out, sum->total, divide);
	fputc('\n', out);
}

static bool has_any(const struct lw_metrics *metrics, int n)
{
	int i;

	for (i = 0; i <= LW_METRICS_SETS; i++)
		if (metrics->sets[i].sums && metrics->sets[i].sums[n].any)
			return true;
	return false;
}

/* @n: the field's number among those that are not labels */
static void put_field(FILE *out, const struct lw_metrics *metrics, int field, int n)
{
	const struct lw_tool *tool = metrics->of.tool;
	bool is_dist = metrics->roles[field] == HISTOGRAM;
	bool is_time = tool->fields[field].type == LW_MSEC;
	const char *end = is_time ? "seconds_total" : "total";
	char name[256];
	int i;

	if (!has_any(metrics, n))
		return;
	put_name(name, sizeof(name), tool, field, is_dist ? metrics->units[field]->suffix : end);
	lw_prom_family(out, name, is_dist ? "histogram" : "counter", tool->fields[field].text);
	for (i = 0; i <= LW_METRICS_SETS; i++) {
		const struct set *set = &metrics->sets[i];

		if (!set->sums || !set->sums[n].any)
			continue;
		if (is_dist)
			put_histogram(out, name, set, &set->sums[n], metrics->units[field]);
		else
			put_counter(out, name, set, &set->sums[n], is_time ? 1000000000 : 1);
	}
}

static void put_fields(FILE *out, const struct lw_metrics *metrics)
{
	int i, n = 0;

	for (i = 0; i < metrics->of.tool->nfields; i++)
		if (metrics->roles[i] >= COUNTER)
			put_field(out, metrics, i, n++);
}

/* ---- the metrics of every tool ---- */

#define UP "lwtools_up"
#define INFO "lwtools_info"
#define START "lwtools_start_time_seconds"
#define LOST "lwtools_lost_records_total"
#define MISSED "lwtools_missed_calls_total"
#define UNCOUNTED "lwtools_uncounted_events_total"
#define OTHER "lwtools_other_records_total"

static void put_tool(FILE *out, const char *name, const struct lw_tool *tool)
{
	fprintf(out, "%s{", name);
	lw_prom_label(out, "tool", tool->name, strlen(tool->name));
}

static void put_run(FILE *out, const struct lw_metrics *metrics)
{
	const struct lw_tool *tool = metrics->of.tool;
	const char *version = tool->version ? tool->version : "";

	lw_prom_family(out, UP, "gauge", "1 while lwload runs the tool.");
	put_tool(out, UP, tool);
	fputs("} 1\n", out);
	lw_prom_family(out, INFO, "gauge",
		       "1, labelled with the version of the tool and its kernel.");
	put_tool(out, INFO, tool);
	fputc(',', out);
	lw_prom_label(out, "version", version, strlen(version));
	fputc(',', out);
	lw_prom_label(out, "kernel", metrics->of.release, strlen(metrics->of.release));
	fputs("} 1\n", out);
	lw_prom_family(out, START, "gauge",
		       "When the probes were in place; the counts of the tool begin then.");
	put_tool(out, START, tool);
	fprintf(out, "} %lld.%03ld\n", (long long)metrics->start.tv_sec,
		metrics->start.tv_nsec / 1000000);
}

static void put_count(FILE *out, const char *name, const struct lw_tool *tool, const char *help,
		      unsigned long long n)
{
	lw_prom_family(out, name, "counter", help);
	put_tool(out, name, tool);
	fprintf(out, "} %llu\n", n);
}

/* Two reasons of a stream may become the same label: a label cannot show every byte. */
static void reason_of(const struct lw_uncounted *entry, char text[sizeof(entry->why) * LW_ESCAPED])
{
	*lw_escape_label(text, entry->why, strlen(entry->why)) = '\0';
}

/* Returns all events with that reason, or 0 if an earlier entry has the same reason. */
static unsigned long long events_of(const struct lw_stream *stream, int i, const char *reason)
{
	const struct lw_uncounted *entry;
	unsigned long long n = 0;
	char text[sizeof(entry->why) * LW_ESCAPED];
	int k;

	for (k = 0; (entry = lw_stream_uncounted(stream, k)); k++) {
		reason_of(entry, text);
		if (!strcmp(text, reason) && k < i)
			return 0;
		if (!strcmp(text, reason))
			n = plus(n, entry->events);
	}
	return n;
}

static void put_uncounted(FILE *out, const struct lw_tool *tool, const struct lw_stream *stream)
{
	const struct lw_uncounted *entry;
	char reason[sizeof(entry->why) * LW_ESCAPED];
	unsigned long long n;
	int i;

	if (!lw_stream_uncounted(stream, 0))
		return;
	lw_prom_family(out, UNCOUNTED, "counter", "Events that the tool could not keep.");
	for (i = 0; (entry = lw_stream_uncounted(stream, i)); i++) {
		reason_of(entry, reason);
		n = events_of(stream, i, reason);
		if (!n)
			continue;
		put_tool(out, UNCOUNTED, tool);
		fprintf(out, ",reason=\"%s\"} %llu\n", reason, n);
	}
}

static void put_losses(FILE *out, const struct lw_metrics *metrics, const struct lw_loss *loss,
		       const struct lw_stream *stream)
{
	const struct lw_tool *tool = metrics->of.tool;

	put_count(out, LOST, tool, "Records that did not arrive, so far as is known.", loss->lost);
	put_count(out, MISSED, tool, "Calls that the tool did not see, so far as is known.",
		  loss->missed);
	put_count(out, OTHER, tool,
		  "Records added up as other, since there are too many sets of labels.",
		  metrics->others);
	put_uncounted(out, tool, stream);
}

/* ---- the file ---- */

void lw_metrics_start(struct lw_metrics *metrics)
{
	clock_gettime(CLOCK_REALTIME, &metrics->start);
}

/* An incomplete text is not written: the old file stays, and its time shows its age. */
void lw_metrics_write(struct lw_metrics *metrics, const struct lw_loss *loss,
		      const struct lw_stream *stream)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		put_run(out, metrics);
		put_losses(out, metrics, loss, stream);
		put_fields(out, metrics);
	}
	if (out && fclose(out) == 0)
		lw_promfile_replace(metrics->file, text, size);
	else
		lw_error("%s: %s", metrics->of.tool->name, strerror(ENOMEM));
	free(text);
}

int lw_metrics_end(struct lw_metrics *metrics)
{
	int err = lw_promfile_remove(metrics->file);

	return err || lw_promfile_failed(metrics->file) ? -EIO : 0;
}
