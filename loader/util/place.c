// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/place.h"

int lw_place_inside(int in, const char *name)
{
	struct stat st;
	int fd;

	if (mkdirat(in, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	close(fd);
	return -EPERM;
}

int lw_place_open(const char *root)
{
	char path[PATH_MAX];
	int in, fd;

	snprintf(path, sizeof(path), "%s/run", root);
	in = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in < 0)
		return -errno;
	fd = lw_place_inside(in, strrchr(LW_PLACE, '/') + 1);
	close(in);
	return fd;
}
