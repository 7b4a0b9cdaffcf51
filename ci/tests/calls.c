// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls - system calls that return twice, never, by another number or with the result of another
 *
 * usage: calls forks | threads N | signals N | execs | denied | interrupted | anew | stopped | traced | numbers |
 *              keys N | nothing
 *
 * The process takes the command as its name. ci/tests/tools/syscallbypid.sh has the number of each call.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "failing.h"
#include "table32.h"

#define SELF "/lw/tests/calls"

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

/* ---- calls that return twice ---- */

static long clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	return syscall(SYS_clone3, &args, sizeof(args));
}

/* A function of its own, since its variables are the child's as well. */
static __attribute__((noinline)) void one_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

/* 7 fork, 3 clone, 4 clone3, 2 fork by the 32-bit table, 5 vfork; 22 exit_group with its own */
static void forks(void)
{
	int i;

	for (i = 0; i < 16; i++) {
		long pid = i < 7    ? fork_call()
			   : i < 10 ? syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)
			   : i < 14 ? clone3()
				    : table32(2, SYS_clone, SIGCHLD, 0, 0, 0);

		if (pid < 0)
			die("fork");
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	for (i = 0; i < 5; i++)
		one_vfork();
}

static void *nothing(void *unused)
{
	return unused;
}

/* n clone or clone3, which the C library chooses, and n exit */
static void threads(int n)
{
	pthread_t thread;

	for (; n; n--) {
		if (pthread_create(&thread, NULL, nothing, NULL))
			die("pthread_create");
		pthread_join(thread, NULL);
	}
}

/* ---- signals ---- */

static volatile int *handled;

static void handler(int sig)
{
	(void)sig;
	++*handled;
}

static void handle(int sig, int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	handled = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (handled == MAP_FAILED || sigaction(sig, &action, NULL))
		die("sigaction");
}

/* n rt_sigreturn */
static void signals(int n)
{
	handle(SIGUSR1, 0);
	while (n--)
		raise(SIGUSR1);
}

/* The state of a process, as proc(5) has it */
static char state(pid_t pid)
{
	char name[32], line[256] = "", *end;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY);
	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		die(name);
	close(fd);
	end = strrchr(line, ')');
	return end ? end[2] : '?';
}

static void await(pid_t pid, char want)
{
	while (state(pid) != want)
		usleep(1000);
}

/* Sends n signals to the parent, each when it waits, and has handled the one before. */
static void interrupt_parent(int n)
{
	pid_t parent = getppid();
	int i;

	for (i = 0; i < n; i++) {
		while (*handled < i)
			usleep(1000);
		await(parent, 'S');
		kill(parent, SIGUSR1);
	}
	while (*handled < n)
		usleep(1000);
	await(parent, 'S');
}

/* 1 readv, which is called again after 3 signals and then has a byte; 3 rt_sigreturn */
static void anew(void)
{
	struct iovec to;
	int fd[2];
	char c;

	handle(SIGUSR1, SA_RESTART);
	if (pipe(fd))
		die("pipe");
	if (fork() == 0) {
		interrupt_parent(3);
		if (write(fd[1], "x", 1) != 1)
			die("write");
		_exit(0);
	}
	to = (struct iovec){ &c, 1 };
	if (readv(fd[0], &to, 1) != 1)
		die("readv");
	wait(NULL);
}

/* 3 readv and 1 nanosleep, which fail with EINTR */
static void interrupted(void)
{
	struct timespec hour = { 3600, 0 };
	struct iovec to;
	int fd[2], i;
	pid_t child;
	char c;

	handle(SIGUSR1, 0);
	if (pipe(fd))
		die("pipe");
	child = fork();
	if (child == 0) {
		interrupt_parent(4);
		_exit(0);
	}
	to = (struct iovec){ &c, 1 };
	for (i = 0; i < 3; i++)
		if (readv(fd[0], &to, 1) != -1 || errno != EINTR)
			die("readv");
	if (syscall(SYS_nanosleep, &hour, &hour) != -1 || errno != EINTR)
		die("nanosleep");
	/* The child must see the parent wait. */
	waitpid(child, NULL, 0);
}

/* 1 nanosleep that is stopped twice and goes on by restart_syscall, 1 pause that is killed */
static void stopped(void)
{
	struct timespec while_it_is_stopped = { 3, 0 };
	int status, i;
	pid_t child = fork();

	if (child == 0) {
		syscall(SYS_nanosleep, &while_it_is_stopped, NULL);
		pause();
	}
	for (i = 0; i < 2; i++) {
		await(child, 'S');
		kill(child, SIGSTOP);
		await(child, 'T');
		kill(child, SIGCONT);
	}
	sleep(4);
	await(child, 'S');
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	if (!WIFSIGNALED(status))
		die("killed");
}

/* ---- programs ---- */

static char *const none[] = { NULL };

