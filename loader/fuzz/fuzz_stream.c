// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_stream.c - a module's output becomes records, a table and JSON
 *
 * The same bytes are read twice, in one piece and in many; both must print the same.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/render.h"
#include "text/stream.h"
#include "fuzz.h"

/* Longer lines are dropped (stream.c). */
#define MAX_LINE (64 << 10)

static const struct lw_tool records = {
	.name = "records",
	.fields = { { "time", LW_TIME, 0, 'T', "", false },
		    { "pid", LW_INT, 7, 0, "", false },
		    { "flags", LW_HEX, 9, 'e', "", false },
		    { "mode", LW_OCT, 5, 'e', "", false },
		    { "took", LW_MSEC, 8, 0, "", false },
		    { "comm", LW_STR, 16, 0, "", false },
		    { "args", LW_ARGS, 0, 0, "", false } },
	.nfields = 7,
};
#define RECORDS "\ttime=time\tpid=int\tflags=hex\tmode=oct\ttook=msec\tcomm=str\targs=args\n"

static const struct lw_tool reports = {
	.name = "reports",
	.fields = { { "time", LW_TIME, 0, 0, "", false },
		    { "disk", LW_STR, 8, 0, "", false },
		    { "count", LW_INT, 0, 'T', "", false },
		    { "wait", LW_DIST, 0, 0, "", false },
		    { "took", LW_DIST, 0, 'e', "", false } },
	.nfields = 5,
	.options = { { "interval", 'i', "N", "", "-i" } },
	.noptions = 1,
};
#define REPORTS "\ttime=time\tdisk=str\tcount=int\twait=dist\ttook=dist\n"

/* Bits of an input's first byte */
enum { USE_REPORTS = 1, JSON = 2, GIVE_T = 4, GIVE_E = 8, NO_HEADER = 16, LONG_LINE = 32 };

/* ---- output ---- */

struct output {
	char *text;
	size_t len, size;
};

static struct output *output;

int __wrap_lw_signals_write(int fd, const char *buf, size_t len, size_t *done);

/* This replaces the loader's function (fuzz.mk). */
int __wrap_lw_signals_write(int fd, const char *buf, size_t len, size_t *done)
{
	(void)fd;
	if (output->len + len > output->size) {
		output->size = 2 * (output->len + len);
		output->text = realloc(output->text, output->size);
		assert(output->text);
	}
	memcpy(output->text + output->len, buf, len);
	output->len += len;
	*done = len;
	return 0;
}

static void check_output(const struct output *out, bool json)
{
	const char *p = out->text, *line;
	size_t left;

	for (left = out->len; left; left -= line + 1 - p, p = line + 1) {
		line = memchr(p, '\n', left);
		assert(line);
		assert(is_visible(p, line - p));
		assert(!json || (*p == '{' && is_json(p, line - p)));
	}
}

/* ---- one reading ---- */

struct reading {
	const struct lw_tool *tool;
	struct lw_render *render;
	unsigned long long records, reports, ends;
	struct output out;
};

static void check_dist(const struct lw_dist *dist)
{
	assert(dist && dist->unit_len);
	assert(dist->last >= 0 && dist->last < LW_BUCKETS && dist->buckets[dist->last]);
}

static void check_value(enum lw_type type, const struct lw_value *value)
{
	assert(value->state == LW_VALUE || value->state == LW_NONE ||
	       value->state == LW_UNREADABLE);
	/* Only text can be cut off or unreadable, and only text is never absent. */
	if (type == LW_STR || type == LW_ARGS) {
		assert(value->state != LW_NONE);
		return;
	}
	assert(!value->cut && value->state != LW_UNREADABLE);
	if (type == LW_TIME)
		assert(value->number >= 0);
	if (type == LW_DIST && value->state == LW_VALUE)
		check_dist(value->dist);
}

static int record(struct reading *reading, const struct lw_value *values)
{
	int i;

	for (i = 0; i < reading->tool->nfields; i++)
		check_value(reading->tool->fields[i].type, &values[i]);
	reading->records++;
	return lw_render_record(reading->render, values);
}

static int report(struct reading *reading, long long nsec)
{
	assert(nsec >= 0);
	reading->reports++;
	return lw_render_report(reading->render, nsec);
}

static int take(struct reading *reading, struct lw_stream *stream, int item)
{
	if (item == LW_RECORD)
		return record(reading, lw_stream_values(stream));
	if (item == LW_REPORT)
		return report(reading, lw_stream_time(stream));
	if (item != LW_REPORT_END)
		return item;
	reading->ends++;
	lw_render_end(reading->render);
	return 0;
}

