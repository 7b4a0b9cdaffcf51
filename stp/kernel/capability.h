#pragma once

#include "arch.h"
#include "call.h"
#include "call_name.h"
#include "fields.h"
#include "name.h"
#include "pending.h"
#include "put.h"
#include "report.h"
#include "user.h"
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/user_namespace.h>
#include <asm/syscall.h>

/*
 * capability.h - checks of capabilities
 *
 * All checks come to cap_capable(cred, namespace, capability, options), which returns 0 or -EPERM (security/commoncap.c).
 * The functions of that file call it directly, and the compiler may make it a part of them: these checks are not seen.
 * Security modules may deny what it allows.
 *
 * A probe of its return would cost more. So the answer is worked out from the arguments at its begin:
 * nothing that it depends on changes during the check.
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

/* A check, from its arguments */
struct lw_check {
	u32 capability;
	bool silent, denied;
};

/*
 * The rules of cap_capable(), which are the same in all kernels since 3.8. A task has a capability in its own user
 * namespace, and in those below, if it is one of its effective ones. It has all in those that its user has made from there,
 * and below.
 */
static bool lw_has_capability(const struct cred *cred, const struct user_namespace *ns,
			      u32 capability)
{
	for (; ns != cred->user_ns; ns = ns->parent) {
		if (ns->level <= cred->user_ns->level)
			return false;
		if (ns->parent == cred->user_ns && uid_eq(ns->owner, cred->euid))
			return true;
	}
	return cap_valid(capability) && cap_raised(cred->cap_effective, capability);
}

/* Has this process had the same answer before? A process has the time of its start to itself. */
static bool lw_is_checked(const struct lw_check *check)
{
	u32 answer = (check->capability & 63) | check->denied << 6 | check->silent << 7;
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
	bool calls = !lw_in_interrupt() && !(current->flags & LW_WORKS), compat = lw_compat_call();
	int nr = calls ? syscall_get_nr(current, task_pt_regs(current)) : -1;

	if (nr >= 0 && lw_has_call(nr, compat))
		lw_emit_syscall_name(nr | (compat ? LW_COMPAT : 0));
	else
		lw_emit_none(1);
}

static void lw_emit_check(const struct lw_check *check)
{
	struct _stp_log *log = lw_log();

	lw_put_begin(log, lw_capabilities.timestamp);
	lw_put_task(log);
	lw_put_pair(log, current->pid, check->capability);
	lw_emit_kernel_string(lw_capability_name(check->capability));
	lw_put_number(log, !check->silent);
	lw_emit_kernel_string(check->denied ? "deny" : "allow");
	lw_emit_call_of_current();
	lw_put_event_end(log);
}

/* The kernel asks often for what it reports to nobody, such as whether a reader of /proc/PID/stat may see addresses. */
static int lw_capability_asked(struct kprobe *kp, struct pt_regs *regs)
{
	struct lw_check check = { .silent = lw_function_arg(regs, 3) & CAP_OPT_NOAUDIT };

	if ((check.silent && !lw_capabilities.silent) || !lw_wanted())
		return 0;
	check.capability = lw_function_arg(regs, 2);
	check.denied = !lw_has_capability((void *)lw_function_arg(regs, 0),
					  (void *)lw_function_arg(regs, 1), check.capability);
	if (lw_capabilities.denied && !check.denied)
		return 0;
	if (!lw_capabilities.once || !lw_is_checked(&check))
		lw_emit_check(&check);
	return 0;
}
NOKPROBE_SYMBOL(lw_capability_asked);

LW_BEGIN(lw_capability_asked, "cap_capable");
#undef LW_BEGINS
#define LW_BEGINS (&lw_capability_asked_begin)
