#pragma once

#include "arch.h"
#include "filter.h"
#include "put.h"
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>

/* mount.h - the arguments of calls that mount and unmount, in words */

/* The names of mount(2)'s flags, by bit (linux/mount.h of the UAPI). Bits without a name are the kernel's own. */
static const char *const lw_mount_names[] = {
	"RDONLY",   "NOSUID",      "NODEV",     "NOEXEC",      "SYNCHRONOUS", "REMOUNT", "MANDLOCK",
	"DIRSYNC",  "NOSYMFOLLOW", NULL,        "NOATIME",     "NODIRATIME",  "BIND",    "MOVE",
	"REC",      "SILENT",      "POSIXACL",  "UNBINDABLE",  "PRIVATE",     "SLAVE",   "SHARED",
	"RELATIME", NULL,          "I_VERSION", "STRICTATIME", "LAZYTIME"
};

/* Those of umount(2) (linux/fs.h) */
static const char *const lw_umount_names[] = { "FORCE", "DETACH", "EXPIRE", "NOFOLLOW" };

/* The commands of fsconfig(2) (linux/mount.h of the UAPI) */
static const char *const lw_fsconfig_names[] = { "SET_FLAG", "SET_STRING",     "SET_BINARY",
						 "SET_PATH", "SET_PATH_EMPTY", "SET_FD",
						 "CREATE",   "RECONFIGURE",    "CREATE_EXCL" };
#define LW_SET_STRING 1

static void lw_put_text(const char *text)
{
	lw_put(lw_log(), text, strlen(text));
}

/* Names with | between, and a number for what has no name */
static void lw_put_flags(u32 flags, const char *const *names, int n)
{
	const char *between = "";
	char rest[12];
	int i;

	for (i = 0; i < n; i++) {
		if (!(flags & BIT(i)) || !names[i])
			continue;
		lw_put_text(between);
		lw_put_text(names[i]);
		flags &= ~BIT(i);
		between = "|";
	}
	if (!flags)
		return;
	snprintf(rest, sizeof(rest), "%s0x%x", between, flags);
	lw_put_text(rest);
}

/* One field */
static void lw_emit_mount_flags(const char *call, u32 flags)
{
	if (!strcmp(call, "mount")) {
		/* Linux before 2.4 wanted this number there (path_mount() of fs/namespace.c). */
		if ((flags & 0xffff0000) == 0xc0ed0000)
			flags &= 0xffff;
		lw_put_flags(flags, lw_mount_names, ARRAY_SIZE(lw_mount_names));
	} else if (!strcmp(call, "umount")) {
		lw_put_flags(flags, lw_umount_names, ARRAY_SIZE(lw_umount_names));
	} else if (!strcmp(call, "fsconfig") && flags < ARRAY_SIZE(lw_fsconfig_names)) {
		lw_put_text(lw_fsconfig_names[flags]);
	} else {
		lw_put_flags(flags, NULL, 0);
	}
	lw_put_tab(lw_log());
}

/* An argument of the current call, 0 for -1 */
static u64 lw_mount_arg(int i)
{
	return i < 0 ? 0 : lw_arg(task_pt_regs(current), i);
}

/* Does fsconfig(2) set the source of a file system? Other values may be secrets, such as passwords. */
static bool lw_sets_source(void)
{
	char key[8] = "";

	return (u32)lw_mount_arg(1) == LW_SET_STRING &&
	       !_stp_copy_from_user(key, (const char __user *)lw_mount_arg(2), sizeof("source")) &&
	       !memcmp(key, "source", sizeof("source"));
}

#define LW_MOUNT_NAME 512L

/*
 * One field with the first part of that argument, a string of user space; empty for NULL. A string of escapes must leave room for
 * the others.
 */
static void lw_emit_mount_string(int i)
{
	const char __user *at = (const char __user *)lw_mount_arg(i);
	char text[LW_MOUNT_NAME + 2];
	long n = at ? _stp_strncpy_from_user(text, at, sizeof(text)) : 0;

	if (n < 0)
		lw_put_text("\\?");
	else
		lw_put_escaped(lw_log(), text, min(n, LW_MOUNT_NAME), n > LW_MOUNT_NAME);
	lw_put_tab(lw_log());
}

/* Six fields; the numbers are those of arguments, or -1 */
static void lw_emit_mount_call(const char *call, int fs, int source, int target, int flags)
{
	lw_put_number(lw_log(), lw_mount_namespace());
	lw_emit_kernel_string(call);
	lw_emit_mount_string(fs);
	lw_emit_mount_string(!strcmp(call, "fsconfig") && !lw_sets_source() ? -1 : source);
	lw_emit_mount_string(target);
	lw_emit_mount_flags(call, lw_mount_arg(flags));
}
