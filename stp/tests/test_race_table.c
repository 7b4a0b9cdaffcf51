// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_race_table.c - tables that several CPUs write to while one collects, under ThreadSanitizer:
 * ten million operations each, in which nothing is lost but what is counted as that
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "shim.h"
#include "pending.h"
#include "table.h"

#define CPUS 8
#define OPERATIONS 1250000 /* of each CPU */

static atomic_t running;

static int set_up(void **state)
{
	shim_cpus(CPUS, CPUS);
	atomic_set(&running, CPUS);
	return 0;
}

static int tear_down(void **state)
{
	return shim_allocated() != 0;
}

/* ---- table ---- */

static u64 keys; /* that probes choose from */

static void add_up(void *total, const void *value)
{
	*(u64 *)total += *(const u64 *)value;
}

static const struct lw_shape shape = {
	.bits = 8,
	.words = 1,
	.size = sizeof(u64),
	.total = sizeof(u64),
	.add = add_up,
};
static struct lw_table table = { .shape = &shape };

static void count(void *unused)
{
	int i;

	for (i = 0; i < OPERATIONS; i++) {
		struct lw_key key = { .first = get_random_u32() % keys };
		u64 *value;

		preempt_disable();
		value = lw_value(&table, &shape, key);
		if (value)
			++*value;
		preempt_enable();
	}
	atomic_dec(&running);
}

static void collect_once(void)
{
	lw_flip(&table);
	synchronize_rcu();
	lw_add_up(&table);
}

static void collect(void *unused)
{
	while (atomic_read_acquire(&running))
		collect_once();
	collect_once();
	collect_once();
}

static u64 counted(void)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < table.n; i++)
		sum += table.rows[i]->total[0];
	return sum;
}

/* Runs probes on all CPUs and the collector on one; returns how many were lost. */
static u64 run(u64 of)
{
	pthread_t collector;
	u64 lost;

	keys = of;
	table.lost = 0;
	assert_int_equal(lw_table_begin(&table), 0);
	collector = shim_start(3, collect, NULL);
	shim_run(count, NULL);
	shim_join(collector);
	lost = lw_table_lost(&table);
	assert_int_equal(counted() + lost, (u64)CPUS * OPERATIONS);
	assert_int_equal(table.n, min(of, (u64)table.n));
	lw_table_end(&table);
	return lost;
}

static void nothing_is_lost_where_there_is_room(void **state)
{
	assert_int_equal(run(150), 0);
}

static void what_is_lost_is_counted(void **state)
{
	assert_int_not_equal(run(3000), 0);
}

/* ---- pending ---- */

static const struct lw_pending_shape shared_shape = { .bits = 10,
						      .size = sizeof(u64),
						      .shares = true };
static struct lw_pending pending;
static const struct lw_pending_shape *used;
static atomic64_t ended;

/* Each key begins on several CPUs, again before it has ended, too, and ends on others. */
static void begin_and_end(void *unused)
{
	struct lw_place new;
	u64 i, key;
	int place;

	for (i = 0; i < OPERATIONS / 2; i++) {
		preempt_disable();
		key = 1 + get_random_u32() % 256;
		new = lw_pending_new(&pending, used, key);
		if (new.at >= 0) {
			WRITE_ONCE(*(u64 *)lw_pending_kept(&pending, new.at), ~key);
			lw_pending_show(&pending, new);
		}
		key = 1 + get_random_u32() % 256;
		place = lw_pending_find(&pending, used, key);
		if (place >= 0 && lw_pending_claim(&pending, place, key)) {
			assert_int_equal(READ_ONCE(*(u64 *)lw_pending_kept(&pending, place)), ~key);
			lw_pending_free(&pending, used, place);
			atomic64_inc(&ended);
		}
		preempt_enable();
	}
}

static void what_ends_is_its_own_and_shares_are_given_back(void **state)
{
	u64 shares = 0, taken = 0;
	int i;

	used = &shared_shape;
	pending = (struct lw_pending){ .shape = used };
	atomic64_set(&ended, 0);
	assert_int_equal(lw_pending_begin(&pending), 0);
	shim_run(begin_and_end, NULL);
	assert_int_equal(lw_pending_lost(&pending), 0);
	assert_true(atomic64_read(&ended) > OPERATIONS);
	for (i = 0; i < 1 << used->bits; i++)
		taken += lw_pending_tags(&pending)[i] != 0;
	for (i = 0; i < LW_USERS; i++)
		shares += atomic_read(&pending.share[i].places);
	assert_int_equal(shares, taken);
	lw_pending_end(&pending);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_lost_where_there_is_room, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_lost_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_ends_is_its_own_and_shares_are_given_back,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
