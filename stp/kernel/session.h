#pragma once

#include "call.h"
#include "fields.h"
#include "filter.h"
#include "interrupt.h"
#include "pending.h"
#include "point.h"
#include "report.h"
#include "tcp.h"
#include <linux/tcp.h>
#include <trace/events/sock.h>
#include <trace/events/tcp.h>

/*
 * session.h - connections of TCP from connect(2) or accept(2) to their end
 *
 * A connection often ends in an interrupt, or after another task got its socket. So whose it is is kept from the begin.
 */

/* Options of the records */
static struct {
	bool on, timestamp;
} lw_sessions;

/* Servers have many connections at once. */
static const struct lw_pending_shape lw_open_sessions_shape = { .bits = 16,
								.size = sizeof(struct lw_owner),
								.shares = true };
static struct lw_pending lw_open_sessions = { .shape = &lw_open_sessions_shape };

static struct lw_counted lw_open_sessions_counted = {
	.pending = &lw_open_sessions,
	.why = "more connections at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_open_sessions_counted)

/* The current task opens or accepts it. Not preempted. */
static void lw_session_begins(const struct sock *sk)
{
	struct lw_place place =
		lw_pending_new(&lw_open_sessions, &lw_open_sessions_shape, (unsigned long)sk);

	if (place.at < 0)
		return;
	lw_own(lw_pending_kept(&lw_open_sessions, place.at));
	lw_pending_show(&lw_open_sessions, place);
}

/*
 * Bytes that the program sent, once each. bytes_sent has those that TCP sent again as well, but not if that failed
 * (__tcp_transmit_skb() of net/ipv4/tcp_output.c).
 */
static u64 lw_sent(const struct tcp_sock *tp)
{
	return tp->bytes_sent > tp->bytes_retrans ? tp->bytes_sent - tp->bytes_retrans : 0;
}

/*
 * Bytes that came. The peer's FIN counts as one (tcp_rcv_nxt_update(), tcp_fin() of net/ipv4/tcp_input.c), except on a
 * SYN with data and a FIN (tcp_fastopen_add_skb()), which is one byte too few here.
 */
static u64 lw_received(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tp->bytes_received - (tp->bytes_received && sock_flag(sk, SOCK_DONE));
}

static void lw_emit_session(const struct sock *sk, const struct lw_owner *owner, s64 took)
{
	struct _stp_log *log = lw_log();
	struct lw_interrupted was;

	/* Peers can make root accept connections. */
	if (!lw_interrupt_begins(&was, owner->user ?: LW_USERS))
		return;
	lw_put_begin(log, lw_sessions.timestamp);
	lw_put_owner(log, owner);
	lw_emit_here(sk);
	lw_emit_peer(sk);
	lw_put_pair(log, lw_sent(tcp_sk(sk)), lw_received(sk));
	lw_put_number(log, took);
	lw_put_owner_end(log, owner);
	lw_interrupt_ends(&was);
}

/* The connection is over, or with @shown false it has never been open. Not preempted. */
static void lw_session_ends(const struct sock *sk, bool shown)
{
	int place = lw_pending_find(&lw_open_sessions, &lw_open_sessions_shape, (unsigned long)sk);
	s64 took;

	if (place < 0 || !lw_pending_claim(&lw_open_sessions, place, (unsigned long)sk))
		return;
	took = lw_pending_took(&lw_open_sessions, place);
	if (shown)
		lw_emit_session(sk, lw_pending_kept(&lw_open_sessions, place), took);
	lw_pending_free(&lw_open_sessions, &lw_open_sessions_shape, place);
}

/* accept(2) returns a socket, or 0. If the connection was over by then, no change of its state follows. */
static void lw_session_accepted(struct kretprobe_instance *inst, unsigned long result)
{
	const struct sock *sk = (const struct sock *)result;

	if (!sk || !lw_tcp_wanted(sk))
		return;
	lw_session_begins(sk);
	if (smp_load_acquire(&sk->sk_state) == TCP_CLOSE)
		lw_session_ends(sk, true);
}

/* The state is still the old one. */
static void lw_on_session_state(void *data, const struct sock *sk, const int old, const int new)
{
	if (!smp_load_acquire(&lw_sessions.on) || (new != TCP_SYN_SENT &&new != TCP_CLOSE))
		return;
	lw_point_enter();
	if (new == TCP_CLOSE)
		lw_session_ends(sk, old != TCP_SYN_SENT);
	else if (lw_tcp_wanted(sk) && lw_wanted())
		lw_session_begins(sk);
	lw_point_leave();
}

/* The memory of a socket is used again. Two processors may accept and end a connection in the same moment. */
static void lw_on_destroy(void *data, struct sock *sk)
{
	if (!smp_load_acquire(&lw_sessions.on))
		return;
	lw_point_enter();
	lw_session_ends(sk, true);
	lw_point_leave();
}

LW_POINT(inet_sock_set_state, lw_on_session_state);
#undef LW_POINTS
#define LW_POINTS (&lw_on_session_state_point)
LW_POINT(tcp_destroy_sock, lw_on_destroy);
#undef LW_POINTS
#define LW_POINTS (&lw_on_destroy_point)

LW_RETURNS(lw_session_accepted)
