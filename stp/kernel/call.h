#pragma once

#include "clock.h"
#include "filter.h"
#include <linux/kprobes.h>

/* A call that is under way, from its begin to its return */
struct lw_call {
	u64 time; /* when it began; how long it took, once it has returned */
	unsigned long kept[4];
};

static int lw_register_kretprobe(struct kretprobe *krp);
#define register_kretprobe lw_register_kretprobe

/* Set before any probe is registered: begin probes run first. */
static struct {
	/* The tool's own filter, which may keep something of the arguments. */
	bool (*wanted)(struct pt_regs *regs, struct lw_call *call);
	bool timed, used, registered;
	u64 least;
	kretprobe_handler_t returns; /* SystemTap's, which runs the probe */
} lw_calls;

/* The struct lw_call of the call from which this return probe returns; NULL in other probes */
#define lw_call()                                                         \
	(CONTEXT->probe_type == stp_probe_type_kretprobe && lw_calls.used \
		 ? (struct lw_call *)CONTEXT->ips.krp.pi->data            \
		 : NULL)
