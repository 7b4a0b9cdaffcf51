// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text/render_parts.h"
#include "util/json.h"

int lw_object_keys(struct lw_render *r)
{
	int k, i, n = r->json ? r->columns.n : 0;
	size_t room = 0;

	for (i = 0; i < r->tool->nfields; i++)
		room += LW_JSON_ROOM(strlen(r->tool->fields[i].name));
	if (n && !lw_buffer_reserve(&r->keys, room))
		return -ENOMEM;
	for (k = 0; k < n; k++) {
		i = r->columns.field[k];
		r->key_at[i] = r->keys.len;
		lw_json_key(&r->keys, r->tool->fields[i].name);
		r->key_len[i] = r->keys.len - r->key_at[i];
		/* Something before the next key, which gets a comma for it */
		lw_json_null(&r->keys);
	}
	return 0;
}

static void put_json_time(struct lw_render *r, long long nsec)
{
	lw_put_char(&r->out, '"');
	put_second(r, nsec / 1000000000);
	put_fraction(r, nsec % 1000000000 / 1000, 6);
	lw_put(&r->out, "Z\"", 2);
}

typedef bool put_string_fn(struct lw_buffer *out, const char *text, size_t len);

/* A string, or an array of those between NULs. Returns whether @put returned true for each. */
static bool put_json_text(struct lw_buffer *out, enum lw_type type, const struct lw_value *value,
			  put_string_fn *put)
{
	const char *p = value->text, *end = value->text + value->len;
	const char *next;
	bool all = true;

	if (type != LW_ARGS)
		return put(out, p, value->len);
	lw_json_open(out, '[');
	for (; (next = memchr(p, '\0', end - p)); p = next + 1)
		all &= put(out, p, next - p);
	all &= put(out, p, end - p);
	lw_json_close(out, ']');
	return all;
}

static void put_unsigned(struct lw_buffer *out, const char *key, unsigned long long number)
{
	lw_json_key(out, key);
	lw_json_unsigned(out, number);
}

static void put_json_dist(struct lw_buffer *out, const struct lw_dist *dist)
{
	int i;

	lw_json_open(out, '{');
	lw_json_key(out, "unit");
	lw_json_string(out, dist->unit, dist->unit_len);
	put_unsigned(out, "count", dist->count);
	lw_json_key(out, "sum");
	lw_json_signed(out, dist->sum);
	lw_json_key(out, "buckets");
	lw_json_open(out, '[');
	for (i = 0; i <= dist->last; i++) {
		if (!dist->buckets[i])
			continue;
		lw_json_open(out, '{');
		put_unsigned(out, "low", bucket_low(i));
		put_unsigned(out, "high", bucket_high(i));
		put_unsigned(out, "count", dist->buckets[i]);
		lw_json_close(out, '}');
	}
	lw_json_close(out, ']');
	lw_json_close(out, '}');
}

/* Returns false if it has bytes that are no UTF-8. */
static bool put_json_value(struct lw_render *r, enum lw_type type, const struct lw_value *value)
{
	char buf[32];

	if (value->state != LW_VALUE)
		lw_json_null(&r->out);
	else if (type == LW_TIME)
		put_json_time(r, value->number);
	else if (type == LW_ARGS || type == LW_STR)
		return put_json_text(&r->out, type, value, lw_json_string);
	else if (type == LW_DIST)
		put_json_dist(&r->out, value->dist);
	else if (type == LW_MSEC)
		lw_json_raw(&r->out, buf, lw_render_msec(buf, value->number));
	else /* After a key no comma can be needed. */
		lw_put(&r->out, value->text, value->len);
	return true;
}

/* The exact bytes of fields whose values are no UTF-8: names must not look the same. */
static void put_json_bytes(struct lw_render *r, const struct lw_value *values, const bool *bad)
{
	const struct lw_field *fields = r->tool->fields;
	char key[80];
	int i;

	for (i = 0; i < r->tool->nfields; i++) {
		if (!bad[i])
			continue;
		snprintf(key, sizeof(key), "%s_base64", fields[i].name);
		lw_json_key(&r->out, key);
		put_json_text(&r->out, fields[i].type, &values[i], lw_json_base64);
	}
}

/* One is cut off at least. */
static void put_json_cut(struct lw_render *r, const struct lw_value *values)
{
	int k;

	lw_json_key(&r->out, "truncated");
	lw_json_open(&r->out, '[');
	for (k = 0; k < r->columns.n; k++)
		if (values[r->columns.field[k]].cut)
			lw_json_text(&r->out, r->tool->fields[r->columns.field[k]].name);
	lw_json_close(&r->out, ']');
}

void lw_object_record(struct lw_render *r, const struct lw_value *values)
{
	bool bad[LW_MAX_FIELDS] = {}, any_bad = false, any_cut = false;
	int k, i;

	lw_json_open(&r->out, '{');
	for (k = 0; k < r->columns.n; k++) {
		i = r->columns.field[k];
		lw_put(&r->out, r->keys.bytes + r->key_at[i], r->key_len[i]);
		bad[i] = !put_json_value(r, r->tool->fields[i].type, &values[i]);
		any_bad |= bad[i];
		any_cut |= values[i].cut;
	}
	if (any_bad)
		put_json_bytes(r, values, bad);
	if (any_cut)
		put_json_cut(r, values);
	lw_put(&r->out, "}\n", 2);
}

static void put_uncounted(struct lw_buffer *out, const struct lw_stream *stream)
{
	const struct lw_uncounted *entry;
	int i;

	lw_json_key(out, "uncounted");
	lw_json_open(out, '[');
	for (i = 0; (entry = lw_stream_uncounted(stream, i)); i++) {
		lw_json_open(out, '{');
		put_unsigned(out, "events", entry->events);
		lw_json_key(out, "why");
		lw_json_text(out, entry->why);
		lw_json_close(out, '}');
	}
	lw_json_close(out, ']');
}

void lw_object_summary(struct lw_render *r, const struct lw_summary *summary)
{
	struct lw_buffer *out = &r->out;

	lw_json_open(out, '{');
	lw_json_key(out, "lwload");
	lw_json_open(out, '{');
	lw_json_key(out, "tool");
	lw_json_text(out, r->tool->name);
	lw_json_key(out, "ended");
	lw_json_text(out, summary->ended);
	put_unsigned(out, "records", summary->records);
	put_unsigned(out, "shown", summary->shown);
	put_unsigned(out, "shed", summary->shed);
	put_unsigned(out, "unmatched", summary->unmatched);
	put_unsigned(out, "below", summary->below);
	put_unsigned(out, "lost", summary->lost);
	put_unsigned(out, "missed", summary->missed);
	put_uncounted(out, summary->stream);
	lw_put_string(out, "}}\n");
}
