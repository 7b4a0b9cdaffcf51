#pragma once

#include "bucket.h"
#include "clock.h"
#include "filter.h"
#include "report.h"
#include "user.h"
#include <linux/kprobes.h>
#include <linux/uidgid.h>

/*
 * call.h - the work of return probes at the begin of a call, before SystemTap sees it.
 *
 * Functions may have a filter, which may keep something of the arguments. After its definition:
 *
 *	LW_ENTRY(lw_want_file, "vfs_read", "fsync");
 *	#undef LW_ENTRIES
 *	#define LW_ENTRIES (&lw_want_file_entry)
 *
 * This makes it the head of the list, as with points (point.h). A begin probe switches it on.
 */

/* A call that is under way, from its begin to its return */
struct lw_call {
	u32 function;          /* its number + 1 if the call is counted there, or 0 */
	u32 user;              /* class of the caller when it began */
	u64 time;              /* when it began; how long it took, once it has returned */
	unsigned long kept[5]; /* zeros if the function has no filter */
};

struct lw_entry {
	const char *const *functions; /* ended by NULL; system calls by their own names */
	kretprobe_handler_t begins;
	struct lw_entry *next;
	bool on;
};

#define LW_ENTRIES ((struct lw_entry *)NULL)

/* Defines wanted_entry, for bool wanted(regs, call): is the call to be followed? */
#define LW_ENTRY(wanted, ...)                                                             \
	static int wanted##_begins(struct kretprobe_instance *inst, struct pt_regs *regs) \
	{                                                                                 \
		return lw_call_begins(inst, regs, wanted);                                \
	}                                                                                 \
	NOKPROBE_SYMBOL(wanted##_begins);                                                 \
	static const char *const wanted##_functions[] = { __VA_ARGS__, NULL };            \
	static struct lw_entry wanted##_entry = { wanted##_functions, wanted##_begins, LW_ENTRIES }

/* Set before any probe is registered: begin probes run first. */
static struct {
	bool timed, used, registered;
	u16 more; /* bytes after a struct lw_call that a tool keeps of each call */
	u64 least;
	kretprobe_handler_t returns; /* SystemTap's, which runs the probe */
} lw_calls;

/*
 * Instances of a function, unless its script says .maxactive(), and for each processor, if that is more. Since
 * Linux 6.7 each takes 8 bytes for each possible processor (lib/objpool.c), as long as one call is
 * under way that began during the run.
 */
#define LW_INSTANCES 250
#define LW_INSTANCES_EACH 8

/* The missed calls of functions follow it in the list, once these are registered. */
static struct lw_counted lw_calls_counted = { .next = LW_COUNTED };
#undef LW_COUNTED
#define LW_COUNTED (&lw_calls_counted)

/*
 * A function has a number of instances, and each call that is under way needs one. Users can make calls
 * wait, so one user gets at most half of the instances, and all users but root get three quarters.
 * lw_call_counts() says whether this call may have one, and counts it, or counts it as missed;
 * lw_call_ends() is for each return handler. Root's calls are not counted. A call that never returns, as
 * its task died in an oops, stays counted.
 */
static bool lw_call_counts(struct kretprobe_instance *inst, struct lw_call *call);
static void lw_call_uncount(const struct lw_call *call);

static __always_inline void lw_call_ends(struct kretprobe_instance *inst)
{
	const struct lw_call *call = (const struct lw_call *)inst->data;

	if (call->function)
		lw_call_uncount(call);
}

/* From now on this handler, which begins with lw_call_ends(), replaces SystemTap's for the function. */
static __always_inline void lw_call_go_past(struct kretprobe_instance *inst,
					    kretprobe_handler_t handler)
{
	struct kretprobe *krp = get_kretprobe(inst);

	if (krp)
		WRITE_ONCE(krp->handler, handler);
}

/*
 * Defines record_returns(inst, regs) for a probe that always does the same, void record(inst, result). The first return of
 * a function comes by SystemTap, and all others go past it, to record_handler(). Handlers are not preempted. The end of the
 * module unregisters the kretprobe, which waits for running handlers, before it frees the buffers.
 */
#define LW_RETURNS(record)                                                                  \
	static int record##_handler(struct kretprobe_instance *inst, struct pt_regs *regs)  \
	{                                                                                   \
		lw_call_ends(inst);                                                         \
		record(inst, regs_return_value(regs));                                      \
		return 0;                                                                   \
	}                                                                                   \
	NOKPROBE_SYMBOL(record##_handler);                                                  \
	static void record##_returns(struct kretprobe_instance *inst, struct pt_regs *regs) \
	{                                                                                   \
		record(inst, regs_return_value(regs));                                      \
		lw_call_go_past(inst, record##_handler);                                    \
	}

/* The registered kretprobe has room for the call in each instance. */
static __always_inline int lw_call_begins(struct kretprobe_instance *inst, struct pt_regs *regs,
					  bool (*wanted)(struct pt_regs *, struct lw_call *))
{
	struct lw_call *call = (struct lw_call *)inst->data;

	if (!lw_begin_wanted() || (wanted && !wanted(regs, call)))
		return 1;
	call->function = 0;
	if (lw_uid() && !lw_call_counts(inst, call))
		return 1;
	if (!wanted && lw_calls.used)
		memset(call->kept, 0, sizeof(call->kept));
	if (lw_calls.timed)
		call->time = ktime_get_mono_fast_ns();
	return 0;
}

static void lw_entry_on(struct lw_entry *entry)
{
	lw_calls.used = entry->on = true;
}

/*
 * The struct lw_call of the call from which this return probe returns; NULL in other probes. With an
 * entry, NULL also where that is not the function's filter.
 */
#define lw_call()                                                         \
	(CONTEXT->probe_type == stp_probe_type_kretprobe && lw_calls.used \
		 ? (struct lw_call *)CONTEXT->ips.krp.pi->data            \
		 : NULL)
#define lw_call_of(entry)                                                                     \
	(lw_call() && get_kretprobe(CONTEXT->ips.krp.pi) &&                                   \
			 get_kretprobe(CONTEXT->ips.krp.pi)->entry_handler == (entry)->begins \
		 ? lw_call()                                                                  \
		 : NULL)

/*
 * C in place of SystemTap's probes at the begin of functions. After the handler's definition:
 *
 *	LW_BEGIN(lw_open_looks, "do_filp_open", "do_file_open");
 *	#undef LW_BEGINS
 *	#define LW_BEGINS (&lw_open_looks_begin)
 *
 * This makes it the head of the list. The probe in the script does nothing, by lw_instead().
 */
struct lw_begin {
	const char *const *functions; /* ended by NULL */
	kprobe_pre_handler_t handler;
	const struct lw_begin *next;
};

#define LW_BEGINS ((const struct lw_begin *)NULL)

#define LW_BEGIN(handler, ...)                                                  \
	static const char *const handler##_functions[] = { __VA_ARGS__, NULL }; \
	static const struct lw_begin handler##_begin = { handler##_functions, handler, LW_BEGINS }

static int lw_register_kprobe(struct kprobe *kp, const char *function);

/*
 * skp: the parameter of stapkp_arch_register_kprobe() and ..._kretprobe() in runtime/linux/kprobes.c, the
 * only callers. The functions there that unregister one probe or all probes call the others.
 */
static int lw_register_kretprobe(struct kretprobe *krp, const char *function, int instances);
static void lw_unregister_kretprobes(struct kretprobe **krps, int n);
#define register_kprobe(kp) lw_register_kprobe(kp, skp->symbol_name)
#define register_kretprobe(krp)                      \
	lw_register_kretprobe(krp, skp->symbol_name, \
			      skp->maxactive_p ? skp->maxactive_val : LW_INSTANCES)
#define unregister_kretprobe(krp) lw_unregister_kretprobes((struct kretprobe *[]){ krp }, 1)
#define unregister_kretprobes(krps, n) lw_unregister_kretprobes(krps, n)
