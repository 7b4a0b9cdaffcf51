// SPDX-License-Identifier: GPL-2.0-only
/* test_table.c - tables one call at a time: places, shares, rows, memory that is not there */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "shim.h"
#include "pending.h"
#include "table.h"

#define PLACES 256

static int set_up(void **state)
{
	shim_cpus(2, 4);
	return 0;
}

static int tear_down(void **state)
{
	return shim_allocated() != 0;
}

struct value {
	u64 n, sum;
};

static void add_up(void *total, const void *value)
{
	const struct value *more = value;
	struct value *all = total;

	all->n += more->n;
	all->sum += more->sum;
}

#define SHAPE(number, of_users)                                                  \
	{                                                                        \
		.bits = 8, .words = number, .size = sizeof(struct value),        \
		.total = sizeof(struct value), .shares = of_users, .add = add_up \
	}
static const struct lw_shape one_word = SHAPE(1, false), two_words = SHAPE(2, false),
			     four_words = SHAPE(4, false), shared = SHAPE(1, true);
static struct lw_table table;

static void begin(const struct lw_shape *shape)
{
	table = (struct lw_table){ .shape = shape };
	assert_int_equal(lw_table_begin(&table), 0);
}

static bool add(struct lw_key key, u64 sum)
{
	struct value *value;

	preempt_disable();
	value = lw_value(&table, table.shape, key);
	if (value) {
		value->n++;
		value->sum += sum;
	}
	preempt_enable();
	return value != NULL;
}

static void collect(void)
{
	lw_flip(&table);
	synchronize_rcu();
	lw_add_up(&table);
	lw_sort_rows(&table);
}

static const struct value *row(u32 i)
{
	return (const struct value *)table.rows[i]->total;
}

static void rows_have_what_was_added_the_most_first(void **state)
{
	begin(&one_word);
	add((struct lw_key){ .first = 7 }, 10);
	add((struct lw_key){ .first = -1 }, 1);
	add((struct lw_key){ .first = -1 }, 2);
	collect();
	assert_int_equal(table.n, 2);
	assert_int_equal(table.rows[0]->key.first, -1);
	assert_int_equal(row(0)->n, 2);
	assert_int_equal(row(0)->sum, 3);
	assert_int_equal(table.rows[1]->key.first, 7);
	assert_int_equal(row(1)->sum, 10);
	lw_table_end(&table);
}

static void collections_add_up_until_rows_are_forgotten(void **state)
{
	begin(&one_word);
	add((struct lw_key){ .first = 7 }, 1);
	collect();
	add((struct lw_key){ .first = 7 }, 2);
	collect();
	assert_int_equal(table.n, 1);
	assert_int_equal(row(0)->sum, 3);
	lw_forget_rows(&table);
	collect();
	assert_int_equal(table.n, 0);
	lw_table_end(&table);
}

/* Each word of a key tells keys apart, and no further one does. */
static void keys_differ_in_any_word(void **state)
{
	static const struct lw_shape *const shapes[] = { &one_word, &two_words, &four_words };
	static const u32 rows[] = { 2, 3, 5 };
	static const struct lw_key keys[] = {
		{ 0 }, { .first = 1 }, { .second = 1 }, { .name = 1 }, { .name_end = 1 },
	};
	u32 s, k;

	for (s = 0; s < ARRAY_SIZE(shapes); s++) {
		begin(shapes[s]);
		for (k = 0; k < ARRAY_SIZE(keys); k++)
			add(keys[k], 0);
		collect();
		assert_int_equal(table.n, rows[s]);
		lw_table_end(&table);
	}
}

static void a_full_half_loses_what_is_new_and_keeps_what_is_there(void **state)
{
	u64 i, lost = 0;

	begin(&one_word);
	for (i = 0; i < 4 * PLACES; i++)
		lost += !add((struct lw_key){ .first = i }, 0);
	assert_true(lost >= 3 * PLACES);
	assert_int_equal(lw_table_lost(&table), lost);
	collect();
	assert_int_equal(table.n, 4 * PLACES - lost);
	/* Its places are free again. */
	assert_true(add((struct lw_key){ .first = 4 * PLACES }, 0));
	lw_table_end(&table);
}

