#pragma once

#include "../kernel/fields.h"
#include "../kernel/filter.h"
#include "../kernel/net.h"
#include "../kernel/pending.h"
#include "../kernel/point.h"
#include "../kernel/put.h"
#include "../kernel/report.h"
#include <linux/preempt.h>
#include <linux/rbtree.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <net/tcp.h>
#include <trace/events/tcp.h>

/*
 * Requests and responses of HTTP/1, read from TCP's queues, where no program can change the text any
 * more. TCP numbers all bytes of a connection. A request begins where the program began to send, or
 * at the start of a received segment. The response begins at the first byte in the other
 * direction that had not come before the request.
 *
 * All of this runs in probes that hold the socket's lock. Only the close does not: nobody else has the
 * socket then.
 */

static struct {
	bool on, server, timestamp;
	s64 least; /* nanoseconds */
} lw_web;

#define LW_HTTP_TARGET 200
#define LW_HTTP_LINE 256  /* bytes of the request's line that are kept */
#define LW_HTTP_STATUS 12 /* "HTTP/1.1 200" */
#define LW_HTTP_HEAD 512  /* bytes searched for the end of an interim response */
#define LW_HTTP_TRIES 4   /* responses, or segments, that are read one after the other */
#define LW_HTTP_SKBS 64   /* segments searched for a byte that was not sent yet */

/* After 16 segments, tcp_sendmsg_locked() frees those that were acknowledged meanwhile. */
#define LW_HTTP_LARGE (256 << 10)

enum lw_http_state {
	LW_HTTP_OPEN,  /* the end of its line has not come yet */
	LW_HTTP_WAITS, /* for its response */
	LW_HTTP_DONE,  /* has its response, whose last segment is not read to the end */
};

struct lw_http {
	u64 peer;
	u32 at;     /* the number of its first byte; DONE: of the first byte that was not read */
	u32 answer; /* the number of the first byte of a possible response */
	u8 state;   /* enum lw_http_state */
	bool other; /* other data than a response has come since */
	bool user;  /* the text was read from the program's memory */
	u8 begun;   /* bytes in begin */
	u16 n;      /* bytes in text */
	u16 status; /* as read from the program's memory, or 0 */
	char begin[LW_HTTP_STATUS];
	char text[LW_HTTP_LINE];
};

static const struct lw_pending_shape lw_http_shape = { .bits = 12,
						       .size = ALIGN(sizeof(struct lw_http), 8),
						       .shares = true };
static struct lw_pending lw_https = { .shape = &lw_http_shape };

static struct lw_counted lw_http_counted = {
	.pending = &lw_https,
	.why = "more requests at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_http_counted)

/* For the current probe, which is not preempted; no probe reads text in an interrupt. */
static DEFINE_PER_CPU(char[LW_HTTP_HEAD], lw_http_head);

/* ---- text ---- */

#define LW_HTTP_SHORT -1 /* the text is too short to tell */

/* The length of a method and the space after it; 0 without a method; or LW_HTTP_SHORT */
static int lw_http_method(const char *text, int n)
{
	static const char *const methods[] = { "GET ",    "POST ",  "HEAD ",    "PUT ",
					       "DELETE ", "PATCH ", "OPTIONS ", "CONNECT " };
	int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		int length = strlen(methods[i]);

		if (!memcmp(text, methods[i], min(n, length)))
			return n < length ? LW_HTTP_SHORT : length;
	}
	return 0;
}

/* Does the line end with the version of HTTP/1, such as " HTTP/1.1"? */
static bool lw_http_line_ends(const char *line, int n)
{
	static const char version[] = " HTTP/1.";
	int length = strlen(version) + 1;

	if (n && line[n - 1] == '\r')
		n--;
	return n >= length && !memcmp(line + n - length, version, length - 1);
}

/* Is this a request's line? 1, 0, or LW_HTTP_SHORT. A line that has not ended yet may be one. */
static int lw_http_is_request(const char *text, int n)
{
	const char *end = memchr(text, '\n', n);
	int method = lw_http_method(text, n);

	if (method <= 0)
		return method;
	if (end)
		return lw_http_line_ends(text, end - text);
	return n < LW_HTTP_LINE ? LW_HTTP_SHORT : 1;
}

/* The status with which a response begins; 0 if this is not a response; or LW_HTTP_SHORT */
static int lw_http_status(const char *text, int n)
{
	static const char form[] = "HTTP/1.d ddd";
	int i, status = 0;

	for (i = 0; i < min(n, LW_HTTP_STATUS); i++) {
		if (form[i] != 'd' && text[i] != form[i])
			return 0;
		if (form[i] == 'd' && (text[i] < '0' || text[i] > '9'))
			return 0;
		if (i >= 9)
			status = status * 10 + text[i] - '0';
	}
	return n < LW_HTTP_STATUS ? LW_HTTP_SHORT : status;
}

