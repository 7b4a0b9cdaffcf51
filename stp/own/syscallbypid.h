#pragma once

#include "../kernel/arch.h"
#include "../kernel/arch_calls.h"
#include "../kernel/by.h"
#include "../kernel/call_name.h"
#include "../kernel/count.h"
#include "../kernel/filter.h"
#include "../kernel/pending.h"
#include "../kernel/point.h"
#include "../kernel/put.h"
#include "../kernel/result.h"
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <trace/events/signal.h>
#include <trace/events/syscalls.h>

/*
 * syscallbypid.h - counts system calls, each once, for syscallbypid and syscount
 *
 * A call is counted when it returns, because a call that seccomp(2) or a tracer denies returns without
 * having begun (kernel/entry/common.c). The kinds below return in other ways.
 */

enum lw_call_kind {
	LW_UNKNOWN, /* there is no such call */
	LW_PLAIN,
	LW_AT_ONCE,    /* as LW_PLAIN, for the native table while all calls are wanted */
	LW_EXITS,      /* does not return */
	LW_FORKS,      /* returns to the child as well, with 0 */
	LW_EXECS,      /* returns as execve(2), by the ABI of the new program */
	LW_SIGRETURNS, /* returns without a number, with the result of the interrupted call */
	LW_RESTARTS,   /* goes on with a call that a signal interrupted */
};

static struct {
	u8 kind[2][LW_NUMBERS];  /* enum lw_call_kind, of the native and the compat table */
	bool begins[LW_NUMBERS]; /* a kind of either table must be seen at its begin */
	bool on, errors;
	bool together; /* rows are not for processes */
	bool all;      /* rows are not for calls */
	bool timed;
	int error; /* only calls that fail with this one; 0: any */
} lw_syscalls __read_mostly;

static enum lw_call_kind lw_kind(int nr, bool compat)
{
	return (u32)nr < LW_NUMBERS ? lw_syscalls.kind[compat][nr] : LW_UNKNOWN;
}

static s64 lw_syscall(int nr, bool compat)
{
	if (lw_kind(nr, compat) == LW_UNKNOWN)
		return LW_NO_CALL;
	return nr | (compat ? LW_COMPAT : 0);
}

/* ---- what tasks have called, until it returns with another number ---- */

static const struct lw_pending_shape lw_called_shape = { .bits = 12,
							 .size = sizeof(s64),
							 .shares = true };
static struct lw_pending lw_called = { .shape = &lw_called_shape };

static struct lw_counted lw_called_counted = {
	.pending = &lw_called,
	.why = "more execs and interrupted calls at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_called_counted)

static void lw_keep_call(s64 call)
{
	struct lw_place place =
		lw_pending_new(&lw_called, &lw_called_shape, (unsigned long)current);

	if (place.at < 0)
		return;
	*(s64 *)lw_pending_kept(&lw_called, place.at) = call;
	lw_pending_show(&lw_called, place);
}

/* Returns and forgets the call that was kept for this task; -1 if there is none */
static s64 lw_kept_call(void)
{
	u64 key = (unsigned long)current;
	int place = lw_pending_find(&lw_called, &lw_called_shape, key);
	s64 call;

	if (place < 0 || !lw_pending_claim(&lw_called, place, key))
		return -1;
	call = *(s64 *)lw_pending_kept(&lw_called, place);
	lw_pending_free(&lw_called, &lw_called_shape, place);
	return call;
}

/* ---- counting: not preempted ---- */

static bool lw_syscall_wanted(int err)
{
	return (!lw_syscalls.errors || err) && (!lw_syscalls.error || err == lw_syscalls.error) &&
	       lw_wanted();
}

#ifdef LW_SYSCALLS_TIMED
/* For syscount.h: the current task enters the kernel; it leaves; how long this took, in nanoseconds */
static void lw_syscall_enters(void);
static void lw_syscall_leaves(void);
static s64 lw_syscall_took(void);
#else
static void lw_syscall_enters(void)
{
}

static void lw_syscall_leaves(void)
{
}

static s64 lw_syscall_took(void)
{
	return 0;
}
#endif

/* The second number of a row's key */
#define LW_ERROR_SHIFT 16

/* @err: positive, 0 if the call has not failed */
static void lw_count_syscall(s64 call, int err)
{
	u64 whose = lw_syscalls.together && !lw_per ? 0 : lw_whose();

	if (!smp_load_acquire(&lw_syscalls.on) || !lw_syscall_wanted(err))
		return;
	if (lw_syscalls.all)
		call = 0;
	else if (lw_syscalls.together && lw_syscalls.errors)
		call |= err << LW_ERROR_SHIFT;
	lw_count_add(whose, call, lw_syscalls.timed ? lw_syscall_took() : 0);
}

static noinline void lw_syscall_begins(int nr)
{
	bool compat = lw_compat_call();

	if (lw_syscalls.timed)
		lw_syscall_enters();
	switch (lw_kind(nr, compat)) {
	case LW_EXITS:
		if (lw_syscalls.timed)
			lw_syscall_leaves();
		lw_count_syscall(lw_syscall(nr, compat), 0);
		break;
	case LW_EXECS:
	case LW_SIGRETURNS:
		lw_keep_call(lw_syscall(nr, compat));
		break;
	default:
		break;
	}
}

static void lw_on_sys_enter(void *data, struct pt_regs *regs, long nr)
{
	unsigned long at = nr;

	if (likely(at >= LW_NUMBERS || !lw_syscalls.begins[at]))
		return;
	lw_point_enter();
	lw_syscall_begins(nr);
	lw_point_leave();
}

/*
 * A signal has interrupted the call. Either the kernel restarts it, or it fails with EINTR
 * (arch/x86/kernel/signal.c). This is known only when the signal is delivered.
 */
static bool lw_may_be_called_anew(long ret)
{
	return LW_RESULT_STAYS && lw_is_restart(ret);
}

static noinline void lw_syscall_returns(int nr, bool compat, long ret)
{
	enum lw_call_kind kind = lw_kind(nr, compat);
	s64 call = lw_syscall(nr, compat), kept = -1;

	if (nr >= 0 && lw_may_be_called_anew(ret)) {
		if (ret == -ERESTART_RESTARTBLOCK && kind != LW_RESTARTS)
			lw_keep_call(call);
		return;
	}
	if (kind >= LW_EXECS || nr < 0)
		kept = lw_kept_call();
	if (kept >= 0)
		call = kept;
	else if (!ret && (kind == LW_FORKS || kind == LW_EXECS))
		return; /* a child's, or an exec of the kernel itself */
	lw_count_syscall(call, IS_ERR_VALUE(ret) && (nr >= 0 || kept < 0) ? -lw_result(ret) : 0);
}

/*
 * For calls that are not counted at once, mostly of tasks that the filter excludes. This has the arguments of the
 * tracepoint, so they stay in their registers.
 */
static __used noinline void lw_syscall_not_at_once(void *data, struct pt_regs *regs, long ret)
{
	int nr = syscall_get_nr(current, regs);
	bool compat = lw_compat_call();

	/* Otherwise, the time is that until the signal is delivered. */
	if (lw_syscalls.timed && !lw_may_be_called_anew(ret))
		lw_syscall_leaves();
	if (lw_kind(nr, compat) != LW_PLAIN || lw_is_restart(ret) ||
	    lw_syscall_wanted(IS_ERR_VALUE(ret) ? -lw_result(ret) : 0))
		lw_syscall_returns(nr, compat, ret);
}

static void lw_on_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	u32 nr = syscall_get_nr(current, regs);

