// SPDX-License-Identifier: GPL-2.0-only
/*
 * workload - makes system calls whose records are known beforehand
 *
 * Each command makes a prime number of calls and prints, for each, the JSON
 * object that the tool must have printed (without time, uid and comm), in order.
 * It is static, since the guest has no library.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "table32.h"

#define DIR "/tmp/lw-workload"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

/* ---- opens ---- */

struct open_how_v0 {
	uint64_t flags, mode, resolve;
};

enum how { OPEN, OPENAT, OPENAT2, CREAT, OPEN32, OPENAT32, CREAT32 };

static char low[4096]; /* static data of a program linked at a low address */

static long do_open(enum how how, int dir, const char *path, int flags, int mode)
{
	struct open_how_v0 open_how = { flags, flags & O_CREAT ? mode : 0, 0 };
	long ret;

	snprintf(low, sizeof(low), "%s", path);
	switch (how) {
#ifdef SYS_open
	case OPEN:
		ret = syscall(SYS_open, path, flags, mode);
		break;
	case CREAT:
		ret = syscall(SYS_creat, path, mode);
		break;
	case OPEN32:
		return table32(5, SYS_open, (long)low, flags, mode, 0);
	case CREAT32:
		return table32(8, SYS_creat, (long)low, mode, 0, 0);
#else
	case OPEN:
	case OPEN32:
		ret = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
		break;
	case CREAT:
	case CREAT32:
		ret = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
		break;
#endif
	case OPENAT:
		ret = syscall(SYS_openat, dir, path, flags, mode);
		break;
	case OPENAT2:
		ret = syscall(SYS_openat2, dir, path, &open_how, sizeof(open_how));
		break;
	default:
		return table32(295, SYS_openat, dir, (long)low, flags, mode);
	}
	return ret < 0 ? -errno : ret;
}

static void one_open(enum how how, int dir, const char *path, int flags, int mode, const char *full)
{
	long ret = do_open(how, dir, path, flags, mode);
	bool creat = how == CREAT || how == CREAT32;
	int shown = creat ? O_CREAT | O_WRONLY | O_TRUNC : flags;

	printf("{\"pid\":%d,\"fd\":%ld,\"err\":%ld,\"flags\":%d,\"mode\":%d,\"path\":", getpid(),
	       ret < 0 ? -1 : ret, ret < 0 ? -ret : 0, shown, shown & O_CREAT ? mode : 0);
	json_string(path);
	printf(",\"full\":");
	json_string(full ? full : path);
	printf("}\n");
	if (ret >= 0)
		close(ret);
}

static const char *long_name(void)
{
	static char name[512];
	size_t n = snprintf(name, sizeof(name), "%s/", DIR);

	/* The name has two components, since one may have 255 bytes only. */
	memset(name + n, 'd', 300 - n);
	name[200] = '/';
	name[300] = '\0';
	return name;
}

/* 23 calls */
static void opens(void)
{
	int dir = open(DIR, O_PATH | O_DIRECTORY);

	if (dir < 0 || chdir(DIR) < 0)
		die(DIR);
	one_open(OPEN, 0, DIR "/one", O_RDONLY, 0, NULL);
	one_open(OPEN, 0, DIR "/new", O_RDWR | O_CREAT, 0640, NULL);
	one_open(OPEN, 0, DIR "/one", O_WRONLY | O_APPEND, 0, NULL);
	one_open(OPEN, 0, "relative", O_RDONLY, 0, DIR "/relative");
	one_open(OPEN, 0, DIR "/missing", O_RDONLY, 0, NULL);
	one_open(OPEN, 0, DIR "/one/below", O_RDONLY, 0, NULL);
	one_open(OPENAT, AT_FDCWD, DIR "/two", O_RDONLY, 0, NULL);
	one_open(OPENAT, AT_FDCWD, "relative", O_RDONLY | O_CLOEXEC, 0, DIR "/relative");
	one_open(OPENAT, dir, "two", O_RDONLY, 0, DIR "/two");
	one_open(OPENAT, dir, "missing", O_RDONLY, 0, DIR "/missing");
	one_open(OPENAT, AT_FDCWD, DIR "/tab\there", O_RDONLY, 0, NULL);
	one_open(OPENAT, AT_FDCWD, DIR "/new\nline", O_RDONLY, 0, NULL);
	one_open(OPENAT, AT_FDCWD, DIR "/esc\033[31m", O_RDONLY, 0, NULL);
	one_open(OPENAT, AT_FDCWD, DIR "/back\\slash \"quote\"", O_RDONLY, 0, NULL);
	one_open(OPENAT, AT_FDCWD, DIR "/utf8-\xc3\xa4\xe2\x82\xac", O_RDONLY, 0, NULL);
	one_open(OPENAT, AT_FDCWD, long_name(), O_RDONLY, 0, NULL);
	one_open(OPENAT, AT_FDCWD, "", O_RDONLY, 0, DIR "/");
	one_open(OPENAT2, AT_FDCWD, DIR "/one", O_RDONLY, 0, NULL);
	one_open(OPENAT2, dir, "new2", O_WRONLY | O_CREAT, 0600, DIR "/new2");
	one_open(CREAT, 0, DIR "/made", 0, 0644, NULL);
	one_open(OPEN32, 0, DIR "/one", O_RDONLY, 0, NULL);
	one_open(OPENAT32, dir, "missing", O_RDONLY, 0, DIR "/missing");
	one_open(CREAT32, 0, DIR "/made32", 0, 0600, NULL);
}

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		die(path);
	close(fd);
}

