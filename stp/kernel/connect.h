#pragma once

#include "arch.h"
#include "call.h"
#include "fields.h"
#include "filter.h"
#include "interrupt.h"
#include "pending.h"
#include "point.h"
#include "report.h"
#include "tcp.h"
#include "tcp_ends.h"
#include <linux/kprobes.h>
#include <linux/net.h>
#include <trace/events/sock.h>

/*
 * connect.h - connections that tasks open by TCP, and how their handshakes end
 *
 * In connect(2), a socket's state becomes SYN_SENT. It becomes ESTABLISHED or CLOSE later, often in an interrupt. So the
 * task is kept in between. A connect that fails before its first segment is sent is seen when the function returns, by
 * tools that probe it: the address is no longer in the socket then, or was never there.
 */

/* Options of the records */
static struct {
	bool on, timestamp, failed;
	bool countable; /* records have a field for counts */
	bool counts;
	s64 least; /* nanoseconds */
} lw_connects;

/* A handshake that is under way */
struct lw_handshake {
	struct lw_owner owner;
	u64 err; /* of an earlier one by the same socket, if nobody has asked for it yet */
};

static const struct lw_pending_shape lw_connecting_shape = { .bits = 14,
							     .size = sizeof(struct lw_handshake),
							     .shares = true };
static struct lw_pending lw_connecting = { .shape = &lw_connecting_shape };

static struct lw_counted lw_connecting_counted = {
	.pending = &lw_connecting,
	.why = "more handshakes at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_connecting_counted)

/* In connect(2), with the peer's address set: its task is the current one. Not preempted. */
static void lw_connect_begins(const struct sock *sk)
{
	struct lw_handshake *handshake;
	struct lw_place place;

	if (lw_connects.counts) {
		const struct lw_end peer = lw_end_of(sk, true);

		lw_count_between(&lw_between_shape, 0, NULL, &peer, 1);
		return;
	}
	place = lw_pending_new(&lw_connecting, &lw_connecting_shape, (unsigned long)sk);
	if (place.at < 0)
		return;
	handshake = lw_pending_kept(&lw_connecting, place.at);
	lw_own(&handshake->owner);
	handshake->err = READ_ONCE(sk->sk_err);
	lw_pending_show(&lw_connecting, place);
}

/* Did the connect fail in the call itself? Otherwise, __inet_stream_connect() has set the state of the socket. */
static bool lw_connect_fails_at_once(const struct sock *sk)
{
	const struct socket *socket = READ_ONCE(sk->sk_socket);

	return socket && READ_ONCE(socket->state) == SS_UNCONNECTED;
}

/* The error of a handshake that ends in TCP_CLOSE; 0: TCP has not told one, so the program ends it */
static int lw_handshake_error(const struct sock *sk, const struct lw_handshake *handshake)
{
	int err = READ_ONCE(sk->sk_err);

	return err == handshake->err ? 0 : err;
}

static void lw_emit_connect(const struct sock *sk, const struct lw_owner *owner, s64 took, int err)
{
	struct _stp_log *log = lw_log();
	struct lw_interrupted was;

	if (!lw_interrupt_begins(&was, owner->user))
		return;
	lw_put_begin(log, lw_connects.timestamp);
	lw_put_owner(log, owner);
	lw_emit_here(sk);
	lw_emit_peer(sk);
	lw_put_pair(log, took, err);
	lw_emit_none(lw_connects.countable);
	lw_put_owner_end(log, owner);
	lw_interrupt_ends(&was);
}

static void lw_show_handshake(const struct sock *sk, const struct lw_handshake *handshake, s64 took,
			      int state)
{
	int err = state == TCP_CLOSE ? lw_handshake_error(sk, handshake) : 0;

	if (took < lw_connects.least || (state != TCP_CLOSE && lw_connects.failed))
		return;
	/* Nothing was sent. The function's return shows it, if the tool probes that. */
	if (state == TCP_CLOSE && !err && lw_connect_fails_at_once(sk))
		return;
	lw_emit_connect(sk, &handshake->owner, took, err ?: state == TCP_CLOSE ? ECANCELED : 0);
}

/* The handshake ends in this state. A program may close the socket before that. */
static void lw_connect_ends(const struct sock *sk, int state)
{
	int place = lw_pending_find(&lw_connecting, &lw_connecting_shape, (unsigned long)sk);

	if (place < 0 || !lw_pending_claim(&lw_connecting, place, (unsigned long)sk))
		return;
	lw_show_handshake(sk, lw_pending_kept(&lw_connecting, place),
			  lw_pending_took(&lw_connecting, place), state);
	lw_pending_free(&lw_connecting, &lw_connecting_shape, place);
}

/* The state is still the old one. Two sockets that open to each other reach SYN_RECV in between. */
static void lw_on_connect_state(void *data, const struct sock *sk, const int old, const int new)
{
	if (!smp_load_acquire(&lw_connects.on) ||
	    (new != TCP_SYN_SENT &&old != TCP_SYN_SENT &&old != TCP_SYN_RECV))
		return;
	lw_point_enter();
	if (new == TCP_SYN_SENT) {
		/* The port is chosen later; a program may have chosen it before. */
		if (lw_is_tcp(sk) && lw_wanted() &&
		    lw_ends_wanted(lw_ip_version(sk), sk->sk_num, ntohs(sk->sk_dport)))
			lw_connect_begins(sk);
	} else if (new != TCP_SYN_RECV) {
		lw_connect_ends(sk, new);
	}
	lw_point_leave();
}

LW_POINT(inet_sock_set_state, lw_on_connect_state);
#undef LW_POINTS
#define LW_POINTS (&lw_on_connect_state_point)

/* ---- connects that fail before anything is sent ---- */

enum { LW_SOCKET, LW_ADDRESS };

/* For such an address of an IPv6 socket, tcp_v6_connect() calls tcp_v4_connect(). */
static bool lw_connects_by_ipv4(const struct sock *sk, const struct in6_addr *peer)
{
	if (ipv6_only_sock(sk))
		return false;
	return ipv6_addr_v4mapped(peer) ||
	       (ipv6_addr_any(peer) && ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr));
}

