#pragma once

#include "arch.h"
#include "name.h"
#include "report.h"
#include <linux/math64.h>
#include <asm/local.h>

/*
 * dist.h - distributions: values counted by powers of two, for each key.
 *
 * SystemTap's array of aggregates costs several times as much. It also adds up the keys of all CPUs in a
 * map with room for the keys of one CPU, and ends the tool when there are more.
 */

#define LW_BUCKETS 64

/* How many times finer values are than a row's unit; the sum is cut only once. A begin probe sets it. */
static u64 lw_dist_unit = 1;

/* A place of the table. An interrupt may count, too. The collector comes before a bucket overflows. */
struct lw_dist_place {
	local_t count, sum;
	u32 buckets[LW_BUCKETS];
	struct lw_name name; /* where the key stands for a process */
};

/* A row */
struct lw_dist {
	s64 count, sum, buckets[LW_BUCKETS];
	struct lw_name name;
};

static void lw_dist_add_up(void *total, const void *value)
{
	const struct lw_dist_place *more = value;
	struct lw_dist *all = total;
	int i;

	all->count += local_read(&more->count);
	all->sum += local_read(&more->sum);
	for (i = 0; i < LW_BUCKETS; i++)
		all->buckets[i] += more->buckets[i];
	lw_name_add_up(&all->name, &more->name);
}

#define LW_DIST_SHAPE(of_user)                                                          \
	{                                                                               \
		.bits = 9, .words = LW_KEY_WORDS, .size = sizeof(struct lw_dist_place), \
		.total = sizeof(struct lw_dist), .whose = 1,                            \
		.comm = offsetof(struct lw_dist, name.comm), .shares = true,            \
		.add = lw_dist_add_up, .user = of_user                                  \
	}

static const struct lw_shape lw_dist_shape = LW_DIST_SHAPE(NULL);

static struct lw_table lw_dists = { .shape = &lw_dist_shape };

static struct lw_counted lw_dists_counted = {
	.table = &lw_dists,
	.probe = LW_DIST_PROBE,
	.why = "more distributions at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_dists_counted)

/* Adds a value, which is this many units of the row. For a shape of the caller's; as lw_dist_add() otherwise. */
static __always_inline struct lw_dist_place *lw_dist_add_as(const struct lw_shape *shape,
							    struct lw_key key, s64 value, s64 units)
{
	struct lw_dist_place *dist = lw_value(&lw_dists, shape, key);

	if (unlikely(!dist))
		return NULL;
	/* 0 and 1, 2 and 3, 4 to 7, ... */
	lw_local_inc(&dist->buckets[units > 1 ? fls64(units) - 1 : 0]);
	local_add(value, &dist->sum);
	local_inc(&dist->count);
	return dist;
}

/*
 * Adds a value to the distribution of a key, and returns that; NULL if there is no room. Not
 * preempted. From any context.
 */
static __always_inline struct lw_dist_place *lw_dist_add(struct lw_key key, s64 value)
{
	return lw_dist_add_as(&lw_dist_shape, key, value, value);
}

/* The same for a value in lw_dist_unit */
static __always_inline struct lw_dist_place *lw_dist_add_fine(struct lw_key key, u64 value)
{
	return lw_dist_add_as(&lw_dist_shape, key, value, value / lw_dist_unit);
}

/*
 * A field with the row's distribution, "UNIT COUNT SUM LOW:N LOW:N ..." (lwtools-stream(5)), or an empty
 * field if the row has none. 64 buckets of at most 40 bytes fit a record. A unit has at most 16 letters.
 */
static void lw_emit_dist(const char *unit)
{
	const struct lw_dist *dist = lw_row_total(&lw_dists);
	struct _stp_log *log = lw_log();
	char text[64];
	int i, n;

	if (!dist) {
		lw_put_tab(log);
		return;
	}
	n = snprintf(text, sizeof(text), "%.16s %lld %lld", unit, dist->count,
		     div64_s64(dist->sum, lw_dist_unit));
	lw_put(log, text, n);
	for (i = 0; i < LW_BUCKETS; i++) {
		if (!dist->buckets[i])
			continue;
		n = snprintf(text, sizeof(text), " %llu:%lld", i ? 1ULL << i : 0, dist->buckets[i]);
		lw_put(log, text, n);
	}
	lw_put_tab(log);
}

/* A field with the name of the row's key */
static void lw_emit_row_name(void)
{
	const struct lw_row *row = lw_row();

	lw_emit_name(row ? row->key.name : 0, row ? row->key.name_end : 0);
}

/* A field with the name of the process that the row's key stands for */
static void lw_emit_row_comm(void)
{
	const struct lw_dist *dist = lw_row_total(&lw_dists);

	lw_emit_kernel_string(dist ? dist->name.comm : "");
}
