#pragma once

#include "table.h"
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

/* ---- layout ---- */

static __always_inline u32 lw_places(const struct lw_shape *s)
{
	return 1U << s->bits;
}

static __always_inline u32 lw_buckets(const struct lw_shape *s)
{
	return lw_places(s) / LW_WAYS;
}

static __always_inline u8 *lw_half_users(struct lw_half *half, const struct lw_shape *s)
{
	return (u8 *)(half->tags + lw_buckets(s));
}

static __always_inline u64 *lw_half_key(struct lw_half *half, const struct lw_shape *s, u32 place)
{
	return (u64 *)(lw_half_users(half, s) + lw_places(s)) + place * s->words;
}

static __always_inline char *lw_half_value(struct lw_half *half, const struct lw_shape *s, u32 place)
{
	return (char *)lw_half_key(half, s, lw_places(s)) + place * s->size;
}

static size_t lw_half_bytes(const struct lw_shape *s)
{
	return lw_half_value(NULL, s, lw_places(s)) - (char *)NULL;
}

/* ---- a place for a key ---- */

#define LW_BYTES(byte) ((byte) * 0x0101010101010101ULL)
#define LW_TAKEN 1 /* the tag of a place whose key is being written; that of a key is 128 to 255 */

/* The top bit of each byte that is 0. Bits above the first one may be wrong. */
static __always_inline u64 lw_zeros(u64 w)
{
	return (w - LW_BYTES(1)) & ~w & LW_BYTES(0x80);
}

static __always_inline u64 lw_hash_key(const u64 *seeds, u8 words, const u64 *key)
{
	u64 hash = 0;
	int i;

	for (i = 0; i < words; i++)
		hash += key[i] * seeds[i];
	return hash;
}

static __always_inline u32 lw_bucket(u64 hash, u8 bits)
{
	return hash >> (64 - (bits - 3));
}

static __always_inline u64 lw_tag(u64 hash, u8 bits)
{
	return (hash >> (64 - (bits - 3) - 7)) | 0x80;
}

