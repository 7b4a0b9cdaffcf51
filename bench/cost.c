// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost - the cost of a system call while it is traced
 *
 * Under QEMU's icount (LWACCEL=icount ci/vm) the guest's clock counts
 * instructions, one per nanosecond: then the figures are instructions per call.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
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

#define ROUNDS 100
#define BURSTS 80
#define OUTER 24 /* bursts left out at each end of their order */

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void do_open(void)
{
	close(open("/etc/hostname", O_RDONLY));
}

static void do_getppid(void)
{
	syscall(SYS_getppid);
}

static void do_kill(void)
{
	kill(getpid(), 0);
}

static void do_exec(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/lw/bench/cost", "cost", "nothing", "at", "all", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

/* One byte from the page cache, of a file on the root disk */
static void do_read(void)
{
	static int fd = -1;
	char c;

	if (fd < 0)
		fd = open("/lw/bench/cost", O_RDONLY);
	if (pread(fd, &c, 1, 0) != 1)
		exit(1);
}

/* The same from two pages by turns: the kernel notes no use of a page that was read just before. */
static void do_pages(void)
{
	static int fd = -1, at;
	char c;

	if (fd < 0)
		fd = open("/lw/bench/cost", O_RDONLY);
	at ^= 8192;
	if (pread(fd, &c, 1, at) != 1)
		exit(1);
}

/* A request to a disk that does nothing and needs no interrupt: guest.sh made it. */
static void do_direct(void)
{
	static char buf[4096] __attribute__((aligned(4096)));
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/nullb0", O_RDONLY | O_DIRECT);
	if (pread(fd, buf, sizeof(buf), 0) != sizeof(buf))
		exit(1);
}

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

/* A connection over loopback, both ends here. Its client resets it, because each new connection
 * would have to search 9000 old ones in TIME_WAIT. */
static void connect_pair(int pair[2])
{
	static const struct linger reset = { 1, 0 };
	static struct sockaddr_in to = { .sin_family = AF_INET };
	static int listener = -1;
	socklen_t size = sizeof(to);

	if (listener < 0) {
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		listener = socket(AF_INET, SOCK_STREAM, 0);
		need(!bind(listener, (struct sockaddr *)&to, size) && !listen(listener, 8) &&
			     !getsockname(listener, (struct sockaddr *)&to, &size),
		     "listen");
	}
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	need(!connect(pair[0], (struct sockaddr *)&to, sizeof(to)), "connect");
	pair[1] = accept(listener, NULL, NULL);
	need(pair[1] >= 0, "accept");
}

static void do_accept(void)
{
	int pair[2];

	connect_pair(pair);
	close(pair[0]);
	close(pair[1]);
}

static void say(int from, int to, const char *text, size_t size)
{
	char buf[256];

	need(send(from, text, size, 0) == (ssize_t)size, "send");
	need(recv(to, buf, sizeof(buf), 0) == (ssize_t)size, "recv");
}

/* A request and its response, on one connection */
static void do_http(void)
{
	static const char get[] = "GET /lw HTTP/1.1\r\nHost: lw\r\n\r\n";
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	static int pair[2];

	if (!pair[0])
		connect_pair(pair);
	say(pair[0], pair[1], get, sizeof(get) - 1);
	say(pair[1], pair[0], ok, sizeof(ok) - 1);
}

/* The other end of the pipes: sends each byte back, until nobody can write any more. */
static void echo(int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1)
		need(write(to, &c, 1) == 1, "echo");
	_exit(0);
}

/* Two switches on one processor: to another process, which a byte wakes, and back */
static void do_switch(void)
{
	static int there[2], back[2];
	char c = 'x';

	if (!there[1]) {
		need(!pipe(there) && !pipe(back), "pipe");
		if (!fork()) {
			close(there[1]);
			echo(there[0], back[1]);
		}
	}
	need(write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1, "switch");
}

/* There is no such directory. */
static void do_umount(void)
{
	need(umount2("/lw/none", 0) < 0, "umount");
}

/* Needs a capability, and then changes nothing: the name is too long. */
static void do_hostname(void)
{
	static const char name[HOST_NAME_MAX + 1];

	need(sethostname(name, sizeof(name)) < 0, "sethostname");
}

