#pragma once

#include "fields.h"
#include "put.h"
#include "turn.h"
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>

/* slow_turn.h - turns of tasks that had waited long for their processor, and the task that had it before */

static struct {
	bool timestamp, before;
	u64 least; /* nanoseconds */
} lw_slow_turns __read_mostly;

/* The task that had this processor before the current one. A task leaves the processor to which it came. */
static DEFINE_PER_CPU(
	struct {
		u32 tid;
		u64 comm[TASK_COMM_LEN / sizeof(u64)];
	},
	lw_before);

static noinline void lw_emit_slow_turn(u64 time)
{
	struct _stp_log *log = lw_log();

	lw_put_begin(log, lw_slow_turns.timestamp);
	lw_put_task(log);
	lw_put_pair(log, current->pid, time / NSEC_PER_USEC);
	if (lw_slow_turns.before) {
		lw_put_number(log, this_cpu_read(lw_before.tid));
		lw_emit_name(this_cpu_read(lw_before.comm[0]), this_cpu_read(lw_before.comm[1]));
	} else {
		lw_put_tab(log);
		lw_put_tab(log);
	}
	lw_put_event_end(log);
}

/* In sched_switch and in sched_process_exit no other record can come on this processor. */
static __always_inline void lw_turn_counts(u64 time)
{
	if (unlikely(time >= lw_slow_turns.least))
		lw_emit_slow_turn(time);
}

static __always_inline void lw_turn_left(void)
{
	u64 comm[TASK_COMM_LEN / sizeof(u64)];

	memcpy(comm, current->comm, sizeof(comm));
	this_cpu_write(lw_before.tid, current->pid);
	this_cpu_write(lw_before.comm[0], comm[0]);
	this_cpu_write(lw_before.comm[1], comm[1]);
}

/* Shows from now on what waited at least this number of nanoseconds. For begin probes. */
static void lw_slow_turns_begin(bool timestamp, bool before, u64 least)
{
	lw_slow_turns.timestamp = timestamp;
	lw_slow_turns.before = before;
	lw_slow_turns.least = least;
	lw_turns_begin(LW_SCHED_WAIT);
}
