#pragma once

#include "biolatency.h"
#include "../kernel/block.c"
#include "../kernel/dist.c"
#include <linux/hash.h>
#include <linux/timekeeping.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
typedef blk_status_t lw_request_error_t;
#else
typedef int lw_request_error_t;
#endif

/*
 * When requests were issued, by their address. More than are ever under way: a disk's
 * queues have 1024 together as a rule.
 */
#define LW_REQUEST_BITS 14
#define LW_REQUEST_TRIES 16

static struct lw_request {
	struct request *rq;
	u64 began;
} lw_requests[1 << LW_REQUEST_BITS];

/* How far from where it belongs a request has been put, at most */
static int lw_requests_reach;

static struct lw_request *lw_request_at(struct request *rq, int try)
{
	u32 at = hash_ptr(rq, LW_REQUEST_BITS) + try;

	return &lw_requests[at & ((1 << LW_REQUEST_BITS) - 1)];
}

/* It only ever grows, whatever other CPUs do at the same time. */
static void lw_requests_reached(int i)
{
	int was;

	do {
		was = READ_ONCE(lw_requests_reach);
	} while (was < i && cmpxchg(&lw_requests_reach, was, i) != was);
}

static void lw_request_begins(struct request *rq)
{
	int i;

	for (i = 0; i < LW_REQUEST_TRIES; i++) {
		struct lw_request *r = lw_request_at(rq, i);
		struct request *was = READ_ONCE(r->rq);

		/* Its own: it ended unseen, and the memory serves another. */
		if (was == rq || (!was && !cmpxchg(&r->rq, NULL, rq))) {
			r->began = ktime_get_mono_fast_ns();
			lw_requests_reached(i);
			return;
		}
	}
	atomic64_inc(&lw_request_times.unseen);
}

/*
 * When it began, and that is forgotten; 0 if it was not seen. One that was issued again
 * may be there twice, as a place nearer to where it belongs had become free.
 */
static u64 lw_request_began(struct request *rq)
{
	int i, reach = READ_ONCE(lw_requests_reach);
	u64 began = 0;

	for (i = 0; i <= reach; i++) {
		struct lw_request *r = lw_request_at(rq, i);

		if (READ_ONCE(r->rq) != rq)
			continue;
		began = max(began, r->began);
		smp_store_release(&r->rq, NULL);
	}
	return began;
}

/* Negative if the kernel did not note when the request was made (queue/iostats is 0). */
static s64 lw_request_took(struct request *rq, u64 began)
{
	if (!lw_request_times.queued)
		return ktime_get_mono_fast_ns() - began;
	return rq->start_time_ns ? ktime_get_ns() - rq->start_time_ns : -1;
}

static s64 lw_request_flags(struct request *rq)
{
	return rq->cmd_flags & (REQ_OP_MASK | REQ_SYNC | REQ_META | REQ_PRIO | REQ_FUA | REQ_PREFLUSH |
				REQ_RAHEAD | REQ_BACKGROUND | REQ_NOWAIT);
}

static void lw_on_issue(void *data, struct request *rq)
{
	if (smp_load_acquire(&lw_request_times.on) && lw_request_wanted(rq))
		lw_request_begins(rq);
}

/*
 * Counted with its first end: parts of a request may end one by one, and the end of a flush
 * ends what came with it once more.
 */
static void lw_on_complete(void *data, struct request *rq, lw_request_error_t error, unsigned int bytes)
{
	u64 began = lw_request_began(rq);
	s64 took = began ? lw_request_took(rq, began) : -1;

	if (took < 0)
		return;
	/* From 7.0 on tracepoints may be preempted. */
	preempt_disable_notrace();
	lw_dist_add(lw_request_times.disks ? lw_request_disk_number(rq) : 0,
		    lw_request_times.flags ? lw_request_flags(rq) : 0, false, took / lw_request_times.unit);
	preempt_enable_notrace();
}

LW_CHECK_POINT(block_rq_issue, lw_on_issue)
LW_CHECK_POINT(block_rq_complete, lw_on_complete)
static struct lw_point lw_points[LW_POINTS] = {
	LW_POINT(block_rq_issue, lw_on_issue),
	LW_POINT(block_rq_complete, lw_on_complete),
};
