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

#define LW_DISK_THERE (1 << 31)

/* Of the same number two can only be at once if one has taken the other's place. */
static int lw_request_disk_number(struct request *rq)
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

static const char *lw_operation(unsigned int op)
{
	switch (op) {
	case REQ_OP_READ: return "Read";
	case REQ_OP_WRITE: return "Write";
	case REQ_OP_FLUSH: return "Flush";
	case REQ_OP_DISCARD: return "Discard";
	case REQ_OP_SECURE_ERASE: return "SecureErase";
	case REQ_OP_WRITE_ZEROES: return "WriteZeroes";
	case REQ_OP_DRV_IN: return "DriverIn";
	case REQ_OP_DRV_OUT: return "DriverOut";
	default: return "Other";
	}
}

static void lw_emit_request_flags(unsigned int flags)
{
	static const struct {
		unsigned int flag;
		const char *name;
	} names[] = {
		{ REQ_SYNC, "Sync-" },	     { REQ_META, "Metadata-" },
		{ REQ_PRIO, "Priority-" },   { REQ_FUA, "ForcedUnitAccess-" },
		{ REQ_PREFLUSH, "PreFlush-" }, { REQ_RAHEAD, "ReadAhead-" },
		{ REQ_BACKGROUND, "Background-" }, { REQ_NOWAIT, "NoWait-" },
	};
	char text[120];
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			n += scnprintf(text + n, sizeof(text) - n, "%s", names[i].name);
	scnprintf(text + n, sizeof(text) - n, "%s", lw_operation(flags & REQ_OP_MASK));
	lw_emit_kernel_string(text);
}
