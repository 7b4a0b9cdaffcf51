#pragma once

#include "call.h"

#undef register_kretprobe

/* The registered kretprobe has room for it in each instance. */
static int lw_call_begins(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	struct lw_call *call = (struct lw_call *)inst->data;

	if (!lw_begin_wanted())
		return 1;
	if (lw_calls.wanted && !lw_calls.wanted(regs, call))
		return 1;
	if (lw_calls.timed)
		call->time = ktime_get_mono_fast_ns();
	return 0;
}
NOKPROBE_SYMBOL(lw_call_begins);

/* Before SystemTap sets up its context: that takes longer than to find out a fast call. */
static int lw_call_returns(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	struct lw_call *call = (struct lw_call *)inst->data;

	call->time = lw_since(call->time);
	return call->time < lw_calls.least ? 0 : lw_calls.returns(inst, regs);
}
NOKPROBE_SYMBOL(lw_call_returns);

static int lw_register_kretprobe(struct kretprobe *krp)
{
	lw_calls.registered = true;
	if (!krp->entry_handler) {
		krp->entry_handler = lw_call_begins;
		krp->data_size = lw_calls.wanted  ? sizeof(struct lw_call)
				 : lw_calls.timed ? offsetof(struct lw_call, kept)
						  : 0;
	}
	if (krp->entry_handler != lw_call_begins && (lw_calls.used || lw_filter.by))
		return -EINVAL;
	if (lw_calls.timed) {
		lw_calls.returns = krp->handler;
		krp->handler = lw_call_returns;
	}
	return register_kretprobe(krp);
}
