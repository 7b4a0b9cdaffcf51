#pragma once

#include "call.h"
#include "report.c"
#include "result.h"
#include <linux/mutex.h>
#include <linux/version.h>

#undef register_kprobe
#undef register_kretprobe
#undef unregister_kretprobe
#undef unregister_kretprobes

/* A module without such probes, which includes no runtime/linux/kprobes.c, has no functions. */
#ifndef _KPROBES_C_
static struct kretprobe stap_kprobes[1];
#endif

/* ---- calls that are under way, by function and class of users ---- */

struct lw_function_cpu {
	s8 calls[LW_USERS]; /* difference to the counts of all processors; [0]: of all users */
	u64 refused;
};

struct lw_function {
	struct lw_function_cpu __percpu *cpus;
	int few, share, most;
	bool refused;          /* some calls were */
	struct kretprobe *krp; /* NULL: not registered */
	u32 seen;              /* of krp->nmissed, which may wrap */
	u64 missed, lost;
	struct lw_counted counted;
	char why[120];
	atomic_t calls[LW_USERS] ____cacheline_aligned; /* [0]: of all users but root */
};

static struct lw_function lw_functions[ARRAY_SIZE(stap_kprobes)];
static DEFINE_MUTEX(lw_functions_lock);

static __always_inline u32 lw_function_number(const struct kretprobe *krp)
{
	return ((unsigned long)krp - (unsigned long)stap_kprobes) / sizeof(stap_kprobes[0]);
}

/* Writes to the line that all processors share only after this one has counted more than a few. */
static __always_inline void lw_count_call(struct lw_function *f, u32 user, int n)
{
	s8 *here = &this_cpu_ptr(f->cpus)->calls[user];
	int calls = *here + n;

	if (unlikely(calls > f->few || calls < -f->few)) {
		atomic_add(calls, &f->calls[user]);
		calls = 0;
	}
	*here = calls;
}

static bool lw_call_counts(struct kretprobe_instance *inst, struct lw_call *call)
{
	struct kretprobe *krp = get_kretprobe(inst);
	u32 user = lw_user_class(), number;
	struct lw_function *f;

	if (unlikely(!krp)) /* It is being unregistered. */
		return false;
	number = lw_function_number(krp);
	f = &lw_functions[number];
	if (unlikely(atomic_read(&f->calls[user]) >= f->share ||
		     atomic_read(&f->calls[0]) >= f->most)) {
		if (!READ_ONCE(f->refused))
			WRITE_ONCE(f->refused, true);
		this_cpu_inc(f->cpus->refused);
		return false;
	}
	lw_count_call(f, user, 1);
	lw_count_call(f, 0, 1);
	call->function = number + 1;
	call->user = user;
	return true;
}
NOKPROBE_SYMBOL(lw_call_counts);

static void lw_call_uncount(const struct lw_call *call)
{
	struct lw_function *f = &lw_functions[call->function - 1];

	lw_count_call(f, call->user, -1);
	lw_count_call(f, 0, -1);
}
NOKPROBE_SYMBOL(lw_call_uncount);

/* ---- calls that were missed ---- */

static void lw_function_settle(struct lw_function *f)
{
	u32 seen = READ_ONCE(f->krp->nmissed);
	int cpu;

	f->missed += seen - f->seen;
	f->seen = seen;
	f->lost = f->missed;
	if (!READ_ONCE(f->refused))
		return;
	for_each_possible_cpu(cpu)
		f->lost += READ_ONCE(per_cpu_ptr(f->cpus, cpu)->refused);
}

static u64 lw_function_lost(struct lw_counted *c)
{
	struct lw_function *f = container_of(c, struct lw_function, counted);

	mutex_lock(&lw_functions_lock);
	if (f->krp)
		lw_function_settle(f);
	mutex_unlock(&lw_functions_lock);
	return f->lost;
}

/* For people: "fsync" where the function is that call of some ABI, "__ABI_sys_fsync" */
static const char *lw_function_name(const char *function)
{
	const char *call =
		function && !strncmp(function, "__", 2) ? strstr(function, "sys_") : NULL;

	return call ? call + strlen("sys_") : function ?: "a function";
}