	lw_point_enter();
	if (likely(nr < LW_NUMBERS && lw_syscalls.kind[0][nr] == LW_AT_ONCE && !lw_compat_call() &&
		   (ret >= 0 || !lw_may_be_called_anew(ret))))
		lw_count_add(lw_syscalls.together ? 0 : current->tgid, nr, 0);
	else
		lw_syscall_not_at_once(data, regs, ret);
	lw_point_leave();
}

static void lw_on_signal_deliver(void *data, int sig, struct kernel_siginfo *info,
				 struct k_sigaction *ka)
{
	struct pt_regs *regs = task_pt_regs(current);
	int nr = syscall_get_nr(current, regs);
	long ret = syscall_get_error(current, regs);
	bool compat = lw_compat_call();
	s64 kept = -1;

	if (nr < 0 || !lw_may_be_called_anew(ret) || !lw_signal_ends(sig, &ka->sa, ret))
		return;
	lw_point_enter();
	if (lw_kind(nr, compat) >= LW_EXECS || ret == -ERESTART_RESTARTBLOCK)
		kept = lw_kept_call();
	if (lw_syscalls.timed)
		lw_syscall_leaves();
	lw_count_syscall(kept >= 0 ? kept : lw_syscall(nr, compat),
			 ka->sa.sa_handler != SIG_DFL ? EINTR : 0);
	lw_point_leave();
}

/* ---- begin ---- */

static enum lw_call_kind lw_kind_of(const char *function)
{
	static const struct {
		const char *function;
		enum lw_call_kind kind;
	} odd[] = {
		{ "exit", LW_EXITS },
		{ "exit_group", LW_EXITS },
		{ "clone", LW_FORKS },
		{ "clone3", LW_FORKS },
		{ "fork", LW_FORKS },
		{ "vfork", LW_FORKS },
		{ "execve", LW_EXECS },
		{ "execveat", LW_EXECS },
		{ "sigreturn", LW_SIGRETURNS },
		{ "rt_sigreturn", LW_SIGRETURNS },
		{ "restart_syscall", LW_RESTARTS },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(odd); i++)
		if (!strcmp(function, odd[i].function))
			return odd[i].kind;
	return LW_PLAIN;
}

static void lw_begin_syscalls(bool errors)
{
	bool at_once = !errors && !lw_filter.by && !lw_per && !lw_syscalls.all &&
		       !lw_syscalls.timed && !lw_syscalls.error;
	enum lw_call_kind kind;
	int i, nr, compat;

	BUILD_BUG_ON(ARRAY_SIZE(lw_calls_native) > LW_NUMBERS);
	BUILD_BUG_ON(ARRAY_SIZE(lw_calls_compat) > LW_NUMBERS);
	lw_syscalls.errors = errors;
	for (i = 0; i < 2 * LW_NUMBERS; i++) {
		nr = i / 2;
		compat = i % 2;
		if (!lw_has_call(nr, compat))
			continue;
		kind = lw_kind_of(lw_call_function(nr, compat));
		lw_syscalls.begins[nr] |= lw_syscalls.timed || kind == LW_EXITS ||
					  kind == LW_EXECS || kind == LW_SIGRETURNS;
		if (kind == LW_PLAIN && !compat && at_once)
			kind = LW_AT_ONCE;
		lw_syscalls.kind[compat][nr] = kind;
	}
	smp_store_release(&lw_syscalls.on, true);
}

LW_POINT(sys_exit, lw_on_sys_exit);
#undef LW_POINTS
#define LW_POINTS (&lw_on_sys_exit_point)

LW_POINT(signal_deliver, lw_on_signal_deliver);
#undef LW_POINTS
#define LW_POINTS (&lw_on_signal_deliver_point)

/* The head of the list is attached first, so each call that returns was seen to begin. */
LW_POINT(sys_enter, lw_on_sys_enter);
#undef LW_POINTS
#define LW_POINTS (&lw_on_sys_enter_point)
