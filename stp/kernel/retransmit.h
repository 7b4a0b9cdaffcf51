#pragma once

#include "arch.h"
#include "interrupt.h"
#include "no_task.h"
#include "point.h"
#include "put.h"
#include "tcp_ends.h"
#include <linux/jiffies.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/request_sock.h>
#include <net/tcp.h>
#include <trace/events/tcp.h>

/* retransmit.h - segments that TCP sends again, and its probes for the loss of the last ones */

/* Options of the records */
static struct {
	bool on, timestamp, probes, counts;
} lw_retransmits;

/* Kinds of counts (lw_count_between()): connections that this end or the peer opens, and that are not open yet */
#define LW_OPENS LW_BETWEEN_KIND
#define LW_IS_OPENED (2 * LW_BETWEEN_KIND)

/* The class whose share a count takes: the current task has nothing to do with it. */
static u32 lw_retransmit_user(const struct lw_key *key)
{
	const struct in6_addr peer = lw_address_of(key->name, key->name_end);

	if (key->first & (LW_OPENS | LW_IS_OPENED))
		return LW_STRANGERS;
	return lw_peer_class(lw_betweens.seeds, &peer);
}

static const struct lw_shape lw_retransmit_shape = LW_BETWEEN_SHAPE(lw_retransmit_user);

static unsigned long lw_timer_ends(const struct sock *sk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	return tcp_timeout_expires(sk);
#else
	return READ_ONCE(inet_csk(sk)->icsk_timeout);
#endif
}

/*
 * Is this segment sent again as a probe (tcp_send_loss_probe() of net/ipv4/tcp_output.c)? The timer of the probe has then
 * ended, and says so until the function sets another one. The timer's work waits as long as the program uses the socket.
 * If the peer tells of a loss meanwhile, TCP sends the segment again in recovery.
 */
static bool lw_is_probe(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	return READ_ONCE(icsk->icsk_pending) == ICSK_TIME_LOSS_PROBE &&
	       icsk->icsk_ca_state < TCP_CA_Recovery && time_after_eq(jiffies, lw_timer_ends(sk));
}

static void lw_put_retransmit_begin(struct _stp_log *log, bool probe)
{
	lw_put_begin(log, lw_retransmits.timestamp);
	lw_emit_kernel_string(probe ? "probe" : "again");
}

/* The rest of a record, after its ends: state, sequence number, segments, and an empty field */
static void lw_put_retransmit_end(struct _stp_log *log, int state, const struct sk_buff *skb,
				  int segments)
{
	lw_emit_kernel_string(lw_tcp_state(state));
	if (skb)
		lw_put_number(log, TCP_SKB_CB(skb)->seq);
	else
		lw_put_tab(log);
	lw_put_number(log, segments);
	lw_emit_none(1);
	lw_put_end(log);
}

