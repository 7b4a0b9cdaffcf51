#pragma once

#include "syscallbypid.h"
#include "../kernel/points.c"
#include "../kernel/put.c"
#include <linux/hash.h>
#include <linux/sort.h>

/* ---- counting ---- */

/* Processes and calls that one CPU can count between two reports: 80 KiB. */
#define LW_COUNT_BITS 11
#define LW_COUNTS (1 << LW_COUNT_BITS)
#define LW_COUNT_TRIES 32

/* Only its own CPU takes a slot, only the report gives it back; key 0: free. */
struct lw_count {
	u64 key;
	atomic64_t n;
	char comm[TASK_COMM_LEN];
	bool idle;
};

#define LW_KEY_TAKEN (1ULL << 63)
#define LW_KEY_IA32 (1ULL << 15)

static u64 lw_syscall_key(struct pt_regs *regs)
{
	int nr = syscall_get_nr(current, regs);
	u64 key = LW_KEY_TAKEN | (u64)current->tgid << 16;

	if (nr < 0 || nr >= LW_KEY_IA32)
		return 0;
#ifdef CONFIG_IA32_EMULATION
	if (in_ia32_syscall())
		key |= LW_KEY_IA32;
#endif
	return key | nr;
}

static struct lw_count *lw_count_slot(struct lw_count *counts, u64 key)
{
	u32 at = hash_64(key, LW_COUNT_BITS);
	int i;

	for (i = 0; i < LW_COUNT_TRIES; i++) {
		struct lw_count *c = &counts[(at + i) % LW_COUNTS];
		u64 was = READ_ONCE(c->key);

		if (was == key)
			return c;
		if (!was) {
			c->idle = false;
			smp_store_release(&c->key, key);
			return c;
		}
	}
	return NULL;
}

static void lw_count_call(struct lw_count *counts, u64 key)
{
	struct lw_count *c;

	do {
		c = lw_count_slot(counts, key);
		if (!c) {
			atomic64_inc(&lw_syscalls.lost);
			return;
		}
		c->idle = false;
		memcpy(c->comm, current->comm, sizeof(c->comm));
		atomic64_inc(&c->n);
		smp_mb__after_atomic();
		/* The report on another CPU may have freed it, and counted this or not. */
	} while (unlikely(READ_ONCE(c->key) != key) && atomic64_xchg(&c->n, 0));
}

static bool lw_syscall_wanted(long ret)
{
	if (lw_syscalls.errors && !IS_ERR_VALUE(ret))
		return false;
	if (lw_syscalls.tgid && lw_syscalls.tgid != current->tgid)
		return false;
	return !lw_syscalls.name[0] || strnstr(current->comm, lw_syscalls.name, TASK_COMM_LEN);
}

static void lw_on_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	u64 key;

	if (!smp_load_acquire(&lw_syscalls.on) || !lw_syscall_wanted(ret))
		return;
	key = lw_syscall_key(regs);
	if (!key)
		return;
	/* From 6.13 on these tracepoints may be preempted. */
	preempt_disable_notrace();
	lw_count_call(lw_syscalls.counts[raw_smp_processor_id()], key);
	preempt_enable_notrace();
}

/* ---- attaching ---- */

static int lw_counts_begin(void)
{
	lw_syscalls.counts = lw_alloc_per_cpu(LW_COUNTS * sizeof(struct lw_count));
	return lw_syscalls.counts ? 0 : -ENOMEM;
}

static void lw_counts_end(void)
{
	lw_free_per_cpu(lw_syscalls.counts);
	lw_syscalls.counts = NULL;
}

static const struct lw_memory lw_memory = { lw_counts_begin, lw_counts_end };
LW_CHECK_POINT(sys_exit, lw_on_sys_exit)
static struct lw_point lw_points[LW_POINTS] = { LW_POINT(sys_exit, lw_on_sys_exit) };

/* ---- names ---- */

/* The kernel's own tables, by function: "sys_read", before 5.11 "__x64_sys_read". */
#define __SYSCALL(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_NORETURN(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_WITH_COMPAT(nr, sym, compat) [nr] = #sym,
#define __SYSCALL_COMMON(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_64(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_I386(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_X32(nr, sym, ...)
static const char *const lw_names_64[] = {
#include <asm/syscalls_64.h>
};
static const char *const lw_names_32[] = {
#include <asm/syscalls_32.h>
};

