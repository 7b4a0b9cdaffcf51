// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/fields.h"
#include "text/join.h"
#include "text/kept.h"
#include "text/metrics.h"

#define CHAINS 1024

struct lw_join {
	const struct lw_tool *tool;
	bool sum[LW_MAX_FIELDS];
	bool ignored[LW_MAX_FIELDS];    /* a process, of which there may be several */
	struct lw_kept *chains[CHAINS]; /* by hash, through next */
	struct lw_kept_list rows;
};

struct lw_join *lw_join_new(const struct lw_tool *tool)
{
	struct lw_join *join = calloc(1, sizeof(*join));
	int i;

	if (!join)
		return NULL;
	join->tool = tool;
	for (i = 0; i < tool->nfields; i++) {
		join->sum[i] = lw_metrics_is_sum(&tool->fields[i]);
		join->ignored[i] = lw_fields_of_process(tool, i);
	}
	return join;
}

static void forget(struct lw_join *join)
{
	lw_kept_forget(&join->rows);
	memset(join->chains, 0, sizeof(join->chains));
}

void lw_join_free(struct lw_join *join)
{
	if (!join)
		return;
	forget(join);
	free(join->rows.records);
	free(join);
}

/* ---- which rows are one ---- */

/* FNV-1a */
static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n--)
		hash = (hash ^ *p++) * 0x100000001b3;
	return hash;
}

static uint64_t hash_of(const struct lw_join *join, const struct lw_value *values)
{
	uint64_t hash = 0xcbf29ce484222325;
	int i;

	for (i = 0; i < join->tool->nfields; i++) {
		if (join->sum[i] || join->ignored[i] || values[i].state != LW_VALUE)
			continue;
		if (lw_fields_is_text(&join->tool->fields[i]))
			hash = mix(hash, values[i].text, values[i].len);
		else
			hash = mix(hash, &values[i].number, sizeof(values[i].number));
	}
	return hash;
}

static bool same_value(const struct lw_field *field, const struct lw_value *a,
		       const struct lw_value *b)
{
	if (a->state != b->state || a->state != LW_VALUE)
		return a->state == b->state;
	if (!lw_fields_is_text(field))
		return a->number == b->number;
	return a->len == b->len && (!a->len || !memcmp(a->text, b->text, a->len));
}

static bool same_unit(const struct lw_value *a, const struct lw_value *b)
{
	return !a->dist || !b->dist || a->state != LW_VALUE || b->state != LW_VALUE ||
	       (a->dist->unit_len == b->dist->unit_len &&
		!memcmp(a->dist->unit, b->dist->unit, a->dist->unit_len));
}

static bool is_same(const struct lw_join *join, const struct lw_value *a, const struct lw_value *b)
{
	int i;

	for (i = 0; i < join->tool->nfields; i++) {
		if (join->ignored[i])
			continue;
		if (join->sum[i] ? !same_unit(&a[i], &b[i])
				 : !same_value(&join->tool->fields[i], &a[i], &b[i]))
			return false;
	}
	return true;
}

/* ---- adding up ---- */

static long long plus(long long a, long long b)
{
	return __builtin_add_overflow(a, b, &a) ? (b < 0 ? LLONG_MIN : LLONG_MAX) : a;
}

static unsigned long long plus_unsigned(unsigned long long a, unsigned long long b)
{
	return __builtin_add_overflow(a, b, &a) ? ULLONG_MAX : a;
}

static void add_distribution(struct lw_dist *sum, const struct lw_dist *dist)
{
	int i;

	sum->count = plus_unsigned(sum->count, dist->count);
	sum->sum = plus(sum->sum, dist->sum);
	for (i = 0; i <= dist->last; i++)
		sum->buckets[i] = plus_unsigned(sum->buckets[i], dist->buckets[i]);
	if (dist->last > sum->last)
		sum->last = dist->last;
}

/* A number is shown by its text. */
static void add_number(struct lw_value *sum, long long number)
{
	sum->number = plus(sum->number, number);
	sum->len = snprintf((char *)sum->text, LW_KEPT_DIGITS, "%lld", sum->number);
}

static void add_up(const struct lw_join *join, struct lw_kept *row, const struct lw_value *values)
{
	int i;

	for (i = 0; i < join->tool->nfields; i++) {
		struct lw_value *sum = &row->values[i];

		if (!join->sum[i] || values[i].state != LW_VALUE || sum->state != LW_VALUE)
			continue;
		if (sum->dist)
			add_distribution(lw_kept_dist(row, i), values[i].dist);
		else
			add_number(sum, values[i].number);
	}
}

static int keep_row(struct lw_join *join, uint64_t hash, const struct lw_value *values)
{
	struct lw_kept *row = lw_kept_add(&join->rows, join->tool, values);

	if (!row)
		return -ENOMEM;
	row->number = hash;
	row->next = join->chains[hash % CHAINS];
	join->chains[hash % CHAINS] = row;
	return 0;
}

int lw_join_add(struct lw_join *join, const struct lw_value *values)
{
	uint64_t hash = hash_of(join, values);
	struct lw_kept *row;

	for (row = join->chains[hash % CHAINS]; row; row = row->next) {
		if (row->number != hash || !is_same(join, row->values, values))
			continue;
		add_up(join, row, values);
		return 0;
	}
	return keep_row(join, hash, values);
}

int lw_join_each(struct lw_join *join, int (*fn)(void *context, const struct lw_value *values),
		 void *context)
{
	int err = lw_kept_each(&join->rows, fn, context);

	forget(join);
	return err;
}
