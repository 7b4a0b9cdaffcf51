#pragma once

#include "biolatency.h"
#include "../kernel/block.c"
#include "../kernel/dist.c"
#include "../kernel/pending.c"

/*
 * Requests that are issued, by their address. More than are under way as a rule: a disk's queues have
 * 1024 together. They belong to disks, not to users.
 */
static struct lw_pending lw_requests = { .bits = 14 };

static u64 lw_requests_lost(void)
{
	return lw_pending_lost(&lw_requests);
}

static struct lw_reported lw_requests_reported = {
	.lost = lw_requests_lost,
	.why = "too many requests at once",
};

static int lw_requests_begin(void)
{
	return lw_report_of(&lw_requests_reported) ?: lw_pending_begin(&lw_requests);
}

static void lw_requests_end(void)
{
	lw_pending_end(&lw_requests);
}

/* Negative if the kernel did not note when the request was made (queue/iostats is 0). */
static s64 lw_request_took(struct request *rq, int place)
{
	if (!lw_request_times.queued)
		return lw_pending_took(&lw_requests, place);
	return rq->start_time_ns ? ktime_get_ns() - rq->start_time_ns : -1;
}

static s64 lw_request_flags(struct request *rq)
{
	return rq->cmd_flags & (REQ_OP_MASK | REQ_SYNC | REQ_META | REQ_PRIO | REQ_FUA | REQ_PREFLUSH |
				REQ_RAHEAD | REQ_BACKGROUND | REQ_NOWAIT);
}

static void lw_on_issue(void *data, struct request *rq)
{
	int place;

	if (!smp_load_acquire(&lw_request_times.on) || !lw_request_wanted(rq))
		return;
	/* From 7.0 on tracepoints may be preempted. */
	preempt_disable_notrace();
	place = lw_pending_new(&lw_requests, (unsigned long)rq);
	if (place >= 0)
		lw_pending_show(&lw_requests, place);
	preempt_enable_notrace();
}

/*
 * Counted with its first end: parts of a request may end one by one, and the end of a flush
 * ends what came with it once more.
 */
static void lw_request_ends(struct request *rq)
{
	int place = lw_pending_find(&lw_requests, (unsigned long)rq);
	struct lw_key key = {};
	s64 took;

	if (place < 0)
		return;
	took = lw_request_took(rq, place);
	lw_pending_drop(&lw_requests, place);
	if (took < 0)
		return;
	if (lw_request_times.disks)
		key.first = lw_request_disk_number(rq);
	if (lw_request_times.flags)
		key.second = lw_request_flags(rq);
	lw_dist_add(key, took / lw_request_times.unit);
}

static void lw_on_complete(void *data, struct request *rq, lw_request_error_t error,
			   unsigned int bytes)
{
	preempt_disable_notrace();
	lw_request_ends(rq);
	preempt_enable_notrace();
}