/* Half of the places can be used, whatever the keys; but for one in thousands, by chance. */
static void half_of_the_places_have_room(void **state)
{
	u64 i, round, lost = 0;

	for (round = 0; round < 200; round++) {
		begin(&one_word);
		for (i = 0; i < PLACES / 2; i++)
			lost += !add((struct lw_key){ .first = i << round % 50 }, 0);
		lw_table_end(&table);
	}
	assert_in_range(lost, 0, 200 * PLACES / 2 / 1000);
}

static void who_has_his_share_leaves_others_theirs(void **state)
{
	u64 i, mine = 0, others = 0;

	begin(&shared);
	current->uid.val = 1000;
	for (i = 0; i < 4 * PLACES; i++)
		mine += add((struct lw_key){ .first = i }, 0);
	assert_int_equal(mine, PLACES / 2);
	current->uid.val = 0;
	for (i = 0; i < PLACES / 4; i++)
		others += add((struct lw_key){ .first = 4 * PLACES + i }, 0);
	/* Three of four places are taken then, so some bucket may be full. */
	assert_in_range(others, PLACES / 4 - 4, PLACES / 4);
	lw_table_end(&table);
}

/* In an interrupt, root's task may be any peer's victim. */
static u32 by_thousands(const struct lw_key *key)
{
	return 1 + key->first / 1000;
}

static void whose_a_key_is_may_be_said_by_the_key(void **state)
{
	struct lw_shape shape = shared;
	u64 i, first = 0, second = 0;

	(void)state;
	shape.user = by_thousands;
	begin(&shape);
	for (i = 0; i < 1000; i++)
		first += add((struct lw_key){ .first = i }, 0);
	assert_int_equal(first, PLACES / 2);
	for (; i < 2000; i++)
		second += add((struct lw_key){ .first = i }, 0);
	assert_int_equal(second, PLACES / 4);
	/* The table is full then, for root as well, and what is there goes on to count. */
	assert_false(add((struct lw_key){ .first = i }, 0));
	assert_true(add((struct lw_key){ .first = 0 }, 0));
	assert_int_equal(lw_table_lost(&table), 2000 - PLACES / 4 * 3 + 1);
	lw_table_end(&table);
}

static void nobody_has_the_share_of_root(void **state)
{
	u32 uid;

	current->uid.val = 0;
	assert_int_equal(lw_user_class(), 0);
	for (uid = 1; uid < 10 * LW_USERS; uid++) {
		current->uid.val = uid;
		assert_in_range(lw_user_class(), 1, LW_USERS - 1);
	}
	current->uid.val = U32_MAX;
	assert_in_range(lw_user_class(), 1, LW_USERS - 1);
	current->uid.val = 0;
}

static void in_user_namespaces_a_user_is_who_made_them(void **state)
{
	struct user_namespace first = { .parent = &shim_init_user_ns,
					.level = 1,
					.owner = { 1000 } };
	struct user_namespace second = { .parent = &first, .level = 2, .owner = { 100001 } };
	u32 user;

	current->uid.val = 1000;
	user = lw_user_class();
	for (current->uid.val = 100000; current->uid.val < 100100; current->uid.val++) {
		current->user_ns = &first;
		assert_int_equal(lw_user_class(), user);
		current->user_ns = &second;
		assert_int_equal(lw_user_class(), user);
	}
	/* Those that root makes are for other users. */
	first.owner.val = 0;
	current->user_ns = &first;
	current->uid.val = 100000;
	user = lw_user_class();
	current->uid.val = 100001;
	assert_int_not_equal(lw_user_class(), user);
	current->user_ns = NULL;
	current->uid.val = 0;
}

/* Whatever keys one user has, others find room at once. */
static void one_user_never_makes_the_table_full(void **state)
{
	u64 i, round;

	for (round = 0; round < 300; round++) {
		begin(&shared);
		current->uid.val = 1000;
		for (i = 0; i < 2 * PLACES; i++)
			add((struct lw_key){ .first = i << round % 50 }, 0);
		assert_false(this_cpu_read(table.cpus->now)->full);
		current->uid.val = 0;
		lw_table_end(&table);
	}
}