static __always_inline bool lw_same_key(const u64 *a, const u64 *b, u8 words)
{
	int i;

	for (i = 0; i < words; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* Its place if it is in that bucket, or -1 */
static __always_inline int lw_find_key(struct lw_half *half, const struct lw_shape *s, u32 bucket, u8 tag, const u64 *key)
{
	u64 found = lw_zeros(READ_ONCE(half->tags[bucket]) ^ LW_BYTES((u64)tag));

	for (; found; found &= found - 1) {
		u32 place = bucket * LW_WAYS + __ffs(found) / 8;

		if (lw_same_key(lw_half_key(half, s, place), key, s->words))
			return place;
	}
	return -1;
}

static u32 lw_user_class(void)
{
	return __kuid_val(current_uid()) % LW_USERS;
}

/* An interrupt may do the same between any two of these steps, and may take the same key another place. */
static int lw_take_place(struct lw_half *half, const struct lw_shape *s, u32 bucket, u8 tag, const u64 *key)
{
	u64 *word = &half->tags[bucket], was = READ_ONCE(*word), free;
	u32 place, user = lw_user_class();
	int i;

	do {
		free = lw_zeros(was);
		if (!free)
			return -1;
		i = __ffs(free) / 8;
		free = was;
		was = cmpxchg_local(word, free, free | (u64)LW_TAKEN << i * 8);
	} while (was != free);
	place = bucket * LW_WAYS + i;
	memcpy(lw_half_key(half, s, place), key, s->words * sizeof(*key));
	lw_half_users(half, s)[place] = user;
	WRITE_ONCE(half->used, half->used + 1);
	half->users[user]++;
	barrier();
	WRITE_ONCE(((u8 *)word)[i], tag);
	return place;
}

/* May this user have one more? */
static bool lw_half_has_share(const struct lw_half *half, const struct lw_shape *s)
{
	return !s->shares || half->users[lw_user_class()] < lw_places(s) / 2;
}

/* Within a half no place is given back, so a key is not in a bucket after one that has room. */
static int lw_find_or_take(struct lw_half *half, const struct lw_shape *s, u64 hash, const u64 *key)
{
	u8 tag = lw_tag(hash, s->bits);
	int try, place;

	for (try = 0; try < LW_TRIES; try++) {
		u32 bucket = (lw_bucket(hash, s->bits) + try) % lw_buckets(s);

		place = lw_find_key(half, s, bucket, tag, key);
		if (place < 0 && lw_zeros(READ_ONCE(half->tags[bucket]))) {
			if (!lw_half_has_share(half, s))
				return -1;
			place = lw_take_place(half, s, bucket, tag, key);
		}
		if (place >= 0)
			return place;
	}
	return -1;
}

/* By value, which leaves the key in registers where it is found at once. */
static noinline void *lw_table_new(struct lw_table *table, struct lw_key key, u64 hash)
{
	struct lw_half *half = this_cpu_read(table->cpus->now);
	int place = half ? lw_find_or_take(half, table->shape, hash, key.words) : -1;

	if (likely(place >= 0))
		return lw_half_value(half, table->shape, place);
	this_cpu_inc(table->cpus->lost);
	return NULL;
}

static __always_inline void *lw_table_value(struct lw_table *table, const struct lw_shape *shape, struct lw_key key)
{
	struct lw_half *half = this_cpu_read(table->cpus->now);
	u64 hash = lw_hash_key(table->seeds, shape->words, key.words);
	int place = -1;

	if (likely(half))
		place = lw_find_key(half, shape, lw_bucket(hash, shape->bits), lw_tag(hash, shape->bits), key.words);
	return likely(place >= 0) ? lw_half_value(half, shape, place) : lw_table_new(table, key, hash);
}

/* ---- rows ---- */

static size_t lw_row_bytes(const struct lw_shape *s)
{
	return (s->words + 1) * sizeof(u64) + s->total;
}

/* Its key, the class of its user in a word of its own, its value */
static u64 *lw_row(const struct lw_table *table, u32 n)
{
	return (u64 *)(table->rows.row + n * lw_row_bytes(table->shape));
}

static void lw_rows_free(struct lw_rows *rows)
{
	kvfree(rows->index);
	kvfree(rows->order);
	kvfree(rows->row);
	rows->index = rows->order = NULL;
	rows->row = NULL;
	rows->room = 0;
}

static void lw_index_row(struct lw_table *table, u32 n)
{
	struct lw_rows *rows = &table->rows;
	u64 hash = lw_hash_key(table->seeds, table->shape->words, lw_row(table, n));
	u32 mask = 2 * rows->room - 1, at = (hash >> 32) & mask;

	while (rows->index[at])
		at = (at + 1) & mask;
	rows->index[at] = n + 1;
}

/* Twice the room, if there may be as much and there is the memory */
static void lw_rows_grow(struct lw_table *table)
{
	struct lw_rows *rows = &table->rows;
	u32 i, room = rows->room ? 2 * rows->room : 256;
	size_t bytes = lw_row_bytes(table->shape);
	struct lw_rows more = *rows;

	if (room > rows->max)
		return;
	more.room = room;
	more.index = kvcalloc(2 * room, sizeof(*more.index), GFP_KERNEL | __GFP_NOWARN);
	more.order = kvcalloc(room, sizeof(*more.order), GFP_KERNEL | __GFP_NOWARN);
	more.row = kvcalloc(room, bytes, GFP_KERNEL | __GFP_NOWARN);
	if (!more.index || !more.order || !more.row) {
		lw_rows_free(&more);
		return;
	}
	if (rows->n)
		memcpy(more.row, rows->row, rows->n * bytes);
	lw_rows_free(rows);
	*rows = more;
	for (i = 0; i < rows->n; i++)
		lw_index_row(table, i);
}

static u64 *lw_find_row(struct lw_table *table, const u64 *key)
{
	struct lw_rows *rows = &table->rows;
	u8 words = table->shape->words;
	u32 mask = 2 * rows->room - 1, at;

	if (!rows->room)
		return NULL;
	at = (lw_hash_key(table->seeds, words, key) >> 32) & mask;
	for (; rows->index[at]; at = (at + 1) & mask)
		if (lw_same_key(lw_row(table, rows->index[at] - 1), key, words))
			return lw_row(table, rows->index[at] - 1);
	return NULL;
}

/* NULL if there is no room for it */
static u64 *lw_new_row(struct lw_table *table, const u64 *key, u8 user)
{
	struct lw_rows *rows = &table->rows;
	u8 words = table->shape->words;
	u64 *row;

	if (table->shape->shares && rows->users[user] >= rows->max / 2)
		return NULL;
	if (rows->n == rows->room)
		lw_rows_grow(table);
	if (rows->n == rows->room)
		return NULL;
	row = lw_row(table, rows->n);
	memset(row, 0, lw_row_bytes(table->shape));
	memcpy(row, key, words * sizeof(*key));
	row[words] = user;
	rows->users[user]++;
	lw_index_row(table, rows->n++);
	return row;
}

static void lw_add_place(struct lw_table *table, struct lw_half *half, u32 place)
{
	const struct lw_shape *s = table->shape;
	const u64 *key = lw_half_key(half, s, place), *value = (u64 *)lw_half_value(half, s, place);
	u64 *row = lw_find_row(table, key);

	/* Its taker may have had nothing to add. */
	if (!value[0])
		return;
	if (!row)
		row = lw_new_row(table, key, lw_half_users(half, s)[place]);
	if (row)
		s->add(row + s->words + 1, value);
	else
		table->lost += value[0];
}

/* ---- collecting ---- */

/* As it was at first */
static void lw_half_reset(struct lw_half *half, const struct lw_shape *s)
{
	half->used = 0;
	memset(half->users, 0, sizeof(half->users));
	memset(half->tags, 0, lw_buckets(s) * sizeof(half->tags[0]));
}

static void lw_half_add_up(struct lw_table *table, struct lw_half *half)
{
	const struct lw_shape *s = table->shape;
	u32 place;

	if (!half->used)
		return;
	for (place = 0; place < lw_places(s); place++) {
		if (!((u8 *)half->tags)[place])
			continue;
		lw_add_place(table, half, place);
		memset(lw_half_value(half, s, place), 0, s->size);
		cond_resched();
	}
	lw_half_reset(half, s);
}

static bool lw_table_is_busy(const struct lw_table *table)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct lw_half *half = per_cpu_ptr(table->cpus, cpu)->now;

		if (half && READ_ONCE(half->used) >= lw_places(table->shape) / 2)
			return true;
	}
	return false;
}

