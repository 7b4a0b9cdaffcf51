#pragma once

#include "put.h"
#include "table.h"
#include <linux/blkdev.h>
#include <linux/blk-mq.h>
#include <linux/version.h>
#include <trace/events/block.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
typedef blk_status_t lw_request_error_t;
#else
typedef int lw_request_error_t;
#endif

static struct gendisk *lw_request_disk(struct request *rq)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	return rq->q ? rq->q->disk : NULL;
#else
	return rq->rq_disk;
#endif
}

/* Requests of this disk, if it has a name, and in these sectors of a partition, if there are any */
static struct {
	char name[DISK_NAME_LEN];
	u64 first, sectors;
} lw_disk_wanted;

/* "NAME" or "NAME FIRST SECTORS"; "" stands for all. Returns whether it is one of these. */
static bool lw_only_disk(const char *disk)
{
	size_t n = strcspn(disk, " ");

	if (n >= DISK_NAME_LEN)
		return false;
	memcpy(lw_disk_wanted.name, disk, n);
	return !disk[n] ||
	       sscanf(disk + n, " %llu %llu", &lw_disk_wanted.first, &lw_disk_wanted.sectors) == 2;
}

static bool lw_request_wanted(struct request *rq)
{
	struct gendisk *gd;

	if (!lw_disk_wanted.name[0])
		return true;
	gd = lw_request_disk(rq);
	if (!gd || strcmp(gd->disk_name, lw_disk_wanted.name))
		return false;
	return !lw_disk_wanted.sectors ||
	       blk_rq_pos(rq) - lw_disk_wanted.first < lw_disk_wanted.sectors;
}

/*
 * Puts the disk of a request into a key by its name, since another disk may get its number later.
 * Names are written once, over zeros. Names that are too long are told apart by number.
 */
static __always_inline void lw_key_disk(struct lw_key *key, struct request *rq)
{
	const struct gendisk *gd = lw_request_disk(rq);

	if (!gd)
		return;
	key->first = disk_devt((struct gendisk *)gd);
	memcpy(&key->name, gd->disk_name, sizeof(key->name));
	memcpy(&key->name_end, gd->disk_name + sizeof(key->name), sizeof(key->name_end));
}

/* A flag, or an operation, which is a type of its own for sparse, and its name */
struct lw_flag {
	unsigned int value;
	const char *name;
};

#define LW_FLAG(flag, text)                        \
	{                                          \
		(__force unsigned int)(flag), text \
	}

static const char *lw_operation(unsigned int op)
{
	static const struct lw_flag names[] = {
		LW_FLAG(REQ_OP_READ, "Read"),
		LW_FLAG(REQ_OP_WRITE, "Write"),
		LW_FLAG(REQ_OP_FLUSH, "Flush"),
		LW_FLAG(REQ_OP_DISCARD, "Discard"),
		LW_FLAG(REQ_OP_SECURE_ERASE, "SecureErase"),
		LW_FLAG(REQ_OP_WRITE_ZEROES, "WriteZeroes"),
		LW_FLAG(REQ_OP_DRV_IN, "DriverIn"),
		LW_FLAG(REQ_OP_DRV_OUT, "DriverOut"),
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].value == op)
			return names[i].name;
	return "Other";
}

/* The operation, and the flags that have names */
static s64 lw_request_flags(struct request *rq)
{
	return (__force unsigned int)(rq->cmd_flags &
				      (REQ_OP_MASK | REQ_SYNC | REQ_META | REQ_PRIO | REQ_FUA |
				       REQ_PREFLUSH | REQ_RAHEAD | REQ_BACKGROUND | REQ_NOWAIT));
}

/* One field. snprintf() takes several hundred instructions more. */
static void lw_emit_request_flags(unsigned int flags)
{
	static const struct lw_flag names[] = {
		LW_FLAG(REQ_SYNC, "Sync-"),
		LW_FLAG(REQ_META, "Metadata-"),
		LW_FLAG(REQ_PRIO, "Priority-"),
		LW_FLAG(REQ_FUA, "ForcedUnitAccess-"),
		LW_FLAG(REQ_PREFLUSH, "PreFlush-"),
		LW_FLAG(REQ_RAHEAD, "ReadAhead-"),
		LW_FLAG(REQ_BACKGROUND, "Background-"),
		LW_FLAG(REQ_NOWAIT, "NoWait-"),
	};
	struct _stp_log *log = lw_log();
	const char *operation;
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].value)
			lw_put(log, names[i].name, strlen(names[i].name));
	operation = lw_operation(flags & (__force unsigned int)REQ_OP_MASK);
	lw_put(log, operation, strlen(operation));
	lw_put_tab(log);
}
