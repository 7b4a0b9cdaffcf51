#pragma once

#include <linux/percpu.h>
#include <linux/types.h>

/*
 * table.h - tables with keys: probes count into one of their own CPU, and it is added up outside of probes.
 *
 * Each CPU has two halves. Probes write into one; the collector, a work item (report.h), takes it away, gives them the other, waits
 * until no probe can be in the old one (synchronize_rcu(): probes are not preempted), and adds it to the rows. So there is no lock and
 * no line that CPUs share, a place is given back with each collection, and what was counted is neither lost nor counted twice.
 *
 * A half is made of buckets of eight places. The bytes of one word are their tags: seven bits of the key's hash, 0 if the
 * place is free. Whether a key is there, and whether there is room, is seen at once, full or not. A key is in its bucket, or in the
 * next one if that was full, and so on. If LW_TRIES buckets are full, the value is lost, and counted as that in the CPU's
 * own memory.
 *
 * One user gets half of the places, and of the rows, at most: whoever fills those leaves the others theirs. Hashes are keyed at
 * random for each run (multilinear hashing), so that nobody can choose keys for one bucket.
 */

#define LW_WAYS 8		/* places in a bucket */
#define LW_TRIES 4		/* buckets in which a key may be */
#define LW_KEY_WORDS 4
#define LW_USERS 64		/* classes of users that have a share each */
#define LW_ROW_BYTES (8 << 20)	/* that the rows of a table may take */
#define LW_TOTAL_BYTES 544	/* that one row's value may take */

/* Only the first words of a shape count, and all others are 0. */
struct lw_key {
	union {
		u64 words[LW_KEY_WORDS];
		struct {
			s64 first, second;
			char text[16];
		};
	};
};

/* A table's constants. Where a static const shape is given, the compiler folds them. */
struct lw_shape {
	u8 bits;	/* log2 of the places of a half, 5 to 15 */
	u8 words;	/* of a key */
	u16 size;	/* of a place's value in bytes, a multiple of 8. Its first word says how many have been counted */
	u16 total;	/* of a row's value, a multiple of 8. Rows are sorted by its first word, of the same meaning */
	bool shares;	/* the keys are made by users, each of whom has a share */
	void (*add)(void *total, const void *value); /* a place's value to that of a row, which begins with zeros */
};

/* What probes write to. Behind it: tags, users of places, keys, values. */
struct lw_half {
	u32 used; /* places */
	u16 users[LW_USERS]; /* places of each class */
	u64 tags[];
};

struct lw_table_cpu {
	struct lw_half *now; /* NULL for a CPU that was not online when the run began */
	struct lw_half *other;
	u64 lost;
};

/* All of it: a key, the class of its user, a value. In process context only. */
struct lw_rows {
	u32 n, room, max;
	u32 *index; /* by hash: number of the row + 1 */
	u32 *order; /* from the most to the least, once lw_table_sort() was called */
	char *row;
	u32 users[LW_USERS];
};

struct lw_table {
	const struct lw_shape *shape;
	u64 seeds[LW_KEY_WORDS];
	struct lw_table_cpu __percpu *cpus;
	struct lw_rows rows;
	u64 lost; /* for which there was no row */
	struct lw_table *next;
};

/* Gets a table's memory. May sleep. 0 or -ENOMEM. lw_table_end() must follow in both cases. */
static int lw_table_begin(struct lw_table *table);
static void lw_table_end(struct lw_table *table);

/*
 * The value of a key on this CPU, all zeros if it is new; NULL if there is no room for it, which is counted as lost. Not preempted
 * until the caller has written to it. From any context: an interrupt of a probe may get the same value. The shape is the table's.
 */
static __always_inline void *lw_table_value(struct lw_table *table, const struct lw_shape *shape, struct lw_key key);

/* Are half of some CPU's places taken, so that it is time to collect? */
static bool lw_table_is_busy(const struct lw_table *table);

/*
 * The two steps of a collection, by one caller at a time, in process context: the first takes the halves from the probes,
 * and after synchronize_rcu() the second adds them to the rows. It may sleep.
 */
static void lw_table_flip(struct lw_table *table);
static void lw_table_add_up(struct lw_table *table);

/* Sorts the rows by the first word of their values, the highest first; returns how many there are. */
static u32 lw_table_sort(struct lw_table *table);

/* Row 0 to n - 1 in that order */
static const struct lw_key *lw_table_row_key(const struct lw_table *table, u32 n);
static const void *lw_table_row_value(const struct lw_table *table, u32 n);

/* Forgets all rows. */
static void lw_table_clear(struct lw_table *table);

/* How many values have been lost since the begin */
static u64 lw_table_lost(const struct lw_table *table);
