// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp - makes known connections of TCP, good ones and bad ones
 *
 * usage: tcp connects | from | accepts | sessions | losses | drops [PORT]
 *        tcp times ADDRESS [PORT]
 *
 * The servers' ports are PORT and those that follow it; without PORT, any. It is client and server in one. Prints a JSON object for each thing that a tool must have shown.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

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

/* ---- sockets ---- */

/* An address in numbers, and a port */
static union address address(const char *text, int port)
{
	union address a = { 0 };

	if (strchr(text, ':')) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
		if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) != 1)
			die(text);
	} else {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
		if (inet_pton(AF_INET, text, &a.v4.sin_addr) != 1)
			die(text);
	}
	return a;
}

static int stream(const union address *a)
{
	int fd = socket(a->any.sa_family, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int port_of(int fd)
{
	union address a;
	socklen_t size = sizeof(a);

	if (getsockname(fd, &a.any, &size))
		die("getsockname");
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

static int next_port;

/* Makes a socket that listens there; sets *a to its address. */
static int listener(const char *text, int backlog, union address *a)
{
	socklen_t size = sizeof(*a);
	int fd, on = 1;

	*a = address(text, next_port ? next_port++ : 0);
	fd = stream(a);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &a->any, size) || listen(fd, backlog) || getsockname(fd, &a->any, &size))
		die("listen");
	return fd;
}

/* All segments that come to the socket are dropped, or no more. */
static void deaf(int fd, bool deaf)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &none };
	int unused = 0;

	if (deaf ? setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program))
		 : setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)))
		die("filter");
}

static void set(int fd, int option, int value)
{
	if (setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)))
		die("setsockopt");
}

/* ---- connects ---- */

static void print_connect(const char *here, int lport, const char *peer, int rport, int err)
{
	printf("{\"laddr\":\"%s\",\"lport\":%d,\"raddr\":\"%s\",\"rport\":%d,\"err\":%d}\n", here,
	       lport, peer, rport, err);
	fflush(stdout);
}

/* Connects, and says what the tool must show. @peer: the address as the tool shows it */
static int dial(int fd, const union address *a, const char *here, const char *peer)
{
	int err = connect(fd, &a->any, sizeof(*a)) ? errno : 0;

	print_connect(here, port_of(fd), peer,
		      ntohs(a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port), err);
	return err;
}

static void good_connects(void)
{
	static const struct {
		const char *to, *shown, *here;
	} all[] = { { "127.0.0.1", "127.0.0.1", "127.0.0.1" },
		    { "127.0.0.2", "127.0.0.2", "127.0.0.1" },
		    { "::1", "::1", "::1" },
		    { "::ffff:127.0.0.1", "127.0.0.1", "127.0.0.1" } };
	union address a, to;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int server = listener(all[i].shown, 16, &a), fd;

		to = address(all[i].to, port_of(server));
		fd = stream(&to);
		if (dial(fd, &to, all[i].here, all[i].shown))
			die("connect");
		close(fd);
		close(server);
	}
}

/* The same connection is there already; nobody listens. */
static void refused(void)
{
	union address a, here = address("127.0.0.1", 0);
	int server = listener("127.0.0.1", 16, &a), fd = stream(&a), second = stream(&a), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Both say where they are: a port that the kernel chooses for connect(2) may be in use. */
	if (bind(fd, &here.any, sizeof(here)) || dial(fd, &a, "127.0.0.1", "127.0.0.1"))
		die("connect");
	here = address("127.0.0.1", port_of(fd));
	if (bind(second, &here.any, sizeof(here)))
		die("bind");
	dial(second, &a, "127.0.0.1", "127.0.0.1");
	close(second);
	close(server);
	dial(stream(&a), &a, "127.0.0.1", "127.0.0.1");
	close(fd);
}

/* Nobody answers; the program gives up. */
static void unanswered(void)
{
	union address a;
	int server = listener("127.0.0.1", 16, &a), fd = stream(&a);

	deaf(server, true);
	set(fd, TCP_SYNCNT, 1);
	dial(fd, &a, "127.0.0.1", "127.0.0.1");
	fd = stream(&a);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!connect(fd, &a.any, sizeof(a)))
		die("connect");
	print_connect("127.0.0.1", port_of(fd), "127.0.0.1", port_of(server), ECANCELED);
	close(fd);
	close(server);
}

/* The guest has no way to these. */
static void unreachable(void)
{
	union address a = address("203.0.113.1", 443);

	dial(stream(&a), &a, "0.0.0.0", "203.0.113.1");
	a = address("2001:db8::1", 443);
	dial(stream(&a), &a, "::", "2001:db8::1");
}

/* An IPv6 socket that is for IPv6 only has no way to an IPv4 address. */
static void ipv6_only(void)
{
	union address a = address("::ffff:203.0.113.2", 443);
	int fd = stream(&a), on = 1;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		die("IPV6_V6ONLY");
	dial(fd, &a, "0.0.0.0", "203.0.113.2");
	close(fd);
}

