#pragma once

#include "bucket.h"
#include "put.h"
#include "relay.h"
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/relay.h>

/*
 * share.c - each user's share of a CPU's buffer of records
 *
 * As long as a quarter of the buffer holds all that waits for the reader, nothing is counted. Beyond, the bytes that
 * each class of users writes are, until the reader comes back to that quarter. Shares are those of half of the buffer
 * (bucket.h): so one user gets half of the whole at most, and root always finds a quarter. Root alone gets seven
 * eighths, as most of what a host does is root's. The buffer is never full.
 */
struct lw_share {
	u64 lost;                /* records */
	u32 taken;               /* bytes */
	u32 users[LW_USERS + 1]; /* bytes; the last is that of interrupts */
};

/* Not in the module: the kernel has 8 KiB for the CPU variables of all modules. */
static struct lw_share __percpu *lw_shares;

/* More than a quarter of this CPU's buffer waited when this was looked at last. */
static DEFINE_PER_CPU(bool, lw_crowded);

/* What is lost and is not counted by CPU. It is told when the run ends. */
static u64 lw_untold;

/* Sub-buffers that wait for the reader beyond a quarter of the buffer; 0 if there are less */
static size_t lw_unread(const struct rchan_buf *buf)
{
	size_t unread = READ_ONCE(buf->subbufs_produced) - READ_ONCE(buf->subbufs_consumed);
	size_t quarter = buf->chan->n_subbufs / 4;

	return unread > quarter ? unread - quarter : 0;
}

/*
 * Whom an interrupt has stopped is not who caused it, and ksoftirqd is root's: what interrupts write is nobody's, and has
 * one share. A kprobe's breakpoint is an NMI that the kernel counts as an interrupt, too.
 */
static u32 lw_writer(void)
{
	if (in_serving_softirq() || hardirq_count() > (in_nmi() ? HARDIRQ_OFFSET : 0))
		return LW_USERS;
	return lw_user_class();
}

/* With interrupts off. Lines with # are no records: who writes one counts what is lost with it. */
static noinline bool lw_has_share(struct rchan_buf *buf, struct _stp_log *log)
{
	struct lw_share *share = raw_cpu_ptr(lw_shares);
	u32 half = buf->chan->n_subbufs / 2 * buf->chan->subbuf_size;
	u32 bytes = sizeof(struct _stp_trace) + log->len, user;

	if (!lw_unread(buf)) {
		this_cpu_write(lw_crowded, false);
		share->taken = 0;
		memset(share->users, 0, sizeof(share->users));
		return true;
	}
	user = lw_writer();
	if (user ? lw_share_is_full(user, share->users[user], share->taken, half)
		 : share->taken >= half / 4 * 5) {
		share->lost += log->buf[0] != '#';
		return false;
	}
	share->users[user] += bytes;
	share->taken += bytes;
	return true;
}

#undef _stp_print_init

/* Where the module allocates the print buffers */
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

/* All probes have ended. SystemTap tells after this how many records found no room. */
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
