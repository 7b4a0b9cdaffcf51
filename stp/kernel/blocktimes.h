#ifndef LW_BLOCKTIMES_H
#define LW_BLOCKTIMES_H

static struct {
	u64 unit; /* nanoseconds */
	bool on, disks, flags, queued;
	atomic64_t unseen;
} lw_request_times;

#endif