/* A socket that has given up a connect has an error of that, and fails in the next one. */
static void used_again(void)
{
	union address a, b, here = address("127.0.0.1", 0),
			    none = { .any = { .sa_family = AF_UNSPEC } };
	int server = listener("127.0.0.1", 16, &a), unheard = listener("127.0.0.1", 16, &b);
	int fd = stream(&a), second = stream(&a), on = 1;

	deaf(unheard, true);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &here.any, sizeof(here)))
		die("bind");
	here = address("127.0.0.1", port_of(fd));
	if (bind(second, &here.any, sizeof(here)) || dial(fd, &a, "127.0.0.1", "127.0.0.1"))
		die("connect");
	fcntl(second, F_SETFL, O_NONBLOCK);
	if (!connect(second, &b.any, sizeof(b)) || connect(second, &none.any, sizeof(none)))
		die("AF_UNSPEC");
	print_connect("127.0.0.1", port_of(second), "127.0.0.1", port_of(unheard), ECANCELED);
	dial(second, &a, "127.0.0.1", "127.0.0.1");
	close(fd);
	close(second);
	close(server);
	close(unheard);
}

/* 15: six good ones */
static void connects(void)
{
	good_connects();
	refused();
	unanswered();
	unreachable();
	ipv6_only();
	used_again();
}

/* From three ports, one after the other: there is no way from the third one. */
static void from_ports(void)
{
	union address a = address("127.0.0.1", 0), b = address("203.0.113.1", 443), here;
	int server = stream(&a), i, fd;
	socklen_t size = sizeof(a);

	if (listen(server, 16) || getsockname(server, &a.any, &size))
		die("listen");
	for (i = 0; i < 3; i++) {
		here = address(i < 2 ? "127.0.0.1" : "0.0.0.0", next_port++);
		fd = stream(&a);
		if (bind(fd, &here.any, sizeof(here)))
			die("bind");
		dial(fd, i < 2 ? &a : &b, "127.0.0.1", "127.0.0.1");
		close(fd);
	}
	close(server);
}

/* ---- accepts ---- */

/* 5 wait, and are accepted one after another. The last of them has been closed by then. */
static void accepts(void)
{
	union address a;
	int server = listener("127.0.0.1", 7, &a), client[5], i;

	for (i = 0; i < 5; i++) {
		client[i] = stream(&a);
		if (connect(client[i], &a.any, sizeof(a)))
			die("connect");
	}
	close(client[4]);
	for (i = 0; i < 5; i++) {
		if (accept(server, NULL, NULL) < 0)
			die("accept");
		printf("{\"raddr\":\"127.0.0.1\",\"laddr\":\"127.0.0.1\",\"lport\":%d,\"waiting\":%d,\"most\":7}\n",
		       port_of(server), 4 - i);
	}
}

/* ---- sessions ---- */

static void send_all(int fd, long bytes)
{
	static char block[4096];

	while (bytes > 0) {
		ssize_t n =
			write(fd, block, bytes < (long)sizeof(block) ? bytes : (long)sizeof(block));

		if (n <= 0)
			die("write");
		bytes -= n;
	}
}

static void receive_all(int fd, long bytes)
{
	char block[4096];

	while (bytes > 0) {
		ssize_t n =
			read(fd, block, bytes < (long)sizeof(block) ? bytes : (long)sizeof(block));

		if (n <= 0)
			die("read");
		bytes -= n;
	}
}

static void print_session(const char *at, int here, int peer, long sent, long received)
{
	printf("{\"laddr\":\"%s\",\"lport\":%d,\"raddr\":\"%s\",\"rport\":%d,\"tx\":%ld,\"rx\":%ld}\n",
	       at, here, at, peer, sent, received);
}

/* The client closes first, or the server, or both ends are reset. */
static void session(const char *at, long to, long back, int how)
{
	struct linger reset = { .l_onoff = 1 };
	union address a;
	int server = listener(at, 16, &a), client = stream(&a), fd;

	if (connect(client, &a.any, sizeof(a)))
		die("connect");
	fd = accept(server, NULL, NULL);
	send_all(client, to);
	receive_all(fd, to);
	send_all(fd, back);
	receive_all(client, back);
	print_session(at, port_of(client), port_of(server), to, back);
	print_session(at, port_of(server), port_of(client), back, to);
	nap(50);
	if (how == 2)
		setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(how == 1 ? fd : client);
	nap(20);
	close(how == 1 ? client : fd);
	close(server);
	nap(20);
}

/* 5 sessions, so 10 ends */
static void sessions(void)
{
	session("127.0.0.1", 1009, 30011, 0);
	session("127.0.0.1", 7, 500009, 1);
	session("::1", 65537, 3, 0);
	session("127.0.0.1", 101, 103, 2);
	session("127.0.0.1", 0, 0, 0);
}

