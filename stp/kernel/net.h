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

static __always_inline char *lw_octet(char *p, u32 octet, char after)
{
	if (octet >= 100)
		*p++ = '0' + octet / 100;
	if (octet >= 10)
		*p++ = '0' + octet / 10 % 10;
	*p++ = '0' + octet % 10;
	*p++ = after;
	return p;
}

/* One field. snprintf() takes several hundred instructions more. */
static void lw_emit_ipv4(__be32 address)
{
	const u8 *octets = (const u8 *)&address;
	char text[16], *p = text;

	p = lw_octet(p, octets[0], '.');
	p = lw_octet(p, octets[1], '.');
	p = lw_octet(p, octets[2], '.');
	p = lw_octet(p, octets[3], '\t');
	lw_put(lw_log(), text, p - text);
}

/* One field. An IPv4 address is that also in the form of IPv6. */
static void lw_emit_ip(const struct in6_addr *address)
{
	char text[INET6_ADDRSTRLEN];

	if (ipv6_addr_v4mapped(address)) {
		lw_emit_ipv4(address->s6_addr32[3]);
		return;
	}
	snprintf(text, sizeof(text), "%pI6c", address);
	lw_emit_kernel_string(text);
}

static void lw_emit_address(const struct sock *sk, bool peer)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 && !ipv6_addr_v4mapped(&sk->sk_v6_daddr)) {
		lw_emit_ip(peer ? &sk->sk_v6_daddr : &sk->sk_v6_rcv_saddr);
		return;
	}
	if (sk->sk_family == AF_INET6) {
		lw_emit_ipv4(peer ? sk->sk_v6_daddr.s6_addr32[3]
				  : sk->sk_v6_rcv_saddr.s6_addr32[3]);
		return;
	}
#endif
	lw_emit_ipv4(peer ? sk->sk_daddr : sk->sk_rcv_saddr);
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
