#pragma once

#include "dist.h"
#include "put.c"
#include "points.c"
#include <linux/hash.h>
#include <linux/sort.h>

/* ---- places ---- */

/*
 * A place is taken under the lock and found without it. The report gives one back that had
 * nothing to count twice in a row: no value is added to it from then on, but by a CPU that
 * has just found it, and it is free with the next report, a second later at least.
 */
enum lw_state { LW_FREE, LW_READY, LW_LEAVING };

struct lw_place {
	int state;
	bool idle;
	struct lw_key key;
};

static struct {
	struct lw_place places[LW_DISTS];
	struct lw_dist shown[LW_DISTS]; /* in reports so far */
	struct lw_dist **counted;       /* of each CPU */
	raw_spinlock_t lock;
	int reach; /* a key is this far behind where it belongs, at most */
	atomic64_t lost;
	int rows[LW_DISTS]; /* of the report: places */
	s64 values[LW_DISTS];
} lw_dists = { .lock = __RAW_SPIN_LOCK_UNLOCKED(lw_dists.lock) };

static int lw_dists_begin(void)
{
	lw_dists.counted = lw_alloc_per_cpu(LW_DISTS * sizeof(struct lw_dist));
	return lw_dists.counted ? 0 : -ENOMEM;
}

static void lw_dists_end(void)
{
	lw_free_per_cpu(lw_dists.counted);
	lw_dists.counted = NULL;
}

static const struct lw_memory lw_memory = { lw_dists_begin, lw_dists_end };

static __always_inline u32 lw_key_hash(const struct lw_key *key)
{
	u64 comm = key->words[0] * 7 + key->words[1];

	return hash_64((u64)key->first * 31 + key->second + comm, ilog2(LW_DISTS));
}

static __always_inline bool lw_same_key(const struct lw_key *a, const struct lw_key *b)
{
	return a->first == b->first && a->second == b->second && a->words[0] == b->words[0] &&
	       a->words[1] == b->words[1];
}

/* -1 if it has no place */
static __always_inline int lw_find_place(const struct lw_key *key, u32 from)
{
	int i, reach = READ_ONCE(lw_dists.reach);

	for (i = 0; i <= reach; i++) {
		int at = (from + i) % LW_DISTS;

		if (smp_load_acquire(&lw_dists.places[at].state) == LW_READY &&
		    lw_same_key(&lw_dists.places[at].key, key))
			return at;
	}
	return -1;
}

static int lw_take_free(const struct lw_key *key, u32 from)
{
	int i;

	for (i = 0; i < LW_DISTS; i++) {
		struct lw_place *place = &lw_dists.places[(from + i) % LW_DISTS];

		if (smp_load_acquire(&place->state) != LW_FREE)
			continue;
		place->key = *key;
		place->idle = false;
		if (i > lw_dists.reach)
			WRITE_ONCE(lw_dists.reach, i);
		smp_store_release(&place->state, LW_READY);
		return place - lw_dists.places;
	}
	return -1;
}

/* By value, which leaves the key in registers where it is only looked for. */
static noinline int lw_new_place(struct lw_key key, u32 from)
{
	unsigned long flags;
	int at;

	raw_spin_lock_irqsave(&lw_dists.lock, flags);
	at = lw_find_place(&key, from);
	if (at < 0)
		at = lw_take_free(&key, from);
	raw_spin_unlock_irqrestore(&lw_dists.lock, flags);
	return at;
}

static __always_inline int lw_place_of(const struct lw_key *key)
{
	u32 from = lw_key_hash(key);
	int at = lw_find_place(key, from);

	return likely(at >= 0) ? at : lw_new_place(*key, from);
}

/* ---- counting ---- */

static void lw_key_comm(struct lw_key *key)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	memcpy(key->comm, current->comm, sizeof(key->comm));
#else
	/* There may be anything behind a name's end. */
	strscpy_pad(key->comm, current->comm, sizeof(key->comm));
#endif
}

