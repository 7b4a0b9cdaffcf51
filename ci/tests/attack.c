// SPDX-License-Identifier: GPL-2.0-only
/*
 * attack - makes calls of one kind, TIMES times or for ever
 *
 * usage: attack [time] KIND TIMES FILE [PROCESSES]
 *
 * TIMES 0 is for ever. Root's process is called "known", and any other user's "attacker". "time" prints the
 * nanoseconds of each call, as a process called "victim". The kinds holds, waits, sleeps and issues keep TIMES of
 * their calls under way until SIGTERM.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "failing.h"
#include "table32.h"

static const char *file;
static int fd, client, server;
static struct sockaddr_storage address;
static socklen_t length;

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

/* ---- calls of files, signals and processes ---- */

static void nothing(void)
{
}

static void opens(void)
{
	close(open(file, O_RDONLY));
}

/* Above any process id of the guest */
static void kills(void)
{
	kill(4194303, 0);
}

static void calls(void)
{
	syscall(SYS_getppid);
}

static void file_begins(void)
{
	fd = open(file, O_RDONLY);
	if (fd < 0)
		die(file);
}

static void direct_begins(void)
{
	fd = open(file, O_RDONLY | O_DIRECT);
	if (fd < 0)
		die(file);
}

static void reads(void)
{
	char byte;

	if (pread(fd, &byte, 1, 0) < 0)
		die(file);
}

static void writes_begin(void)
{
	fd = open(file, O_WRONLY);
	if (fd < 0)
		die(file);
}

static void writes(void)
{
	if (pwrite(fd, "", 1, 0) != 1)
		die(file);
}

/* Past the page cache */
static void disk(void)
{
	static char buf[4096] __attribute__((aligned(4096)));

	if (pread(fd, buf, sizeof(buf), 0) < 0)
		die(file);
}

/* Reads by commands of many names */
static void names(void)
{
	static unsigned int n;
	char name[16];

	snprintf(name, sizeof(name), "%x.%u", getpid() & 0xffff, n++ % 99991);
	prctl(PR_SET_NAME, name);
	disk();
}

static void spawns(void)
{
	static char *const args[] = { "short", NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		execve("/proc/self/exe", args, args + 1);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

/* Executes with arguments that take the tracer long. */
static void misses(void)
{
	static char *args[4001];
	int i;

	for (i = 0; !args[0] && i < 4000; i++)
		args[i] = "";
	execve("/no-such-program", args, args + 4000);
}

/* Calls with numbers that no table has */
static void numbers(void)
{
	static int nr;

	syscall(500 + nr++ % 32000);
}

static void keys_begin(void)
{
	file_begins();
	signal(SIGCHLD, SIG_IGN);
}

/* A process of its own, with fifteen calls that fail, and a read */
static void keys(void)
{
	if (fork_call())
		return;
	failing_calls();
	reads();
	_exit(0);
}

/* ---- sockets ---- */

static void listens(int family)
{
	/* The kernel chooses an address. */
	address.ss_family = family;
	length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(sa_family_t);
	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, 16))
		die("listen");
	length = sizeof(address);
	getsockname(fd, (struct sockaddr *)&address, &length);
}

static void accepts_begin(void)
{
	listens(AF_UNIX);
}

static void connects(void)
{
	client = socket(address.ss_family, SOCK_STREAM, 0);
	if (client < 0 || connect(client, (struct sockaddr *)&address, length))
		die("connect");
	server = accept(fd, NULL, NULL);
	if (server < 0)
		die("accept");
}

static void accepts(void)
{
	connects();
	close(client);
	close(server);
}

static void passes(int from, int to, const char *text)
{
	char buf[256];
	size_t n = strlen(text);

	if (write(from, text, n) != (ssize_t)n || (to >= 0 && read(to, buf, sizeof(buf)) <= 0))
		die("request");
}

/* Refused, or without effect, since the name is too long: kernel/sys.c asks for the capability first */
static void asks(void)
{
	static char name[HOST_NAME_MAX + 1];

	if (!sethostname(name, sizeof(name)))
		die("sethostname");
}

static void umounts(void)
{
	umount2("/no-such-mount", MNT_DETACH);
}

static void waits_begin(void)
{
	listens(AF_INET);
}

