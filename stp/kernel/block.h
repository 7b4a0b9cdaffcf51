#pragma once

#include "put.h"
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

/* Requests of this disk, if it has a name, and in these sectors, if there are any: those of a partition */
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

#define LW_DISK_THERE (1 << 31)

/* Two disks have the same number only if one has taken the place of the other. */
static noinline int lw_request_disk_number(struct request *rq)
{
	struct gendisk *gd = lw_request_disk(rq);
	int i, number;

	if (!gd)
		return 0;
	number = disk_devt(gd) | LW_DISK_THERE;
	for (i = 0; i < LW_DISKS; i++) {
		struct lw_disk *disk = &lw_disks[(gd->first_minor + i) % LW_DISKS];

		if (READ_ONCE(disk->number) == number)
			return number;
		if (disk->number || cmpxchg(&disk->number, 0, number))
			continue;
		strscpy(disk->name, gd->disk_name, sizeof(disk->name));
		smp_store_release(&disk->named, true);
		return number;
	}
	return 0;
}

static void lw_emit_disk(int number)
{
	int i;

	for (i = 0; i < LW_DISKS; i++)
		if (lw_disks[i].number == number && smp_load_acquire(&lw_disks[i].named)) {
			lw_emit_kernel_string(lw_disks[i].name);
			return;
		}
	lw_emit_kernel_string("");
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
	char text[120];
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].value)
			n += scnprintf(text + n, sizeof(text) - n, "%s", names[i].name);
	flags &= (__force unsigned int)REQ_OP_MASK;
	scnprintf(text + n, sizeof(text) - n, "%s", lw_operation(flags));
	lw_emit_kernel_string(text);
}
