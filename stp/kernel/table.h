#pragma once

#include "bucket.h"
#include "user.h"
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

/*
 * table.h - tables with keys. Probes count into a table of their own CPU, and work outside of
 * probes adds the tables up.
 *
 * Each CPU has two halves. Probes write into one; the collector, a work item (report.h), takes it
 * away, gives them the other, waits until no probe can be in the old one (synchronize_rcu(): probes are
 * not preempted), and adds it to the rows. So CPUs share no lock and no cache line, each collection
 * gives places back, and each value is counted exactly once.
 */

#define LW_KEY_WORDS (sizeof(struct lw_key) / sizeof(u64))
#define LW_CHAINS 4096         /* hash chains of rows */
#define LW_ROW_BYTES (4 << 20) /* limit of a table's rows */

/*
 * A shape uses only the first words. This is not an array: the compiler keeps single words in registers,
 * and a function with an array has a guard for its stack.
 */
struct lw_key {
	s64 first, second;
	u64 name, name_end; /* 16 bytes: the name of a command or of another thing; or zeros */
};

/* A table's constants. Where a static const shape is given, the compiler folds them. */
struct lw_shape {
	u8 bits;  /* log2 of the places of a half, 5 to 15 */
	u8 words; /* of a key */
	u16 size; /* bytes of a place's value, a multiple of 8; its first word: how many there are */
	u16 total;   /* bytes of a row's value, whose first word means the same */
	u8 whose;    /* the word of a key for a process, or for what by.h has instead */
	u16 comm;    /* where a row's value has the process's name */
	bool shares; /* users make the keys, and each has a share of places and rows */
	/* The class of users for a new key, never root's; NULL: that of the current task */
	u32 (*user)(const struct lw_key *key);
	void (*add)(void *total, const void *value); /* to a total that begins with zeros */
};

/* Probes write to this. After it: classes of users, keys, values of all places. */
struct lw_half {
	u32 used;
	bool full;           /* some key found no room */
	u16 users[LW_USERS]; /* places of each class */
	u64 tags[];
};

struct lw_row {
	struct lw_row *chain;
	struct lw_key key;
	u64 total[];
};

struct lw_table_cpu {
	struct lw_half *now; /* the table's none on a CPU that was not online when the run began */
	struct lw_half *other; /* and there NULL */
	u64 lost;
};

struct lw_table {
	const struct lw_shape *shape;
	u64 seeds[LW_KEY_WORDS + 1];
	struct lw_table_cpu __percpu *cpus;
	struct lw_half *none; /* in which nothing is, and no values are */
	/* Used only in process context: */
	struct lw_row **chains, **rows;
	u32 n, max;          /* rows */
	u32 users[LW_USERS]; /* rows of each class */
	u64 lost;            /* values that found no row */
};

/* ---- a half ---- */

static __always_inline u32 lw_places(const struct lw_shape *s)
{
	return 1U << s->bits;
}

static __always_inline u8 *lw_tags(struct lw_half *half)
{
	return (u8 *)half->tags;
}

static __always_inline u8 *lw_users(struct lw_half *half, const struct lw_shape *s)
{
	return lw_tags(half) + lw_places(s);
}

static __always_inline u64 *lw_key_at(struct lw_half *half, const struct lw_shape *s, u32 place)
{
	return (u64 *)(lw_users(half, s) + lw_places(s)) + place * s->words;
}

static __always_inline void *lw_value_at(struct lw_half *half, const struct lw_shape *s, u32 place)
{
	char *value = (char *)lw_key_at(half, s, lw_places(s)) + place * s->size;

	/* So callers of lw_value() need no check of their own */
	if (!value)
		__builtin_unreachable();
	return value;
}

static size_t lw_half_bytes(const struct lw_shape *s)
{
	size_t place = 2 * sizeof(u8) + s->words * sizeof(u64) + s->size;

	return sizeof(struct lw_half) + lw_places(s) * place;
}