static void a_user_has_half_of_the_rows(void **state)
{
	u64 i, round, lost;

	begin(&shared);
	table.max = 3 * PLACES / 2;
	current->uid.val = 1000;
	for (round = 0, i = 0; round < 4; round++, collect())
		for (; i < (round + 1) * PLACES / 2; i++)
			add((struct lw_key){ .first = i }, 0);
	assert_int_equal(table.n, table.max / 2);
	lost = lw_table_lost(&table);
	assert_int_equal(table.n + lost, 2 * PLACES);
	current->uid.val = 0;
	add((struct lw_key){ .first = -1 }, 0);
	collect();
	assert_int_equal(table.n, table.max / 2 + 1);
	assert_int_equal(lw_table_lost(&table), lost);
	lw_table_end(&table);
}

static void count_once(void *unused)
{
	add((struct lw_key){ .first = 5 }, 1);
}

static void a_cpu_that_comes_later_loses_and_says_so(void **state)
{
	pthread_t thread;

	begin(&one_word);
	thread = shim_start(3, count_once, NULL);
	shim_join(thread);
	assert_int_equal(lw_table_lost(&table), 1);
	thread = shim_start(1, count_once, NULL);
	shim_join(thread);
	collect();
	assert_int_equal(lw_table_lost(&table), 1);
	assert_int_equal(table.n, 1);
	lw_table_end(&table);
}

static void busy_is_a_quarter_full(void **state)
{
	u64 i;

	begin(&one_word);
	for (i = 0; i < PLACES / 4; i++) {
		assert_false(lw_is_busy(&table));
		add((struct lw_key){ .first = i }, 0);
	}
	assert_true(lw_is_busy(&table));
	collect();
	assert_false(lw_is_busy(&table));
	lw_table_end(&table);
}

static void memory_that_is_not_there_fails_and_leaves_nothing(void **state)
{
	struct lw_pending pending;
	int n, rc = -ENOMEM;

	for (n = 1; rc && n < 100; n++) {
		table = (struct lw_table){ .shape = &one_word };
		shim_fail_allocation(n);
		rc = lw_table_begin(&table);
		assert_true(!rc || rc == -ENOMEM);
		lw_table_end(&table);
		lw_table_end(&table);
		assert_int_equal(shim_allocated(), 0);
	}
	assert_true(n > 5 && n < 100);
	for (n = 1, rc = -ENOMEM; rc && n < 100; n++) {
		static const struct lw_pending_shape shape = { .bits = 6, .size = 8 };

		pending = (struct lw_pending){ .shape = &shape };
		shim_fail_allocation(n);
		rc = lw_pending_begin(&pending);
		lw_pending_end(&pending);
		lw_pending_end(&pending);
		assert_int_equal(shim_allocated(), 0);
	}
	assert_true(n > 4 && n < 100);
	shim_fail_allocation(0);
}

static void a_row_without_memory_is_lost(void **state)
{
	begin(&one_word);
	add((struct lw_key){ .first = 1 }, 0);
	add((struct lw_key){ .first = 1 }, 0);
	shim_fail_allocation(1);
	collect();
	shim_fail_allocation(0);
	assert_int_equal(table.n, 0);
	assert_int_equal(lw_table_lost(&table), 2);
	lw_table_end(&table);
}

/* ---- pending ---- */

static const struct lw_pending_shape pending_shape = { .bits = 8, .size = sizeof(u64) };
static const struct lw_pending_shape pending_shared = { .bits = 8, .shares = true };

static void what_begins_is_found_until_it_is_dropped(void **state)
{
	static struct lw_pending p = { .shape = &pending_shape };
	struct lw_place place;

	assert_int_equal(lw_pending_begin(&p), 0);
	place = lw_pending_new(&p, p.shape, 42);
	assert_true(place.at >= 0);
	assert_int_equal(lw_pending_find(&p, p.shape, 42), -1);
	*(u64 *)lw_pending_kept(&p, place.at) = 7;
	lw_pending_show(&p, place);
	assert_int_equal(lw_pending_find(&p, p.shape, 42), place.at);
	assert_int_equal(*(u64 *)lw_pending_kept(&p, place.at), 7);
	assert_int_equal(lw_pending_find(&p, p.shape, 43), -1);
	assert_true(lw_pending_claim(&p, place.at, 42));
	assert_false(lw_pending_claim(&p, place.at, 42));
	lw_pending_free(&p, p.shape, place.at);
	assert_int_equal(lw_pending_find(&p, p.shape, 42), -1);
	lw_pending_end(&p);
}