static void prepare(void)
{
	char path[512];

	if (mkdir(DIR, 0755) < 0 && errno != EEXIST)
		die(DIR);
	make_file(DIR "/one");
	make_file(DIR "/two");
	make_file(DIR "/relative");
	make_file(DIR "/tab\there");
	make_file(DIR "/new\nline");
	make_file(DIR "/esc\033[31m");
	make_file(DIR "/back\\slash \"quote\"");
	make_file(DIR "/utf8-\xc3\xa4\xe2\x82\xac");
	snprintf(path, sizeof(path), "%s", long_name());
	path[200] = '\0';
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die(path);
	make_file(long_name());
}

/* ---- execs ---- */

static const char *const argvs[][6] = {
	{ "plain", NULL },
	{ "two words", "-x", "3", NULL },
	{ "empty", "", "", "end", NULL },
	{ "tab\there", "new\nline", "esc\033[0m", NULL },
	{ "quote\"", "back\\slash", "\xc3\xa4", NULL },
	{ "gone", "a", "b", NULL },
	{ "at", "by execveat", NULL },
};
#define NEXECS ((int)(sizeof(argvs) / sizeof(argvs[0])))

/*
 * A child's pages of the program file are mapped when they are first read. Since 6.8 the
 * kernel looks for the program before it reads the arguments: if there is no such program,
 * the arguments were never read.
 */
static void read_arguments(int i)
{
	volatile char c;
	int j;

	for (j = 0; argvs[i][j]; j++)
		c = argvs[i][j][0];
	(void)c;
}

static void exec_child(int i)
{
	char *const none[] = { NULL };
	const char *program = i == 5 ? DIR "/no-such-program" : "/proc/self/exe";

	read_arguments(i);
	if (i == 6)
		syscall(SYS_execveat, open(program, O_RDONLY | O_CLOEXEC), "", argvs[i], none,
			AT_EMPTY_PATH);
	else
		execve(program, (char *const *)argvs[i], none);
	_exit(0);
}

static void print_exec(int i, pid_t pid)
{
	int j;

	printf("{\"pid\":%d,\"ppid\":%d,\"ret\":%d,\"args\":[", pid, getpid(),
	       i == 5 ? -ENOENT : 0);
	for (j = 0; argvs[i][j]; j++) {
		if (j)
			putchar(',');
		json_string(argvs[i][j]);
	}
	printf("]}\n");
}

/* 7 calls; main() ends at once when it finds one of these names. */
static void execs(void)
{
	int i;

	for (i = 0; i < NEXECS; i++) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid < 0)
			die("fork");
		if (pid == 0)
			exec_child(i);
		waitpid(pid, NULL, 0);
		print_exec(i, pid);
	}
}

static bool was_execed(const char *name)
{
	int i;

	for (i = 0; i < NEXECS; i++)
		if (!strcmp(name, argvs[i][0]))
			return true;
	return false;
}

/* ---- signals ---- */

static void print_signal(int sig, int target, long result)
{
	printf("{\"pid\":%d,\"sig\":%d,\"tpid\":%d,\"result\":%ld}\n", getpid(), sig, target,
	       result < 0 ? -errno : 0L);
}

/* The child ignores the signals that this process ignores. */
static pid_t child_that_waits(void)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		pause();
		_exit(0);
	}
	return child;
}

