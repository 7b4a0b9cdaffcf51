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

/* ---- locks ---- */

static int open_lock(const char *root, const char *name)
{
	int fd, dir, place = lw_place_open(root);

	if (place < 0)
		return place;
	dir = lw_place_inside(place, "lock");
	close(place);
	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = -errno;
	close(dir);
	return fd;
}

/* Not flock(2), which does not tell who has it. The kernel's, until the process ends. */
static int lock_file(int fd, pid_t *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int err;

	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	err = errno == EACCES ? -EAGAIN : -errno;
	if (err == -EAGAIN && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		*holder = lock.l_pid;
	return err;
}

int lw_lock_try(const char *root, const char *name, pid_t *holder)
{
	int err, fd = open_lock(root, name);

	*holder = 0;
	if (fd < 0)
		return fd;
	err = lock_file(fd, holder);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* The descriptor stays open: to close it would give the lock back. */
int lw_lock_take(const char *root, const char *name, pid_t *holder)
{
	int fd = lw_lock_try(root, name, holder);

	return fd < 0 ? fd : 0;
}

int lw_lock_wait(const char *root, const char *name, pid_t *holder)
{
	int err, tries = 500, fd = open_lock(root, name);

	*holder = 0;
	if (fd < 0)
		return fd;
	/* Not F_SETLKW: one that is stopped while it has it would stop all others. */
	while ((err = lock_file(fd, holder)) == -EAGAIN && --tries)
		usleep(10000);
	if (!err)
		return fd;
	close(fd);
	return err;
}
