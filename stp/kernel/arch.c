#pragma once

#include "arch.h"
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/version.h>

/* The kernel's own tables are lists of these macros, which differ from series to series. */
#undef __SYSCALL
#define __SYSCALL(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_NORETURN(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_WITH_COMPAT(nr, sym, compat) [nr] = #sym,
#define __SYSCALL_COMMON(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_64(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_I386(nr, sym, ...) [nr] = #sym,
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
#endif
};

/*
 * The name in the kernel's source of the function for the system call with this number, without
 * "sys_" and the like; NULL if the table of this ABI has none.
 */
static const char *lw_call_function(int nr, bool compat)
{
	/* "sys_read", "compat_sys_preadv", "sys_ia32_pread64"; some releases begin with "__x64_" */
	static const char *const prefixes[] = {
		"__x64_", "__ia32_", "compat_", "sys_", "ia32_", "aarch32_",
	};
	size_t n = compat ? ARRAY_SIZE(lw_calls_compat) : ARRAY_SIZE(lw_calls_native);
	const char *name;
	int i;

	if (nr < 0 || nr >= n)
		return NULL;
	name = compat ? lw_calls_compat[nr] : lw_calls_native[nr];
	for (i = 0; name && i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			name += strlen(prefixes[i]);
	return name && strcmp(name, "ni_syscall") ? name : NULL;
}
