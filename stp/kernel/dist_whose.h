#pragma once

#include "by.h"
#include "dist.h"

/* dist_whose.h - distributions by process, or by what lwload asks for by --by (by.h) */

/*
 * Adds a value in lw_dist_unit for the current process, for what --by asks for, or for all together. A key without a
 * name gets one for a process, since another process may get the same number later. Not preempted.
 */
static __always_inline void lw_dist_add_whose(struct lw_key key, bool process, u64 value)
{
	struct lw_dist_place *dist;

	if (lw_per)
		process = lw_per == LW_PER_PROCESS;
	if (process && !key.name)
		key.name = lw_leader()->start_time;
	if (process || lw_per)
		key.second = lw_whose();
	dist = lw_dist_add_fine(key, value);
	if (process && dist)
		lw_name_set(&dist->name);
}