/* Functions whose name is not that of their call. */
static const char *lw_call_name(const char *name)
{
	static const char *const others[][2] = {
		{ "newstat", "stat" },	   { "newfstat", "fstat" }, { "newlstat", "lstat" },
		{ "newuname", "uname" },   { "umount", "umount2" }, { "sendfile64", "sendfile" },
	};
	static const char *const prefixes[] = { "__x64_", "__ia32_", "compat_", "sys_", "ia32_" };
	int i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			name += strlen(prefixes[i]);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(name, others[i][0]))
			return others[i][1];
	return name;
}

static void lw_emit_syscall_name(u64 key)
{
	int nr = key & (LW_KEY_IA32 - 1);
	const char *name = NULL;
	char text[48];

	if (key & LW_KEY_IA32)
		name = nr < ARRAY_SIZE(lw_names_32) ? lw_names_32[nr] : NULL;
	else
		name = nr < ARRAY_SIZE(lw_names_64) ? lw_names_64[nr] : NULL;
	if (name)
		name = lw_call_name(name);
	if (name && strcmp(name, "ni_syscall"))
		scnprintf(text, sizeof(text), "%s%s", name, key & LW_KEY_IA32 ? "(ia32)" : "");
	else
		scnprintf(text, sizeof(text), "%d%s", nr, key & LW_KEY_IA32 ? "(ia32)" : "");
	lw_emit_kernel_string(text);
}

/* ---- reporting ---- */

struct lw_row {
	u64 key;
	s64 n;
	char comm[TASK_COMM_LEN];
};

/* Of all CPUs together. Reports are made one at a time, by a timer and at the end. */
static struct lw_row lw_rows[2 * LW_COUNTS];

static void lw_add_row(u64 key, s64 n, const char *comm)
{
	u32 at = hash_64(key, LW_COUNT_BITS + 1);
	int i;

	for (i = 0; i < ARRAY_SIZE(lw_rows); i++) {
		struct lw_row *row = &lw_rows[(at + i) % ARRAY_SIZE(lw_rows)];

		if (row->key && row->key != key)
			continue;
		row->key = key;
		row->n += n;
		memcpy(row->comm, comm, sizeof(row->comm));
		return;
	}
	atomic64_add(n, &lw_syscalls.lost);
}

/* Frees a slot that had nothing to count for two reports. */
static void lw_collect(struct lw_count *c)
{
	u64 key = READ_ONCE(c->key);
	s64 n;

	if (!key)
		return;
	n = atomic64_xchg(&c->n, 0);
	if (!n && READ_ONCE(c->idle)) {
		smp_store_mb(c->key, 0);
		n = atomic64_xchg(&c->n, 0);
	}
	if (n)
		lw_add_row(key, n, c->comm);
	else
		c->idle = true;
}

static int lw_more(const void *a, const void *b)
{
	const struct lw_row *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : x->key > y->key ? 1 : -1;
}

static void lw_emit_row(const struct lw_row *row)
{
	s64 pid = row->key >> 16 & 0x7fffffff;

	lw_emit_begin(false);
	lw_emit_numbers(&pid, 1);
	lw_emit_kernel_string(row->comm);
	lw_emit_syscall_name(row->key);
	lw_emit_numbers(&row->n, 1);
	lw_emit_end();
}

/* Moves the rows that are used to the front, and returns how many there are. */
static int lw_pack_rows(void)
{
	int i, used = 0;

	for (i = 0; i < ARRAY_SIZE(lw_rows); i++)
		if (lw_rows[i].key)
			lw_rows[used++] = lw_rows[i];
	return used;
}

static void lw_emit_syscalls(int top)
{
	int cpu, i, used;

	memset(lw_rows, 0, sizeof(lw_rows));
	for_each_possible_cpu(cpu)
		for (i = 0; i < LW_COUNTS; i++)
			lw_collect(&lw_syscalls.counts[cpu][i]);
	used = lw_pack_rows();
	sort(lw_rows, used, sizeof(lw_rows[0]), lw_more, NULL);
	for (i = 0; i < used && (!top || i < top); i++)
		lw_emit_row(&lw_rows[i]);
}
