#pragma once

#include "call.h"
#include "dist_whose.h"
#include "result.h"

static struct {
	bool process, file_type;
} lw_times;

static void lw_times_add(struct lw_call *call, int op, u64 took)
{
	struct lw_key key = { .first = op };

	if (lw_times.file_type) {
		key.name = call->kept[2];
		key.name_end = call->kept[3];
	}
	lw_dist_add_whose(key, lw_times.process, took);
}

static __always_inline int lw_times_return(struct kretprobe_instance *inst, struct pt_regs *regs,
					   int op)
{
	struct lw_call *call = (struct lw_call *)inst->data;

	lw_call_ends(inst);
	if (!lw_goes_on(regs_return_value(regs)))
		lw_times_add(call, op, lw_since(call->time));
	return 0;
}

static int lw_times_0(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	return lw_times_return(inst, regs, 0);
}
NOKPROBE_SYMBOL(lw_times_0);

static int lw_times_1(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	return lw_times_return(inst, regs, 1);
}
NOKPROBE_SYMBOL(lw_times_1);

static int lw_times_2(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	return lw_times_return(inst, regs, 2);
}
NOKPROBE_SYMBOL(lw_times_2);

/* Counts nothing if no time is kept; the instance has no room for one then. */
static void lw_times_count(struct kretprobe_instance *inst, int op)
{
	static const kretprobe_handler_t handlers[] = { lw_times_0, lw_times_1, lw_times_2 };
	struct lw_call *call = (struct lw_call *)inst->data;

	if (!lw_calls.timed)
		return;
	lw_times_add(call, op, call->time);
	if (op >= 0 && op < ARRAY_SIZE(handlers))
		lw_call_go_past(inst, handlers[op]);
}