/* Does this status announce the response? 101 is the response itself, because no other follows. */
static bool lw_http_interim(int status)
{
	return status >= 100 && status < 200 && status != 101;
}

/* ---- text in the kernel ---- */

/* The number of the first byte; the number before it may be the SYN's. */
static u32 lw_skb_at(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->seq + !!(TCP_SKB_CB(skb)->tcp_flags & TCPHDR_SYN);
}

/* The segment with this byte, among those not sent or not acknowledged yet; NULL if it is gone */
static struct sk_buff *lw_sent_skb(struct sock *sk, u32 at)
{
	struct rb_node *node = sk->tcp_rtx_queue.rb_node;
	int tries = LW_HTTP_SKBS;
	struct sk_buff *skb;

	skb_queue_reverse_walk(&sk->sk_write_queue, skb)
	{
		if (!before(at, lw_skb_at(skb)))
			return skb;
		if (!--tries)
			return NULL;
	}
	while (node) {
		skb = rb_to_skb(node);
		if (before(at, lw_skb_at(skb)))
			node = node->rb_left;
		else if (at - lw_skb_at(skb) < skb->len)
			return skb;
		else
			node = node->rb_right;
	}
	return NULL;
}

/* Copies up to n bytes from this one on, sent or received, and returns how many. */
static int lw_http_bytes(struct sock *sk, bool sent, u32 at, char *to, int n)
{
	int try, done = 0, length;
	struct sk_buff *skb;
	u32 skip;

	for (try = 0; try < LW_HTTP_TRIES && done < n; try++) {
		skb = sent ? lw_sent_skb(sk, at + done) : skb_peek(&sk->sk_receive_queue);
		skip = skb ? at + done - lw_skb_at(skb) : 0;
		if (!skb || skip >= skb->len)
			break;
		length = min_t(u32, n - done, skb->len - skip);
		if (skb_copy_bits(skb, skip, to + done, length))
			break;
		done += length;
	}
	return done;
}

/* ---- text in user space ---- */

static int lw_http_from_user(char *to, const char __user *from, int n)
{
	return n && !_stp_copy_from_user(to, from, n) ? n : -1;
}

/*
 * Copies the begin of a message, at most n bytes, as it is now. Returns the number of bytes, or -1 if it
 * cannot be read because it is not in memory or its first piece is empty. A file's pages are in a bvec.
 */
static int lw_http_message(const struct msghdr *msg, char *to, int n)
{
	const struct iov_iter *i = &msg->msg_iter;
	const struct iovec *piece;
	const void *file;

	n = min_t(size_t, n, iov_iter_count(i));
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
	if (iter_is_ubuf(i))
		return lw_http_from_user(to, (char __user *)i->ubuf + i->iov_offset, n);
#endif
	if (iov_iter_is_bvec(i)) {
		n = min_t(size_t, n, i->bvec->bv_len - i->iov_offset);
		file = page_address(i->bvec->bv_page) + i->bvec->bv_offset + i->iov_offset;
		return copy_from_kernel_nofault(to, file, n) ? -1 : n;
	}
	if (!iter_is_iovec(i))
		return -1;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	piece = iter_iov(i);
#else
	piece = i->iov;
#endif
	n = min_t(size_t, n, piece->iov_len - i->iov_offset);
	return lw_http_from_user(to, (char __user *)piece->iov_base + i->iov_offset, n);
}

/* ---- requests ---- */

/* Tells a connection by its peer: the close of an earlier socket at this address may have been missed. */
static u64 lw_http_peer(const struct sock *sk)
{
	return (u64)(__force u32)sk->sk_daddr << 16 | (__force u16)sk->sk_dport;
}

/* The socket's request; NULL if it has none. Sets *place. */
static struct lw_http *lw_http_find(const struct sock *sk, int *place)
{
	struct lw_http *http;

	*place = lw_pending_find(&lw_https, &lw_http_shape, (unsigned long)sk);
	if (*place < 0)
		return NULL;
	http = lw_pending_kept(&lw_https, *place);
	return http->peer == lw_http_peer(sk) ? http : NULL;
}

static void lw_http_forget(const struct sock *sk)
{
	int place = lw_pending_find(&lw_https, &lw_http_shape, (unsigned long)sk);

	if (place >= 0 && lw_pending_claim(&lw_https, place, (unsigned long)sk))
		lw_pending_free(&lw_https, &lw_http_shape, place);
}

/* A request begins now at this byte, and replaces the socket's former request; NULL without room. */
static struct lw_http *lw_http_new(const struct sock *sk, u32 at, u32 answer)
{
	struct lw_place place = lw_pending_new(&lw_https, &lw_http_shape, (unsigned long)sk);
	struct lw_http *http;

