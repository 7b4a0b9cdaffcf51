#pragma once

#include "bucket.h"
#include <linux/cache.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/sched.h>

/*
 * kept.h - a time for each task that is not running, from when it leaves a processor until it leaves the next one
 *
 * Only the task itself uses its time, and it is on one processor at once. (A thread that executes a program gets the id
 * of its process's first thread, and may find that one's time.) So a time is one word, with the task's id, and needs no
 * lock. A line of the processor's cache has the times of a few tasks, which hashes choose at random.
 */
#define LW_KEPT_BITS 14 /* log2 of the lines */
#define LW_KEPT_WAYS 8
/* Bits of the time. Above them are a bit for the turn, and the task's id, which is less than 2^22 (linux/threads.h). */
#define LW_KEPT_TIME 41
#define LW_KEPT_TURN BIT_ULL(LW_KEPT_TIME)
#define LW_KEPT_ID (LW_KEPT_TIME + 1)

#define LW_KEPT_NONE (-1)  /* no time was kept */
#define LW_KEPT_AGAIN (-2) /* a time was kept in the same turn */

static struct {
	u64 words[LW_KEPT_WAYS];
} ____cacheline_aligned lw_kept[1 << LW_KEPT_BITS];

/* Classes of users that have a share each (bucket.h) */
static u8 lw_kept_users[1 << LW_KEPT_BITS][LW_KEPT_WAYS];

static struct {
	u64 seeds[2];
	u32 cut; /* log2 of the nanoseconds in which times are kept */
} lw_keeps __read_mostly;

static DEFINE_PER_CPU(u64, lw_kept_missed);

/* Times are kept in 2^cut ns, so that they may be 2^(40 + cut) ns apart. @seeds: two, of lw_seed() */
static void lw_kept_begin(u32 cut, const u64 *seeds)
{
	memcpy(lw_keeps.seeds, seeds, sizeof(lw_keeps.seeds));
	lw_keeps.cut = cut;
}

/* The times that were lost since the begin */
static u64 lw_kept_lost(void)
{
	u64 lost = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		lost += READ_ONCE(per_cpu(lw_kept_missed, cpu));
	return lost;
}

/*
 * A new task takes a free place of its line, as long as its user has a share. Otherwise it takes a place of the same
 * user, or is not kept. Either way one time is lost. Two tasks that do this at once may take one more place than they
 * should, or the place of another user.
 */
static noinline void lw_keep_new(u64 *words, u64 word)
{
	u64 seen, mine = 0;
	u8 *users = lw_kept_users[(words - lw_kept[0].words) / LW_KEPT_WAYS];
	u32 user = lw_user_class(), own = 0, taken = 0;
	int i, at = 0, unused = -1;

	/* Backwards, for the first free place: lw_keep() finds that first. */
	for (i = LW_KEPT_WAYS - 1; i >= 0; i--) {
		seen = READ_ONCE(words[i]);
		if (!seen) {
			unused = i;
			continue;
		}
		taken++;
		if (READ_ONCE(users[i]) != user)
			continue;
		own++;
		mine = seen;
		at = i;
	}
	if (unused >= 0 && !lw_share_is_full(user, own, taken, LW_KEPT_WAYS) &&
	    !cmpxchg(&words[unused], 0, word)) {
		WRITE_ONCE(users[unused], user);
		return;
	}
	if (mine)
		cmpxchg(&words[at], mine, word);
	this_cpu_inc(lw_kept_missed);
}

static u64 *lw_kept_line(u64 id)
{
	return lw_kept[lw_home(lw_spread(id * lw_keeps.seeds[0], lw_keeps.seeds[1]), LW_KEPT_BITS)]
		.words;
}

/* Nanoseconds from the time of a word until @until */
static s64 lw_kept_passed(u64 word, u64 until)
{
	u64 passed = ((until >> lw_keeps.cut) - word) & (LW_KEPT_TURN - 1);

	return passed >> (LW_KEPT_TIME - 1) ? 0 : passed << lw_keeps.cut;
}

/*
 * Forgets the current task's time. Returns the nanoseconds from then until @until, or LW_KEPT_NONE. Not preempted, and only
 * one at once for each task.
 */
static s64 __maybe_unused lw_kept_take(u64 until)
{
	u64 id = current->pid, *words = lw_kept_line(id), word;
	int i;

	for (i = 0; i < LW_KEPT_WAYS; i++) {
		word = READ_ONCE(words[i]);
		if (word >> LW_KEPT_ID == id)
			return cmpxchg(&words[i], word, 0) == word ? lw_kept_passed(word, until)
								   : LW_KEPT_NONE;
	}
	return LW_KEPT_NONE;
}

/**
 * lw_keep() - keeps a time of the current task, and forgets the one before
 * @time: nanoseconds of a clock that all processors share, but for small differences
 * @until: another time of that clock
 * @turn: a number that is one more in each turn
 *
 * Not preempted, and only one at once for each task. Returns the nanoseconds from the time that was kept before until
 * @until, or LW_KEPT_NONE or LW_KEPT_AGAIN. A task that ends keeps nothing, and may have left since without a call.
 */
static s64 lw_keep(u64 time, u64 until, u64 turn)
{
	u64 mask = LW_KEPT_TURN - 1, id = current->pid, new, word, *words = lw_kept_line(id);
	int i;

	new = id << LW_KEPT_ID | (turn & 1) * LW_KEPT_TURN | (time >> lw_keeps.cut & mask);
	if (current->flags & PF_EXITING)
		new = 0;
	for (i = 0; i < LW_KEPT_WAYS; i++) {
		word = READ_ONCE(words[i]);
		if (word >> LW_KEPT_ID != id)
			continue;
		/* Otherwise another task has just taken the place. */
		if (cmpxchg(&words[i], word, new) != word)
			break;
		if (new && !((word ^ new) & LW_KEPT_TURN))
			return LW_KEPT_AGAIN;
		return lw_kept_passed(word, until);
	}
	if (new)
		lw_keep_new(words, new);
	return LW_KEPT_NONE;
}
