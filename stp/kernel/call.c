#pragma once

#include "call.h"
#include "result.h"

#undef register_kprobe
#undef register_kretprobe

/* Where the function has no filter of its own */
static int lw_any_call_begins(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	return lw_call_begins(inst, regs, NULL);
}
NOKPROBE_SYMBOL(lw_any_call_begins);

/*
 * Before SystemTap sets up its context: that takes longer than to find out a fast call, or one that goes
 * on after a signal.
 */
static int lw_call_returns(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	struct lw_call *call = (struct lw_call *)inst->data;

	if (lw_goes_on(regs_return_value(regs)))
		return 0;
	if (!lw_calls.timed)
		return lw_calls.returns(inst, regs);
	call->time = lw_since(call->time);
	return call->time < lw_calls.least ? 0 : lw_calls.returns(inst, regs);
}
NOKPROBE_SYMBOL(lw_call_returns);

/* "__x64_sys_fsync" and the like are the function "fsync", too. */
static bool lw_is_for(const struct lw_entry *entry, const char *function)
{
	const char *call = function ? strstr(function, "sys_") : NULL;
	const char *const *name;

	for (name = entry->functions; function && *name; name++)
		if (!strcmp(function, *name) || (call && !strcmp(call + strlen("sys_"), *name)))
			return true;
	return false;
}

static kretprobe_handler_t lw_entry_handler(const char *function)
{
	const struct lw_entry *entry;

	for (entry = LW_ENTRIES; entry; entry = entry->next)
		if (entry->on && lw_is_for(entry, function))
			return entry->begins;
	return lw_any_call_begins;
}

static int lw_register_kprobe(struct kprobe *kp)
{
	if (LW_BEGINS)
		kp->pre_handler = LW_BEGINS;
	return register_kprobe(kp);
}

static int lw_register_kretprobe(struct kretprobe *krp, const char *function)
{
	kretprobe_handler_t begins = lw_entry_handler(function);

	lw_calls.registered = true;
	if (krp->entry_handler && krp->entry_handler != begins)
		return lw_calls.used || lw_filter.by ? -EINVAL : register_kretprobe(krp);
	krp->entry_handler = begins;
	krp->data_size = lw_calls.used ? sizeof(struct lw_call) + lw_calls.more : 0;
	lw_calls.returns = krp->handler;
	krp->handler = lw_call_returns;
	return register_kretprobe(krp);
}
