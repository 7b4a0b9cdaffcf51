// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls32 - a program of the ia32 ABI, without a C library: 11 signals, 6 of which end by sigreturn and 5 by
 * rt_sigreturn, then an execve of calls
 */

#ifdef __i386__ /* ci/lint compiles it for x86-64, as all others */

struct action {
	void (*handler)(int sig);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask[2];
};

#define SIGUSR1 10
#define SA_RESTORER 0x04000000
#define SA_SIGINFO 4

static long call(long nr, long a, const void *b, const void *c, long d)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory");
	return ret;
}

/* arch/x86/entry/vdso/vdso32/sigreturn.S */
void end_of_signal(void);
void end_of_rt_signal(void);
__asm__("end_of_signal: pop %eax; mov $119, %eax; int $0x80\n"
	"end_of_rt_signal: mov $173, %eax; int $0x80\n");

static void handler(int sig)
{
	(void)sig;
}

static void signals(int n, unsigned long flags, void (*restorer)(void))
{
	struct action action = { handler, flags | SA_RESTORER, restorer, { 0, 0 } };
	long pid = call(20, 0, 0, 0, 0);

	call(174, SIGUSR1, &action, 0, sizeof(action.mask));
	while (n--)
		call(37, pid, (const void *)SIGUSR1, 0, 0);
}

void _start(void)
{
	static const char *const args[] = { "calls", "nothing", 0 };

	signals(6, 0, end_of_signal);
	signals(5, SA_SIGINFO, end_of_rt_signal);
	call(11, (long)"/lw/tests/calls", args, args + 2, 0);
	call(1, 1, 0, 0, 0);
}

#endif