/* The address, as far as this family has one. The function's own caller has checked its family. */
static bool lw_connect_address(const struct sock *sk, const struct sockaddr *address, int length,
			       struct lw_end *end)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

	if (length >= sizeof(*v4) && address->sa_family == AF_INET) {
		ipv6_addr_set_v4mapped(v4->sin_addr.s_addr, &end->address);
		end->port = ntohs(v4->sin_port);
		return true;
	}
	if (length < SIN6_LEN_RFC2133 || address->sa_family != AF_INET6 ||
	    lw_connects_by_ipv4(sk, &v6->sin6_addr))
		return false;
	end->address = v6->sin6_addr;
	end->port = ntohs(v6->sin6_port);
	return true;
}

/* At the begin of tcp_v4_connect(sk, address, length) and tcp_v6_connect() */
static bool lw_want_connect(struct pt_regs *regs, struct lw_call *call)
{
	const struct sockaddr *address = (void *)lw_function_arg(regs, 1);
	struct lw_end *end = (struct lw_end *)&call->kept[LW_ADDRESS];
	const struct sock *sk = (void *)lw_function_arg(regs, 0);

	BUILD_BUG_ON(sizeof(*end) > sizeof(call->kept) - LW_ADDRESS * sizeof(call->kept[0]));
	call->kept[LW_SOCKET] = (unsigned long)sk;
	return !lw_connects.counts && sk->sk_protocol == IPPROTO_TCP &&
	       lw_connect_address(sk, address, (int)lw_function_arg(regs, 2), end) &&
	       lw_ends_wanted(lw_version_of(end), sk->sk_num, end->port);
}
NOKPROBE_SYMBOL(lw_want_connect);

LW_ENTRY(lw_want_connect, "tcp_v4_connect", "tcp_v6_connect");
#undef LW_ENTRIES
#define LW_ENTRIES (&lw_want_connect_entry)

static void lw_emit_failed_connect(const struct lw_call *call, int err)
{
	const struct lw_end *peer = (const struct lw_end *)&call->kept[LW_ADDRESS];
	const struct sock *sk = (const struct sock *)call->kept[LW_SOCKET];
	struct _stp_log *log = lw_log();

	lw_put_begin(log, lw_connects.timestamp);
	lw_put_task(log);
	/* inet_sport may be of an earlier connection. */
	lw_emit_address(sk, false);
	lw_put_number(log, sk->sk_num);
	lw_emit_end(peer);
	lw_put_pair(log, 0, err);
	lw_emit_none(lw_connects.countable);
	lw_put_event_end(log);
}

static void lw_connect_record(const struct kretprobe_instance *inst, int ret)
{
	if (unlikely(ret < 0) && !lw_connects.least)
		lw_emit_failed_connect((const struct lw_call *)inst->data, -ret);
}

LW_RETURNS(lw_connect_record)
