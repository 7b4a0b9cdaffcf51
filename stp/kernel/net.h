#pragma once

#include "put.h"
#include <linux/file.h>
#include <linux/inet.h>
#include <linux/net.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

static bool lw_internet(const struct sock *sk)
{
	return sk && (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}

/* sk_num is 0 once TCP has finished with the connection; this is not. */
static int lw_port(const struct sock *sk)
{
	return lw_internet(sk) ? ntohs(inet_sk(sk)->inet_sport) : 0;
}

static void lw_emit_address(const struct sock *sk, bool peer)
{
	char text[INET6_ADDRSTRLEN];

	if (sk->sk_family == AF_INET)
		snprintf(text, sizeof(text), "%pI4", peer ? &sk->sk_daddr : &sk->sk_rcv_saddr);
#if IS_ENABLED(CONFIG_IPV6)
	else if (ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		snprintf(text, sizeof(text), "%pI4",
			 peer ? &sk->sk_v6_daddr.s6_addr32[3] : &sk->sk_v6_rcv_saddr.s6_addr32[3]);
	else
		snprintf(text, sizeof(text), "%pI6c",
			 peer ? &sk->sk_v6_daddr : &sk->sk_v6_rcv_saddr);
#endif
	lw_emit_kernel_string(text);
}

/* Two fields: address and port */
static void lw_emit_peer(const struct sock *sk)
{
	lw_emit_address(sk, true);
	lw_put_number(lw_log(), ntohs(sk->sk_dport));
}

static void lw_emit_here(const struct sock *sk)
{
	lw_emit_address(sk, false);
	lw_put_number(lw_log(), lw_port(sk));
}

/* Four fields: the peer's end, this end; empty if it is no socket of the internet */
static void lw_emit_ends(const struct sock *sk)
{
	if (!lw_internet(sk)) {
		lw_emit_none(4);
		return;
	}
	lw_emit_peer(sk);
	lw_emit_here(sk);
}
