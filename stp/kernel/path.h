#pragma once

#include "put.h"

#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs_struct.h>

/* Since 7.2 a seqlock_t, which has the seqcount */
/* clang-format off */
#define lw_fs_seq(fs)                                                         \
	_Generic(&(fs)->seq, seqlock_t *: &((seqlock_t *)&(fs)->seq)->seqcount, default: &(fs)->seq)
/* clang-format on */

/*
 * The working directory's name, as getcwd(2) reads it: under RCU and without a
 * reference. The last reference to a directory must not be dropped where nothing
 * may sleep.
 */
static int lw_put_pwd(struct _stp_log *log)
{
	struct fs_struct *fs = current->fs;
	struct path path;
	unsigned int seq;
	int n;

	if (!fs)
		return -ENOENT;
	rcu_read_lock();
	do {
		seq = read_seqcount_begin(lw_fs_seq(fs));
		path = fs->pwd;
	} while (read_seqcount_retry(lw_fs_seq(fs), seq));
	n = lw_put_path(log, &path);
	rcu_read_unlock();
	return n;
}

/* The name of a directory that is open; fput() leaves the last reference to later. */
static int lw_put_open_directory(struct _stp_log *log, int dfd)
{
	/* Raw: a descriptor of O_PATH serves as a directory as well. */
	struct file *file = fget_raw(dfd);
	int n;

	if (!file)
		return -EBADF;
	n = lw_put_path(log, &file->f_path);
	fput(file);
	return n;
}

/* Followed by a slash; false if cut, since nothing may follow the mark of a cut */
static bool lw_put_directory(struct _stp_log *log, int dfd)
{
	int n;

	if (lw_paths_sleep())
		n = -EOPNOTSUPP;
	else
		n = dfd == AT_FDCWD ? lw_put_pwd(log) : lw_put_open_directory(log, dfd);
	if (n < 0)
		lw_put(log, "\\?/", 3);
	else if (n > 1)
		lw_put(log, "/", 1);
	return n != 0;
}
