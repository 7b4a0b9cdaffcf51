// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/manifest.h"
#include "module/serial.h"
#include "module/trust.h"
#include "util/number.h"
#include "util/place.h"

/* In decimal, with a newline. */
#define LIMIT 32
/* One lock for all releases. */
#define LOCK ".serial"

static int read_number(const char *path, const char *text, uint64_t *serial, struct lw_reason *why)
{
	unsigned long long number;
	const char *end = lw_decimal(text, LW_SERIAL_LIMIT, &number);

	if (end && !strcmp(end, "\n")) {
		*serial = number;
		return 0;
	}
	lw_because(why, "%s: holds no number; remove it", path);
	return -EPERM;
}

int lw_serial_seen(const char *root, const char *release, uint64_t *serial, struct lw_reason *why)
{
	int err, dir = lw_trust_dir(root, LW_SERIALS, why);
	char path[PATH_MAX], *text;
	size_t size;

	*serial = 0;
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	snprintf(path, sizeof(path), "%s/" LW_SERIALS "/%s", root, release);
	err = lw_trust_read(dir, path, LIMIT, &text, &size, why);
	close(dir);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = read_number(path, text, serial, why);
	free(text);
	return err;
}

/* A umask of whoever runs this must not hide it from "lwload check". */
static int make_dir(int dir, const char *name)
{
	if (mkdirat(dir, name, 0755) == 0)
		return fchmodat(dir, name, 0755, 0) < 0 ? -errno : 0;
	return errno == EEXIST ? 0 : -errno;
}

/* Makes NAME in the directory @path, unless it is there, and opens it. */
static int open_or_make(const char *root, const char *path, const char *name, struct lw_reason *why)
{
	int err, dir = lw_trust_dir(root, path, why);
	char whole[PATH_MAX];

	if (dir < 0)
		return dir;
	err = make_dir(dir, name);
	close(dir);
	if (err)
		return err;
	snprintf(whole, sizeof(whole), "%s/%s", path, name);
	return lw_trust_dir(root, whole, why);
}

static int write_file(int dir, const char *name, uint64_t serial)
{
	char text[LIMIT];
	int err = 0, n = snprintf(text, sizeof(text), "%" PRIu64 "\n", serial);
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0644) < 0 || write(fd, text, n) != n || fsync(fd) < 0)
		err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

/* One at a time, so that one name does. */
static int replace(int dir, const char *release, uint64_t serial)
{
	static const char name[] = ".new";
	int err = write_file(dir, name, serial);

	if (!err && renameat(dir, name, dir, release) < 0)
		err = -errno;
	if (err)
		unlinkat(dir, name, 0);
	return err;
}

static int record(const char *root, const char *release, uint64_t serial, struct lw_reason *why)
{
	int err, dir = open_or_make(root, "var/lib", "lwtools", why);

	if (dir >= 0) {
		close(dir);
		dir = open_or_make(root, "var/lib/lwtools", "serial", why);
	}
	err = dir < 0 ? dir : replace(dir, release, serial);
	if (dir >= 0)
		close(dir);
	if (err && !why->text[0])
		lw_because(why, "%s/" LW_SERIALS ": %s", root, strerror(-err));
	return err;
}

int lw_serial_record(const char *root, const char *release, uint64_t serial, struct lw_reason *why)
{
	pid_t holder;
	int err, lock = lw_lock_wait(root, LOCK, &holder);
	uint64_t seen;

	if (lock == -EAGAIN && holder) {
		lw_because(why,
			   "process %d holds %s" LW_LOCK_DIR "/" LOCK "; kill -CONT %d, or -KILL",
			   holder, root, holder);
		return lock;
	}
	if (lock < 0) {
		lw_because(why, "%s" LW_LOCK_DIR "/" LOCK ": %s", root, strerror(-lock));
		return lock;
	}
	/* Another may have recorded a higher one since this one was compared. */
	err = lw_serial_seen(root, release, &seen, why);
	if (!err && serial > seen)
		err = record(root, release, serial, why);
	close(lock);
	return err;
}
