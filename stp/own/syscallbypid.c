#pragma once

#include "syscallbypid.h"
#include "../kernel/count.c"
#include "../kernel/put.c"

#define LW_COMPAT (1 << 15) /* in a call's number: of the compat table */

/* ---- counting ---- */

static bool lw_syscall_wanted(long ret)
{
	if (lw_syscalls.errors && !IS_ERR_VALUE(ret))
		return false;
	if (lw_syscalls.tgid && lw_syscalls.tgid != current->tgid)
		return false;
	return !lw_syscalls.name[0] || strnstr(current->comm, lw_syscalls.name, TASK_COMM_LEN);
}

static void lw_on_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	int nr = syscall_get_nr(current, regs);

	if (!smp_load_acquire(&lw_syscalls.on) || !lw_syscall_wanted(ret))
		return;
	if (nr < 0 || nr >= LW_COMPAT)
		return;
	if (lw_ia32_call())
		nr |= LW_COMPAT;
	/* From 6.13 on these tracepoints may be preempted. */
	preempt_disable_notrace();
	lw_count_add(current->tgid, nr, 0);
	preempt_enable_notrace();
}

/* ---- names ---- */

/* The kernel's own tables, by function: "sys_read", before 5.11 "__x64_sys_read". */
#define __SYSCALL(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_NORETURN(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_WITH_COMPAT(nr, sym, compat) [nr] = #sym,
#define __SYSCALL_COMMON(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_64(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_I386(nr, sym, ...) [nr] = #sym,
#define __SYSCALL_X32(nr, sym, ...)
static const char *const lw_names_64[] = {
#include <asm/syscalls_64.h>
};
static const char *const lw_names_32[] = {
#include <asm/syscalls_32.h>
};

/* Functions whose name is not that of their call. */
static const char *lw_call_name(const char *name)
{
	static const char *const others[][2] = {
		{ "newstat", "stat" },	   { "newfstat", "fstat" }, { "newlstat", "lstat" },
		{ "newuname", "uname" },   { "umount", "umount2" }, { "sendfile64", "sendfile" },
	};
	static const char *const prefixes[] = { "__x64_", "__ia32_", "compat_", "sys_", "ia32_" };
	int i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			name += strlen(prefixes[i]);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(name, others[i][0]))
			return others[i][1];
	return name;
}

static void lw_emit_syscall_name(s64 call)
{
	int nr = call & (LW_COMPAT - 1);
	const char *name = NULL;
	char text[48];

	if (call & LW_COMPAT)
		name = nr < ARRAY_SIZE(lw_names_32) ? lw_names_32[nr] : NULL;
	else
		name = nr < ARRAY_SIZE(lw_names_64) ? lw_names_64[nr] : NULL;
	if (name)
		name = lw_call_name(name);
	if (name && strcmp(name, "ni_syscall"))
		scnprintf(text, sizeof(text), "%s%s", name, call & LW_COMPAT ? "(ia32)" : "");
	else
		scnprintf(text, sizeof(text), "%d%s", nr, call & LW_COMPAT ? "(ia32)" : "");
	lw_emit_kernel_string(text);
}
