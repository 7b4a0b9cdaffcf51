// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "util/lock.h"
#include "util/place.h"

static int open_file(const char *root, const char *tool)
{
	int fd, dir, place = lw_place_open(root);

	if (place < 0)
		return place;
	dir = lw_place_inside(place, "lock");
	close(place);
	if (dir < 0)
		return dir;
	fd = openat(dir, tool, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
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

int lw_lock_take(const char *root, const char *tool, pid_t *holder)
{
	int err, fd = open_file(root, tool);

	*holder = 0;
	if (fd < 0)
		return fd;
	err = lock_file(fd, holder);
	/* To close it would give the lock back. */
	if (err)
		close(fd);
	return err;
}

int lw_lock_wait(const char *root, const char *name, pid_t *holder)
{
	int err, tries = 500, fd = open_file(root, name);

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
