/* SPDX-License-Identifier: GPL-2.0-only */
/* table32.h - system calls that a 64-bit program makes by the kernel's table of 32-bit calls */
#ifndef LW_TABLE32_H
#define LW_TABLE32_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__

/*
 * table32() - makes call @nr of that table, and returns its result, or the negative error number. Pointers must be
 * below 4 GiB. @native is the number of the same call in the program's own table.
 */
static inline long table32(long nr, long native, long a, long b, long c, long d)
{
	long ret;

	(void)native;
	/* int 0x80 clears r8 to r11 on some kernels. */
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

#else

/* A program of arm64 has one table only, so this makes the call by its own (arch/arm64/kernel/syscall.c). */
static inline long table32(long nr, long native, long a, long b, long c, long d)
{
	long ret = syscall(native, a, b, c, d);

	(void)nr;
	return ret < 0 ? -errno : ret;
}

#endif

/* fork_call() - fork(2), or on arm64, which has no such call, clone(2) with the same effect */
static inline long fork_call(void)
{
#ifdef SYS_fork
	return syscall(SYS_fork);
#else
	return syscall(SYS_clone, 17 /* SIGCHLD */, 0, 0, 0, 0);
#endif
}

#endif
