#pragma once

#include "put.h"
#include <linux/file.h>
#include <linux/inet.h>
#include <linux/net.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

static void lw_emit_ends(const struct sock *sk);

static bool lw_internet(const struct sock *sk)
{
	return sk && (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}

/* sk_num is 0 when TCP has done with the connection, this is not. */
static int lw_port(const struct sock *sk)
{
	return lw_internet(sk) ? ntohs(inet_sk(sk)->inet_sport) : 0;
}