	if (place.at < 0)
		return NULL;
	http = lw_pending_kept(&lw_https, place.at);
	memset(http, 0, offsetof(struct lw_http, text));
	http->peer = lw_http_peer(sk);
	http->at = at;
	http->answer = answer;
	lw_pending_show(&lw_https, place);
	return http;
}

/* More of its line has come. */
static void lw_http_continues(struct sock *sk, struct lw_http *http, bool sent)
{
	int n = http->user ? 0 : http->n;
	int more = lw_http_bytes(sk, sent, http->at + n, http->text + n, LW_HTTP_LINE - n);
	int is = LW_HTTP_SHORT;

	if (more) {
		http->n = n + more;
		http->user = false;
	} else if (!http->user &&
		   before(http->at + n, sent ? tcp_sk(sk)->write_seq : tcp_sk(sk)->copied_seq)) {
		/* The text is gone, unseen. */
		lw_http_forget(sk);
		return;
	}
	if (http->n)
		is = lw_http_is_request(http->text, http->n);
	if (!is)
		lw_http_forget(sk);
	else if (is > 0)
		http->state = LW_HTTP_WAITS;
}

/* ---- responses ---- */

/* The length of an interim response; 0 if its end has not come */
static u32 lw_http_interim_length(struct sock *sk, bool sent, u32 at)
{
	char *head = this_cpu_ptr(lw_http_head);
	int n = lw_http_bytes(sk, sent, at, head, LW_HTTP_HEAD);
	const char *end = strnstr(head, "\r\n\r\n", n);

	return end ? end + 4 - head : 0;
}

/* The number after the last byte that was sent, or of the segment that is read */
static u32 lw_http_end(struct sock *sk, bool sent)
{
	const struct sk_buff *skb = sent ? NULL : skb_peek(&sk->sk_receive_queue);

	if (sent)
		return tcp_sk(sk)->write_seq;
	return skb ? lw_skb_at(skb) + skb->len : tcp_sk(sk)->copied_seq;
}

/*
 * Looks for the response in the data up to this byte. Returns the status of the final response, or 0.
 * Other text is skipped: it may be the rest of an earlier response.
 */
static int lw_http_answered(struct sock *sk, struct lw_http *http, bool sent, u32 upto)
{
	int try, n, status;
	u32 length;

	for (try = 0; try < LW_HTTP_TRIES && before(http->answer + http->begun, upto); try++) {
		n = lw_http_bytes(sk, sent, http->answer + http->begun, http->begin + http->begun,
				  LW_HTTP_STATUS - http->begun);
		if (!n && http->status)
			return http->status;
		http->begun += n;
		status = n ? lw_http_status(http->begin, http->begun) : 0;
		if (status == LW_HTTP_SHORT)
			return 0;
		http->begun = 0;
		if (status && !lw_http_interim(status))
			return status;
		length = status ? lw_http_interim_length(sk, sent, http->answer) : 0;
		http->other |= !status;
		http->answer = length ? http->answer + length : lw_http_end(sk, sent);
	}
	return 0;
}

/* The response is here. The rest of the request's last segment, which a server may still read, is not a request. */
static void lw_http_done(struct sock *sk, struct lw_http *http)
{
	const struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);

	if (!lw_web.server || !skb || !before(lw_skb_at(skb), tcp_sk(sk)->copied_seq)) {
		lw_http_forget(sk);
		return;
	}
	http->state = LW_HTTP_DONE;
	http->at = tcp_sk(sk)->copied_seq;
}

static void lw_http_put(struct _stp_log *log, const struct lw_http *http)
{
	int method = lw_http_method(http->text, http->n), n = 0;
	const char *target = http->text + method;

	while (n < http->n - method && !strchr(" \r\n", target[n]))
		n++;
	lw_put(log, http->text, method - 1);
	lw_put_tab(log);
	lw_put_escaped(log, target, min(n, LW_HTTP_TARGET),
		       n > LW_HTTP_TARGET || n == http->n - method);
	lw_put_tab(log);
}

static void lw_http_record(struct sock *sk, int place, int status)
{
	s64 took = lw_pending_took(&lw_https, place);
	struct _stp_log *log = lw_log();

	if (took < lw_web.least)
		return;
	lw_put_begin(log, lw_web.timestamp);
	lw_put_task(log);
	lw_emit_ends(sk);
	lw_put_pair(log, status, took);
	lw_http_put(log, lw_pending_kept(&lw_https, place));
	lw_put_event_end(log);
}

static void lw_http_look_for_response(struct sock *sk, struct lw_http *http, int place, u32 upto)
{
	int status = lw_http_answered(sk, http, lw_web.server, upto);

	if (!status)
		return;
	if (http->state == LW_HTTP_WAITS && lw_wanted())
		lw_http_record(sk, place, status);
	lw_http_done(sk, http);
}

