#pragma once

#include "arch.h"
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/version.h>

/*
 * arch_calls.h - names of system calls by number, from the kernel's own tables, which are lists of
 * macros and differ between series
 */

#undef __SYSCALL
#define __SYSCALL(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_NORETURN __SYSCALL
#define __SYSCALL_WITH_COMPAT(nr, sym, compat) [nr] = #sym,
#define __SYSCALL_COMMON __SYSCALL
#define __SYSCALL_64 __SYSCALL
#define __SYSCALL_I386 __SYSCALL
#define __SYSCALL_X32(nr, sym, ...)

/* arm64's table of 32-bit calls before 6.11, asm/unistd32.h, would define each __NR_ again. */
#if defined(CONFIG_X86_64)
#define LW_CALLS <asm/syscalls_64.h>
#define LW_COMPAT_CALLS <asm/syscalls_32.h>
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define LW_CALLS <asm/syscall_table_64.h>
#define LW_COMPAT_CALLS <asm/syscall_table_32.h>
#else
#define LW_CALLS <asm/unistd.h>
#endif

static const char *const lw_calls_native[] = {
#include LW_CALLS
};

static const char *const lw_calls_compat[] = {
#ifdef LW_COMPAT_CALLS
#include LW_COMPAT_CALLS
#else
	[__NR_compat_syscalls - 1] = NULL,
#endif
};

/* Larger than either table (lw_begin_syscalls()) */
#define LW_NUMBERS 512

/* Does the table of this ABI have this number, from 0 to LW_NUMBERS - 1? Without names, it may. */
static bool lw_has_call(u32 nr, bool compat)
{
	if (!compat)
		return nr < ARRAY_SIZE(lw_calls_native) && lw_calls_native[nr];
#ifdef LW_COMPAT_CALLS
	return nr < ARRAY_SIZE(lw_calls_compat) && lw_calls_compat[nr];
#else
	return nr < ARRAY_SIZE(lw_calls_compat);
#endif
}

/*
 * The name in the kernel's source of the function for a call that the table has, without "sys_" and the
 * like; "" if it has none.
 */
static const char *lw_call_function(u32 nr, bool compat)
{
	/* "sys_read", "compat_sys_preadv", "sys_ia32_pread64"; some releases begin with "__x64_" */
	static const char *const prefixes[] = {
		"__x64_", "__ia32_", "compat_", "sys_", "ia32_", "aarch32_",
	};
	const char *name = (compat ? lw_calls_compat[nr] : lw_calls_native[nr]) ?: "";
	int i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		name += str_has_prefix(name, prefixes[i]);
	return strcmp(name, "ni_syscall") ? name : "";
}

/* The call's own name, where its function has another name */
static const char *lw_call_name(u32 nr, bool compat)
{
	static const char *const others[][2] = {
		{ "newstat", "stat" },   { "newfstat", "fstat" }, { "newlstat", "lstat" },
		{ "newuname", "uname" }, { "umount", "umount2" }, { "sendfile64", "sendfile" },
	};
	const char *function = lw_call_function(nr, compat);
	int i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(function, others[i][0]))
			return others[i][1];
	return function;
}
