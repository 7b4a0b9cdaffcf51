#pragma once

#include "bucket.h"
#include "put.h"
#include "relay.h"
#include "user.h"
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/relay.h>

/*
 * share.c - each user's share of a CPU's buffer of records
 *
 * As long as at most a quarter of the buffer waits for the reader, nothing is counted. When more
 * waits, the bytes of each class of users are counted, until at most a quarter waits again. Shares
 * are shares of half of the buffer (bucket.h). So one user gets at most half of the buffer, and root
 * always finds a quarter. Root may take seven eighths, because most activity of a host is
 * root's. The buffer is never full.
 */
struct lw_share {
	u64 lost;                /* records */
	u32 taken;               /* bytes */
	u32 users[LW_USERS + 1]; /* bytes; the last is for interrupts */
#ifdef LW_SPARE
	u32 owner;            /* class whose record an interrupt writes, plus 1; 0: none */
	char spare[LW_SPARE]; /* for that record (interrupt.h) */
#endif
};

/* Allocated, because the kernel has only 8 KiB for the CPU variables of all modules */
static struct lw_share __percpu *lw_shares;

/* More than a quarter of this CPU's buffer waited at the last look. */
static DEFINE_PER_CPU(bool, lw_crowded);

/* Lost lines that are not records and so not in lw_share.lost. They are reported when the run ends. */
static u64 lw_untold;

/* Sub-buffers that wait for the reader beyond a quarter of the buffer; 0 if fewer wait */
static size_t lw_unread(const struct rchan_buf *buf)
{
	size_t unread = READ_ONCE(buf->subbufs_produced) - READ_ONCE(buf->subbufs_consumed);
	size_t quarter = buf->chan->n_subbufs / 4;

	return unread > quarter ? unread - quarter : 0;
}

/*
 * An interrupt is not caused by the task that it stops, and ksoftirqd is root's. So records of
 * interrupts whose owner is not known have their own share.
 */
static u32 lw_writer(const struct lw_share *share)
{
#ifdef LW_SPARE
	if (share->owner)
		return share->owner - 1;
#endif
	if (lw_in_interrupt())
		return LW_USERS;
	return lw_user_class();
}

/* Has this class, and have all classes, room for one more record? */
static bool lw_share_has_room(const struct lw_share *share, const struct rchan_buf *buf, u32 user)
{
	u32 half = buf->chan->n_subbufs / 2 * buf->chan->subbuf_size;

	if (!user)
		return share->taken < half / 4 * 5;
	return !lw_share_is_full(user, share->users[user], share->taken, half);
}

/* With interrupts off. Lines with # are not records: their writer counts them if they are lost. */
static noinline bool lw_has_share(struct rchan_buf *buf, struct _stp_log *log)
{
	struct lw_share *share = raw_cpu_ptr(lw_shares);
	u32 bytes = sizeof(struct _stp_trace) + log->len, user;

	if (!lw_unread(buf)) {
		this_cpu_write(lw_crowded, false);
		share->taken = 0;
		memset(share->users, 0, sizeof(share->users));
		return true;
	}
	user = lw_writer(share);
	if (!lw_share_has_room(share, buf, user)) {
		share->lost += log->buf[0] != '#';
		return false;
	}
	share->users[user] += bytes;
	share->taken += bytes;
	return true;
}

#undef _stp_print_init

/* Called where the module allocates the print buffers */
static int lw_print_init(void)
{
	int rc;

	lw_shares = alloc_percpu(struct lw_share);
	if (!lw_shares)
		return -ENOMEM;
	rc = _stp_print_init();
	if (rc)
		free_percpu(lw_shares);
	return rc;
}

#undef systemtap_module_exit

/* All probes have ended. After this, SystemTap reports the records that found no room. */
static void lw_module_exit(void)
{
	u64 lost;
	int cpu;

	systemtap_module_exit();
	lost = lw_untold + atomic_read(&_stp_transport_failures);
	for_each_possible_cpu(cpu)
		lost += per_cpu_ptr(lw_shares, cpu)->lost;
	atomic_set(&_stp_transport_failures, min_t(u64, lost, INT_MAX));
}