/* Each piece has memory of its own, so that the sanitizer guards its end. */
static int feed(struct reading *reading, struct lw_stream *stream, const char *bytes, size_t len)
{
	char *piece = malloc(len);
	const char *p = piece;
	int item, err = 0;

	assert(piece);
	memcpy(piece, bytes, len);
	while (!err && (item = lw_stream_next(stream, &p, &len)))
		err = take(reading, stream, item);
	free(piece);
	return err;
}

/* Feeds pieces of 1 to 2 * @most bytes; if that is 0, one piece. */
static int feed_pieces(struct reading *reading, struct lw_stream *stream, const char *text,
		       size_t len, unsigned int most)
{
	size_t n, i = 0;
	int err = 0;

	while (len && !err) {
		n = most ? 1 + (most * ++i * 7) % (2 * most) : len;
		n = n < len ? n : len;
		err = feed(reading, stream, text, n);
		text += n;
		len -= n;
	}
	return err;
}

static size_t lines(const char *text, size_t len)
{
	const char *end = text + len;
	size_t n = 0;

	for (; (text = memchr(text, '\n', end - text)); text++)
		n++;
	return n;
}

/* If the first line was a header, each other line is one of these. */
static void check_counts(const struct lw_stream *stream, const struct reading *reading,
			 size_t nlines, bool lost)
{
	unsigned long long sum = reading->records + reading->reports + reading->ends +
				 lw_stream_bad(stream) + (nlines > 0);
	int i;

	assert(lost ? sum <= nlines : sum == nlines);
	for (i = 0; lw_stream_uncounted(stream, i); i++)
		assert(lw_stream_uncounted(stream, i)->events);
	assert(i <= 9 && (lost || !i));
}

static int read_stream(struct reading *reading, int flags, const char *text, size_t len,
		       unsigned int most)
{
	static const struct lw_output_options to_stdout;
	bool given[128] = { ['T'] = flags & GIVE_T, ['e'] = flags & GIVE_E };
	struct lw_stream *stream = lw_stream_new(reading->tool);
	struct lw_output *file;
	int err;

	assert(lw_output_open("x", &to_stdout, &file) == 0);
	reading->render =
		lw_render_new(reading->tool, flags & JSON, given, &(struct lw_columns){}, file);
	assert(stream && reading->render);
	output = &reading->out;
	lw_render_start(reading->render);
	err = feed_pieces(reading, stream, text, len, most);
	assert(err == 0 || err == -EPROTO);
	/* A first line that is too long or has a NUL counts as bad, and the next line as first. */
	if (!err && !(flags & NO_HEADER))
		check_counts(stream, reading, lines(text, len), memmem(text, len, "#lost", 5));
	assert(lw_render_flush(reading->render) == 0);
	check_output(&reading->out, flags & JSON);
	lw_render_free(reading->render);
	lw_stream_free(stream);
	assert(lw_output_close(file) == 0);
	return err;
}

/* ---- the input ---- */

static char *put(char *out, const void *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return out + len;
}

/* @more: from 0, where the long line is 8 bytes shorter than the longest, to 15 (7 longer) */
static char *make_text(const struct input *input, int flags, int more, size_t *len)
{
	const char *name = flags & USE_REPORTS ? "#lwtools\t1\treports" : "#lwtools\t1\trecords";
	const char *fields = flags & USE_REPORTS ? REPORTS : RECORDS;
	size_t line = flags & LONG_LINE ? MAX_LINE - 8 + more : 0;
	char *text = malloc(strlen(name) + strlen(fields) + line + input->left + 1), *p = text;

	assert(text);
	if (!(flags & NO_HEADER)) {
		p = put(p, name, strlen(name));
		p = put(p, fields, strlen(fields));
	}
	memset(p, '1', line);
	p = put(p + line, input->data, input->left);
	*len = p - text;
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	int first = input_byte(&input), most = input_byte(&input), err, pieces_of;
	/* Long lines take time, therefore only one input in eight has one. */
	int flags = first >> 5 == 7 ? (first & 31) | LONG_LINE : first & 31;
	struct reading whole = { 0 }, pieces = { 0 };
	size_t len;
	char *text = make_text(&input, flags, most & 15, &len);

	whole.tool = pieces.tool = flags & USE_REPORTS ? &reports : &records;
	err = read_stream(&whole, flags, text, len, 0);
	/* A piece takes as long as a record does, therefore a long line has large pieces. */
	pieces_of = flags & LONG_LINE ? 256 + most : 1 + most;
	assert(read_stream(&pieces, flags, text, len, pieces_of) == err);
	assert(whole.out.len == pieces.out.len);
	assert(!whole.out.len || !memcmp(whole.out.text, pieces.out.text, whole.out.len));
	free(whole.out.text);
	free(pieces.out.text);
	free(text);
	return 0;
}
