#pragma once

#include "pending.h"
#include "report.c"
#include "table.c"
#include <linux/timekeeping.h>

#define LW_RETRIES 64 /* for a word that other CPUs change as well */

static u8 lw_pending_tag(const struct lw_pending *p, u64 key)
{
	return lw_tag(key * p->seed, p->bits);
}

static int lw_pending_find_in(const struct lw_pending *p, u32 bucket, u8 tag, u64 key)
{
	u64 found = lw_zeros(smp_load_acquire(&p->tags[bucket]) ^ LW_BYTES((u64)tag));

	for (; found; found &= found - 1) {
		u32 place = bucket * LW_WAYS + __ffs(found) / 8;

		if (READ_ONCE(p->began[place].key) == key)
			return place;
	}
	return -1;
}

static u32 lw_pending_bucket(const struct lw_pending *p, u64 key, int try)
{
	return (lw_bucket(key * p->seed, p->bits) + try) & ((1U << (p->bits - 3)) - 1);
}

/* Places are given back, so it may be in any of its buckets. */
static int lw_pending_find(struct lw_pending *p, u64 key)
{
	u8 tag = lw_pending_tag(p, key);
	int try, place = -1;

	for (try = 0; try < LW_TRIES && place < 0; try++)
		place = lw_pending_find_in(p, lw_pending_bucket(p, key, try), tag, key);
	return place;
}

static int lw_pending_take(struct lw_pending *p, u32 bucket)
{
	u64 *word = &p->tags[bucket], was = READ_ONCE(*word), now, free;
	int i, tries;

	for (tries = 0; tries < LW_RETRIES; tries++, was = now) {
		free = lw_zeros(was);
		if (!free)
			return -1;
		i = __ffs(free) / 8;
		now = cmpxchg(word, was, was | (u64)LW_TAKEN << i * 8);
		if (now == was)
			return bucket * LW_WAYS + i;
	}
	return -1;
}

/* Does this user have all the places that one user gets? Counts one more for him, if not. */
static bool lw_pending_share_is_full(struct lw_pending *p, u32 user)
{
	if (!p->shares)
		return false;
	if (atomic_inc_return(&p->share[user].places) <= 1 << (p->bits - 1))
		return false;
	atomic_dec(&p->share[user].places);
	return true;
}

static int lw_pending_take_any(struct lw_pending *p, u64 key)
{
	int try, place = -1;

	for (try = 0; try < LW_TRIES && place < 0; try++)
		place = lw_pending_take(p, lw_pending_bucket(p, key, try));
	return place;
}

static int lw_pending_new(struct lw_pending *p, u64 key)
{
	int place = lw_pending_find(p, key);
	u32 user = lw_user_class();

	if (place >= 0)
		return place;
	if (!lw_pending_share_is_full(p, user)) {
		place = lw_pending_take_any(p, key);
		if (place >= 0) {
			WRITE_ONCE(p->began[place].key, key);
			p->users[place] = user;
			return place;
		}
		if (p->shares)
			atomic_dec(&p->share[user].places);
	}
	this_cpu_inc(*p->lost);
	return -1;
}

static void lw_pending_show(struct lw_pending *p, int place)
{
	struct lw_began *began = &p->began[place];
	u8 *tag = (u8 *)p->tags + place;

	WRITE_ONCE(began->time, ktime_get_mono_fast_ns());
	smp_store_release(tag, lw_pending_tag(p, began->key));
}

static u64 lw_pending_took(struct lw_pending *p, int place)
{
	s64 took = ktime_get_mono_fast_ns() - READ_ONCE(p->began[place].time);

	return max_t(s64, took, 0);
}

static void *lw_pending_kept(struct lw_pending *p, int place)
{
	return p->kept + place * p->size;
}

static void lw_pending_drop(struct lw_pending *p, int place)
{
	u8 *tag = (u8 *)p->tags + place, user = p->users[place];

	if (!p->shares)
		smp_store_release(tag, 0);
	else if (xchg(tag, 0)) /* Another CPU may do the same: one of the two gives it back. */
		atomic_dec(&p->share[user].places);
}

static int lw_pending_begin(struct lw_pending *p)
{
	size_t places = 1UL << p->bits;

	get_random_bytes(&p->seed, sizeof(p->seed));
	p->seed |= 1;
	p->tags = vzalloc(places);
	p->users = vzalloc(places);
	p->began = vzalloc(places * sizeof(*p->began));
	p->kept = p->size ? vzalloc(places * p->size) : NULL;
	p->lost = alloc_percpu(u64);
	return p->tags && p->users && p->began && p->lost && (p->kept || !p->size) ? 0 : -ENOMEM;
}

static void lw_pending_end(struct lw_pending *p)
{
	vfree(p->tags);
	vfree(p->users);
	vfree(p->began);
	vfree(p->kept);
	free_percpu(p->lost);
	p->tags = NULL;
	p->users = NULL;
	p->began = NULL;
	p->kept = NULL;
	p->lost = NULL;
}

static u64 lw_pending_lost(const struct lw_pending *p)
{
	u64 lost = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		lost += READ_ONCE(*per_cpu_ptr(p->lost, cpu));
	return lost;
}
