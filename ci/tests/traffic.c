// SPDX-License-Identifier: GPL-2.0-only
/*
 * traffic - makes known connections and HTTP requests
 *
 * usage: traffic accepts | passes | holds N | http | odd
 *
 * It is client and server in one: the server is a thread (accepts), a process (http), or the same
 * thread (odd). Prints the JSON object that the tool must have shown for each, in order.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void nap(long msec)
{
	struct timespec t = { msec / 1000, msec % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static socklen_t loopback(union address *a, int family)
{
	memset(a, 0, sizeof(*a));
	a->any.sa_family = family;
	if (family == AF_INET) {
		a->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(a->v4);
	}
	if (family == AF_INET6) {
		a->v6.sin6_addr = in6addr_loopback;
		return sizeof(a->v6);
	}
	snprintf(a->local.sun_path + 1, sizeof(a->local.sun_path) - 1, "lw-traffic-%d", getpid());
	return sizeof(a->local);
}

/* Makes a socket that listens at a free port; sets *a to its address. */
static int listener(int family, union address *a)
{
	socklen_t len = loopback(a, family);
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, &a->any, len) || listen(fd, 16))
		die("listen");
	if (family != AF_UNIX && getsockname(fd, &a->any, &len))
		die("getsockname");
	return fd;
}

static int dial(int family, const union address *a)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, &a->any,
			      family == AF_INET    ? sizeof(a->v4)
			      : family == AF_INET6 ? sizeof(a->v6)
						   : sizeof(a->local)))
		die("connect");
	return fd;
}

/* ---- accepts ---- */

static void print_accept(int family, int fd)
{
	union address peer, here;
	socklen_t len = sizeof(peer);

	if (family == AF_UNIX) {
		printf("{\"fd\":%d,\"raddr\":\"\",\"rport\":null,\"laddr\":\"\",\"lport\":null}\n",
		       fd);
		return;
	}
	getpeername(fd, &peer.any, &len);
	len = sizeof(here);
	getsockname(fd, &here.any, &len);
	if (family == AF_INET)
		printf("{\"fd\":%d,\"raddr\":\"127.0.0.1\",\"rport\":%d,\"laddr\":\"127.0.0.1\",\"lport\":%d}\n",
		       fd, ntohs(peer.v4.sin_port), ntohs(here.v4.sin_port));
	else
		printf("{\"fd\":%d,\"raddr\":\"::1\",\"rport\":%d,\"laddr\":\"::1\",\"lport\":%d}\n",
		       fd, ntohs(peer.v6.sin6_port), ntohs(here.v6.sin6_port));
	fflush(stdout);
}

static void *close_it(void *fd)
{
	close((long)fd);
	return NULL;
}

/* Accepted, duplicated, and closed after a while, the last time by another thread. */
static void one_accept(int family, int server, const union address *a, long msec)
{
	int client = dial(family, a), fd = accept4(server, NULL, NULL, SOCK_CLOEXEC), copy;
	pthread_t thread;

	if (fd < 0)
		die("accept");
	print_accept(family, fd);
	copy = dup(fd);
	close(fd);
	nap(msec);
	/* By now, TCP has finished one of the connections. */
	if (msec > 200 && family != AF_UNIX) {
		shutdown(copy, SHUT_WR);
		shutdown(client, SHUT_WR);
		nap(20);
	}
	pthread_create(&thread, NULL, close_it, (void *)(long)copy);
	pthread_join(thread, NULL);
	close(client);
}

/* 7: 3 of IPv4, 3 of IPv6, 1 local; open for 20 ms and more each */
static void accepts(void)
{
	static const int families[] = { AF_INET, AF_INET6, AF_UNIX };
	union address a;
	int i, j, server;

	for (i = 0; i < 3; i++) {
		server = listener(families[i], &a);
		for (j = 0; j < (families[i] == AF_UNIX ? 1 : 3); j++)
			one_accept(families[i], server, &a, 20 + 100 * j);
		close(server);
	}
}

