#pragma once

#include "dist.h"
#include "put.c"
#include "report.c"

static void lw_dist_add_up(void *total, const void *value)
{
	const struct lw_dist_place *more = value;
	struct lw_dist *all = total;
	int i;

	all->count += local_read(&more->count);
	all->sum += local_read(&more->sum);
	for (i = 0; i < LW_BUCKETS; i++)
		all->buckets[i] += more->buckets[i];
}

static const struct lw_shape lw_dist_shape = {
	.bits = 9,
	.words = LW_KEY_WORDS,
	.size = sizeof(struct lw_dist_place),
	.total = sizeof(struct lw_dist),
	.shares = true,
	.add = lw_dist_add_up,
};

static struct lw_table lw_dists = { .shape = &lw_dist_shape };
static struct lw_reported lw_dists_reported = {
	.table = &lw_dists,
	.probe = LW_DIST_PROBE,
	.why = "more distributions at once than there is room for",
};

static int lw_dists_begin(void)
{
	return lw_report_of(&lw_dists_reported);
}

static void lw_dists_end(void)
{
	lw_table_end(&lw_dists);
}

static __always_inline void lw_key_comm(struct lw_key *key)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	memcpy(key->text, current->comm, sizeof(key->text));
#else
	/* There may be anything after a name's end. */
	strscpy_pad(key->text, current->comm, sizeof(key->text));
#endif
}

/* As local_inc(), which an interrupt of this CPU cannot cut in two, of half a word */
static __always_inline void lw_bucket_inc(u32 *bucket)
{
#ifdef CONFIG_X86
	asm volatile("incl %0" : "+m"(*bucket));
#else
	atomic_inc((atomic_t *)bucket);
#endif
}

static __always_inline void lw_dist_add(struct lw_key key, s64 value)
{
	struct lw_dist_place *dist = lw_table_value(&lw_dists, &lw_dist_shape, key);

	if (unlikely(!dist))
		return;
	/* 0 and 1, 2 and 3, 4 to 7, ... */
	lw_bucket_inc(&dist->buckets[value > 1 ? fls64(value) - 1 : 0]);
	local_add(value, &dist->sum);
	local_inc(&dist->count);
}

/* 64 buckets of at most 40 bytes fit into a record. */
static void lw_emit_dist(const char *unit)
{
	const struct lw_dist *dist = lw_row_value();
	struct _stp_log *log = lw_log();
	char text[64];
	int i, n;

	if (!log)
		return;
	n = snprintf(text, sizeof(text), "%s %lld %lld", unit, dist->count, dist->sum);
	lw_put(log, text, n);
	for (i = 0; i < LW_BUCKETS; i++) {
		if (!dist->buckets[i])
			continue;
		n = snprintf(text, sizeof(text), " %llu:%lld", i ? 1ULL << i : 0, dist->buckets[i]);
		lw_put(log, text, n);
	}
	lw_put(log, "\t", 1);
}
