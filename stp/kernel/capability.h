#pragma once

#include "arch.h"
#include "call.h"
#include "call_name.h"
#include "fields.h"
#include "name.h"
#include "pending.h"
#include "put.h"
#include "report.h"
#include <linux/capability.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <asm/syscall.h>

/*
 * capability.h - checks of capabilities
 *
 * All checks come to cap_capable(cred, namespace, capability, options), which returns 0 or -EPERM (security/commoncap.c).
 * The functions of that file call it directly, and the compiler may make it a part of them: these checks are not seen.
 * Security modules may deny what it allows.
 */

/* Options of the records */
static struct {
	bool timestamp, denied, silent, once;
} lw_capabilities;

/* Checks that were shown, by process, capability, verdict, and whether they were silent. A begin that never ends. */
static const struct lw_pending_shape lw_checked_shape = { .bits = 14, .shares = true };
static struct lw_pending lw_checked = { .shape = &lw_checked_shape };

/* A check without room is shown again. */
static u64 lw_checked_lost(struct lw_counted *counted)
{
	return 0;
}

static struct lw_counted lw_checked_counted = {
	.pending = &lw_checked,
	.lost = lw_checked_lost,
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_checked_counted)

enum { LW_CAPABILITY, LW_SILENT };

/* The kernel asks often for what it reports to nobody, such as whether a reader of /proc/PID/stat may see addresses. */
static bool lw_want_capability(struct pt_regs *regs, struct lw_call *call)
{
	bool silent = lw_function_arg(regs, 3) & CAP_OPT_NOAUDIT;

	call->kept[LW_CAPABILITY] = (u32)lw_function_arg(regs, 2);
	call->kept[LW_SILENT] = silent;
	return !silent || lw_capabilities.silent;
}
NOKPROBE_SYMBOL(lw_want_capability);

LW_ENTRY(lw_want_capability, "cap_capable");
#undef LW_ENTRIES
#define LW_ENTRIES (&lw_want_capability_entry)

/* Has this process had the same answer before? A process has the time of its start to itself. */
static bool lw_is_checked(const struct lw_call *call, bool denied)
{
	u32 answer = (call->kept[LW_CAPABILITY] & 63) | denied << 6 | !!call->kept[LW_SILENT] << 7;
	u64 key = lw_leader()->start_time << 8 | answer;
	struct lw_place place;

	if (lw_pending_find(&lw_checked, &lw_checked_shape, key) >= 0)
		return true;
	place = lw_pending_new(&lw_checked, &lw_checked_shape, key);
	if (place.at >= 0)
		lw_pending_show(&lw_checked, place);
	return false;
}

static const char *lw_capability_name(u32 capability)
{
	/* include/uapi/linux/capability.h */
	static const char *const names[] = {
		"CHOWN",
		"DAC_OVERRIDE",
		"DAC_READ_SEARCH",
		"FOWNER",
		"FSETID",
		"KILL",
		"SETGID",
		"SETUID",
		"SETPCAP",
		"LINUX_IMMUTABLE",
		"NET_BIND_SERVICE",
		"NET_BROADCAST",
		"NET_ADMIN",
		"NET_RAW",
		"IPC_LOCK",
		"IPC_OWNER",
		"SYS_MODULE",
		"SYS_RAWIO",
		"SYS_CHROOT",
		"SYS_PTRACE",
		"SYS_PACCT",
		"SYS_ADMIN",
		"SYS_BOOT",
		"SYS_NICE",
		"SYS_RESOURCE",
		"SYS_TIME",
		"SYS_TTY_CONFIG",
		"MKNOD",
		"LEASE",
		"AUDIT_WRITE",
		"AUDIT_CONTROL",
		"SETFCAP",
		"MAC_OVERRIDE",
		"MAC_ADMIN",
		"SYSLOG",
		"WAKE_ALARM",
		"BLOCK_SUSPEND",
		"AUDIT_READ",
		"PERFMON",
		"BPF",
		"CHECKPOINT_RESTORE",
	};

	return capability < ARRAY_SIZE(names) ? names[capability] : "";
}

/* Threads of the kernel that belong to a process, such as those of io_uring, have no call either. */
#ifdef PF_USER_WORKER
#define LW_WORKS (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER)
#elif defined(PF_IO_WORKER)
#define LW_WORKS (PF_KTHREAD | PF_IO_WORKER)
#else
#define LW_WORKS PF_KTHREAD
#endif

/* One field: the system call in which the check is made; empty if it is made in none */
static void lw_emit_call_of_current(void)
{
	bool calls = in_task() && !(current->flags & LW_WORKS), compat = lw_compat_call();
	int nr = calls ? syscall_get_nr(current, task_pt_regs(current)) : -1;

	if (nr >= 0 && lw_has_call(nr, compat))
		lw_emit_syscall_name(nr | (compat ? LW_COMPAT : 0));
	else
		lw_emit_none(1);
}

static void lw_emit_capability(const struct lw_call *call, int result)
{
	u32 capability = call->kept[LW_CAPABILITY];
	struct _stp_log *log = lw_log();

	lw_put_begin(log, lw_capabilities.timestamp);
	lw_put_task(log);
	lw_put_pair(log, current->pid, capability);
	lw_emit_kernel_string(lw_capability_name(capability));
	lw_put_number(log, !call->kept[LW_SILENT]);
	lw_emit_kernel_string(result ? "deny" : "allow");
	lw_emit_call_of_current();
	lw_put_event_end(log);
}

static void lw_capability_checked(const struct kretprobe_instance *inst, int result)
{
	const struct lw_call *call = (const struct lw_call *)inst->data;

	if (lw_capabilities.denied && !result)
		return;
	if (!lw_capabilities.once || !lw_is_checked(call, result))
		lw_emit_capability(call, result);
}

LW_RETURNS(lw_capability_checked)