static void what_begins_again_is_there_once(void **state)
{
	static struct lw_pending p = { .shape = &pending_shared };
	u32 i, found = 0;
	struct lw_place place;

	assert_int_equal(lw_pending_begin(&p), 0);
	for (i = 0; i < 1000; i++) {
		place = lw_pending_new(&p, p.shape, 42);
		assert_true(place.at >= 0);
		lw_pending_show(&p, place);
	}
	for (i = 0; i < PLACES; i++)
		found += lw_pending_tags(&p)[i] != 0;
	assert_int_equal(found, 1);
	lw_pending_end(&p);
}

/* As a request that is put back into its queue, and issued again once its home is free. */
static void what_begins_again_elsewhere_is_there_once(void **state)
{
	static struct lw_pending p = { .shape = &pending_shape };
	u32 home, i, found = 0;
	struct lw_place place;
	u64 other = 2;

	assert_int_equal(lw_pending_begin(&p), 0);
	home = lw_home(lw_pending_hash(&p, p.shape, 1 << 6), 8);
	while (lw_home(lw_pending_hash(&p, p.shape, other << 6), 8) != home)
		other++;
	lw_pending_show(&p, lw_pending_new(&p, p.shape, 1 << 6));
	place = lw_pending_new(&p, p.shape, other << 6);
	assert_int_not_equal(place.at, home);
	lw_pending_show(&p, place);
	lw_pending_free(&p, p.shape, home);
	lw_pending_show(&p, lw_pending_new(&p, p.shape, other << 6));
	for (i = 0; i < PLACES; i++)
		found += lw_pending_tags(&p)[i] != 0;
	assert_int_equal(found, 1);
	lw_pending_end(&p);
}

static void a_full_pending_table_loses_and_says_so(void **state)
{
	static struct lw_pending p = { .shape = &pending_shape };
	u64 key, lost = 0;
	struct lw_place new;
	int place;

	assert_int_equal(lw_pending_begin(&p), 0);
	for (key = 1; key <= 4 * PLACES; key++) {
		new = lw_pending_new(&p, p.shape, key << 6);
		lost += new.at < 0;
		if (new.at >= 0)
			lw_pending_show(&p, new);
	}
	assert_true(lost >= 3 * PLACES);
	assert_int_equal(lw_pending_lost(&p), lost);
	for (key = 1; key <= 4 * PLACES; key++) {
		place = lw_pending_find(&p, p.shape, key << 6);
		lost += place >= 0;
		if (place >= 0)
			lw_pending_free(&p, p.shape, place);
	}
	assert_int_equal(lost, 4 * PLACES);
	assert_true(lw_pending_new(&p, p.shape, 1).at >= 0);
	lw_pending_end(&p);
}

static void a_user_has_half_of_what_is_under_way(void **state)
{
	static struct lw_pending p = { .shape = &pending_shared };
	u64 key, mine = 0;

	assert_int_equal(lw_pending_begin(&p), 0);
	current->uid.val = 1000;
	for (key = 0; key < 4 * PLACES; key++)
		mine += lw_pending_new(&p, p.shape, key).at >= 0;
	assert_int_equal(mine, PLACES / 2);
	current->uid.val = 0;
	assert_true(lw_pending_new(&p, p.shape, key).at >= 0);
	lw_pending_end(&p);
}

/* Tables whose seeds differ: returns how many of a quarter of the places root finds after others. */
static u64 roots_of_a_full_table(u64 rounds)
{
	u64 i, mine = 0;

	for (; rounds; rounds--) {
		begin(&shared);
		for (i = 0; i < 8 * PLACES; i++) {
			current->uid.val = 1 + i % (LW_USERS - 1);
			add((struct lw_key){ .first = i }, 0);
		}
		current->uid.val = 0;
		for (i = 0; i < PLACES / 4; i++)
			mine += !!add((struct lw_key){ .first = -1 - i }, 0);
		lw_table_end(&table);
	}
	return mine;
}

