#pragma once

#include "../kernel/arch.h"
#include "../kernel/call.h"
#include "../kernel/pending.h"
#include "../kernel/put.h"
#include <linux/hash.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/timekeeping.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <net/sock.h>

static bool lw_want_receive(struct pt_regs *regs, struct lw_call *call);

static void lw_http_request(long sk);
static int lw_http_status(void);
static s64 lw_http_waiting(long sk);
static void lw_http_take_sent(long msg);
static void lw_http_take_received(struct lw_call *call, long bytes);
static void lw_http_forget(long sk);
static void lw_emit_http(long sk);

/* Which side is traced: servers receive requests, clients send them. */
static bool lw_http_server;

/* Requests that wait for their response, by socket */
static struct lw_pending lw_http_requests;

static int lw_http_begin_requests(void);
static void lw_http_end_requests(void);

static struct lw_part lw_http_part = {
	.begin = lw_http_begin_requests,
	.end = lw_http_end_requests,
	.next = LW_PARTS,
};
#undef LW_PARTS
#define LW_PARTS (&lw_http_part)
