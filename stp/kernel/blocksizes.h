#pragma once

#include "block.h"
#include "by.h"
#include "dist.h"
#include "filter.h"
#include "point.h"
#include <linux/version.h>

static bool lw_request_sizes_on;

/* A key that is the name of the current process: all processes of that name count together. */
static __always_inline struct lw_key lw_key_of_name(void)
{
	struct lw_key key = {};
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	const char *comm = lw_leader()->comm;
#else
	char comm[TASK_COMM_LEN];

	/* There may be anything after a name's end. */
	strscpy_pad(comm, lw_leader()->comm, sizeof(comm));
#endif
	memcpy(&key.name, comm, sizeof(key.name));
	memcpy(&key.name_end, comm + sizeof(key.name), sizeof(key.name_end));
	return key;
}

static void lw_on_issue_size(void *data, struct request *rq)
{
	struct lw_dist_place *dist;

	if (!smp_load_acquire(&lw_request_sizes_on) || !lw_wanted() || !lw_request_wanted(rq))
		return;
	lw_point_enter();
	if (likely(!lw_per)) {
		lw_dist_add_fine(lw_key_of_name(), blk_rq_bytes(rq));
	} else {
		dist = lw_dist_add_fine((struct lw_key){ .second = lw_whose() }, blk_rq_bytes(rq));
		if (dist)
			lw_name_set(&dist->name);
	}
	lw_point_leave();
}

LW_POINT(block_rq_issue, lw_on_issue_size);
#undef LW_POINTS
#define LW_POINTS (&lw_on_issue_size_point)
