#pragma once

#include "bucket.h"
#include "clock.h"
#include <linux/hash.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

/*
 * pending.h - a table of events that have begun and not ended. For a key, such as a request's address, it
 * has the time of the begin, and values that will be gone at the end. All CPUs share one table, because
 * an event may end on another CPU.
 *
 * A place is taken by cmpxchg() on its tag, can be found once its tag is written, and is free when the tag
 * is 0 again. CPUs share no other line except users' shares, where users have shares.
 */

#define LW_RETRIES 16 /* for a place that other CPUs take as well */

/* A table's constants. Where a static const shape is given, the compiler folds them. */
struct lw_pending_shape {
	u8 bits;     /* log2 of the places, 6 to 20 */
	u16 size;    /* bytes that are kept with the time, a multiple of 8 */
	bool shares; /* users make the keys, and each has a share */
};

struct lw_began {
	u64 key, time;
};

struct lw_pending {
	const struct lw_pending_shape *shape;
	u64 seeds[2];
	u64 *tags;
	u8 *users;    /* class of each place */
	bool crowded; /* a key was put into another bucket than its own */
	struct lw_began *began;
	char *kept;
	u64 __percpu *lost;
	struct {
		atomic_t places;
	} ____cacheline_aligned share[LW_USERS];
};

/* A place that lw_pending_new() has found */
struct lw_place {
	int at;
	u8 tag;
};

/* ---- the table ---- */