static void lw_table_flip(struct lw_table *table)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct lw_table_cpu *c = per_cpu_ptr(table->cpus, cpu);
		struct lw_half *now = c->now;

		WRITE_ONCE(c->now, c->other);
		c->other = now;
	}
}

static void lw_table_add_up(struct lw_table *table)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct lw_table_cpu *c = per_cpu_ptr(table->cpus, cpu);

		if (c->other)
			lw_half_add_up(table, c->other);
	}
}

/* ---- the table ---- */

static void lw_seed(struct lw_table *table)
{
	int i;

	get_random_bytes(table->seeds, sizeof(table->seeds));
	for (i = 0; i < LW_KEY_WORDS; i++)
		table->seeds[i] |= 1;
}

static int lw_table_begin(struct lw_table *table)
{
	const struct lw_shape *s = table->shape;
	int cpu;

	lw_seed(table);
	table->rows.max = rounddown_pow_of_two(LW_ROW_BYTES / lw_row_bytes(s));
	table->cpus = alloc_percpu(struct lw_table_cpu);
	if (!table->cpus)
		return -ENOMEM;
	for_each_online_cpu(cpu) {
		struct lw_table_cpu *c = per_cpu_ptr(table->cpus, cpu);

		c->other = vzalloc_node(lw_half_bytes(s), cpu_to_node(cpu));
		c->now = vzalloc_node(lw_half_bytes(s), cpu_to_node(cpu));
		if (!c->other || !c->now)
			return -ENOMEM;
	}
	return 0;
}

static void lw_table_end(struct lw_table *table)
{
	int cpu;

	if (!table->cpus)
		return;
	for_each_possible_cpu(cpu) {
		struct lw_table_cpu *c = per_cpu_ptr(table->cpus, cpu);

		vfree(c->now);
		vfree(c->other);
	}
	free_percpu(table->cpus);
	table->cpus = NULL;
	lw_rows_free(&table->rows);
}

static u64 lw_table_lost(const struct lw_table *table)
{
	u64 lost = table->lost;
	int cpu;

	for_each_possible_cpu(cpu)
		lost += READ_ONCE(per_cpu_ptr(table->cpus, cpu)->lost);
	return lost;
}

/* ---- reading ---- */

/* The table that is sorted: sort() before 5.11 has no argument for it. */
static const struct lw_table *lw_sorted;

static int lw_more(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;
	u8 words = lw_sorted->shape->words;
	s64 n = lw_row(lw_sorted, x)[words + 1], m = lw_row(lw_sorted, y)[words + 1];

	return n < m ? 1 : n > m ? -1 : x < y ? -1 : 1;
}

static u32 lw_table_sort(struct lw_table *table)
{
	struct lw_rows *rows = &table->rows;
	u32 i;

	for (i = 0; i < rows->n; i++)
		rows->order[i] = i;
	lw_sorted = table;
	sort(rows->order, rows->n, sizeof(rows->order[0]), lw_more, NULL);
	return rows->n;
}

static const struct lw_key *lw_table_row_key(const struct lw_table *table, u32 n)
{
	return (struct lw_key *)lw_row(table, table->rows.order[n]);
}

static const void *lw_table_row_value(const struct lw_table *table, u32 n)
{
	return lw_row(table, table->rows.order[n]) + table->shape->words + 1;
}

static void lw_table_clear(struct lw_table *table)
{
	struct lw_rows *rows = &table->rows;

	if (rows->room)
		memset(rows->index, 0, 2 * rows->room * sizeof(*rows->index));
	rows->n = 0;
	memset(rows->users, 0, sizeof(rows->users));
}
