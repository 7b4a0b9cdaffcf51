// SPDX-License-Identifier: GPL-2.0-only
/* test_kept.c - times that are kept for tasks, and what is lost if there are too many */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "shim.h"
#include "kept.h"

#define PLACES (LW_KEPT_WAYS << LW_KEPT_BITS)

static u64 turn, seeds[2];

static int setup(void **state)
{
	(void)state;
	memset(lw_kept, 0, sizeof(lw_kept));
	this_cpu_write(lw_kept_missed, 0);
	current->uid.val = 1000;
	current->flags = 0;
	turn = 0;
	lw_seed(seeds, 2);
	lw_kept_begin(4, seeds);
	return 0;
}

/* The task with that id leaves at a time, and arrived at another. All tasks have the same turns. */
static s64 leaves(u32 id, u64 time, u64 arrived)
{
	current->pid = id;
	return lw_keep(time, arrived, turn);
}

static void test_each_task_has_its_own_time(void **state)
{
	(void)state;
	assert_int_equal(leaves(1, 1600, 800), -1);
	assert_int_equal(leaves(2, 3200, 800), -1);
	assert_int_equal(leaves(4194303, 4800, 800), -1);
	turn++;
	assert_int_equal(leaves(1, 6400, 5600), 4000);
	assert_int_equal(leaves(2, 6400, 5600), 2400);
	assert_int_equal(leaves(4194303, 6400, 5600), 800);
	turn++;
	assert_int_equal(leaves(1, 8000, 8000), 1600);
	assert_int_equal(lw_kept_lost(), 0);
}

static void test_a_clock_that_is_behind_gives_zero(void **state)
{
	(void)state;
	leaves(7, 1600, 0);
	turn++;
	assert_int_equal(leaves(7, 3200, 1520), 0);
	turn++;
	assert_int_equal(leaves(7, 4800, 4800), 1600);
}

/* 40 bits of 64 ns */
static void test_times_may_be_hours_apart(void **state)
{
	const u64 hours = 19ULL * 3600 * 1000000000, most = BIT_ULL(LW_KEPT_TIME + 6);

	(void)state;
	lw_kept_begin(6, seeds);
	leaves(7, most - 1600, 0);
	turn++;
	assert_true(leaves(7, most + hours, most + hours) == hours + 1600);
}

/* Whoever takes his time leaves room: as many tasks as there are may come one after the other. */
static void test_a_time_that_is_taken_leaves_room(void **state)
{
	u32 id;

	(void)state;
	leaves(7, 1600, 0);
	current->pid = 7;
	assert_int_equal(lw_kept_take(4800), 3200);
	assert_int_equal(lw_kept_take(6400), LW_KEPT_NONE);
	for (id = 1; id <= 2 * PLACES; id++) {
		assert_int_equal(leaves(id, 1600, 0), LW_KEPT_NONE);
		assert_int_equal(lw_kept_take(1600 + 16), 16);
	}
	assert_int_equal(lw_kept_lost(), 0);
}

static void test_a_time_of_the_same_turn_is_told_apart(void **state)
{
	(void)state;
	leaves(7, 1600, 0);
	assert_int_equal(leaves(7, 3200, 800), LW_KEPT_AGAIN);
	turn++;
	assert_int_equal(leaves(7, 6400, 4800), 1600);
}

static void test_a_task_that_ends_keeps_nothing(void **state)
{
	(void)state;
	leaves(7, 1600, 0);
	current->flags = PF_EXITING;
	assert_int_equal(leaves(7, 3200, 3200), 1600);
	assert_int_equal(leaves(7, 4800, 4800), LW_KEPT_NONE);
	current->flags = 0;
	assert_int_equal(leaves(7, 6400, 6400), LW_KEPT_NONE);
	assert_int_equal(lw_kept_lost(), 0);
}

/* Tasks from an id on leave at 1600. */
static void all_leave(u32 from, u32 n)
{
	while (n--)
		leaves(from++, 1600, 0);
}

/* They end. Returns how many of them had a time. */
static u32 kept_of(u32 from, u32 n)
{
	u32 found = 0;

	current->flags = PF_EXITING;
	turn++;
	while (n--)
		found += leaves(from++, 0, 3200) == 1600;
	current->flags = 0;
	return found;
}

/* A user's tasks have half of the places. Each whose time is not found was counted as lost. */
static void test_what_finds_no_room_is_counted(void **state)
{
	u32 found;

	(void)state;
	all_leave(1, PLACES);
	found = kept_of(1, PLACES);
	assert_true(found > PLACES / 4 && found <= PLACES / 2);
	assert_int_equal(found + lw_kept_lost(), PLACES);
}

static void test_a_user_with_many_tasks_takes_no_place_of_others(void **state)
{
	u64 lost;

	(void)state;
	current->uid.val = 1001;
	all_leave(1, 1000);
	current->uid.val = 1000;
	all_leave(10000, 2 * PLACES);
	lost = lw_kept_lost();
	current->uid.val = 1001;
	assert_int_equal(kept_of(1, 1000), 1000);
	/* All users but root leave root a quarter. */
	all_leave(1, 1000);
	current->uid.val = 0;
	all_leave(2000, 1000);
	assert_int_equal(kept_of(2000, 1000), 1000);
	assert_true(lw_kept_lost() - lost < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_task_has_its_own_time, setup),
		cmocka_unit_test_setup(test_a_clock_that_is_behind_gives_zero, setup),
		cmocka_unit_test_setup(test_times_may_be_hours_apart, setup),
		cmocka_unit_test_setup(test_a_time_that_is_taken_leaves_room, setup),
		cmocka_unit_test_setup(test_a_time_of_the_same_turn_is_told_apart, setup),
		cmocka_unit_test_setup(test_a_task_that_ends_keeps_nothing, setup),
		cmocka_unit_test_setup(test_what_finds_no_room_is_counted, setup),
		cmocka_unit_test_setup(test_a_user_with_many_tasks_takes_no_place_of_others, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