/* ---- keys ---- */

static __always_inline u64 lw_hash(const u64 *seeds, struct lw_key key, u8 words)
{
	u64 sum = key.first * seeds[0];

	if (words > 1)
		sum += key.second * seeds[1];
	if (words > 2)
		sum += key.name * seeds[2] + key.name_end * seeds[3];
	return lw_spread(sum, seeds[LW_KEY_WORDS]);
}

static __always_inline bool lw_same_key(const u64 *at, struct lw_key key, u8 words)
{
	return at[0] == key.first && (words < 2 || at[1] == key.second) &&
	       (words < 3 || (at[2] == key.name && at[3] == key.name_end));
}

static struct lw_key lw_key_of(const u64 *at, u8 words)
{
	struct lw_key key = {};

	memcpy(&key, at, words * sizeof(*at));
	return key;
}

/* ---- probes: from any context, not preempted ---- */

/*
 * A place in that bucket for a new key, at its home if that is free, or -1. An interrupt may do the same
 * between any two of these steps, and give the same key another place; the collector adds both up.
 */
static noinline int lw_take(struct lw_half *half, const struct lw_shape *s, u32 bucket, u64 hash,
			    struct lw_key key)
{
	u32 place = lw_home(hash, s->bits), user = s->user ? s->user(&key) : lw_user_class();
	u64 free;

	if (s->shares && lw_share_is_full(user, half->users[user], half->used, lw_places(s)))
		return -1;
	while (place / LW_WAYS != bucket || cmpxchg_local(&lw_tags(half)[place], 0, LW_TAKEN)) {
		free = lw_tagged(READ_ONCE(half->tags[bucket]), 0);
		if (!free)
			return -1;
		place = bucket * LW_WAYS + __ffs(free) / 8;
	}
	memcpy(lw_key_at(half, s, place), &key, s->words * sizeof(u64));
	lw_users(half, s)[place] = user;
	half->users[user]++;
	WRITE_ONCE(half->used, half->used + 1);
	barrier();
	WRITE_ONCE(lw_tags(half)[place], lw_tag(hash));
	return place;
}

/* Root may still find room. */
static __always_inline bool lw_is_full(const struct lw_half *half, const struct lw_shape *s)
{
	return half->full && (s->user || lw_uid());
}

/*
 * A half gives no place back, so a key is never in a bucket after one that has room. Once the half is
 * full, only a key's own bucket is searched, so the loss of a key costs little.
 */
static __always_inline int lw_find_or_take(struct lw_half *half, const struct lw_shape *s, u64 hash,
					   struct lw_key key)
{
	int try, tries = lw_is_full(half, s) ? 1 : LW_TRIES;
	u64 tags, found;

	for (try = 0; try < tries; try++) {
		u32 bucket = lw_bucket(hash, s->bits, try);

		tags = READ_ONCE(half->tags[bucket]);
		for (found = lw_tagged(tags, lw_tag(hash)); found; found &= found - 1) {
			u32 place = bucket * LW_WAYS + __ffs(found) / 8;

			if (lw_same_key(lw_key_at(half, s, place), key, s->words))
				return place;
		}
		if (lw_tagged(tags, 0))
			return lw_take(half, s, bucket, hash, key);
	}
	/* Not because of a few crowded buckets, or of one user who has filled his half */
	half->full = half->used >= lw_places(s) / 4 * 3;
	return -1;
}

/* For a key away from its home. At home, its words stay in registers. */
static noinline void *lw_other_value(struct lw_table *table, const struct lw_shape *s, s64 first,
				     s64 second, u64 name, u64 name_end)
{
	struct lw_key key = { first, second, name, name_end };
	struct lw_half *half = this_cpu_read(table->cpus->now);
	u64 hash = lw_hash(table->seeds, key, s->words);
	int place = half == table->none ? -1 : lw_find_or_take(half, s, hash, key);

	if (likely(place >= 0))
		return lw_value_at(half, s, place);
	this_cpu_inc(table->cpus->lost);
	return NULL;
}