/* ---- losses ---- */

static void print_ends(const char *at, int here, int peer)
{
	printf("{\"laddr\":\"%s\",\"lport\":%d,\"raddr\":\"%s\",\"rport\":%d}\n", at, here, at,
	       peer);
}

/* The receiver does not hear what comes, so it is sent again; then it does. @most: bytes of a segment, 0: as TCP likes */
static void loss(const char *at, long bytes, int most)
{
	union address a;
	int server = listener(at, 16, &a), client = stream(&a), fd;

	if (most)
		set(client, TCP_MAXSEG, most);
	if (connect(client, &a.any, sizeof(a)))
		die("connect");
	fd = accept(server, NULL, NULL);
	send_all(client, 11);
	receive_all(fd, 11);
	print_ends(at, port_of(client), port_of(server));
	deaf(fd, true);
	send_all(client, bytes);
	nap(1000);
	deaf(fd, false);
	receive_all(fd, bytes);
	close(client);
	close(fd);
	close(server);
}

/* The client does not hear the answer, so both repeat what they have sent. */
static void unheard(const char *at)
{
	union address a;
	int server = listener(at, 16, &a), client = stream(&a);

	deaf(client, true);
	fcntl(client, F_SETFL, O_NONBLOCK);
	if (!connect(client, &a.any, sizeof(a)))
		die("connect");
	print_ends(at, port_of(client), port_of(server));
	print_ends(at, port_of(server), port_of(client));
	nap(1500);
	close(client);
	close(server);
}

/* In the third connection, more waits than TCP has sent. */
static void losses(void)
{
	loss("127.0.0.1", 1009, 0);
	loss("::1", 101, 0);
	loss("127.0.0.1", 20011, 500);
	unheard("127.0.0.1");
}

/* ---- drops ---- */

/* The kernel's own count of segments that it dropped at the socket */
static unsigned int drops_of(int fd)
{
	unsigned int info[SK_MEMINFO_VARS];
	socklen_t size = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size))
		die("SO_MEMINFO");
	return info[SK_MEMINFO_DROPS];
}

/* The receiver does not hear 3 bytes, sent one by one, and what TCP sends for that. */
static void drop(const char *at)
{
	union address a;
	int server = listener(at, 16, &a), client = stream(&a), fd, i;

	set(client, TCP_NODELAY, 1);
	if (connect(client, &a.any, sizeof(a)))
		die("connect");
	fd = accept(server, NULL, NULL);
	deaf(fd, true);
	for (i = 0; i < 3; i++)
		send_all(client, 1);
	/* TCP sends them again and again. */
	while (drops_of(fd) < 4)
		nap(10);
	deaf(fd, false);
	printf("{\"saddr\":\"%s\",\"sport\":%d,\"daddr\":\"%s\",\"dport\":%d,\"drops\":%u}\n", at,
	       port_of(client), at, port_of(server), drops_of(fd));
	receive_all(fd, 3);
	close(client);
	close(fd);
	close(server);
}

static void drops(void)
{
	drop("127.0.0.1");
	drop("::1");
}

/* ---- times ---- */

static struct tcp_info info_of(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size))
		die("TCP_INFO");
	return info;
}

/* 101 bytes, each sent back. One segment of the handshake came to the client and two to the server; they do not count. */
static void times(const char *at)
{
	union address a;
	int server = listener(at, 16, &a), client = stream(&a), fd, i;
	struct tcp_info here, there;

	set(client, TCP_NODELAY, 1);
	if (connect(client, &a.any, sizeof(a)))
		die("connect");
	fd = accept(server, NULL, NULL);
	for (i = 0; i < 101; i++) {
		send_all(client, 1);
		receive_all(fd, 1);
		send_all(fd, 1);
		receive_all(client, 1);
	}
	nap(200);
	here = info_of(client);
	there = info_of(fd);
	printf("{\"at\":\"%s\",\"client\":%u,\"server\":%u,\"rtt\":%u}\n", at,
	       here.tcpi_segs_in - 1, there.tcpi_segs_in - 2, here.tcpi_rtt);
	fflush(stdout);
	/* Until the test has what it wants */
	read(STDIN_FILENO, &i, 1);
}

int main(int argc, char **argv)
{
	const char *what = argc >= 2 ? argv[1] : "";
	int port = strcmp(what, "times") ? 2 : 3;

	if (argc > port)
		next_port = atoi(argv[port]);
	if (!strcmp(what, "connects"))
		connects();
	else if (!strcmp(what, "from"))
		from_ports();
	else if (!strcmp(what, "accepts"))
		accepts();
	else if (!strcmp(what, "sessions"))
		sessions();
	else if (!strcmp(what, "losses"))
		losses();
	else if (!strcmp(what, "drops"))
		drops();
	else if (!strcmp(what, "times") && argc >= 3)
		times(argv[2]);
	else
		return 2;
	return 0;
}