/* ---- probes ---- */

/* May text that comes now be a request? After a request that waits, it is that request's body. */
static bool lw_http_may_be_new(const struct lw_http *http)
{
	return !http || http->state == LW_HTTP_DONE ||
	       (http->state == LW_HTTP_WAITS && http->other) ||
	       (http->state == LW_HTTP_OPEN && !http->n);
}

/* tcp_sendmsg_locked() begins: notes where a client's request would begin. */
static void lw_http_client_sends(struct sock *sk, const struct msghdr *msg)
{
	bool large = iov_iter_count(&msg->msg_iter) >= LW_HTTP_LARGE;
	char begin[4];
	int place, n = lw_http_message(msg, begin, sizeof(begin));
	struct lw_http *http;

	if (!iov_iter_count(&msg->msg_iter) || (n > 0 && !lw_http_method(begin, n)))
		return;
	if (!lw_http_may_be_new(lw_http_find(sk, &place)) || !lw_wanted())
		return;
	http = lw_http_new(sk, tcp_sk(sk)->write_seq, tcp_sk(sk)->rcv_nxt);
	if (http && large) {
		http->n = max(lw_http_message(msg, http->text, LW_HTTP_LINE), 0);
		http->user = true;
	}
}

static void lw_http_server_sends(struct sock *sk, const struct msghdr *msg)
{
	char begin[LW_HTTP_STATUS];
	struct lw_http *http;
	int place, n;

	if (iov_iter_count(&msg->msg_iter) < LW_HTTP_LARGE)
		return;
	http = lw_http_find(sk, &place);
	if (!http || http->answer != tcp_sk(sk)->write_seq)
		return;
	n = lw_http_message(msg, begin, sizeof(begin));
	http->status = n > 0 ? max(lw_http_status(begin, n), 0) : 0;
	if (lw_http_interim(http->status))
		http->status = 0;
}

static void lw_http_sends(struct sock *sk, const struct msghdr *msg)
{
	if (lw_web.server)
		lw_http_server_sends(sk, msg);
	else
		lw_http_client_sends(sk, msg);
}

/* tcp_push() begins: the message is in the queues, and stays there while the socket is locked. */
static void lw_http_sent(struct sock *sk)
{
	int place;
	struct lw_http *http = lw_http_find(sk, &place);

	if (!http)
		return;
	if (lw_web.server && http->state != LW_HTTP_DONE)
		lw_http_look_for_response(sk, http, place, tcp_sk(sk)->write_seq);
	if (lw_web.server || http->state != LW_HTTP_OPEN)
		return;
	/* When the call began, the connection may not have been made yet. */
	if (!http->n || http->user)
		http->answer = tcp_sk(sk)->rcv_nxt;
	lw_http_continues(sk, http, true);
}

static void lw_http_server_receives(struct sock *sk)
{
	const struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	u32 copied = tcp_sk(sk)->copied_seq, at;
	char begin[8];
	int place, n;
	struct lw_http *http = lw_http_find(sk, &place);

	if (!skb || !before(lw_skb_at(skb), copied))
		return;
	if (http && http->state == LW_HTTP_OPEN) {
		lw_http_continues(sk, http, false);
		return;
	}
	if (!lw_http_may_be_new(http) || !lw_wanted())
		return;
	at = lw_skb_at(skb);
	if (http && http->state == LW_HTTP_DONE && before(at, http->at))
		at = http->at;
	n = lw_http_bytes(sk, false, at, begin, sizeof(begin));
	if (before(at, copied) && n && lw_http_method(begin, n)) {
		http = lw_http_new(sk, at, tcp_sk(sk)->write_seq);
		if (http)
			lw_http_continues(sk, http, false);
	} else if (http && http->state == LW_HTTP_DONE) {
		http->at = copied;
		if (copied == lw_http_end(sk, false))
			lw_http_forget(sk);
	}
}

static void lw_http_client_receives(struct sock *sk)
{
	int place;
	struct lw_http *http = lw_http_find(sk, &place);

	if (http)
		lw_http_look_for_response(sk, http, place, tcp_sk(sk)->copied_seq);
}

/*
 * tcp_recvmsg_locked() has copied from the queue's first segment, which is still there. In
 * an interrupt, the kernel itself reads.
 */
static void lw_on_received(void *data, struct sock *sk)
{
	if (!smp_load_acquire(&lw_web.on) || !in_task())
		return;
	lw_point_enter();
	if (lw_web.server)
		lw_http_server_receives(sk);
	else
		lw_http_client_receives(sk);
	lw_point_leave();
}

LW_POINT(tcp_rcv_space_adjust, lw_on_received);
#undef LW_POINTS
#define LW_POINTS (&lw_on_received_point)
