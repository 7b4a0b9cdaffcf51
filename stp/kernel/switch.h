#pragma once

#include "dist_whose.h"
#include "turn.h"

/* switch.h - distributions of the times of turns (turn.h), together or for each process */

static bool lw_switch_process __read_mostly;

static __always_inline void lw_turn_counts(u64 time)
{
	lw_dist_add_whose((struct lw_key){}, lw_switch_process, time);
}

static __always_inline void lw_turn_left(void)
{
}

/* Counts from now on, in this unit of nanoseconds, all tasks together or each process. For begin probes. */
static void lw_sched_begin(enum lw_sched_kind kind, s64 unit, bool process)
{
	lw_dist_unit = unit ?: 1;
	lw_switch_process = process;
	lw_turns_begin(kind);
}
