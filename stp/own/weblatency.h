#pragma once

#include "../kernel/arch.h"
#include "../kernel/call.h"
#include "../kernel/filter.h"
#include "../kernel/pending.h"
#include "../kernel/report.h"
#include "../kernel/put.h"
#include <linux/hash.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/timekeeping.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <net/sock.h>

/* Which side is traced: servers receive requests, clients send them. */
static bool lw_http_server;

/* ---- requests that wait for their response, one for each connection ---- */

#define LW_HTTP_TARGET 200

struct lw_http {
	char method[8];
	char target[LW_HTTP_TARGET + 1];
	bool cut;
};

static const struct lw_pending_shape lw_http_requests_shape = {
	.bits = 12, .size = ALIGN(sizeof(struct lw_http), 8), .shares = true
};
static struct lw_pending lw_http_requests = { .shape = &lw_http_requests_shape };

static struct lw_counted lw_http_counted = {
	.pending = &lw_http_requests,
	.why = "more requests at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_http_counted)

/* ---- the begin of what is sent and received ---- */

/* For the current probe: probes of one CPU do not interrupt each other. */
#define LW_HTTP_BEGIN 256

struct lw_http_text {
	int n;
	char text[LW_HTTP_BEGIN + 1];
};

static DEFINE_PER_CPU(struct lw_http_text, lw_http_begin);

/* Where the pieces of a user's message are: one at base, or n that vec lists. */
struct lw_pieces {
	const struct iovec *vec;
	unsigned long base;
	size_t n, skip;
};

static bool lw_message_pieces(const struct iov_iter *i, struct lw_pieces *p)
{
	*p = (struct lw_pieces){ .skip = i->iov_offset };
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
	if (iter_is_ubuf(i)) {
		p->base = (unsigned long)i->ubuf;
		return true;
	}
#endif
	if (!iter_is_iovec(i))
		return false;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	p->vec = iter_iov(i);
#else
	p->vec = i->iov;
#endif
	p->n = i->nr_segs;
	return true;
}

/* Appends a piece to the begin; false if there is no use in a further one. */
static bool lw_http_append(unsigned long addr, size_t len)
{
	int n = this_cpu_read(lw_http_begin.n);
	char *text = this_cpu_ptr(&lw_http_begin)->text;

	len = min_t(size_t, len, LW_HTTP_BEGIN - n);
	if (_stp_copy_from_user(text + n, (const char __user *)addr, len))
		return false;
	text[n + len] = 0;
	this_cpu_write(lw_http_begin.n, n + len);
	return n + len < LW_HTTP_BEGIN;
}

static void lw_http_take(const struct lw_pieces *p, size_t bytes)
{
	size_t i, skip = p->skip;

	this_cpu_write(lw_http_begin.n, 0);
	this_cpu_ptr(&lw_http_begin)->text[0] = 0;
	if (!p->vec) {
		lw_http_append(p->base + skip, bytes);
		return;
	}
	for (i = 0; i < p->n && bytes; i++, skip = 0) {
		size_t len = min(p->vec[i].iov_len - skip, bytes);

		if (len && !lw_http_append((unsigned long)p->vec[i].iov_base + skip, len))
			break;
		bytes -= len;
	}
}

/* "HTTP/1.1 200": 100 to 199 announce the response, but for 101, which is one. */
static int lw_http_status(void)
{
	const char *text = this_cpu_ptr(&lw_http_begin)->text;
	int i, status = 0;

	if (this_cpu_read(lw_http_begin.n) < 12 || strncmp(text, "HTTP/1.", 7) || text[8] != ' ')
		return 0;
	for (i = 9; i < 12; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		status = status * 10 + text[i] - '0';
	}
	return status >= 200 || status == 101 ? status : 0;
}

static int lw_http_sent(long msg)
{
	const struct iov_iter *i = &((struct msghdr *)msg)->msg_iter;
	struct lw_pieces p;

	if (lw_message_pieces(i, &p))
		lw_http_take(&p, iov_iter_count(i));
	else
		lw_http_take(&(struct lw_pieces){}, 0);
	return lw_http_status();
}

/* The iterator has moved on when the call returns: what it was is kept. */
static int lw_http_received(struct lw_call *call, long bytes)
{
	struct lw_pieces p;

	if (!call || bytes <= 0) {
		lw_http_take(&(struct lw_pieces){}, 0);
		return 0;
	}
	p = (struct lw_pieces){ .n = call->kept[2], .skip = call->kept[3] };
	if (p.n)
		p.vec = (const struct iovec *)call->kept[1];
	else
		p.base = call->kept[1];
	lw_http_take(&p, bytes);
	return lw_http_status();
}

/* tcp_recvmsg(sk, msg, len, flags, addr_len), before 5.19 (.., len, nonblock, flags, ..) */
static bool lw_want_receive(struct pt_regs *regs, struct lw_call *call)
{
	const struct iov_iter *i = &((struct msghdr *)lw_function_arg(regs, 1))->msg_iter;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 19, 0)
	int flags = lw_function_arg(regs, 3);
#else
	int flags = lw_function_arg(regs, 4);
#endif
	struct lw_pieces p;