static void become(const char *program, const char *command)
{
	char *const args[] = { "calls", (char *)command, NULL };

	execve(program, args, none);
	die(program);
}

/*
 * 3 execve that fail, 1 that does not, after which calls32 comes back by execve(ia32), 1 execveat; and 1 execve
 * of the shell that began this program. There is no calls32 on arm64
 */
static void execs(const char *command)
{
	char *const args[] = { "calls", "execs2", NULL };
	int i;

	if (!strcmp(command, "execs2")) {
#ifdef __x86_64__
		become(SELF "32", "unused");
#else
		become(SELF, "nothing");
#endif
	}
	for (i = 0; i < 3; i++)
		if (!execve("/nowhere", args, none))
			die("/nowhere");
	syscall(SYS_execveat, AT_FDCWD, SELF, args, none, 0);
	die("execveat");
}

/* ---- denied calls ---- */

static void deny(int nr, uint32_t action, struct sock_filter *to)
{
	to[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
	to[1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
}

/* 9 getppid that fail, 5 getuid that do not, 4 getgid and 2 execve that fail before they begin; 6 geteuid */
static void denied(void)
{
	struct sock_filter code[10] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		[9] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { 10, code };
	int i;

	deny(SYS_getppid, SECCOMP_RET_ERRNO | EPERM, code + 1);
	deny(SYS_getuid, SECCOMP_RET_ERRNO | 0, code + 3);
	deny(SYS_getgid, SECCOMP_RET_TRACE, code + 5);
	deny(SYS_execve, SECCOMP_RET_ERRNO | EACCES, code + 7);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		die("seccomp");
	/* A call that takes long must not lend its time to the next one. */
	usleep(1000000);
	for (i = 0; i < 9; i++)
		syscall(SYS_getppid);
	for (i = 0; i < 5; i++)
		syscall(SYS_getuid);
	for (i = 0; i < 4; i++)
		syscall(SYS_getgid);
	for (i = 0; i < 6; i++)
		syscall(SYS_geteuid);
	for (i = 0; i < 2; i++)
		execve(SELF, none, none);
}

/* Does this child, which a tracer has stopped, begin a getppid? */
static bool begins_getppid(pid_t child)
{
	struct __ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_getppid;
}

/* Changes the number of the call that the child begins: ptrace(2), PTRACE_SETREGSET */
static void set_call(pid_t child, int nr)
{
#ifdef __x86_64__
	struct user_regs_struct regs;
	struct iovec vec = { &regs, sizeof(regs) };

	ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &vec);
	regs.orig_rax = nr;
	ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &vec);
#else
	struct iovec vec = { &nr, sizeof(nr) };

	ptrace(PTRACE_SETREGSET, child, NT_ARM_SYSTEM_CALL, &vec);
#endif
}

/* 6 getppid; a tracer turns 4 of them into a call that does not exist */
static void traced(void)
{
	int status, i, turned = 0;
	pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (i = 0; i < 6; i++)
			syscall(SYS_getppid);
		_exit(0);
	}
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
	while (!ptrace(PTRACE_SYSCALL, child, 0, 0) && waitpid(child, &status, 0) == child &&
	       !WIFEXITED(status)) {
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (turned < 4 && begins_getppid(child)) {
			set_call(child, -1);
			turned++;
		}
	}
}

/* ---- numbers and keys ---- */

/* Calls that no table has: 32,271 */
static void numbers(void)
{
	long nr;

	for (nr = 500; nr < 32768; nr++)
		syscall(nr);
	syscall(-1);
	syscall(0x7fffffff);
	table32(30000, 30000, 0, 0, 0, 0);
}

/* 16n pairs of a process and a call, with the longest names that there are */
static void keys(int n)
{
	prctl(PR_SET_NAME, "keys-of-children");
	while (n--) {
		long pid = fork_call();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			failing_calls();
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		/* Places are given back each second; a user has 1024 on a CPU. */
		usleep(20000);
	}
	prctl(PR_SET_NAME, "calls");
}

int main(int argc, char **argv)
{
	const char *what = argc >= 2 ? argv[1] : "";
	int n = argc >= 3 ? atoi(argv[2]) : 0;

	prctl(PR_SET_NAME, what);
	if (!strcmp(what, "forks"))
		forks();
	else if (!strcmp(what, "threads"))
		threads(n);
	else if (!strcmp(what, "signals"))
		signals(n);
	else if (!strncmp(what, "execs", 5))
		execs(what);
	else if (!strcmp(what, "denied"))
		denied();
	else if (!strcmp(what, "interrupted"))
		interrupted();
	else if (!strcmp(what, "anew"))
		anew();
	else if (!strcmp(what, "stopped"))
		stopped();
	else if (!strcmp(what, "traced"))
		traced();
	else if (!strcmp(what, "numbers"))
		numbers();
	else if (!strcmp(what, "keys"))
		keys(n);
	else if (strcmp(what, "nothing"))
		die(what);
	_exit(0);
}