static const struct loop {
	const char *name;
	void (*call)(void);
	int some, burst; /* calls of a round, and of a burst between two pauses */
} loops[] = {
	{ "open", do_open, 100, 200 },         { "getppid", do_getppid, 100, 200 },
	{ "kill", do_kill, 100, 200 },         { "exec", do_exec, 3, 20 },
	{ "read", do_read, 100, 200 },         { "direct", do_direct, 100, 200 },
	{ "accept", do_accept, 25, 200 },      { "http", do_http, 50, 200 },
	{ "switch", do_switch, 50, 200 },      { "umount", do_umount, 100, 200 },
	{ "hostname", do_hostname, 100, 200 }, { "pages", do_pages, 100, 200 },
};

static const struct loop *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
		if (!strcmp(loops[i].name, name))
			return &loops[i];
	fprintf(stderr, "cost: no loop %s\n", name);
	exit(2);
}

static long long round_of(const struct loop *loop, int calls)
{
	long long start = now();
	int i;

	for (i = 0; i < calls; i++)
		loop->call();
	return now() - start;
}

static long long idle_nsec(void);

/* The time in which the CPU is idle, waiting for the disk, is not a cost. */
static long long busy_round(const struct loop *loop, int calls)
{
	long long idle = idle_nsec(), took = round_of(loop, calls);

	return took - (idle_nsec() - idle);
}

/* Drops names that others looked up, which would collide with ours in some boots only */
static void forget_names(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	need(fd >= 0 && write(fd, "2", 1) == 1, "drop_caches");
	close(fd);
}

/*
 * The kernel's side: the best round, while the reader, if any, does not read. A round fits
 * any buffer, because a dropped event is cheap. It is shorter than the 4 ms between two
 * ticks of the clock, so the best round has no tick.
 */
static long long kernel_side(const struct loop *loop, pid_t reader)
{
	long long least = -1, took;
	int i;

	forget_names();
	for (i = 0; i < ROUNDS; i++) {
		if (reader) {
			kill(reader, SIGSTOP);
			/* Its threads are woken to stop. */
			usleep(20000);
		}
		took = busy_round(loop, loop->some);
		if (reader)
			kill(reader, SIGCONT);
		usleep(300000);
		if (least < 0 || took < least)
			least = took;
	}
	return least / loop->some;
}

/* The least round of calls that never wait. From 7.2 on, the kernel does not tell how long it was idle. */
static long long least_round(const struct loop *loop)
{
	long long least = -1, took;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		took = round_of(loop, loop->some);
		if (least < 0 || took < least)
			least = took;
	}
	return least / loop->some;
}

/*
 * Nanoseconds that CPU 0 was idle since boot, with or without a task that waits for a
 * disk (kernel/time/timer_list.c). The clock of icount jumps ahead when all wait, so
 * idle time is not a cost.
 */