/* The collector may read the list meanwhile. */
static int lw_function_begin(struct kretprobe *krp, const char *name, int instances)
{
	struct lw_function *f = &lw_functions[lw_function_number(krp)];
	int online = num_online_cpus();

	krp->maxactive = max(instances, LW_INSTANCES_EACH * online);
	f->few = clamp(krp->maxactive / (8 * online), 1, 32);
	f->share = krp->maxactive / 2;
	f->most = krp->maxactive - krp->maxactive / 4;
	f->cpus = alloc_percpu(struct lw_function_cpu);
	if (!f->cpus)
		return -ENOMEM;
	snprintf(f->why, sizeof(f->why),
		 "%.40s: too many calls, or too many of one user, were under way at once",
		 lw_function_name(name));
	f->krp = krp;
	if (f->counted.lost)
		return 0;
	f->counted.why = f->why;
	f->counted.lost = lw_function_lost;
	f->counted.next = lw_calls_counted.next;
	smp_store_release(&lw_calls_counted.next, &f->counted);
	return 0;
}

/* Otherwise SystemTap reports the calls that the kernel missed again, in 32 signed bits. */
static void lw_function_end(struct kretprobe *krp)
{
	struct lw_function *f = &lw_functions[lw_function_number(krp)];

	mutex_lock(&lw_functions_lock);
	if (f->krp) {
		lw_function_settle(f);
		free_percpu(f->cpus);
		f->krp = NULL;
		krp->nmissed = 0;
	}
	mutex_unlock(&lw_functions_lock);
}

/* ---- return probes ---- */

/* Where the function has no filter of its own */
static int lw_any_call_begins(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	return lw_call_begins(inst, regs, NULL);
}
NOKPROBE_SYMBOL(lw_any_call_begins);

/*
 * Runs before SystemTap sets up its context. That takes longer than the check for a fast call, or for a call
 * that goes on after a signal.
 */
static int lw_call_returns(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	struct lw_call *call = (struct lw_call *)inst->data;

	lw_call_ends(inst);
	if (lw_goes_on(regs_return_value(regs)))
		return 0;
	if (lw_calls.timed) {
		call->time = lw_since(call->time);
		if (call->time < lw_calls.least)
			return 0;
	}
	return lw_calls.returns(inst, regs);
}
NOKPROBE_SYMBOL(lw_call_returns);

/* "__ABI_sys_fsync" is the function "fsync", too. */
static bool lw_is_of(const char *const *name, const char *function)
{
	const char *call = function ? strstr(function, "sys_") : NULL;

	for (; function && *name; name++)
		if (!strcmp(function, *name) || (call && !strcmp(call + strlen("sys_"), *name)))
			return true;
	return false;
}

static kretprobe_handler_t lw_entry_handler(const char *function)
{
	const struct lw_entry *entry;

	for (entry = LW_ENTRIES; entry; entry = entry->next)
		if (entry->on && lw_is_of(entry->functions, function))
			return entry->begins;
	return lw_any_call_begins;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
/*
 * The kernel counts a fault of a handler, such as at absent user memory, as a missed call
 * (kprobe_fault_handler()). No call is missed then.
 */
static int lw_not_missed(struct kprobe *kp, struct pt_regs *regs, int trap)
{
	kp->nmissed--;
	return 0;
}
NOKPROBE_SYMBOL(lw_not_missed);
#define lw_faults_are_not_missed(kp) ((kp)->fault_handler = lw_not_missed)
#else
#define lw_faults_are_not_missed(kp) ((void)(kp))
#endif

static int lw_register_kprobe(struct kprobe *kp, const char *function)
{
	const struct lw_begin *begin;

	lw_faults_are_not_missed(kp);
	for (begin = LW_BEGINS; begin; begin = begin->next)
		if (lw_is_of(begin->functions, function))
			kp->pre_handler = begin->handler;
	return register_kprobe(kp);
}

static int lw_register_kretprobe(struct kretprobe *krp, const char *function, int instances)
{
	kretprobe_handler_t begins = lw_entry_handler(function);
	int rc;

	lw_calls.registered = true;
	if (krp->entry_handler && krp->entry_handler != begins)
		return lw_calls.used || lw_filter.by ? -EINVAL : register_kretprobe(krp);
	krp->entry_handler = begins;
	krp->data_size = lw_calls.used ? sizeof(struct lw_call) + lw_calls.more
				       : offsetof(struct lw_call, time);
	lw_calls.returns = krp->handler;
	krp->handler = lw_call_returns;
	rc = lw_function_begin(krp, function, instances) ?: register_kretprobe(krp);
	if (rc)
		lw_function_end(krp);
	return rc;
}

/* When the kernel's function returns, none of their handlers runs any more. */
static void lw_unregister_kretprobes(struct kretprobe **krps, int n)
{
	unregister_kretprobes(krps, n);
	while (n-- > 0)
		lw_function_end(krps[n]);
}
