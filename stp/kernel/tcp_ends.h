#pragma once

#include "report.h"
#include "tcp.h"
#include <asm/local.h>
#include <linux/in6.h>
#include <net/ipv6.h>

/*
 * tcp_ends.h - the ends of connections, and how often something happened between two of them
 *
 * Addresses of IPv4 are kept as IPv6 has them.
 */

struct lw_end {
	struct in6_addr address;
	u16 port;
};

static u32 lw_version_of(const struct lw_end *end)
{
	return ipv6_addr_v4mapped(&end->address) ? 4 : 6;
}

/* Two fields: address and port */
static void lw_emit_end(const struct lw_end *end)
{
	lw_emit_ip(&end->address);
	lw_put_number(lw_log(), end->port);
}

/* An address in two words of a key */
static void lw_key_address(const struct in6_addr *address, u64 *first, u64 *second)
{
	memcpy(first, &address->s6_addr[0], sizeof(*first));
	memcpy(second, &address->s6_addr[8], sizeof(*second));
}

static struct in6_addr lw_address_of(u64 first, u64 second)
{
	struct in6_addr address;

	memcpy(&address.s6_addr[0], &first, sizeof(first));
	memcpy(&address.s6_addr[8], &second, sizeof(second));
	return address;
}

static struct lw_end lw_end_of(const struct sock *sk, bool peer)
{
	struct lw_end end = { .port = peer ? ntohs(sk->sk_dport) : lw_port(sk) };

#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		end.address = peer ? sk->sk_v6_daddr : sk->sk_v6_rcv_saddr;
		return end;
	}
#endif
	ipv6_addr_set_v4mapped(peer ? sk->sk_daddr : sk->sk_rcv_saddr, &end.address);
	return end;
}

/* ---- peers, as users of tables and of the buffer ---- */

/* The class of all whose address may be forged, since they have confirmed nothing */
#define LW_STRANGERS 1

/*
 * The class of a network, so that no peer can fill what others need. A network has 24 bits of IPv4, or 48 of IPv6, which a
 * site usually has to itself. The seeds are a table's, so that nobody knows whose class it is.
 */
static u32 lw_peer_class(const u64 *seeds, const struct in6_addr *peer)
{
	u64 net = (u64)ntohl(peer->s6_addr32[0]) << 16 | ntohs(peer->s6_addr16[2]);

	if (ipv6_addr_v4mapped(peer))
		net = ntohl(peer->s6_addr32[3]) >> 8;
	/* Any user has all of 127.0.0.0/8. */
	if (ipv6_addr_v4mapped(peer) && net >> 16 == 127)
		net = 127;
	return 2 + (lw_spread(net * seeds[0], seeds[1]) >> 32) % (LW_USERS - 2);
}

/* ---- counts ---- */

/* A count. Its key has the peer's address, the ports, and a sum of the other address. */
struct lw_between {
	local_t count;
	struct in6_addr here;
};

static void lw_between_add_up(void *total, const void *value)
{
	const struct lw_between *more = value;
	struct lw_between *all = total;

	local_add(local_read(&more->count), &all->count);
	all->here = more->here;
}

#define LW_BETWEEN_SHAPE(of_user)                                                             \
	{                                                                                     \
		.bits = 11, .words = LW_KEY_WORDS, .size = sizeof(struct lw_between),         \
		.total = sizeof(struct lw_between), .shares = true, .add = lw_between_add_up, \
		.user = of_user                                                               \
	}

/* For events of tasks. Events of interrupts are not the current task's, so they need another shape. */
static const struct lw_shape lw_between_shape = LW_BETWEEN_SHAPE(NULL);

static struct lw_table lw_betweens = { .shape = &lw_between_shape };

static struct lw_counted lw_betweens_counted = {
	.table = &lw_betweens,
	.probe = LW_COUNT_PROBE,
	.why = "more addresses at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_betweens_counted)

/* The lowest bit of kinds of counts */
#define LW_BETWEEN_KIND (1ULL << 32)

/*
 * Counts @more for the peer, or for both ends, apart from counts of another kind. @here may be NULL. From any
 * context, not preempted.
 */
static void lw_count_between(const struct lw_shape *shape, u64 kind, const struct lw_end *here,
			     const struct lw_end *peer, int more)
{
	struct lw_key key = { .first = kind | peer->port };
	struct lw_between *between;

	lw_key_address(&peer->address, &key.name, &key.name_end);
	if (here) {
		u64 first, second;

		lw_key_address(&here->address, &first, &second);
		key.first |= (u32)here->port << 16;
		key.second = first ^ (second << 1 | second >> 63);
	}
	between = lw_value(&lw_betweens, shape, key);
	if (!between)
		return;
	if (here)
		between->here = here->address;
	local_add(more, &between->count);
}

/* ---- rows ---- */

/* The count of the row that is shown; all zeros if the row is of another table */
static const struct lw_between *lw_row_between(void)
{
	static const struct lw_between none;

	return lw_row_total(&lw_betweens) ?: &none;
}

/* Four fields of a row: this end and the peer, or two empty fields and the peer */
static void lw_emit_row_ends(bool both)
{
	const struct lw_key key = lw_row() ? lw_row()->key : (struct lw_key){};
	struct lw_end here = { lw_row_between()->here, key.first >> 16 };
	struct lw_end peer = { lw_address_of(key.name, key.name_end), key.first };

	if (both)
		lw_emit_end(&here);
	else
		lw_emit_none(2);
	lw_emit_end(&peer);
}
