// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_race_shim.c - what the shim promises to tests with several CPUs, under ThreadSanitizer
 *
 * Each of these is a pattern of the kernel side in small: if the shim ordered less than the kernel
 * does, ThreadSanitizer would report a race, and if it ordered more, it would find none elsewhere.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "shim.h"

#define CPUS 4
#define ROUNDS 20000

static int set_up(void **state)
{
	(void)state;
	shim_cpus(CPUS, CPUS);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return shim_allocated() != 0;
}

/* ---- a half for the CPU that counts, another for who collects ---- */

struct half {
	u64 n;
};

struct cpu {
	struct half *now, *other;
};

static struct cpu *cpus;
static u64 collected;
static atomic_t running;

static void count(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		preempt_disable();
		this_cpu_read(cpus->now)->n++;
		preempt_enable();
	}
	atomic_dec(&running);
}

static void collect_once(void)
{
	struct half *was;
	int cpu;

	for_each_online_cpu(cpu) {
		was = per_cpu_ptr(cpus, cpu)->now;
		smp_store_release(&per_cpu_ptr(cpus, cpu)->now, per_cpu_ptr(cpus, cpu)->other);
		per_cpu_ptr(cpus, cpu)->other = was;
	}
	synchronize_rcu();
	for_each_online_cpu(cpu) {
		collected += per_cpu_ptr(cpus, cpu)->other->n;
		per_cpu_ptr(cpus, cpu)->other->n = 0;
	}
}

/* As a work item does, on a CPU that counts as well */
static void collect(void *arg)
{
	(void)arg;
	while (atomic_read(&running))
		collect_once();
	collect_once();
}

static void a_grace_period_ends_all_probes_that_were_running(void **state)
{
	pthread_t collector;
	int cpu;

	(void)state;
	cpus = alloc_percpu(struct cpu);
	for_each_online_cpu(cpu) {
		per_cpu_ptr(cpus, cpu)->now = vzalloc(sizeof(struct half));
		per_cpu_ptr(cpus, cpu)->other = vzalloc(sizeof(struct half));
	}
	atomic_set(&running, CPUS);
	collector = shim_start(1, collect, NULL);
	shim_run(count, NULL);
	shim_join(collector);
	assert_int_equal(collected, CPUS * ROUNDS);
	for_each_online_cpu(cpu) {
		vfree(per_cpu_ptr(cpus, cpu)->now);
		vfree(per_cpu_ptr(cpus, cpu)->other);
	}
	free_percpu(cpus);
}

/* ---- one CPU ---- */

static u64 of_one_cpu;
static local_t local;

static void count_alone(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		preempt_disable();
		of_one_cpu++;
		local_inc(&local);
		preempt_enable();
	}
}

static void two_tasks_of_a_cpu_do_not_run_at_once(void **state)
{
	pthread_t one = shim_start(2, count_alone, NULL), other = shim_start(2, count_alone, NULL);

	(void)state;
	shim_join(one);
	shim_join(other);
	assert_int_equal(of_one_cpu, 2 * ROUNDS);
	assert_int_equal(local_read(&local), 2 * ROUNDS);
}

/* ---- a variable of each CPU ---- */

static DEFINE_PER_CPU(s64, of_each);
static DEFINE_PER_CPU(u8, small);

static void count_own(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		this_cpu_inc(of_each);
		this_cpu_add(small, raw_smp_processor_id());
	}
}

static void a_variable_of_each_cpu(void **state)
{
	int cpu;

	(void)state;
	shim_run(count_own, NULL);
	for_each_online_cpu(cpu) {
		assert_int_equal(per_cpu(of_each, cpu), ROUNDS);
		assert_int_equal(*per_cpu_ptr(&small, cpu), cpu * ROUNDS % 256);
	}
}

/* ---- places that CPUs take from one another ---- */

static struct {
	u64 word, value;
} places[64];
static atomic64_t taken;

/* A place is written before its word is, and read after it. */
static void take(void *arg)
{
	u64 key, expected;
	int i, at;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		key = 1 + get_random_u32() % 1000;
		at = hash_64(key, 6);
		expected = 0;
		preempt_disable();
		if (try_cmpxchg(&places[at].word, &expected, U64_MAX)) {
			places[at].value = 3 * key;
			smp_store_release(&places[at].word, key);
			atomic64_inc(&taken);
		} else if (smp_load_acquire(&places[at].word) == key &&
			   cmpxchg(&places[at].word, key, U64_MAX) == key) {
			assert(places[at].value == 3 * key);
			smp_store_release(&places[at].word, 0);
			atomic64_dec(&taken);
		}
		preempt_enable();
	}
}

static void a_place_belongs_to_one_cpu_at_a_time(void **state)
{
	size_t i;

	(void)state;
	shim_run(take, NULL);
	for (i = 0; i < ARRAY_SIZE(places); i++)
		atomic64_sub(places[i].word != 0, &taken);
	assert_int_equal(atomic64_read(&taken), 0);
}

/* ---- memory ---- */

static void allocations_fail_when_asked_to(void **state)
{
	void *p;

	(void)state;
	shim_fail_allocation(2);
	p = kzalloc(100, GFP_KERNEL);
	assert_non_null(p);
	assert_null(kzalloc(100, GFP_KERNEL));
	kfree(p);
	p = kcalloc(3, 5, GFP_ATOMIC);
	assert_int_equal(shim_allocated(), 15);
	kfree(p);
	assert_null(kcalloc(SIZE_MAX / 2, 3, GFP_KERNEL));
}

/* ---- work ---- */

static int worked;
static struct delayed_work again;

static void work(struct work_struct *w)
{
	worked++;
	schedule_delayed_work(to_delayed_work(w), HZ);
}

static void work_runs_once_each_time(void **state)
{
	(void)state;
	INIT_DELAYED_WORK(&again, work);
	assert_true(schedule_delayed_work(&again, HZ));
	assert_false(schedule_delayed_work(&again, HZ));
	assert_int_equal(shim_work(), 1);
	assert_int_equal(shim_work(), 1);
	assert_int_equal(worked, 2);
	assert_true(cancel_delayed_work_sync(&again));
	assert_int_equal(shim_work(), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(a_grace_period_ends_all_probes_that_were_running),
		test(two_tasks_of_a_cpu_do_not_run_at_once),
		test(a_variable_of_each_cpu),
		test(a_place_belongs_to_one_cpu_at_a_time),
		test(allocations_fail_when_asked_to),
		test(work_runs_once_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