static void many_users_leave_root_a_quarter(void **state)
{
	static struct lw_pending p = { .shape = &pending_shared };
	u64 i, mine = 0;

	assert_int_equal(lw_pending_begin(&p), 0);
	for (i = 0; i < 8 * PLACES; i++) {
		current->uid.val = 1 + i % (LW_USERS - 1);
		lw_pending_new(&p, p.shape, i);
	}
	current->uid.val = 0;
	for (i = 0; i < PLACES / 8; i++)
		mine += lw_pending_new(&p, p.shape, -1 - i).at >= 0;
	assert_in_range(mine, PLACES / 8 - 4, PLACES / 8);
	lw_pending_end(&p);
	/* By chance a key's bucket may be full. */
	assert_in_range(roots_of_a_full_table(20), 20 * PLACES / 5, 20 * PLACES / 4);
}

/* ---- large machines ---- */

#define MANY_CPUS 128
#define MANY_KEYS 20000
#define MANY_AT_ONCE 1024 /* keys of a CPU: half of its places, which have room */

/* As probes on all CPUs do: each key is seen on several of them. */
static void add_many(void)
{
	const struct lw_shape *s = table.shape;
	int cpu, place, i;

	for_each_online_cpu(cpu) {
		struct lw_half *half = per_cpu_ptr(table.cpus, cpu)->now;

		for (i = 0; i < MANY_AT_ONCE; i++) {
			struct lw_key key = { .first = (cpu * MANY_AT_ONCE + i) % MANY_KEYS };

			place = lw_find_or_take(half, s, lw_hash(table.seeds, key, s->words), key);
			assert_true(place >= 0);
			((struct value *)lw_value_at(half, s, place))->n++;
		}
	}
}

/*
 * A kernel without preemption runs other tasks only where the collector lets it. The shortest of the rounds counts:
 * what the host does meanwhile may be charged to others.
 */
static void a_report_of_128_cpus_lets_others_run_each_millisecond(void **state)
{
	static const struct lw_shape large = {
		.bits = 11,
		.words = 1,
		.size = sizeof(struct value),
		.total = sizeof(struct value),
		.add = add_up,
	};
	u64 best = U64_MAX;
	int round;

	shim_cpus(MANY_CPUS, MANY_CPUS);
	begin(&large);
	for (round = 0; round < 40 && best > NSEC_PER_MSEC; round++) {
		add_many();
		shim_longest();
		collect();
		assert_int_equal(table.n, MANY_KEYS);
		assert_int_equal(row(0)->n, MANY_CPUS * MANY_AT_ONCE / MANY_KEYS + 1);
		lw_forget_rows(&table);
		best = min(best, shim_longest());
	}
	assert_in_range(best, 0, NSEC_PER_MSEC);
	lw_table_end(&table);
}

/* ---- clock ---- */

static void a_clock_that_goes_back_makes_no_long_times(void **state)
{
	u64 now = ktime_get_mono_fast_ns();

	assert_in_range(lw_since(now - NSEC_PER_SEC), NSEC_PER_SEC, 100 * NSEC_PER_SEC);
	assert_int_equal(lw_since(now + 1000 * NSEC_PER_SEC), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_have_what_was_added_the_most_first),
		TEST(collections_add_up_until_rows_are_forgotten),
		TEST(keys_differ_in_any_word),
		TEST(a_full_half_loses_what_is_new_and_keeps_what_is_there),
		TEST(half_of_the_places_have_room),
		TEST(who_has_his_share_leaves_others_theirs),
		TEST(whose_a_key_is_may_be_said_by_the_key),
		TEST(nobody_has_the_share_of_root),
		TEST(in_user_namespaces_a_user_is_who_made_them),
		TEST(many_users_leave_root_a_quarter),
		TEST(one_user_never_makes_the_table_full),
		TEST(a_user_has_half_of_the_rows),
		TEST(a_cpu_that_comes_later_loses_and_says_so),
		TEST(busy_is_a_quarter_full),
		TEST(memory_that_is_not_there_fails_and_leaves_nothing),
		TEST(a_row_without_memory_is_lost),
		TEST(what_begins_is_found_until_it_is_dropped),
		TEST(what_begins_again_is_there_once),
		TEST(what_begins_again_elsewhere_is_there_once),
		TEST(a_full_pending_table_loses_and_says_so),
		TEST(a_user_has_half_of_what_is_under_way),
		TEST(a_report_of_128_cpus_lets_others_run_each_millisecond),
		TEST(a_clock_that_goes_back_makes_no_long_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
