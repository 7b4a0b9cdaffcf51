#pragma once

#include <linux/version.h>

/* Older kernels have no reasons (modules/unsupported). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)

#include "interrupt.h"
#include "no_task.h"
#include "point.h"
#include "put.h"
#include "tcp_ends.h"
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/dropreason.h>
#include <net/ip.h>
#include <net/sock.h>
#include <trace/events/skb.h>

/* drop.h - segments of TCP that the kernel drops, coming or going, and why */

static struct {
	bool on, timestamp;
} lw_drops;

/* A dropped segment, as its headers tell */
struct lw_segment {
	struct lw_end from, to;
	u8 flags;
};

/* n bytes of a header at this place of the packet; NULL if they are not there. The network may have cut it. */
static const void *lw_header(const struct sk_buff *skb, int offset, int n)
{
	const unsigned char *at = skb->head + offset;

	return offset >= 0 && at + n <= skb_tail_pointer(skb) ? at : NULL;
}

/* Where the network's header is. Before the kernel has noted that, in a queue for another CPU, the data begin with it. */
static int lw_network_header(const struct sk_buff *skb)
{
	return skb->network_header ?: skb->data - skb->head;
}

/* Where TCP's header is, after that of IPv4; -1: it is another packet, or a later part of one */
static int lw_after_ipv4(const struct sk_buff *skb, struct lw_segment *s)
{
	const struct iphdr *ip = lw_header(skb, lw_network_header(skb), sizeof(*ip));

	if (!ip || ip->version != 4 || ip->ihl < 5 || ip->protocol != IPPROTO_TCP ||
	    ip->frag_off & htons(IP_OFFSET))
		return -1;
	ipv6_addr_set_v4mapped(ip->saddr, &s->from.address);
	ipv6_addr_set_v4mapped(ip->daddr, &s->to.address);
	return lw_network_header(skb) + ip->ihl * 4;
}

/* The same for IPv6. Headers between the two are not followed. */
static int lw_after_ipv6(const struct sk_buff *skb, struct lw_segment *s)
{
	const struct ipv6hdr *ip = lw_header(skb, lw_network_header(skb), sizeof(*ip));

	if (!ip || ip->version != 6 || ip->nexthdr != IPPROTO_TCP)
		return -1;
	s->from.address = ip->saddr;
	s->to.address = ip->daddr;
	return lw_network_header(skb) + sizeof(*ip);
}

/* Returns whether the packet is a segment of TCP. */
static bool lw_segment_of(const struct sk_buff *skb, struct lw_segment *s)
{
	const struct tcphdr *tcp;
	int at = -1;

	if (skb->protocol == htons(ETH_P_IP))
		at = lw_after_ipv4(skb, s);
	else if (skb->protocol == htons(ETH_P_IPV6))
		at = lw_after_ipv6(skb, s);
	tcp = lw_header(skb, at, sizeof(*tcp));
	if (!tcp)
		return false;
	s->from.port = ntohs(tcp->source);
	s->to.port = ntohs(tcp->dest);
	s->flags = ((const u8 *)tcp)[13];
	return true;
}

static bool lw_segment_wanted(const struct lw_segment *s)
{
	u32 version = lw_version_of(&s->to);

	return lw_ends_wanted(version, s->from.port, s->to.port) ||
	       lw_ends_wanted(version, s->to.port, s->from.port);
}

/* One field, such as SYN|ACK */
static void lw_emit_tcp_flags(u8 flags)
{
	static const char *const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
	};
	char text[40] = "";
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & 1 << i)
			n += scnprintf(text + n, sizeof(text) - n, "%s%s", n ? "|" : "", names[i]);
	lw_emit_kernel_string(text);
}

/* The kernel's own name; NULL: it has none. Under rcu_read_lock(), for reasons of modules. */
static const char *lw_drop_reason(u32 reason)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	u32 subsystem = (reason & SKB_DROP_REASON_SUBSYS_MASK) >> SKB_DROP_REASON_SUBSYS_SHIFT;
	const struct drop_reason_list *list = NULL;

	if (subsystem < SKB_DROP_REASON_SUBSYS_NUM)
		list = rcu_dereference(drop_reasons_by_subsys[subsystem]);
	reason &= ~SKB_DROP_REASON_SUBSYS_MASK;
	return list && reason < list->n_reasons ? list->reasons[reason] : NULL;
