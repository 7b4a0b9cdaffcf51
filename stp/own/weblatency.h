#pragma once

#include "../kernel/call.h"
#include "../kernel/put.h"
#include <linux/hash.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/timekeeping.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <net/sock.h>

/* calls.stp's */
struct lw_call;
static bool lw_want_receive(struct pt_regs *regs, struct lw_call *call);

static struct lw_http *lw_http_find(long sk);
static long lw_http_request(long sk);
static int lw_http_status(void);
static long lw_http_waiting(long sk);
static void lw_http_take_sent(long msg);
static void lw_http_take_received(struct lw_call *call, long bytes);
static void lw_http_forget(long sk);
static void lw_emit_http(long sk);

/* Which side is traced: servers receive requests, clients send them. */
static bool lw_http_server;
