#pragma once

#include "arch.h"
#include "call.h"
#include "put.h"
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/version.h>

/*
 * The target of a signal, in the host's numbers, as for kill(2): a process or a thread, or 0 or a
 * negative number for a group. LW_NOBODY stands for no target.
 */
#define LW_NOBODY S64_MIN

/* include/uapi/linux/pidfd.h and fcntl.h have these since 6.9 and 6.15. */
#define LW_PIDFD_PROCESS_GROUP (1 << 2)
#define LW_PIDFD_SELF_THREAD (-10000)
#define LW_PIDFD_SELF_PROCESS (-10001)

/*
 * The host's number for a target that the current task gave to a system call. A task in a pid
 * namespace gives that namespace's numbers. A number without a task there stays unchanged.
 */
static s64 lw_host_target(int given)
{
	struct pid *pid;
	s64 target = given;

	if (likely(!task_pid(current)->level) || given == 0 || given == -1)
		return given;
	rcu_read_lock();
	pid = find_vpid(given < 0 ? -(u32)given : given);
	if (pid)
		target = given < 0 ? -pid_nr(pid) : pid_nr(pid);
	rcu_read_unlock();
	return target;
}

/*
 * The process of a directory of /proc, which may stand for a pidfd: its name is a number in the
 * namespace of the mount.
 */
static s64 lw_proc_target(const struct dentry *dir)
{
	struct pid *pid = NULL;
	int given;

	rcu_read_lock();
	if (!kstrtoint(READ_ONCE(dir->d_name.name), 10, &given))
		pid = find_pid_ns(given, proc_pid_ns(dir->d_sb));
	rcu_read_unlock();
	return pid ? pid_nr(pid) : LW_NOBODY;
}

/* The process or thread of a pidfd, which may be gone; fs/pidfs.c, before 6.9 kernel/fork.c */
static s64 lw_file_target(struct file *file)
{
	const struct dentry *dentry = file->f_path.dentry;
	struct super_block *sb = dentry->d_sb;

	if (sb->s_magic == PROC_SUPER_MAGIC)
		return lw_proc_target(dentry);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	if (sb->s_magic == PID_FS_MAGIC)
		return pid_nr(file_inode(file)->i_private) ?: LW_NOBODY;
#else
	if (sb->s_magic == ANON_INODE_FS_MAGIC && !strcmp(dentry->d_name.name, "[pidfd]"))
		return pid_nr(file->private_data);
#endif
	return LW_NOBODY;
}

/* The target in the arguments of pidfd_send_signal(2) */
static s64 lw_pidfd_target(int fd, u32 flags)
{
	struct file *file;
	s64 target;

	if (fd == LW_PIDFD_SELF_THREAD)
		return current->pid;
	if (fd == LW_PIDFD_SELF_PROCESS)
		return current->tgid;
	file = fget(fd);
	if (!file)
		return LW_NOBODY;
	target = lw_file_target(file);
	/* fput() defers all work that may sleep. */
	fput(file);
	return flags & LW_PIDFD_PROCESS_GROUP && target > 0 ? -target : target;
}

/*
 * Does __cgroup_kill() call the function that begins with these registers? That function has other
 * callers as well. The address is found by its symbol once.
 */
static bool lw_from_cgroup_kill(const struct pt_regs *regs)
{
	static unsigned long found;
	unsigned long caller = lw_function_caller(regs);
	char name[32];

	if (caller == READ_ONCE(found))
		return true;
	snprintf(name, sizeof(name), "%ps", (void *)caller);
	if (!str_has_prefix(name, "__cgroup_kill"))
		return false;
	WRITE_ONCE(found, caller);
	return true;
}
NOKPROBE_SYMBOL(lw_from_cgroup_kill);

/* send_sig(sig, task, priv), called for cgroup.kill: keeps the process that it ends. */
static bool lw_want_cgroup_kill(struct pt_regs *regs, struct lw_call *call)
{
	if ((int)lw_function_arg(regs, 0) != SIGKILL || !lw_from_cgroup_kill(regs))
		return false;
	call->kept[0] = ((struct task_struct *)lw_function_arg(regs, 1))->tgid;
	return true;
}
NOKPROBE_SYMBOL(lw_want_cgroup_kill);

LW_ENTRY(lw_want_cgroup_kill, "send_sig");
#undef LW_ENTRIES
#define LW_ENTRIES (&lw_want_cgroup_kill_entry)

/* Three fields: signal, target, result */
static void lw_emit_signal(int sig, s64 target, long result)
{
	struct _stp_log *log = lw_log();

	lw_put_number(log, sig);
	if (target != LW_NOBODY)
		lw_put_number(log, target);
	else
		lw_put_tab(log);
	lw_put_number(log, result);
}