static long long idle_nsec(void)
{
	FILE *file = fopen("/proc/timer_list", "r");
	char line[256];
	long long nsec = 0;
	int found = 0;

	while (file && found < 2 && fgets(line, sizeof(line), file)) {
		if (!strstr(line, ".idle_sleeptime") && !strstr(line, ".iowait_sleeptime"))
			continue;
		nsec += atoll(strpbrk(line, "0123456789"));
		found++;
	}
	if (found < 2) {
		fprintf(stderr,
			"cost: no .idle_sleeptime and .iowait_sleeptime in /proc/timer_list\n");
		exit(1);
	}
	fclose(file);
	return nsec;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* How long the CPU was busy in a burst and the pause after it. */
static long long busy_nsec(const struct loop *loop)
{
	long long idle = idle_nsec(), start = now(), took;

	round_of(loop, loop->burst);
	usleep(50000);
	took = now() - start;
	return took - (idle_nsec() - idle);
}

/*
 * All work of the one CPU for a call, including readers in user space. Pauses after bursts
 * let every tracer keep up, so that none is cheap because it loses events. The outermost
 * bursts include occasional work of the system itself, and are left out.
 */
static long long whole_side(const struct loop *loop)
{
	long long busy[BURSTS], sum = 0;
	int i;

	for (i = 0; i < BURSTS; i++)
		busy[i] = busy_nsec(loop);
	qsort(busy, BURSTS, sizeof(busy[0]), compare);
	for (i = OUTER; i < BURSTS - OUTER; i++)
		sum += busy[i];
	return sum / ((BURSTS - 2 * OUTER) * loop->burst);
}

/*
 * Waits until calls take clearly longer than untraced for a second, since a tracer's
 * preparations disturb some rounds as well. Rounds are those of the kernel's side: the first
 * call after a pause takes 2,000 more, 20 for each of a hundred calls, and bitesize
 * takes 100.
 */
static int slower(const struct loop *loop, long long plain, int tries)
{
	long long most = plain + 30 + plain / 500;
	int slow = 0;

	while (tries-- > 0 && slow < 50) {
		usleep(20000);
		slow = busy_round(loop, loop->some) / loop->some > most ? slow + 1 : 0;
	}
	return slow < 50;
}

/* For ever, in bursts of this number with pauses, or without pauses if 0. */
static void spin(const struct loop *loop, int burst)
{
	for (;;) {
		round_of(loop, burst ? burst : 1000);
		if (burst)
			usleep(50000);
	}
}

static void mark(const char *how, const char *name)
{
	char path[64];
	pid_t pid;

	if (!strcmp(how, "kill")) {
		prctl(PR_SET_NAME, name);
		do_kill();
	} else if (!strcmp(how, "exec")) {
		pid = vfork();
		if (pid == 0) {
			execl("/lw/bench/cost", "cost", "nothing", name, (char *)NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	} else {
		/* Some tracers show only the name of the command. */
		prctl(PR_SET_NAME, name);
		snprintf(path, sizeof(path), "/%s", name);
		close(open(path, O_RDONLY));
	}
}

/*
 * The number of the first mark in the file from *at on, -1 for none. Moves *at to the next place
 * where a mark may begin, so each byte is read once.
 */
static long long first_mark(int fd, off_t *at)
{
	static const char key[] = "lwm-";
	const size_t whole = sizeof(key) - 1 + 11;
	char buf[65536];
	ssize_t n = pread(fd, buf, sizeof(buf), *at);
	char *found = n > 0 ? memmem(buf, n, key, sizeof(key) - 1) : NULL;

	if (found && found + whole <= buf + n)
		return strtoll(found + sizeof(key) - 1, NULL, 10);
	if (found)
		*at += found - buf;
	else if (n > (ssize_t)whole)
		*at += n - whole;
	return -1;
}

/*
 * Makes a call every period us, whose name has its time in us since t0, until the tracer's output has
 * one. The first call seen tells when the tracer was ready. The time is counted, not measured:
 * see idle_nsec(). A name is as long as a command's can be.
 */
static int ready(const char *how, const char *output, long long t0, int tries, int period)
{
	int fd = open(output, O_RDONLY);
	long long first;
	char name[32];
	off_t at = 0;
	int i;

	for (i = 0; i < tries; i++) {
		snprintf(name, sizeof(name), "lwm-%011lld", (now() - t0) / 1000);
		mark(how, name);
		usleep(period);
		first = first_mark(fd, &at);
		if (first >= 0) {
			printf("%lld\n", first);
			return 0;
		}
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "kernel"))
		printf("%lld\n", kernel_side(find(argv[2]), atoi(argv[3])));
	else if (argc == 3 && !strcmp(argv[1], "least"))
		printf("%lld\n", least_round(find(argv[2])));
	else if (argc == 3 && !strcmp(argv[1], "total"))
		printf("%lld\n", whole_side(find(argv[2])));
	else if (argc == 5 && !strcmp(argv[1], "slower"))
		return slower(find(argv[2]), atoll(argv[3]), atoi(argv[4]));
	else if (argc == 4 && !strcmp(argv[1], "spin"))
		spin(find(argv[2]), atoi(argv[3]));
	else if (argc == 2 && !strcmp(argv[1], "now"))
		printf("%lld\n", now());
	else if (argc == 7 && !strcmp(argv[1], "ready"))
		return ready(argv[2], argv[3], atoll(argv[4]), atoi(argv[5]), atoi(argv[6]));
	else if (argc < 2 || strcmp(argv[1], "nothing"))
		return fprintf(stderr,
			       "usage: cost kernel LOOP PID | least LOOP | total LOOP | spin LOOP BURST | "
			       "slower LOOP NSEC TRIES | now | ready LOOP FILE T0 TRIES USEC | "
			       "nothing\n"),
		       2;
	return 0;
}
