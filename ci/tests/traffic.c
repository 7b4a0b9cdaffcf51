// SPDX-License-Identifier: GPL-2.0-only
/*
 * traffic - connections and HTTP requests that are known beforehand
 *
 * usage: traffic accepts | passes | holds N | http
 *
 * Client and server in one: the server is a thread (accepts) or a process (http). Prints the
 * JSON object that the tool must have shown of each, in order.
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
#include <sys/prctl.h>
#include <sys/socket.h>
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

/* A socket that listens at a free port; sets *a to its address. */
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
	/* By now TCP has done with it, in one of them. */
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

/* Holds so many accepted connections until its input ends, and says when it has them. */
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
	else
		die("usage: traffic accepts|passes|holds N|http");
	return 0;
}
