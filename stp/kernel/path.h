#pragma once

#include "put.h"

#include <linux/dcache.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
/* A seqlock_t since 7.2, whose seqcount is what is wanted */
/* clang-format off */
#define lw_fs_seq(fs)                                                         \
	_Generic(&(fs)->seq, seqlock_t *: &((seqlock_t *)&(fs)->seq)->seqcount, default: &(fs)->seq)
/* clang-format on */

/*
 * The working directory's name, as getcwd(2) reads it: under RCU and without a
 * reference. The last reference to a directory must not be dropped where nothing
 * may sleep.
 */
static char *lw_pwd(char *buf, int room)
{
	struct fs_struct *fs = current->fs;
	struct path path;
	unsigned int seq;
	char *name;

	if (!fs)
		return ERR_PTR(-ENOENT);
	rcu_read_lock();
	do {
		seq = read_seqcount_begin(lw_fs_seq(fs));
		path = fs->pwd;
	} while (read_seqcount_retry(lw_fs_seq(fs), seq));
	name = d_path(&path, buf, room);
	rcu_read_unlock();
	return name;
}

/* The name of a directory that is open; fput() leaves the last reference to later. */
static char *lw_open_directory(int dfd, char *buf, int room)
{
	/* Raw: a descriptor of O_PATH serves as a directory as well. */
	struct file *file = fget_raw(dfd);
	char *name;

	if (!file)
		return ERR_PTR(-EBADF);
	name = d_path(&file->f_path, buf, room);
	fput(file);
	return name;
}

/* d_path() builds the name at the end of the room it is given. */
static void lw_put_directory(struct _stp_log *log, int dfd)
{
	char *base = lw_put_at(log);
	int room = lw_room(log);
	char *name;
	int n;

	name = dfd == AT_FDCWD ? lw_pwd(base, room) : lw_open_directory(dfd, base, room);
	if (IS_ERR(name)) {
		lw_put(log, "\\?/", 3);
		return;
	}
	n = strlen(name);
	memmove(base, name, n);
	lw_commit(log, n, false);
	if (n > 1)
		lw_put(log, "/", 1);
}

static void lw_emit_user_path(int dfd, unsigned long addr)
{
	struct _stp_log *log = lw_log();
	char first = 0;

	if (!log)
		return;
	if (!_stp_copy_from_user(&first, (const char __user *)addr, 1) && first != '/')
		lw_put_directory(log, dfd);
	lw_put_user_string(log, (const char __user *)addr);
	lw_put(log, "\t", 1);
}
