#pragma once

#include "block.h"
#include "fields.h"
#include "filter.h"
#include "interrupt.h"
#include "pending.h"
#include "point.h"
#include "put.h"
#include "report.h"
#include <linux/blk-mq.h>
#include <linux/preempt.h>
#include <linux/timekeeping.h>

/*
 * request.h - each request of a block device, when it is done
 *
 * A request is inserted into a queue, or issued to the device at once, by the task that made it. A request from a queue
 * is issued later, often by a thread of the kernel. So a request belongs to the task that is the first to be seen with
 * it. It is done in an interrupt.
 */

/* Options of the records */
static struct {
	bool on, timestamp, queued;
	u64 least; /* nanoseconds */
} lw_requests_shown;

struct lw_shown_request {
	struct lw_owner owner;
	u64 issued, sector;
	u32 bytes, flags;
	bool wanted; /* by the filter, which was asked when the request was made */
};

/* A disk's queues usually have 1024 in total, so this has room for several disks. Requests belong to disks. */
static const struct lw_pending_shape lw_shown_shape = { .bits = 14,
							.size = sizeof(struct lw_shown_request) };
static struct lw_pending lw_shown = { .shape = &lw_shown_shape };

static struct lw_counted lw_shown_counted = {
	.pending = &lw_shown,
	.why = "too many requests at once",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_shown_counted)

static void lw_shown_begin(struct lw_shown_request *shown)
{
	memset(shown, 0, sizeof(*shown));
	shown->wanted = lw_wanted();
	lw_own(&shown->owner);
}

/* Returns the request's place, and takes one if it has none; -1: there is no room. Not preempted. */
static int lw_shown_place(const struct request *rq)
{
	struct lw_place place = { .at = lw_pending_find(&lw_shown, &lw_shown_shape,
							(unsigned long)rq) };

	if (place.at >= 0)
		return place.at;
	place = lw_pending_new(&lw_shown, &lw_shown_shape, (unsigned long)rq);
	if (place.at < 0)
		return -1;
	lw_shown_begin(lw_pending_kept(&lw_shown, place.at));
	lw_pending_show(&lw_shown, place);
	return place.at;
}

static void lw_on_request_insert(void *data, struct request *rq)
{
	if (!smp_load_acquire(&lw_requests_shown.on) || !lw_request_wanted(rq))
		return;
	lw_point_enter();
	lw_shown_place(rq);
	lw_point_leave();
}

/*
 * Before a request waits for a flush: a thread of the kernel inserts it then. An earlier request in the same memory may have
 * ended without completion, and have left its place.
 */
static void __maybe_unused lw_on_request_made(void *data, struct request *rq)
{
	int place;

	if (!smp_load_acquire(&lw_requests_shown.on) || !lw_request_wanted(rq))
		return;
	lw_point_enter();
	place = lw_pending_find(&lw_shown, &lw_shown_shape, (unsigned long)rq);
	if (place >= 0)
		lw_pending_free(&lw_shown, &lw_shown_shape, place);
	lw_shown_place(rq);
	lw_point_leave();
}

/* The kernel may merge others into a request until it is issued. */
static void lw_request_issued(struct request *rq)
{
	int place = lw_shown_place(rq);
	struct lw_shown_request *shown;

	if (place < 0)
		return;
	shown = lw_pending_kept(&lw_shown, place);
	shown->issued = ktime_get_mono_fast_ns();
	shown->sector = blk_rq_pos(rq);
	shown->bytes = blk_rq_bytes(rq);
	shown->flags = lw_request_flags(rq);
}

static void lw_on_request_issue(void *data, struct request *rq)
{
	if (!smp_load_acquire(&lw_requests_shown.on) || !lw_request_wanted(rq))
		return;
	lw_point_enter();
	lw_request_issued(rq);
	lw_point_leave();
}

/* Nanoseconds from when the request was made, or was first seen if the kernel notes no times (queue/iostats is 0) */
static u64 lw_request_queued(const struct request *rq, const struct lw_shown_request *shown,
			     u64 seen)
{
	u64 made = rq->start_time_ns ?: seen;

	return shown->issued > made ? shown->issued - made : 0;
}

static void lw_emit_request(struct request *rq, const struct lw_shown_request *shown, u64 seen,
			    u64 took)
{
	const struct gendisk *disk = lw_request_disk(rq);
	struct _stp_log *log = lw_log();
	struct lw_interrupted was;

	/* Users can make kernel threads write. */
	if (!lw_interrupt_begins(&was, shown->owner.user ?: LW_USERS))
		return;
	lw_put_begin(log, lw_requests_shown.timestamp);
	lw_put_owner(log, &shown->owner);
	lw_emit_kernel_string(disk ? disk->disk_name : "");
	lw_emit_request_flags(shown->flags);
	/* A flush has no place. */
	if (shown->sector == U64_MAX)
		lw_put_tab(log);
	else
		lw_put_number(log, shown->sector);
	lw_put_number(log, shown->bytes);
	if (lw_requests_shown.queued)
		lw_put_number(log, lw_request_queued(rq, shown, seen));
	else
		lw_put_tab(log);
	lw_put_number(log, took);
	lw_put_owner_end(log, &shown->owner);
	lw_interrupt_ends(&was);
}

/* A request is shown at its first end (request_times.h). */
static void lw_request_done(struct request *rq)
{
	int place = lw_pending_find(&lw_shown, &lw_shown_shape, (unsigned long)rq);
	const struct lw_shown_request *shown;
	u64 took;

	if (place < 0)
		return;
	shown = lw_pending_kept(&lw_shown, place);
	took = shown->issued ? lw_since(shown->issued) : 0;
	if (shown->wanted && shown->issued && took >= lw_requests_shown.least)
		lw_emit_request(rq, shown, lw_shown.began[place].time, took);
	lw_pending_free(&lw_shown, &lw_shown_shape, place);
}

static void lw_on_request_complete(void *data, struct request *rq, lw_request_error_t error,
				   unsigned int bytes)
{
	lw_point_enter();
	lw_request_done(rq);
	lw_point_leave();
}

/* The request has become a part of the one before it, and its memory will be another request's. */
static void lw_on_request_merged(void *data, struct request *rq)
{
	int place;

	if (!smp_load_acquire(&lw_requests_shown.on))
		return;
	lw_point_enter();
	place = lw_pending_find(&lw_shown, &lw_shown_shape, (unsigned long)rq);
	if (place >= 0)
		lw_pending_free(&lw_shown, &lw_shown_shape, place);
	lw_point_leave();
}

LW_POINT(block_rq_insert, lw_on_request_insert);
#undef LW_POINTS
#define LW_POINTS (&lw_on_request_insert_point)
LW_POINT(block_rq_issue, lw_on_request_issue);
#undef LW_POINTS
#define LW_POINTS (&lw_on_request_issue_point)
LW_POINT(block_rq_complete, lw_on_request_complete);
#undef LW_POINTS
#define LW_POINTS (&lw_on_request_complete_point)
LW_POINT(block_rq_merge, lw_on_request_merged);
#undef LW_POINTS
#define LW_POINTS (&lw_on_request_merged_point)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
LW_POINT(block_io_start, lw_on_request_made);
#undef LW_POINTS
#define LW_POINTS (&lw_on_request_made_point)
#endif
