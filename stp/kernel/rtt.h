#pragma once

#include "dist.h"
#include "no_task.h"
#include "point.h"
#include "tcp_ends.h"
#include <linux/tcp.h>
#include <trace/events/tcp.h>

/* rtt.h - the smoothed round-trip times that TCP knows of its connections */

static struct {
	bool on, here, peer;
} lw_rtts;

/* Keys come in interrupts, so they are not the current task's: each network of peers has a share. */
static u32 lw_rtt_user(const struct lw_key *key)
{
	const struct in6_addr end = lw_rtts.peer ? lw_address_of(key->name, key->name_end)
						 : lw_address_of(key->first, key->second);

	return lw_peer_class(lw_dists.seeds, &end);
}

static const struct lw_shape lw_rtt_shape = LW_DIST_SHAPE(lw_rtt_user);

/* A key has the address here in its two numbers, and that of the peer in the words for a name. */
static void lw_rtt_add(const struct sock *sk, u32 usec)
{
	struct lw_key key = {};
	struct lw_end end;

	if (lw_rtts.here) {
		end = lw_end_of(sk, false);
		lw_key_address(&end.address, (u64 *)&key.first, (u64 *)&key.second);
	}
	if (lw_rtts.peer) {
		end = lw_end_of(sk, true);
		lw_key_address(&end.address, &key.name, &key.name_end);
	}
	lw_dist_add_as(&lw_rtt_shape, key, usec, usec / lw_dist_unit);
}

/* A segment of an open connection comes. srtt_us is 8 times the smoothed time (linux/tcp.h), 0 before the first one. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
static void lw_on_segment(void *data, struct sock *sk, const struct sk_buff *skb)
#else
static void lw_on_segment(void *data, struct sock *sk, struct sk_buff *skb)
#endif
{
	u32 usec = tcp_sk(sk)->srtt_us >> 3;

	if (!smp_load_acquire(&lw_rtts.on) || !usec || !lw_tcp_wanted(sk))
		return;
	lw_point_enter();
	lw_rtt_add(sk, usec);
	lw_point_leave();
}

LW_POINT(tcp_probe, lw_on_segment);
#undef LW_POINTS
#define LW_POINTS (&lw_on_segment_point)

/* Two fields: the addresses of the row's key, each empty if there is no distribution for each */
static void lw_emit_row_addresses(void)
{
	const struct lw_key key = lw_row() ? lw_row()->key : (struct lw_key){};
	const struct in6_addr here = lw_address_of(key.first, key.second);
	const struct in6_addr peer = lw_address_of(key.name, key.name_end);

	if (lw_rtts.here)
		lw_emit_ip(&here);
	else
		lw_emit_none(1);
	if (lw_rtts.peer)
		lw_emit_ip(&peer);
	else
		lw_emit_none(1);
}
