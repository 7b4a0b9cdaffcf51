#pragma once

#include "arch.h"
#include "call.h"
#include "put.h"
#include <linux/kprobes.h>
#include <net/sock.h>

/* tcp_accept.h - the queue of connections that wait for accept(2) */

/* At the begin of inet_csk_accept(listener, ...): keeps the listener, which its caller holds. */
static bool lw_want_tcp_accept(struct pt_regs *regs, struct lw_call *call)
{
	call->kept[0] = lw_function_arg(regs, 0);
	return true;
}
NOKPROBE_SYMBOL(lw_want_tcp_accept);

LW_ENTRY(lw_want_tcp_accept, "inet_csk_accept");
#undef LW_ENTRIES
#define LW_ENTRIES (&lw_want_tcp_accept_entry)

/* Two fields: how many wait, how many may (sk_acceptq_is_full() of net/sock.h lets one more in) */
static void lw_emit_waiting(const struct sock *listener)
{
	lw_put_pair(lw_log(), READ_ONCE(listener->sk_ack_backlog),
		    READ_ONCE(listener->sk_max_ack_backlog));
}