/* Accepts a connection, and gives its descriptor to a child, which closes it last. */
static void passes(void)
{
	union {
		struct cmsghdr any;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .any = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	char byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control) };
	int server, client, fd, pair[2], status;
	union address a;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	pid = fork();
	if (!pid) {
		close(pair[0]);
		if (recvmsg(pair[1], &m, 0) != 1)
			die("recvmsg");
		nap(50);
		_exit(0);
	}
	server = listener(AF_INET, &a);
	client = dial(AF_INET, &a);
	fd = accept(server, NULL, NULL);
	if (fd < 0)
		die("accept");
	memcpy(CMSG_DATA(&control.any), &fd, sizeof(fd));
	if (sendmsg(pair[0], &m, 0) != 1)
		die("sendmsg");
	close(fd);
	if (waitpid(pid, &status, 0) != pid || status)
		die("child");
	close(client);
	printf("{\"pid\":%d,\"fd\":%d}\n", pid, fd);
}

/* Holds n accepted connections until its input ends; prints a line when it has them. */
static void holds(int n)
{
	union address a;
	int server = listener(AF_UNIX, &a);
	char c;

	while (n--) {
		dial(AF_UNIX, &a);
		if (accept(server, NULL, NULL) < 0)
			die("accept");
	}
	puts("held");
	fflush(stdout);
	if (read(0, &c, 1) < 0)
		die("read");
}

/* ---- http ---- */

enum calls { SENDRECV, READWRITE, VECTORS };

static void put(int fd, enum calls how, const char *text)
{
	size_t n = strlen(text), half = n > 8 ? 2 : n / 2;
	struct iovec v[] = { { (char *)text, half }, { (char *)text + half, n - half } };
	ssize_t done;

	if (how == SENDRECV)
		done = send(fd, text, n, MSG_NOSIGNAL);
	else if (how == READWRITE)
		done = write(fd, text, n);
	else
		done = writev(fd, v, 2);
	if (done != (ssize_t)n)
		die("put");
}

static ssize_t get(int fd, enum calls how, char *buf, size_t n)
{
	struct iovec v[] = { { buf, 5 }, { buf + 5, n - 5 } };

	if (how == SENDRECV)
		return recv(fd, buf, n, 0);
	if (how == READWRITE)
		return read(fd, buf, n);
	return readv(fd, v, 2);
}

/* Answers "GET /STATUS/MSEC/..." with that status after that time; /100 before if asked. */
static void answer(int fd, enum calls how)
{
	char buf[1024], text[256];
	int status, msec;
	ssize_t n;

	while ((n = get(fd, how, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = 0;
		if (sscanf(strchr(buf, '/'), "/%d/%d", &status, &msec) != 2)
			die("request");
		if (strstr(buf, "100-continue")) {
			put(fd, how, "HTTP/1.1 100 Continue\r\n\r\n");
			nap(5);
		}
		nap(msec);
		snprintf(text, sizeof(text), "HTTP/1.1 %d Fine\r\nContent-Length: 2\r\n\r\nok",
			 status);
		put(fd, how, text);
	}
}

static pid_t serve(int server)
{
	pid_t pid = fork();
	int i, fd;

	if (pid)
		return pid;
	prctl(PR_SET_NAME, "server");
	for (i = 0; i < 3; i++) {
		fd = accept(server, NULL, NULL);
		answer(fd, i);
		close(fd);
	}
	_exit(0);
}

static void wait_for_answer(int fd, enum calls how, bool twice)
{
	char buf[1024];
	ssize_t n;
	char *last = buf;

	do {
		n = get(fd, how, buf, sizeof(buf) - 1);
		if (n <= 0)
			die("answer");
		buf[n] = 0;
		last = strstr(buf, "ok");
	} while (twice && !last);
}

static void one_request(int fd, enum calls how, const char *method, const char *path, int status,
			int msec, bool expect)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method, path,
		 expect ? "Expect: 100-continue\r\n" : "");
	put(fd, how, text);
	wait_for_answer(fd, how, expect);
	printf("{\"status\":%d,\"method\":\"%s\",\"path\":\"%s\",\"least\":%d}\n", status, method,
	       path, msec);
	fflush(stdout);
}