/* Not preempted */
static void lw_retransmitted(const struct sock *sk, const struct sk_buff *skb, int segments,
			     bool probe)
{
	const struct lw_end peer = lw_end_of(sk, true);
	bool opens = READ_ONCE(sk->sk_state) == TCP_SYN_SENT;
	struct _stp_log *log = lw_log();
	struct lw_interrupted was;

	if (!lw_tcp_wanted(sk))
		return;
	if (lw_retransmits.counts) {
		const struct lw_end here = lw_end_of(sk, false);

		lw_count_between(&lw_retransmit_shape, opens * LW_OPENS, &here, &peer, segments);
		return;
	}
	if (!lw_interrupt_begins(&was, opens ? LW_STRANGERS
					     : lw_peer_class(lw_betweens.seeds, &peer.address)))
		return;
	lw_put_retransmit_begin(log, probe);
	lw_emit_here(sk);
	lw_emit_end(&peer);
	lw_put_retransmit_end(log, sk->sk_state, skb, segments);
	lw_interrupt_ends(&was);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
/* Also called for what could not be sent */
static void lw_on_retransmit(void *data, const struct sock *sk, const struct sk_buff *skb, int err)
{
#else
static void lw_on_retransmit(void *data, const struct sock *sk, const struct sk_buff *skb)
{
	const int err = 0;

#endif
	if (!smp_load_acquire(&lw_retransmits.on) || err)
		return;
	lw_point_enter();
	lw_retransmitted(sk, skb, tcp_skb_pcount(skb), lw_is_probe(sk));
	lw_point_leave();
}

/* The ends of a connection that a client has asked for, and that has no socket yet */
static void lw_request_ends_of(const struct request_sock *req, struct lw_end *here,
			       struct lw_end *peer)
{
	const struct inet_request_sock *ireq = inet_rsk(req);

	here->port = ireq->ir_num;
	peer->port = ntohs(ireq->ir_rmt_port);
#if IS_ENABLED(CONFIG_IPV6)
	if (ireq->ireq_family == AF_INET6) {
		here->address = ireq->ir_v6_loc_addr;
		peer->address = ireq->ir_v6_rmt_addr;
		return;
	}
#endif
	ipv6_addr_set_v4mapped(ireq->ir_loc_addr, &here->address);
	ipv6_addr_set_v4mapped(ireq->ir_rmt_addr, &peer->address);
}

static void lw_synack_retransmitted(const struct request_sock *req)
{
	struct _stp_log *log = lw_log();
	struct lw_interrupted was;
	struct lw_end here, peer;

	lw_request_ends_of(req, &here, &peer);
	if (!lw_ends_wanted(lw_version_of(&peer), here.port, peer.port))
		return;
	if (lw_retransmits.counts) {
		lw_count_between(&lw_retransmit_shape, LW_IS_OPENED, &here, &peer, 1);
		return;
	}
	if (!lw_interrupt_begins(&was, LW_STRANGERS))
		return;
	lw_put_retransmit_begin(log, false);
	lw_emit_end(&here);
	lw_emit_end(&peer);
	lw_put_retransmit_end(log, TCP_NEW_SYN_RECV, NULL, 1);
	lw_interrupt_ends(&was);
}

/*
 * At the begin of tcp_send_loss_probe(sk): it does nothing if it has sent a probe that is not answered. It sends one segment of
 * new data if there are any and the peer has room for them (tcp_snd_wnd_test(), for which mss_cache is near enough).
 * Otherwise, it sends a segment again.
 */
static void lw_loss_probe_begins(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct sk_buff *skb = tcp_send_head(sk);
	u32 end;

	if (!skb || !smp_load_acquire(&lw_retransmits.on) || !lw_retransmits.probes ||
	    lw_retransmits.counts || tp->tlp_high_seq)
		return;
	end = skb->len > tp->mss_cache ? TCP_SKB_CB(skb)->seq + tp->mss_cache
				       : TCP_SKB_CB(skb)->end_seq;
	if (!after(end, tcp_wnd_end(tp)))
		lw_retransmitted(sk, skb, 1, true);
}

/* A listening socket sends its answer to a SYN again. */
static void lw_on_retransmit_synack(void *data, const struct sock *sk,
				    const struct request_sock *req)
{
	if (!smp_load_acquire(&lw_retransmits.on))
		return;
	lw_point_enter();
	lw_synack_retransmitted(req);
	lw_point_leave();
}

LW_POINT(tcp_retransmit_skb, lw_on_retransmit);
#undef LW_POINTS
#define LW_POINTS (&lw_on_retransmit_point)
LW_POINT(tcp_retransmit_synack, lw_on_retransmit_synack);
#undef LW_POINTS
#define LW_POINTS (&lw_on_retransmit_synack_point)

/* A field of a row: the state of connections that are not open yet, which are counted apart */
static void lw_emit_row_state(void)
{
	u64 kind = lw_row() ? lw_row()->key.first & (LW_OPENS | LW_IS_OPENED) : 0;

	lw_emit_kernel_string(kind == LW_OPENS       ? lw_tcp_state(TCP_SYN_SENT)
			      : kind == LW_IS_OPENED ? lw_tcp_state(TCP_NEW_SYN_RECV)
						     : "");
}