	/* What is only looked at will come again. */
	if (flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_TRUNC))
		return false;
	if (!lw_http_server && lw_pending_find(&lw_http_requests, &lw_http_requests_shape,
					       lw_function_arg(regs, 0)) < 0)
		return false;
	if (!lw_message_pieces(i, &p))
		return false;
	call->kept[0] = lw_function_arg(regs, 0);
	call->kept[1] = p.vec ? (unsigned long)p.vec : p.base;
	call->kept[2] = p.vec ? p.n : 0;
	call->kept[3] = p.skip;
	return true;
}

LW_ENTRY(lw_want_receive, "tcp_recvmsg");
#undef LW_ENTRIES
#define LW_ENTRIES (&lw_want_receive_entry)

static s64 lw_http_waiting(long sk)
{
	int place = lw_pending_find(&lw_http_requests, &lw_http_requests_shape, sk);

	return place < 0 ? -1 : (s64)lw_pending_took(&lw_http_requests, place);
}

static void lw_http_forget(long sk)
{
	int place = lw_pending_find(&lw_http_requests, &lw_http_requests_shape, sk);

	if (place >= 0 && lw_pending_claim(&lw_http_requests, place, sk))
		lw_pending_free(&lw_http_requests, &lw_http_requests_shape, place);
}

/* The length of a method and the space behind it; 0 if it does not begin with one. */
static int lw_http_method(const char *text)
{
	static const char *const methods[] = { "GET ",    "POST ",  "HEAD ",    "PUT ",
					       "DELETE ", "PATCH ", "OPTIONS ", "CONNECT " };
	int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (!strncmp(text, methods[i], strlen(methods[i])))
			return strlen(methods[i]);
	return 0;
}

static void lw_http_request(long sk)
{
	const char *text = this_cpu_ptr(&lw_http_begin)->text;
	int n = lw_http_method(text), len;
	struct lw_place place;
	struct lw_http *http;

	if (!n)
		return;
	place = lw_pending_new(&lw_http_requests, &lw_http_requests_shape, sk);
	if (place.at < 0)
		return;
	http = lw_pending_kept(&lw_http_requests, place.at);
	memcpy(http->method, text, n - 1);
	http->method[n - 1] = 0;
	text += n;
	len = strcspn(text, " \r\n");
	http->cut = len > LW_HTTP_TARGET || !text[len];
	strscpy(http->target, text, min(len, LW_HTTP_TARGET) + 1);
	lw_pending_show(&lw_http_requests, place);
}

static void lw_emit_http(long sk)
{
	int place = lw_pending_find(&lw_http_requests, &lw_http_requests_shape, sk);
	struct _stp_log *log = lw_log();
	const struct lw_http *http;

	if (place < 0) {
		lw_emit_none(2);
		return;
	}
	http = lw_pending_kept(&lw_http_requests, place);
	lw_emit_kernel_string(http->method);
	lw_put_escaped(log, http->target, strlen(http->target), http->cut);
	lw_put_tab(log);
}
