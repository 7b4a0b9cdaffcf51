// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_metrics.c - a module's reports, to the text of a file for Prometheus
 *
 * For any input, each line is a sample or describes a metric, no series is there twice, and
 * each histogram ascends to its count.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "text/metrics.h"
#include "text/promfile.h"
#include "fuzz.h"

static const struct lw_tool tool = {
	.name = "a-tool",
	.version = "1",
	.fields = { { "time", LW_TIME, 0, 0, "when", false },
		    { "pid", LW_INT, 7, 0, "process", false },
		    { "comm", LW_STR, 16, 0, "who", false },
		    { "uid", LW_INT, 7, 'e', "user", false },
		    { "args", LW_ARGS, 0, 'e', "what", false },
		    { "flags", LW_HEX, 9, 'e', "how", false },
		    { "mode", LW_OCT, 9, 'e', "how", false },
		    { "count", LW_INT, 0, 0, "how many", false },
		    { "took", LW_MSEC, 8, 0, "how long", false },
		    { "wait", LW_DIST, 0, 0, "how long", false },
		    { "size", LW_DIST, 0, 0, "how much", false } },
	.nfields = 11,
	.options = { { "interval", 'i', "N", "", "-i" } },
	.noptions = 1,
};
static const char header[] =
	"#lwtools\t1\ta-tool\ttime=time\tpid=int\tcomm=str\tuid=int\targs=args\t"
	"flags=hex\tmode=oct\tcount=int\ttook=msec\twait=dist\tsize=dist\n";

/* ---- functions in place of those of the file (fuzz.mk) ---- */

static char *text; /* the file's text */

int __wrap_lw_promfile_open(const char *who, const char *root, const char *path, bool wait,
			    struct lw_promfile **file);
int __wrap_lw_promfile_replace(struct lw_promfile *file, const char *bytes, size_t size);

int __wrap_lw_promfile_open(const char *who, const char *root, const char *path, bool wait,
			    struct lw_promfile **file)
{
	(void)who, (void)root, (void)path, (void)wait;
	*file = NULL;
	return 0;
}

int __wrap_lw_promfile_replace(struct lw_promfile *file, const char *bytes, size_t size)
{
	(void)file;
	free(text);
	text = malloc(size + 1);
	assert(text);
	memcpy(text, bytes, size);
	text[size] = '\0';
	assert(strlen(text) == size && size && bytes[size - 1] == '\n');
	return 0;
}

/* ---- a checker of the text ---- */

/* Reads NAME{LABELS}. Returns its end, where the blank before the value is. */
static const char *series_end(const char *line)
{
	const char *p = line + strspn(line, "abcdefghijklmnopqrstuvwxyz_");

	assert(p > line);
	if (*p != '{')
		return p;
	while (*++p != '}') {
		if (*p != '"')
			continue;
		while (*++p != '"')
			p += *p == '\\';
	}
	return p + 1;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void no_series_twice(char **series, int n)
{
	int i;

	qsort(series, n, sizeof(*series), by_text);
	for (i = 1; i < n; i++)
		assert(strcmp(series[i - 1], series[i]));
	for (i = 0; i < n; i++)
		free(series[i]);
}

/* A histogram's buckets come one after another, its count last. */
static void check_buckets(const char *line, const char *value)
{
	static unsigned long long below;
	unsigned long long n = strtoull(value, NULL, 10);
	const char *name_end = strchr(line, '{');
	const char *end = name_end && name_end < value ? name_end : value - 1;

	if (end - line > 7 && !memcmp(end - 7, "_bucket", 7)) {
		assert(strstr(line, "le=\"2e-06\"") || strstr(line, "le=\"0.002\"") ||
		       strstr(line, "le=\"2047\"") || strstr(line, "le=\"1\"") || n >= below);
		below = n;
	}
	if (end - line > 6 && !memcmp(end - 6, "_count", 6) &&
	    strncmp(line, "lwtools_a_tool_count", 20))
		assert(n == below);
}

static void check_text(void)
{
	char **series = calloc(strlen(text) + 1, sizeof(*series)), *line, *next;
	int n = 0;

	assert(series);
	for (line = text; *line; line = next) {
		const char *end;

		next = strchr(line, '\n');
		*next++ = '\0';
		assert(is_visible(line, strlen(line)));
		if (!strncmp(line, "# HELP lwtools_", 15) || !strncmp(line, "# TYPE lwtools_", 15))
			continue;
		end = series_end(line);
		assert(*end == ' ' && strspn(end + 1, "-.0123456789") == strlen(end + 1) && end[1]);
		check_buckets(line, end + 1);
		series[n++] = strndup(line, end - line);
	}
	no_series_twice(series, n);
	free(series);
}

/* ---- a run ---- */

struct run {
	struct lw_metrics *metrics;
	struct lw_stream *stream;
};

static void feed(struct run *run, const void *bytes, size_t len)
{
	const char *p = bytes;
	int item;

	while ((item = lw_stream_next(run->stream, &p, &len))) {
		assert(item > 0);
		if (item == LW_RECORD)
			assert(!lw_metrics_record(run->metrics, lw_stream_values(run->stream)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct run run;
	bool given[128] = { ['e'] = input_byte(&input) & 1 };
	struct lw_metrics_of of = { &tool, "", "1.2.3", "x.prom", given, size % 2 };
	struct lw_loss loss = { .lost = 1, .missed = 2 };

	assert(lw_metrics_open(&of, &run.metrics) == 0);
	run.stream = lw_stream_new(&tool);
	assert(run.stream);
	feed(&run, header, strlen(header));
	feed(&run, input.data, input.left);
	feed(&run, "\n", 1);
	lw_metrics_write(run.metrics, &loss, run.stream);
	check_text();
	lw_metrics_close(run.metrics);
	lw_stream_free(run.stream);
	return 0;
}
