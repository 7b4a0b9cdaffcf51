#pragma once

#include "block.h"
#include "dist.h"
#include "pending.h"
#include "report.h"

/* request_times.h - distributions of the time that requests of disks take, from when they are issued or made to their end */

static struct {
	bool on, disks, flags, queued;
} lw_request_times;

/*
 * Issued requests, by their address. A disk's queues usually have 1024 in total, so this has room for
 * several disks. Requests belong to disks, not to users.
 */
static const struct lw_pending_shape lw_requests_shape = { .bits = 14 };
static struct lw_pending lw_requests = { .shape = &lw_requests_shape };

static struct lw_counted lw_requests_counted = {
	.pending = &lw_requests,
	.why = "too many requests at once",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_requests_counted)

/* Negative if the kernel did not note when the request was made (queue/iostats is 0). */
static s64 lw_request_took(struct request *rq, int place)
{
	if (!lw_request_times.queued)
		return lw_pending_took(&lw_requests, place);
	return rq->start_time_ns ? ktime_get_ns() - rq->start_time_ns : -1;
}

static void lw_on_issue(void *data, struct request *rq)
{
	struct lw_place place;

	if (!smp_load_acquire(&lw_request_times.on) || !lw_request_wanted(rq))
		return;
	lw_point_enter();
	place = lw_pending_new(&lw_requests, &lw_requests_shape, (unsigned long)rq);
	if (place.at >= 0)
		lw_pending_show(&lw_requests, place);
	lw_point_leave();
}

/*
 * A request is counted at its first end. Its parts may end one by one, and the end of a flush
 * ends the data that came with it again.
 */
static void lw_request_ends(struct request *rq)
{
	int place = lw_pending_find(&lw_requests, &lw_requests_shape, (unsigned long)rq);
	struct lw_key key = {};
	s64 took;

	if (place < 0)
		return;
	took = lw_request_took(rq, place);
	lw_pending_free(&lw_requests, &lw_requests_shape, place);
	if (took < 0)
		return;
	if (lw_request_times.disks)
		lw_key_disk(&key, rq);
	if (lw_request_times.flags)
		key.second = lw_request_flags(rq);
	lw_dist_add_fine(key, took);
}

static void lw_on_complete(void *data, struct request *rq, lw_request_error_t error,
			   unsigned int bytes)
{
	lw_point_enter();
	lw_request_ends(rq);
	lw_point_leave();
}

LW_POINT(block_rq_issue, lw_on_issue);
#undef LW_POINTS
#define LW_POINTS (&lw_on_issue_point)
LW_POINT(block_rq_complete, lw_on_complete);
#undef LW_POINTS
#define LW_POINTS (&lw_on_complete_point)