/**
 * lw_value() - the value of a key on this CPU, all zeros if it is new
 * @s: the table's shape
 *
 * Not preempted until the caller has written to it. From any context: a probe in an interrupt may get
 * the same value. Returns NULL if there is no room, which is counted as lost.
 */
static __always_inline void *lw_value(struct lw_table *table, const struct lw_shape *s,
				      struct lw_key key)
{
	struct lw_half *half = this_cpu_read(table->cpus->now);
	u64 hash = lw_hash(table->seeds, key, s->words);
	u32 place = lw_home(hash, s->bits);

	if (likely(lw_tags(half)[place] == lw_tag(hash) &&
		   lw_same_key(lw_key_at(half, s, place), key, s->words)))
		return lw_value_at(half, s, place);
	/* Tested before any register is saved: a loss must not cost more than a count. */
	if (lw_is_full(half, s) && !lw_tagged(half->tags[place / LW_WAYS], lw_tag(hash))) {
		this_cpu_inc(table->cpus->lost);
		return NULL;
	}
	return lw_other_value(table, s, key.first, key.second, key.name, key.name_end);
}

/* ---- the collector: in process context, one at a time ---- */

static struct lw_row *lw_find_row(struct lw_table *table, u64 hash, struct lw_key key)
{
	struct lw_row *row = table->chains[(hash >> 32) % LW_CHAINS];

	while (row && memcmp(&row->key, &key, sizeof(key)))
		row = row->chain;
	return row;
}

/* NULL if there is no room or memory for it */
static struct lw_row *lw_new_row(struct lw_table *table, u64 hash, struct lw_key key, u8 user)
{
	struct lw_row **chain = &table->chains[(hash >> 32) % LW_CHAINS];
	const struct lw_shape *s = table->shape;
	struct lw_row *row;

	if (table->n == table->max)
		return NULL;
	if (s->shares && lw_share_is_full(user, table->users[user], table->n, table->max))
		return NULL;
	row = kzalloc(sizeof(*row) + s->total, GFP_KERNEL | __GFP_NOWARN);
	if (!row)
		return NULL;
	row->key = key;
	row->chain = *chain;
	*chain = row;
	table->rows[table->n++] = row;
	table->users[user]++;
	return row;
}

static void lw_add_to_row(struct lw_table *table, struct lw_half *half, u32 place)
{
	const struct lw_shape *s = table->shape;
	struct lw_key key = lw_key_of(lw_key_at(half, s, place), s->words);
	u64 hash = lw_hash(table->seeds, key, s->words), *value = lw_value_at(half, s, place);
	struct lw_row *row = lw_find_row(table, hash, key);

	if (!row)
		row = lw_new_row(table, hash, key, lw_users(half, s)[place]);
	if (row)
		s->add(row->total, value);
	else
		table->lost += value[0];
}

/* Adds all values to the rows, and clears the half. */
static void lw_empty_half(struct lw_table *table, struct lw_half *half)
{
	const struct lw_shape *s = table->shape;
	u32 place;

	for (place = 0; half->used && place < lw_places(s); place++) {
		if (!lw_tags(half)[place])
			continue;
		lw_add_to_row(table, half, place);
		memset(lw_value_at(half, s, place), 0, s->size);
		cond_resched();
	}
	half->used = 0;
	half->full = false;
	memset(half->users, 0, sizeof(half->users));
	memset(half->tags, 0, lw_places(s));
}

/* Is it time to collect: is half of one user's share of places taken on some CPU? */
static bool lw_is_busy(const struct lw_table *table)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		if (READ_ONCE(per_cpu_ptr(table->cpus, cpu)->now->used) >=
		    lw_places(table->shape) / 4)
			return true;
	}
	return false;
}