#else
	return reason < SKB_DROP_REASON_MAX ? drop_reasons[reason] : NULL;
#endif
}

static void lw_emit_drop_reason(u32 reason)
{
	const char *name;

	rcu_read_lock();
	name = lw_drop_reason(reason);
	if (name)
		lw_emit_kernel_string(name);
	else
		lw_put_number(lw_log(), reason);
	rcu_read_unlock();
}

/* The function at a location. The kernel's search for its name takes a thousand instructions and more. */
struct lw_function_name {
	void *location;
	char name[40];
};

static DEFINE_PER_CPU(struct lw_function_name, lw_last_drop);

/* One field. With interrupts off. A module's function may be gone when the name is needed again. */
static void lw_emit_function(void *location)
{
	struct lw_function_name *last = this_cpu_ptr(&lw_last_drop);
	char name[64];

	if (last->location == location) {
		lw_emit_kernel_string(last->name);
		return;
	}
	snprintf(name, sizeof(name), "%ps", location);
	lw_emit_kernel_string(name);
	if (strlen(name) < sizeof(last->name) && !strchr(name, '[')) {
		strcpy(last->name, name);
		last->location = location;
	}
}

/* Copies for tcpdump(8), or for a raw socket, are no segments of TCP that it lacks. */
static bool lw_is_copy(const struct sock *receiver)
{
	return receiver && (receiver->sk_family == AF_PACKET ||
			    (sk_fullsock(receiver) && receiver->sk_type == SOCK_RAW));
}

/* One field: the state of the packet's socket, empty if it has none. These have a state, whatever they are. */
static void lw_emit_drop_state(const struct sk_buff *skb, const struct sock *receiver)
{
	const struct sock *sk = receiver ?: skb->sk;
	bool other = !sk || !lw_internet(sk) || (sk_fullsock(sk) && sk->sk_protocol != IPPROTO_TCP);

	lw_emit_kernel_string(other ? "" : lw_tcp_state(READ_ONCE(sk->sk_state)));
}

/* The class whose share a record takes. Without an open connection, anybody may have sent the segment. */
static u32 lw_drop_user(const struct sk_buff *skb, const struct sock *receiver)
{
	const struct sock *sk = receiver ?: skb->sk;
	struct lw_end peer;

	if (!sk || !sk_fullsock(sk) || !lw_is_tcp(sk) ||
	    !(1 << READ_ONCE(sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 |
					      TCPF_FIN_WAIT2 | TCPF_CLOSING | TCPF_LAST_ACK)))
		return LW_STRANGERS;
	peer = lw_end_of(sk, true);
	return lw_peer_class(lw_betweens.seeds, &peer.address);
}

/* Not preempted */
static void lw_dropped(const struct sk_buff *skb, void *location, u32 reason,
		       const struct sock *receiver)
{
	struct lw_interrupted was;
	struct lw_segment segment;

	if (lw_is_copy(receiver) || !lw_segment_of(skb, &segment) || !lw_segment_wanted(&segment))
		return;
	if (!lw_interrupt_begins(&was, lw_drop_user(skb, receiver)))
		return;
	lw_put_begin(lw_log(), lw_drops.timestamp);
	lw_emit_end(&segment.from);
	lw_emit_end(&segment.to);
	lw_emit_drop_state(skb, receiver);
	lw_emit_tcp_flags(segment.flags);
	lw_emit_drop_reason(reason);
	lw_emit_function(location);
	lw_put_end(lw_log());
	lw_interrupt_ends(&was);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
static void lw_on_drop(void *data, struct sk_buff *skb, void *location, enum skb_drop_reason reason,
		       const struct sock *receiver)
{
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static void lw_on_drop(void *data, struct sk_buff *skb, void *location, enum skb_drop_reason reason,
		       struct sock *receiver)
{
#else
static void lw_on_drop(void *data, struct sk_buff *skb, void *location, enum skb_drop_reason reason)
{
	const struct sock *receiver = NULL;

#endif
	if (!smp_load_acquire(&lw_drops.on))
		return;
	lw_point_enter();
	lw_dropped(skb, location, reason, receiver);
	lw_point_leave();
}

LW_POINT(kfree_skb, lw_on_drop);
#undef LW_POINTS
#define LW_POINTS (&lw_on_drop_point)
#endif