/* Probes are not preempted. */
static __always_inline void lw_dist_add(s64 first, s64 second, bool comm, s64 value)
{
	struct lw_key key = { .first = first, .second = second };
	struct lw_dist *dist;
	int at;

	if (comm)
		lw_key_comm(&key);
	at = lw_place_of(&key);
	if (at < 0) {
		atomic64_inc(&lw_dists.lost);
		return;
	}
	dist = &lw_dists.counted[raw_smp_processor_id()][at];
	/* 0 and 1, 2 and 3, 4 to 7, ... */
	local_inc(&dist->buckets[value > 1 ? fls64(value) - 1 : 0]);
	local_add(value, &dist->sum);
	/* Last: what is counted is in a bucket. */
	local_inc(&dist->count);
}

static s64 lw_dist_lost(void)
{
	return atomic64_read(&lw_dists.lost);
}

/* ---- reporting: one at a time, by a timer and at the end ---- */

/* Values since the last report, or none if less than there seem to be have been shown. */
static s64 lw_new_values(int at)
{
	s64 n = -local_read(&lw_dists.shown[at].count);
	int cpu;

	for_each_possible_cpu(cpu)
		n += local_read(&lw_dists.counted[cpu][at].count);
	return max_t(s64, n, 0);
}

static void lw_was_idle(struct lw_place *place)
{
	if (place->state == LW_LEAVING)
		smp_store_release(&place->state, LW_FREE);
	else if (place->idle)
		WRITE_ONCE(place->state, LW_LEAVING);
	else
		place->idle = true;
}

static int lw_more(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	s64 n = lw_dists.values[y] - lw_dists.values[x];

	return n > 0 ? 1 : n < 0 ? -1 : x - y;
}

static int lw_dist_collect(void)
{
	int at, rows = 0;

	for (at = 0; at < LW_DISTS; at++) {
		struct lw_place *place = &lw_dists.places[at];

		if (smp_load_acquire(&place->state) == LW_FREE)
			continue;
		lw_dists.values[at] = lw_new_values(at);
		if (!lw_dists.values[at]) {
			lw_was_idle(place);
			continue;
		}
		place->idle = false;
		lw_dists.rows[rows++] = at;
	}
	sort(lw_dists.rows, rows, sizeof(lw_dists.rows[0]), lw_more, NULL);
	return rows;
}

static int lw_dist_place(s64 row)
{
	return lw_dists.rows[row & (LW_DISTS - 1)];
}

static const struct lw_key *lw_dist_key(s64 row)
{
	return &lw_dists.places[lw_dist_place(row)].key;
}

/* Of all CPUs together */
static void lw_add_up(int at, struct lw_dist *all)
{
	int cpu, i;

	memset(all, 0, sizeof(*all));
	for_each_possible_cpu(cpu) {
		struct lw_dist *dist = &lw_dists.counted[cpu][at];

		if (!local_read(&dist->count))
			continue;
		local_add(local_read(&dist->sum), &all->sum);
		for (i = 0; i < LW_BUCKETS; i++)
			local_add(local_read(&dist->buckets[i]), &all->buckets[i]);
	}
	for (i = 0; i < LW_BUCKETS; i++)
		local_add(local_read(&all->buckets[i]), &all->count);
}

static s64 lw_grown(const local_t *now, const local_t *shown)
{
	return local_read(now) - local_read(shown);
}

/* "UNIT COUNT SUM LOW:N LOW:N ...": 64 buckets of at most 40 bytes fit into a record. */
static void lw_emit_dist(s64 row, const char *unit)
{
	static struct lw_dist now;
	int i, n, at = lw_dist_place(row);
	struct lw_dist *shown = &lw_dists.shown[at];
	struct _stp_log *log = lw_log();
	char text[64];

	if (!log)
		return;
	lw_add_up(at, &now);
	n = snprintf(text, sizeof(text), "%s %lld %lld", unit, lw_grown(&now.count, &shown->count),
		     lw_grown(&now.sum, &shown->sum));
	lw_put(log, text, n);
	for (i = 0; i < LW_BUCKETS; i++) {
		s64 grown = lw_grown(&now.buckets[i], &shown->buckets[i]);

		if (!grown)
			continue;
		n = snprintf(text, sizeof(text), " %llu:%lld", i ? 1ULL << i : 0, grown);
		lw_put(log, text, n);
	}
	lw_put(log, "\t", 1);
	*shown = now;
}