/* First step: takes the halves from the probes. synchronize_rcu() must follow. */
static void lw_flip(struct lw_table *table)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct lw_table_cpu *c = per_cpu_ptr(table->cpus, cpu);
		struct lw_half *now = c->now;

		if (!c->other)
			continue;
		/* Whoever sees this half sees it empty. */
		smp_store_release(&c->now, c->other);
		c->other = now;
	}
}

/* Second step: adds them to the rows. */
static void lw_add_up(struct lw_table *table)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (per_cpu_ptr(table->cpus, cpu)->other)
			lw_empty_half(table, per_cpu_ptr(table->cpus, cpu)->other);
}

/* ---- rows ---- */

/* The word of totals by which rows are sorted. A begin probe sets it. */
static u8 lw_rows_by __read_mostly;

/* sort() itself lets no other task run before it has ended (lib/sort.c). */
static int lw_more(const void *a, const void *b)
{
	const struct lw_row *x = *(const struct lw_row **)a, *y = *(const struct lw_row **)b;
	s64 more = y->total[lw_rows_by] - x->total[lw_rows_by];

	cond_resched();
	return more > 0 ? 1 : more < 0 ? -1 : 0;
}

/* Sorts the rows by one word of their values, usually the first, the highest first. */
static void lw_sort_rows(struct lw_table *table)
{
	sort(table->rows, table->n, sizeof(*table->rows), lw_more, NULL);
}

static void lw_forget_rows(struct lw_table *table)
{
	while (table->n) {
		kfree(table->rows[--table->n]);
		cond_resched();
	}
	memset(table->chains, 0, LW_CHAINS * sizeof(*table->chains));
	memset(table->users, 0, sizeof(table->users));
}

/* ---- the table ---- */

/* Gets its memory, and may sleep. Returns 0 or -ENOMEM; lw_table_end() must follow. */
static int lw_table_begin(struct lw_table *table)
{
	size_t bytes = lw_half_bytes(table->shape);
	int cpu;

	lw_seed(table->seeds, ARRAY_SIZE(table->seeds));
	table->chains = kvcalloc(LW_CHAINS, sizeof(*table->chains), GFP_KERNEL);
	table->max = LW_ROW_BYTES / (sizeof(struct lw_row) + table->shape->total);
	table->rows = kvcalloc(table->max, sizeof(*table->rows), GFP_KERNEL);
	table->cpus = alloc_percpu(struct lw_table_cpu);
	if (!table->chains || !table->rows || !table->cpus)
		return -ENOMEM;
	table->none = vzalloc(sizeof(*table->none) + lw_places(table->shape));
	if (!table->none)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		per_cpu_ptr(table->cpus, cpu)->now = table->none;
	for_each_online_cpu(cpu) {
		struct lw_table_cpu *c = per_cpu_ptr(table->cpus, cpu);
		struct lw_half *now = vzalloc_node(bytes, cpu_to_node(cpu));

		c->other = vzalloc_node(bytes, cpu_to_node(cpu));
		c->now = now ?: c->now;
		if (!now || !c->other)
			return -ENOMEM;
	}
	return 0;
}

static void lw_table_end(struct lw_table *table)
{
	int cpu;

	if (table->chains && table->rows)
		lw_forget_rows(table);
	for_each_possible_cpu(cpu) {
		struct lw_table_cpu *c = table->cpus ? per_cpu_ptr(table->cpus, cpu) : NULL;

		if (c && c->now != table->none)
			vfree(c->now);
		if (c)
			vfree(c->other);
	}
	free_percpu(table->cpus);
	vfree(table->none);
	kvfree(table->chains);
	kvfree(table->rows);
	table->cpus = NULL;
	table->none = NULL;
	table->chains = table->rows = NULL;
}

/* Values lost since the begin */
static u64 lw_table_lost(const struct lw_table *table)
{
	u64 lost = table->lost;
	int cpu;

	for_each_possible_cpu(cpu)
		lost += READ_ONCE(per_cpu_ptr(table->cpus, cpu)->lost);
	return lost;
}
