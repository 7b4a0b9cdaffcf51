// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost_table.c - what a key that is there costs, and one that finds a full table; run by
 * "make kernel-cost"
 *
 * Fails if the second costs twice the first or more. The best of many rounds counts, which a busy
 * machine leaves alone.
 */
#include "shim.h"

/* One instruction each, as in the kernel: here there is one CPU, and its memory is the first. */
#undef this_cpu_read
#undef this_cpu_inc
#define this_cpu_read(v) (v)
#define this_cpu_inc(v) ((v)++)

#include "table.h"

#define CALLS 4096

static void add_up(void *total, const void *value)
{
	*(u64 *)total += *(const u64 *)value;
}

/* As lw_dists (dist.h) */
static const struct lw_shape shape = {
	.bits = 9,
	.words = 4,
	.size = 296,
	.total = 552,
	.shares = true,
	.add = add_up,
};
static struct lw_table table = { .shape = &shape };

static __always_inline void add(struct lw_key key, u64 sum)
{
	u64 *value = lw_value(&table, &shape, key);

	if (unlikely(!value))
		return;
	value[2 + sum % 64 / 2]++;
	value[1] += sum;
	value[0]++;
}

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Picoseconds a call, of calls for keys from first on, of which there are so many */
static u64 cost(u64 first, u64 keys)
{
	u64 best = U64_MAX, round, i, began;

	for (round = 0; round < 2000; round++) {
		preempt_disable();
		began = now();
		for (i = 0; i < CALLS; i++)
			add((struct lw_key){ .first = first + i % keys, .second = 7 }, i);
		best = min(best, now() - began);
		preempt_enable();
	}
	return best * 1000 / CALLS;
}

int main(void)
{
	u64 hit, miss, i;

	shim_cpus(1, 1);
	assert(!lw_table_begin(&table));
	hit = cost(0, 64);
	for (i = 0; i < 64; i++) {
		current->uid.val = i;
		cost(1000 * (i + 1), 256);
	}
	miss = cost(1000000, 64);
	assert(lw_table_lost(&table));
	printf("a key that is there: %llu ps, one that finds a full table: %llu ps\n", hit, miss);
	return miss >= 2 * hit;
}
