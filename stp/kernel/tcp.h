#pragma once

#include "ids.h"
#include "net.h"
#include "put.h"
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/string.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp_states.h>

/* tcp.h - TCP's sockets: which are wanted, and what their states are called */

/* The script's options. A list without numbers stands for all ports. */
static struct {
	u32 version; /* 4 or 6; 0: both */
	struct lw_ids here, peer;
} lw_tcp_wants __read_mostly;

/* "all", or ports with commas between. Returns whether it is such a list. For begin probes. */
static bool lw_only_ports(struct lw_ids *ports, const char *list)
{
	return !strcmp(list, "all") || lw_parse_ids(ports, list, 1, 65535);
}

static bool lw_is_tcp(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP && lw_internet(sk);
}

/* The version of the internet protocol that the socket's segments have */
static u32 lw_ip_version(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 && !ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		return 6;
#endif
	return 4;
}

static bool lw_ends_wanted(u32 version, u16 here, u16 peer)
{
	if (lw_tcp_wants.version && lw_tcp_wants.version != version)
		return false;
	if (lw_tcp_wants.here.n && !lw_listed(&lw_tcp_wants.here, here))
		return false;
	return !lw_tcp_wants.peer.n || lw_listed(&lw_tcp_wants.peer, peer);
}

/* Do the options of the script want this socket, which has both addresses? From any context. */
static bool lw_tcp_wanted(const struct sock *sk)
{
	return lw_is_tcp(sk) && lw_ends_wanted(lw_ip_version(sk), lw_port(sk), ntohs(sk->sk_dport));
}

/* The names of net/tcp_states.h, which ss(8) has as well */
static const char *lw_tcp_state(int state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "ESTABLISHED",
		[TCP_SYN_SENT] = "SYN_SENT",
		[TCP_SYN_RECV] = "SYN_RECV",
		[TCP_FIN_WAIT1] = "FIN_WAIT1",
		[TCP_FIN_WAIT2] = "FIN_WAIT2",
		[TCP_TIME_WAIT] = "TIME_WAIT",
		[TCP_CLOSE] = "CLOSE",
		[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_LAST_ACK] = "LAST_ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
		[TCP_NEW_SYN_RECV] = "SYN_RECV",
	};

	return state > 0 && state < ARRAY_SIZE(names) ? names[state] : "";
}