static void requests_begin(void)
{
	int on = 1;

	waits_begin();
	connects();
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void requests(void)
{
	passes(client, server, "GET /attack HTTP/1.1\r\n\r\n");
	passes(server, client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

/* A request that has no response */
static void waits(void)
{
	connects();
	passes(client, -1, "GET /wait HTTP/1.1\r\n\r\n");
}

/* ---- issues: requests of a disk that does not answer ---- */

static aio_context_t requests_of;

static void issues_begin(void)
{
	fd = open(file, O_RDWR | O_DIRECT);
	if (fd < 0 || syscall(SYS_io_setup, 16384, &requests_of))
		die(file);
}

/* Requests for adjacent sectors would be merged. */
static void issues(void)
{
	static char buf[4096] __attribute__((aligned(4096)));
	static int n;
	struct iocb request = {
		.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_fildes = fd,
		.aio_buf = (uintptr_t)buf,
		.aio_nbytes = sizeof(buf),
		.aio_offset = n++ % 2 * 3 * sizeof(buf),
	};
	struct iocb *list[] = { &request };

	if (syscall(SYS_io_submit, requests_of, 1, list) != 1)
		die(file);
}

/* ---- sleeps: calls that a signal interrupts, and that go on ---- */

static pthread_attr_t small;

static void *sleeps_long(void *unused)
{
	struct timespec t = { 100000, 0 };

	nanosleep(&t, NULL);
	return unused;
}

static void sleeps_begin(void)
{
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN + 8192);
}

static void sleeps(void)
{
	pthread_t thread;

	if (pthread_create(&thread, &small, sleeps_long, NULL))
		die("pthread_create");
}

/* ---- */

static const struct kind {
	const char *name;
	void (*begin)(void), (*step)(void);
	bool stays;
} kinds[] = {
	{ "opens", nothing, opens, false },
	{ "kills", nothing, kills, false },
	{ "calls", nothing, calls, false },
	{ "reads", file_begins, reads, false },
	{ "writes", writes_begin, writes, false },
	{ "disk", direct_begins, disk, false },
	{ "names", direct_begins, names, false },
	{ "spawns", nothing, spawns, false },
	{ "misses", nothing, misses, false },
	{ "numbers", nothing, numbers, false },
	{ "keys", keys_begin, keys, false },
	{ "accepts", accepts_begin, accepts, false },
	{ "requests", requests_begin, requests, false },
	{ "connections", waits_begin, accepts, false },
	{ "asks", nothing, asks, false },
	{ "umounts", nothing, umounts, false },
	{ "holds", accepts_begin, connects, true },
	{ "waits", waits_begin, waits, true },
	{ "issues", issues_begin, issues, true },
	{ "sleeps", sleeps_begin, sleeps, true },
};

static const struct kind *kind_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	fprintf(stderr, "attack: no kind %s\n", name);
	exit(2);
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void times(const struct kind *kind, long n)
{
	long *took = calloc(n, sizeof(*took)), i, began;

	if (!took)
		die("calloc");
	for (i = 0; i < n; i++) {
		began = now();
		kind->step();
		took[i] = now() - began;
	}
	for (i = 0; i < n; i++)
		printf("%ld\n", took[i]);
	fflush(stdout);
}

static void runs(const struct kind *kind, long n)
{
	long i;

	for (i = 0; !n || i < n; i++)
		kind->step();
	while (kind->stays)
		pause();
}

/* Children end with the first process: a user's children would otherwise remain. */
static void forks(int processes)
{
	pid_t first = getpid();

	while (--processes > 0) {
		if (fork())
			continue;
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != first)
			_exit(1);
		return;
	}
}

int main(int argc, char **argv)
{
	bool timed = argc > 1 && !strcmp(argv[1], "time");
	const struct kind *kind;

	if (argc && !strcmp(argv[0], "short"))
		return 0;
	argv += timed;
	argc -= timed;
	if (argc < 4)
		return 2;
	kind = kind_of(argv[1]);
	file = argv[3];
	prctl(PR_SET_NAME, timed ? "victim" : getuid() ? "attacker" : "known");
	if (argc > 4)
		forks(atoi(argv[4]));
	kind->begin();
	if (timed)
		times(kind, atol(argv[2]));
	else
		runs(kind, atol(argv[2]));
	return 0;
}
