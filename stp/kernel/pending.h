#pragma once

#include "report.h"
#include "table.h"

/*
 * pending.h - what has begun and not ended: by a key, such as the address of a request, when it began, and what of it will
 * be gone at its end. One table for all CPUs, as things end elsewhere than they began.
 *
 * Buckets and tags are those of table.h. A place is taken by cmpxchg() on its bucket's word, is seen once its tag is there, and is free
 * once that is 0 again. CPUs share no other line. Where places belong to users, one user gets half of them at most.
 */

struct lw_pending {
	u8 bits;     /* log2 of the places, 4 to 20 */
	u16 size;    /* bytes that are kept beside the time, a multiple of 8 */
	bool shares;
	u64 seed;
	u64 *tags;
	u8 *users;
	struct lw_began {
		u64 key, time;
	} *began;
	char *kept;
	u64 __percpu *lost;
	struct {
		atomic_t places;
	} ____cacheline_aligned share[LW_USERS];
};

/* Gets its memory. May sleep. 0 or -ENOMEM. lw_pending_end() must follow in both cases. */
static int lw_pending_begin(struct lw_pending *p);
static void lw_pending_end(struct lw_pending *p);

/*
 * A place for what begins now; -1 if there is none, which is counted as lost. What is kept may be written, then lw_pending_show()
 * lets others find it. What has that key already is overwritten: its end was not seen. Not preempted. From any context.
 */
static int lw_pending_new(struct lw_pending *p, u64 key);
static void lw_pending_show(struct lw_pending *p, int place);

/* Its place; -1 if it is not there */
static int lw_pending_find(struct lw_pending *p, u64 key);

/* Nanoseconds since it began, 0 if clocks of two CPUs disagree */
static u64 lw_pending_took(struct lw_pending *p, int place);

/* What is kept of it, of p->size bytes */
static void *lw_pending_kept(struct lw_pending *p, int place);

/* Gives the place back. */
static void lw_pending_drop(struct lw_pending *p, int place);

static u64 lw_pending_lost(const struct lw_pending *p);
