// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/debugfs.h"

/* Returns a descriptor of the root of debugfs, or -1. */
static int mount_unseen(void)
{
	int context = syscall(SYS_fsopen, "debugfs", FSOPEN_CLOEXEC);
	int dir = -1;

	if (context < 0)
		return -1;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		dir = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	close(context);
	return dir;
}

static int open_unseen(const char *path)
{
	int fd, dir = mount_unseen();

	if (dir < 0)
		return -ENOENT;
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(dir);
	return fd;
}

int lw_debugfs_open(const char *root, const char *path)
{
	char name[PATH_MAX];
	int fd;

	snprintf(name, sizeof(name), "%s/sys/kernel/debug/%s", root, path);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT || *root)
		return -errno;
	return open_unseen(path);
}
