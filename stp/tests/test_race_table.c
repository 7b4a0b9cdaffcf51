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

static const struct lw_pending_shape pending_shape = { .bits = 10, .size = sizeof(u64) };
static const struct lw_pending_shape shared_shape = { .bits = 10,
						      .size = sizeof(u64),
						      .shares = true };
static struct lw_pending pending;
static const struct lw_pending_shape *used;
static atomic64_t begun, ended;

/* Each key begins on one CPU, and ends on any. */
static void begin_and_end(void *unused)
{
	struct lw_place new;
	u64 i, key;
	int place;

	for (i = 0; i < OPERATIONS / 2; i++) {
		preempt_disable();
		key = (i % 64) << 8 | raw_smp_processor_id();
		new.at = -1;
		if (lw_pending_find(&pending, used, key) < 0)
			new = lw_pending_new(&pending, used, key);
		if (new.at >= 0) {
			*(u64 *)lw_pending_kept(&pending, new.at) = ~key;
			atomic64_inc(&begun);
			lw_pending_show(&pending, new);
		}
		key = (i % 64) << 8 | ((raw_smp_processor_id() + 1) % CPUS);
		place = lw_pending_find(&pending, used, key);
		if (place >= 0) {
			assert_int_equal(*(u64 *)lw_pending_kept(&pending, place), ~key);
			lw_pending_drop(&pending, used, place);
			atomic64_inc(&ended);
		}
		preempt_enable();
	}
}

static u64 still_there(void)
{
	u64 key, n = 0;

	for (key = 0; key < 64 << 8; key++)
		n += lw_pending_find(&pending, used, key) >= 0;
	return n;
}

static void run_pending(const struct lw_pending_shape *s)
{
	u64 places = 0;
	int i;

	used = s;
	memset(&pending, 0, sizeof(pending));
	pending.shape = s;
	atomic64_set(&begun, 0);
	atomic64_set(&ended, 0);
	assert_int_equal(lw_pending_begin(&pending), 0);
	shim_run(begin_and_end, NULL);
	assert_int_equal(lw_pending_lost(&pending), 0);
	assert_int_equal(atomic64_read(&begun), atomic64_read(&ended) + still_there());
	for (i = 0; i < LW_USERS; i++)
		places += atomic_read(&pending.share[i].places);
	assert_int_equal(places, s->shares ? still_there() : 0);
	lw_pending_end(&pending);
}

static void what_begins_ends_once(void **state)
{
	run_pending(&pending_shape);
}

static void users_shares_are_given_back(void **state)
{
	run_pending(&shared_shape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_lost_where_there_is_room, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_lost_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_begins_ends_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(users_shares_are_given_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
