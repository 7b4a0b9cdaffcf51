#pragma once

#include "arch.h"
#include "call.h"
#include "put.h"
#include <linux/backing-dev.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <asm/word-at-a-time.h>

static char lw_file_system[16];

static bool lw_real_file(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct super_block *sb = inode->i_sb;

	if (!S_ISREG(inode->i_mode))
		return false;
	if (sb->s_bdi == &noop_backing_dev_info && sb->s_magic != OVERLAYFS_SUPER_MAGIC)
		return false;
	return !lw_file_system[0] || !strcmp(sb->s_type->name, lw_file_system);
}
NOKPROBE_SYMBOL(lw_real_file);

/* The first argument of the system call whose function was called with regs; -1 if none. */
static long lw_descriptor(const struct pt_regs *regs)
{
	struct pt_regs *user = task_pt_regs(current);

	if (lw_function_arg(regs, 0) != (unsigned long)user)
		return -1;
	return (u32)lw_arg(user, 0);
}

/* The first 16 bytes of a name, zero-filled: its module may be gone when they are shown */
static __always_inline void lw_keep_bytes(unsigned long *to, const char *name)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	unsigned long end;

	to[1] = 0;
	to[0] = load_unaligned_zeropad(name);
	if (!has_zero(to[0], &end, &constants)) {
		name += sizeof(*to++);
		*to = load_unaligned_zeropad(name);
		if (!has_zero(*to, &end, &constants))
			return;
	}
	*to &= zero_bytemask(create_zero_mask(prep_zero_mask(*to, end, &constants)));
}

/*
 * Keeps the file, the pointer to the position (the last of the arguments file, buffer, bytes, pos), two
 * words with the name of the file system's type, and the descriptor, -1 if there is none.
 */
static bool lw_want_file(struct pt_regs *regs, struct lw_call *call)
{
	long fd = lw_descriptor(regs);
	struct file *file = fd < 0 ? (struct file *)lw_function_arg(regs, 0) : fget(fd);
	bool wanted;

	if (!file)
		return false;
	wanted = lw_real_file(file);
	if (wanted) {
		call->kept[0] = (unsigned long)file;
		call->kept[1] = lw_function_arg(regs, 3);
		lw_keep_bytes(call->kept + 2, file_inode(file)->i_sb->s_type->name);
		call->kept[4] = fd;
	}
	/* fput() defers all work that may sleep. */
	if (fd >= 0)
		fput(file);
	return wanted;
}
NOKPROBE_SYMBOL(lw_want_file);

LW_ENTRY(lw_want_file, "vfs_read", "vfs_readv", "vfs_write", "vfs_writev", "fsync", "fdatasync");
#undef LW_ENTRIES
#define LW_ENTRIES (&lw_want_file_entry)

static void lw_emit_file(struct file *file, bool path)
{
	struct _stp_log *log = lw_log();

	if (path) {
		lw_put_path(log, &file->f_path);
		lw_put_tab(log);
		return;
	}
	/* A rename waits until nobody reads the old name under RCU. */
	rcu_read_lock();
	lw_emit_kernel_string(READ_ONCE(file->f_path.dentry->d_name.name));
	rcu_read_unlock();
}

/* The caller of vfs_read() still holds the file; a system call that returns does not. */
static void lw_emit_call_file(struct lw_call *call, bool path)
{
	struct file *file = (struct file *)call->kept[0];
	long fd = call->kept[4];

	if (fd < 0) {
		lw_emit_file(file, path);
		return;
	}
	file = fget(fd);
	if (file == (struct file *)call->kept[0])
		lw_emit_file(file, path);
	else
		lw_emit_kernel_string("");
	if (file)
		fput(file);
}
