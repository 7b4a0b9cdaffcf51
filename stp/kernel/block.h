#pragma once

#include <linux/blkdev.h>
#include <linux/blk-mq.h>
#include <linux/version.h>
#include <trace/events/block.h>

static struct gendisk *lw_request_disk(struct request *rq)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	return rq->q ? rq->q->disk : NULL;
#else
	return rq->rq_disk;
#endif
}

/* Disks by number, which fits a SystemTap key; never removed. */
#define LW_DISKS 256

static struct lw_disk {
	int number; /* in which the top bit is set */
	bool named;
	char name[DISK_NAME_LEN];
} lw_disks[LW_DISKS];

static char lw_disk_wanted[DISK_NAME_LEN];

static bool lw_request_wanted(struct request *rq)
{
	struct gendisk *gd = lw_request_disk(rq);

	return !lw_disk_wanted[0] || (gd && !strcmp(gd->disk_name, lw_disk_wanted));
}

static int lw_request_disk_number(struct request *rq);
static void lw_emit_disk(int number);
static void lw_emit_request_flags(unsigned int flags);