/* 11 requests on 3 connections, each with another pair of calls */
static void http(void)
{
	union address a;
	int server = listener(AF_INET, &a), how, fd, status;
	pid_t pid = serve(server);
	char path[300];

	for (how = SENDRECV; how <= VECTORS; how++) {
		fd = dial(AF_INET, &a);
		one_request(fd, how, "GET", "/200/30/first", 200, 30, false);
		one_request(fd, how, "POST", "/404/0/no%20where?a=b", 404, 0, false);
		one_request(fd, how, "HEAD", "/503/60/last", 503, 60, how == READWRITE);
		if (how != VECTORS) {
			snprintf(path, sizeof(path), "/201/1/%0*d", 150, how);
			one_request(fd, how, "PUT", path, 201, 1, false);
		}
		close(fd);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("server");
}

/* ---- odd: unusual requests and responses ---- */

/* A connection with both its ends */
static struct ends {
	int client, server;
} ends;

static void connection(int listening, const union address *a)
{
	int on = 1;

	ends.client = dial(AF_INET, a);
	ends.server = accept(listening, NULL, NULL);
	if (ends.server < 0)
		die("accept");
	/* Pieces that are sent apart must arrive apart. */
	setsockopt(ends.client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(ends.server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void disconnect(void)
{
	close(ends.client);
	close(ends.server);
}

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("say");
}

/* Receives this number of bytes, in pieces. */
static void hear_in_pieces(int fd, size_t n, size_t piece)
{
	char buf[4096];
	ssize_t got;

	if (piece > sizeof(buf))
		piece = sizeof(buf);
	while (n) {
		got = recv(fd, buf, piece < n ? piece : n, 0);
		if (got <= 0)
			die("hear");
		n -= got;
	}
}

static void hear(int fd, size_t n)
{
	hear_in_pieces(fd, n, n);
}

/* Text that goes from one end to the other in one piece */
static void to_server(const char *text)
{
	say(ends.client, text);
	hear(ends.server, strlen(text));
}

static void to_client(const char *text)
{
	say(ends.server, text);
	hear(ends.client, strlen(text));
}

/* Prints the record that the tool must show. @side: the side, if only one shows it */
static void due(int status, const char *method, const char *path, const char *side)
{
	printf("{\"status\":%d,\"method\":\"%s\",\"path\":\"%s\",\"side\":\"%s\"}\n", status,
	       method, path, side);
	fflush(stdout);
}

/* A request and its response show whether the tool still follows the connection. */
static void plain(const char *path)
{
	char text[256];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n\r\n", path);
	to_server(text);
	to_client("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	due(200, "GET", path, "");
}

static void odd_bodies(void)
{
	to_server("POST /body HTTP/1.1\r\nContent-Length: 24\r\n\r\n");
	to_server("GET /no-request HTTP/1.1\r\n");
	to_client("HTTP/1.1 201 Created\r\nContent-Length: 23\r\n\r\n");
	due(201, "POST", "/body", "");
	to_client("HTTP/1.1 500 no status\r\n");
	plain("/after-bodies");

	to_server("PUT /chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
	to_server("1a\r\n");
	to_server("DELETE /chunk HTTP/1.1\r\n\r\n");
	to_server("\r\n0\r\n\r\n");
	to_client("HTTP/1.1 204 None\r\n\r\n");
	due(204, "PUT", "/chunks", "");

	to_server("POST /asks HTTP/1.1\r\nExpect: 100-continue\r\n\r\n");
	to_client("HTTP/1.1 100 Continue\r\n\r\n");
	to_server("GET /no-request-either HTTP/1.1\r\n");
	to_client(
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
	due(202, "POST", "/asks", "");
}

static void odd_pieces(void)
{
	struct iovec v[] = { { "", 0 }, { "GET /vector HTTP/1.1\r\n\r\n", 24 } };

	if (writev(ends.client, v, 2) != 24)
		die("writev");
	hear(ends.server, 24);
	to_client("HTTP/1.1 200 OK\r\n\r\n");
	due(200, "GET", "/vector", "");

	to_server("GE");
	to_server("T /piece");
	to_server("s HTTP/1.1\r\n\r\n");
	to_client("HTTP/1");
	to_client(".1 20");
	to_client("3 Fine\r\n\r\n");
	due(203, "GET", "/pieces", "");

	say(ends.client, "GET /bytes HTTP/1.1\r\n\r\n");
	hear_in_pieces(ends.server, strlen("GET /bytes HTTP/1.1\r\n\r\n"), 1);
	say(ends.server, "HTTP/1.1 205 Fine\r\n\r\n");
	hear_in_pieces(ends.client, strlen("HTTP/1.1 205 Fine\r\n\r\n"), 1);
	due(205, "GET", "/bytes", "");
}

/* The response comes before the whole request; the rest is in the same segment. */
static void odd_early(void)
{
	const char *text =
		"POST /early HTTP/1.1\r\nContent-Length: 24\r\n\r\nGET /no-request HTTP/1.1\r\n";

	say(ends.client, text);
	hear(ends.server, 20);
	to_client("HTTP/1.1 413 Too much\r\nContent-Length: 0\r\n\r\n");
	due(413, "POST", "/early", "");
	hear_in_pieces(ends.server, strlen(text) - 20, 5);
	plain("/after-early");
}

/* The next request comes before the response has ended; then two requests come at once. */
static void odd_overlaps(void)
{
	to_server("GET /long HTTP/1.1\r\n\r\n");
	to_client("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789");
	due(200, "GET", "/long", "");
	to_server("GET /next HTTP/1.1\r\n\r\n");
	to_client("0123456789");
	to_client("HTTP/1.1 404 Not there\r\nContent-Length: 0\r\n\r\n");
	due(404, "GET", "/next", "");

	to_server("GET /first HTTP/1.1\r\n\r\nGET /second HTTP/1.1\r\n\r\n");
	to_client("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	due(200, "GET", "/first", "");
	to_client("HTTP/1.1 404 Not there\r\nContent-Length: 0\r\n\r\n");
	plain("/after-two");
}

static void odd_protocols(void)
{
	to_server("GET key\r\n");
	to_client("$-1\r\n");
	plain("/after-redis");
	to_server("OPTIONS rtsp://x RTSP/1.0\r\n\r\n");
	to_client("RTSP/1.0 200 OK\r\n\r\n");
	to_server("CONNECT x:80 HTTP/1.1\r\n\r\n");
	to_client("HTTP/1.1 200 OK\r\n\r\n");
	due(200, "CONNECT", "x:80", "");
	plain("/in-the-tunnel");
	to_server("GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
	to_client("HTTP/1.1 101 Switching\r\n\r\n");
	due(101, "GET", "/socket", "");
}

static void *receive_it(void *n)
{
	hear(ends.client, (long)n);
	return NULL;
}

/* A thread waits for the response before there is a request. */
static void odd_waiter(void)
{
	const char *response = "HTTP/1.1 206 Part\r\nContent-Length: 0\r\n\r\n";
	pthread_t thread;

	pthread_create(&thread, NULL, receive_it, (void *)strlen(response));
	nap(100);
	to_server("GET /waited-for HTTP/1.1\r\n\r\n");
	say(ends.server, response);
	pthread_join(thread, NULL);
	due(206, "GET", "/waited-for", "");
}

static void *send_it(void *text)
{
	say(ends.client, text);
	return NULL;
}

/* Sends until the socket takes no more. Returns the number of bytes. */
static size_t fill(int fd)
{
	char filling[4096] = "";
	size_t filled = 0, before;
	ssize_t n;

	do {
		before = filled;
		while ((n = send(fd, filling, sizeof(filling), MSG_DONTWAIT)) > 0)
			filled += n;
		nap(50);
	} while (filled != before);
	return filled;
}

/* Another thread writes over a request that waits to be copied; the bytes that were sent count. */
static void odd_rewritten(void)
{
	char text[] = "GET /false HTTP/1.1\r\n\r\n", sent[sizeof(text)] = "", path[7] = "";
	size_t filled = fill(ends.client);
	pthread_t thread;

	pthread_create(&thread, NULL, send_it, text);
	nap(200);
	memcpy(text, "GET /truth", 10);
	hear(ends.server, filled);
	if (recv(ends.server, sent, strlen(text), MSG_WAITALL) != (ssize_t)strlen(text))
		die("recv");
	pthread_join(thread, NULL);
	to_client("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	memcpy(path, sent + 4, 6);
	due(200, "GET", path, "client");
}

struct large {
	int fd;
	char *text;
	size_t n;
};

static void *send_large(void *large)
{
	struct large *l = large;

	if (send(l->fd, l->text, l->n, MSG_NOSIGNAL) != (ssize_t)l->n)
		die("send");
	return NULL;
}

/* One call sends so much that its begin is acknowledged before the call ends. */
static void large(int from, int to, const char *begin)
{
	struct large l = { .fd = from, .n = 4 << 20 };
	pthread_t thread;

	l.text = calloc(1, l.n);
	memcpy(l.text, begin, strlen(begin));
	pthread_create(&thread, NULL, send_large, &l);
	hear(to, l.n);
	pthread_join(thread, NULL);
	free(l.text);
}

static void odd_large(void)
{
	large(ends.client, ends.server, "POST /large HTTP/1.1\r\n\r\n");
	large(ends.server, ends.client, "HTTP/1.1 200 OK\r\n\r\n");
	due(200, "POST", "/large", "");
}

static int file_with(const char *text)
{
	int fd = memfd_create("text", 0);

	if (fd < 0)
		die("memfd_create");
	say(fd, text);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Sends from memory that the program has not touched, and from files. */
static void odd_sources(void)
{
	const char *request = "GET /untouched HTTP/1.1\r\n\r\n",
		   *response = "HTTP/1.1 200 OK\r\n\r\n";
	int fd = file_with(request);
	char *text = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	if (text == MAP_FAILED ||
	    write(ends.client, text, strlen(request)) != (ssize_t)strlen(request))
		die("untouched");
	hear(ends.server, strlen(request));
	close(fd);
	fd = file_with(response);
	if (sendfile(ends.server, fd, NULL, strlen(response)) != (ssize_t)strlen(response))
		die("sendfile");
	hear(ends.client, strlen(response));
	close(fd);
	due(200, "GET", "/untouched", "");

	request = "GET /file HTTP/1.1\r\n\r\n";
	fd = file_with(request);
	if (sendfile(ends.client, fd, NULL, strlen(request)) != (ssize_t)strlen(request))
		die("sendfile");
	close(fd);
	hear(ends.server, strlen(request));
	to_client(response);
	due(200, "GET", "/file", "sendfile");
}

/* Sends all these bytes in one call by io_uring. */
static void by_uring(int op, int fd, char *text, size_t n)
{
	struct io_uring_params p = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &p);
	struct io_uring_sqe *entry;
	char *rings, *done;

	if (ring < 0)
		die("io_uring_setup");
	rings = mmap(NULL, p.sq_off.array + sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		     IORING_OFF_SQ_RING);
	done = mmap(NULL, p.cq_off.cqes + sizeof(struct io_uring_cqe), PROT_READ, MAP_SHARED, ring,
		    IORING_OFF_CQ_RING);
	entry = mmap(NULL, sizeof(*entry), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		     IORING_OFF_SQES);
	if (rings == MAP_FAILED || done == MAP_FAILED || (void *)entry == MAP_FAILED)
		die("rings");
	*entry = (struct io_uring_sqe){
		.opcode = op, .fd = fd, .addr = (unsigned long)text, .len = n
	};
	*(int *)(rings + p.sq_off.array) = 0;
	__atomic_store_n((int *)(rings + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		die("io_uring_enter");
	if (((struct io_uring_cqe *)(done + p.cq_off.cqes))->res != (int)n)
		die("io_uring");
	close(ring);
}

/* Calls other than read, write and similar ones */
static void odd_calls(void)
{
	char request[] = "GET /ring HTTP/1.1\r\n\r\n", response[] = "HTTP/1.1 200 OK\r\n\r\n",
	     buf[64];
	struct iovec v = { "GET /many HTTP/1.1\r\n\r\n", 22 }, w = { buf, sizeof(buf) };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &v, .msg_iovlen = 1 } };
	int on = 1;

	by_uring(IORING_OP_SEND, ends.client, request, strlen(request));
	by_uring(IORING_OP_RECV, ends.server, buf, strlen(request));
	by_uring(IORING_OP_SEND, ends.server, response, strlen(response));
	by_uring(IORING_OP_RECV, ends.client, buf, strlen(response));
	due(200, "GET", "/ring", "");

	if (sendmmsg(ends.client, &m, 1, 0) != 1)
		die("sendmmsg");
	m.msg_hdr.msg_iov = &w;
	if (recvmmsg(ends.server, &m, 1, 0, NULL) != 1)
		die("recvmmsg");
	to_client(response);
	due(200, "GET", "/many", "");

	if (setsockopt(ends.client, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)))
		die("SO_ZEROCOPY");
	v = (struct iovec){ "GET /pages HTTP/1.1\r\n\r\n", 23 };
	m.msg_hdr.msg_iov = &v;
	if (sendmsg(ends.client, &m.msg_hdr, MSG_ZEROCOPY) != 23)
		die("MSG_ZEROCOPY");
	hear(ends.server, 23);
	to_client(response);
	due(200, "GET", "/pages", "");
}

static void odd_peek(void)
{
	char buf[64];

	say(ends.client, "GET /peek HTTP/1.1\r\n\r\n");
	if (recv(ends.server, buf, sizeof(buf), MSG_PEEK) <= 0)
		die("peek");
	hear(ends.server, strlen("GET /peek HTTP/1.1\r\n\r\n"));
	say(ends.server, "HTTP/1.1 200 OK\r\n\r\n");
	if (recv(ends.client, buf, sizeof(buf), MSG_PEEK) <= 0)
		die("peek");
	hear(ends.client, strlen("HTTP/1.1 200 OK\r\n\r\n"));
	due(200, "GET", "/peek", "");
}

static void odd(void)
{
	typedef void one_case(void);
	static one_case *const cases[] = { odd_bodies, odd_pieces,    odd_early,    odd_overlaps,
					   odd_waiter, odd_large,     odd_sources,  odd_peek,
					   odd_calls,  odd_protocols, odd_rewritten };
	union address a;
	int listening = listener(AF_INET, &a);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		connection(listening, &a);
		cases[i]();
		disconnect();
	}
}

int main(int argc, char **argv)
{
	const char *what = argc >= 2 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(what, "accepts"))
		accepts();
	else if (!strcmp(what, "passes"))
		passes();
	else if (!strcmp(what, "holds") && argc == 3)
		holds(atoi(argv[2]));
	else if (!strcmp(what, "http"))
		http();
	else if (!strcmp(what, "odd"))
		odd();
	else
		die("usage: traffic accepts|passes|holds N|http|odd");
	return 0;
}