/* 4 calls to a child that ignores the signals, and one to no process */
static void signals(void)
{
	siginfo_t info = { .si_code = SI_QUEUE };
	pid_t child;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGWINCH, SIG_IGN);
	child = child_that_waits();
	print_signal(SIGUSR1, child, syscall(SYS_kill, child, SIGUSR1));
	print_signal(SIGUSR2, child, syscall(SYS_tkill, child, SIGUSR2));
	print_signal(SIGHUP, child, syscall(SYS_tgkill, child, child, SIGHUP));
	print_signal(SIGWINCH, child, syscall(SYS_rt_sigqueueinfo, child, SIGWINCH, &info));
	/* Above any process id of the guest */
	print_signal(0, 4194303, syscall(SYS_kill, 4194303, 0));
	fflush(stdout);
	/* The test filters this call out. */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Signals a process without its number: by a directory of /proc, and by pidfds if the kernel can */
static void pidfd_signal(int fd, int sig, int target, int flags)
{
	long result = syscall(SYS_pidfd_send_signal, fd, sig, NULL, flags);

	printf("{\"pid\":%d,\"sig\":%d,", getpid(), sig);
	if (target)
		printf("\"tpid\":%d,", target);
	printf("\"result\":%ld}\n", result < 0 ? -errno : 0L);
}

/* 7 calls to a child that ignores the signals, to its group, to this process and to none */
static void pidfds(void)
{
	pid_t child;
	char proc[32];
	int fd, file = open("/proc/self/stat", O_RDONLY);

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	child = child_that_waits();
	setpgid(child, 0);
	fd = syscall(SYS_pidfd_open, child, 0);
	snprintf(proc, sizeof(proc), "/proc/%d", child);
	pidfd_signal(fd, SIGUSR1, child, 0);
	pidfd_signal(open(proc, O_RDONLY | O_DIRECTORY), SIGUSR2, child, 0);
	pidfd_signal(fd, SIGUSR1, -child, 4);       /* PIDFD_SIGNAL_PROCESS_GROUP, from 6.9 on */
	pidfd_signal(-10001, SIGUSR2, getpid(), 0); /* PIDFD_SELF_THREAD_GROUP, from 6.15 on */
	pidfd_signal(-1, SIGUSR1, 0, 0);
	pidfd_signal(file, SIGUSR1, 0, 0);
	pidfd_signal(fd, SIGKILL, child, 0);
	waitpid(child, NULL, 0);
	pidfd_signal(fd, 0, child, 0);
}

/* ---- for latency and load ---- */

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Prints the time of one open(2), and the time at which each line of its input came. */
static void once(const char *path)
{
	long long t = now();

	close(open(path, O_RDONLY));
	printf("%lld\n", t);
}

static void stamp(void)
{
	char line[8192];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin))
		printf("%lld %s", now(), line);
}

static void repeat(long n, const char *path)
{
	while (n--)
		close(open(path, O_RDONLY));
}

/* Works and sleeps in turn, says so when that is done, and then waits for its standard input to end. */
static void nap(long n)
{
	long long end;

	while (n--) {
		for (end = now() + 300000; now() < end;)
			;
		usleep(5000);
	}
	puts("done");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

static char *const short_lived[] = { "short", NULL };

/* Begins processes one after the other; each ends at once. */
static void spawn(long n)
{
	while (n--) {
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (pid == 0) {
			execve("/proc/self/exe", short_lived, short_lived + 1);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (argc && (was_execed(argv[0]) || !strcmp(argv[0], *short_lived)))
		return 0;
	if (!strcmp(command, "prepare"))
		prepare();
	else if (!strcmp(command, "opens"))
		opens();
	else if (!strcmp(command, "execs"))
		execs();
	else if (!strcmp(command, "signals"))
		signals();
	else if (!strcmp(command, "pidfds"))
		pidfds();
	else if (!strcmp(command, "once") && argc == 3)
		once(argv[2]);
	else if (!strcmp(command, "stamp"))
		stamp();
	else if (!strcmp(command, "repeat") && argc == 4)
		repeat(atol(argv[2]), argv[3]);
	else if (!strcmp(command, "nap") && argc == 3)
		nap(atol(argv[2]));
	else if (!strcmp(command, "spawn") && argc == 3)
		spawn(atol(argv[2]));
	else
		return fprintf(stderr,
			       "usage: workload prepare | opens | execs | signals | pidfds | "
			       "once PATH | stamp | repeat N PATH | nap N | spawn N\n"),
		       2;
	return fflush(stdout) ? 1 : 0;
}