/* Gets its memory, and may sleep. Returns 0 or -ENOMEM; lw_pending_end() must follow. */
static int lw_pending_begin(struct lw_pending *p)
{
	size_t places = 1UL << p->shape->bits;

	lw_seed(p->seeds, ARRAY_SIZE(p->seeds));
	p->tags = vzalloc(places);
	p->users = vzalloc(places);
	p->began = vzalloc(places * sizeof(*p->began));
	p->kept = vzalloc(places * max_t(u16, p->shape->size, 1));
	p->lost = alloc_percpu(u64);
	return p->tags && p->users && p->began && p->kept && p->lost ? 0 : -ENOMEM;
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

/* Events that found no room since the begin */
static u64 lw_pending_lost(const struct lw_pending *p)
{
	u64 lost = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		lost += READ_ONCE(*per_cpu_ptr(p->lost, cpu));
	return lost;
}

/* ---- probes: from any context, not preempted ---- */

/*
 * Without users' shares, keys are addresses, which nobody can choose. Addresses of requests have six
 * bits that are always 0, and tags must not be made of these (block/blk-mq.c, blk_mq_alloc_rqs()).
 */
static __always_inline u64 lw_pending_hash(const struct lw_pending *p,
					   const struct lw_pending_shape *s, u64 key)
{
	return s->shares ? lw_spread(key * p->seeds[0], p->seeds[1]) : (key >> 6) * GOLDEN_RATIO_64;
}

static __always_inline u8 *lw_pending_tags(const struct lw_pending *p)
{
	return (u8 *)p->tags;
}

static __always_inline bool lw_pending_is_at(const struct lw_pending *p, u32 place, u8 tag, u64 key)
{
	return smp_load_acquire(&lw_pending_tags(p)[place]) == tag &&
	       READ_ONCE(p->began[place].key) == key;
}

/* Places are given back, so once a key was in another bucket, a key may be in any of its buckets. */
static noinline int lw_pending_find_all(const struct lw_pending *p, u64 key)
{
	u64 hash = lw_pending_hash(p, p->shape, key), found;
	int try, tries = READ_ONCE(p->crowded) ? LW_TRIES : 1;

	for (try = 0; try < tries; try++) {
		u32 bucket = lw_bucket(hash, p->shape->bits, try);

		found = lw_tagged(READ_ONCE(p->tags[bucket]), lw_tag(hash));
		for (; found; found &= found - 1) {
			u32 place = bucket * LW_WAYS + __ffs(found) / 8;

			if (lw_pending_is_at(p, place, lw_tag(hash), key))
				return place;
		}
	}
	return -1;
}

/* Its place; -1 if it has none */
static __always_inline int lw_pending_find(const struct lw_pending *p,
					   const struct lw_pending_shape *s, u64 key)
{
	u64 hash = lw_pending_hash(p, s, key);
	u32 place = lw_home(hash, s->bits);

	if (likely(lw_pending_is_at(p, place, lw_tag(hash), key)))
		return place;
	return lw_pending_find_all(p, key);
}

/* The places of a bucket that are not reserved for root */
#define LW_USERS_WAYS (~0ULL >> (64 - 64 * 3 / 4))

/* A place in that bucket; -1 if it has none */
static int lw_pending_take_in(struct lw_pending *p, u32 bucket, u32 user)
{
	u64 free, ways = p->shape->shares && user ? LW_USERS_WAYS : ~0ULL;
	int place, tries;

	for (tries = 0; tries < LW_RETRIES; tries++) {
		free = lw_tagged(READ_ONCE(p->tags[bucket]), 0) & ways;
		if (!free)
			break;
		place = bucket * LW_WAYS + __ffs(free) / 8;
		if (!cmpxchg(&lw_pending_tags(p)[place], 0, LW_TAKEN))
			return place;
	}
	return -1;
}

static int lw_pending_take(struct lw_pending *p, u64 key, u32 user)
{
	u64 hash = lw_pending_hash(p, p->shape, key);
	int try, place = -1;

	for (try = 0; try < LW_TRIES && place < 0; try++) {
		if (try && !READ_ONCE(p->crowded))
			WRITE_ONCE(p->crowded, true);
		place = lw_pending_take_in(p, lw_bucket(hash, p->shape->bits, try), user);
	}
	return place;
}

/* Has this user all the places that one user gets? If not, counts one more. */
static bool lw_pending_share_is_full(struct lw_pending *p, u32 user)
{
	if (!p->shape->shares)
		return false;
	if (atomic_inc_return(&p->share[user].places) <= 1 << (p->shape->bits - 1))
		return false;
	atomic_dec(&p->share[user].places);
	return true;
}

/*
 * Claims the place if it still has this key. Another CPU may have given it back since it was
 * found, and another key may be there.
 */
static bool lw_pending_claim(struct lw_pending *p, int place, u64 key)
{
	u8 *at = &lw_pending_tags(p)[place], tag = lw_tag(lw_pending_hash(p, p->shape, key));

	if (cmpxchg(at, tag, LW_TAKEN) != tag)
		return false;
	if (READ_ONCE(p->began[place].key) == key)
		return true;
	smp_store_release(at, tag);
	return false;
}

/*
 * For a bucket that is not empty, or a table with shares. The key may already be away from its home, because
 * another key was there when it began. A second place for the key would stay, and a later end would find it.
 */
static noinline int lw_pending_new_elsewhere(struct lw_pending *p, u64 key)
{
	int place = lw_pending_find_all(p, key);
	u32 user = lw_user_class();

	if (place >= 0 && lw_pending_claim(p, place, key))
		return place;
	if (!lw_pending_share_is_full(p, user)) {
		place = lw_pending_take(p, key, user);
		if (place >= 0) {
			p->users[place] = user;
			return place;
		}
		atomic_sub(p->shape->shares, &p->share[user].places);
	}
	this_cpu_inc(*p->lost);
	return -1;
}

/**
 * lw_pending_new() - a place for an event that begins now
 * @s: the table's shape
 *
 * The caller writes the kept values, and then lw_pending_show() lets others find the place. An older event
 * with this key is overwritten, because its end was not seen. Without room, at is -1, and a loss is counted.
 */
static __always_inline struct lw_place lw_pending_new(struct lw_pending *p,
						      const struct lw_pending_shape *s, u64 key)
{
	u64 hash = lw_pending_hash(p, s, key);
	struct lw_place place = { .at = lw_home(hash, s->bits), .tag = lw_tag(hash) };

	if (s->shares || unlikely(READ_ONCE(p->tags[place.at / LW_WAYS])) ||
	    unlikely(cmpxchg(&lw_pending_tags(p)[place.at], 0, LW_TAKEN)))
		place.at = lw_pending_new_elsewhere(p, key);
	if (likely(place.at >= 0))
		WRITE_ONCE(p->began[place.at].key, key);
	return place;
}

static __always_inline void lw_pending_show(struct lw_pending *p, struct lw_place place)
{
	WRITE_ONCE(p->began[place.at].time, ktime_get_mono_fast_ns());
	smp_store_release(&lw_pending_tags(p)[place.at], place.tag);
}

/* Nanoseconds since the begin of the event */
static __always_inline u64 lw_pending_took(const struct lw_pending *p, int place)
{
	return lw_since(READ_ONCE(p->began[place].time));
}

/* The kept values, of the shape's size */
static void *lw_pending_kept(const struct lw_pending *p, int place)
{
	return p->kept + (size_t)place * p->shape->size;
}

/* Gives a place back that was claimed, or one of a table without shares, whose keys end once. */
static __always_inline void lw_pending_free(struct lw_pending *p, const struct lw_pending_shape *s,
					    int place)
{
	u8 user = p->users[place];

	smp_store_release(&lw_pending_tags(p)[place], 0);
	if (s->shares)
		atomic_dec(&p->share[user].places);
}
