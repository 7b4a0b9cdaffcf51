// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/trust.h"

#define MAX_LINKS 4

/* ---- who may have changed it ---- */

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static int check_owner(const char *path, const struct stat *st, const char *step,
		       struct lw_reason *why)
{
	if (!is_ours(st)) {
		lw_because(why, "%s: owned by uid %u, not by root; %s", path, st->st_uid, step);
		return -EPERM;
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		lw_because(why,
			   "%s: others than its owner may write to it (mode %04o); chmod %o it",
			   path, st->st_mode & 07777, st->st_mode & 07777 & ~(S_IWGRP | S_IWOTH));
		return -EPERM;
	}
	return 0;
}

/* ---- the way to a directory ---- */

struct walk {
	int fd;
	bool top;            /* fd is the root directory */
	int links;           /* followed so far */
	char at[PATH_MAX];   /* how far it is, for messages */
	char rest[PATH_MAX]; /* of the way */
	struct lw_reason *why;
};

static int walk_begin(struct walk *walk, const char *root, const char *path)
{
	struct stat st;

	walk->top = true;
	snprintf(walk->at, sizeof(walk->at), "%s", root);
	snprintf(walk->rest, sizeof(walk->rest), "%s", path);
	walk->fd = open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (walk->fd < 0 || fstat(walk->fd, &st) < 0)
		return -errno;
	return check_owner(*root ? root : "/", &st, "chown it", walk->why);
}

/*
 * Puts the target of a link in the root directory in front of the rest of the way.
 * @n_at: length of that directory's path in walk->at, which has the link's after it
 */
static int follow(struct walk *walk, int fd, const struct stat *st, size_t n_at)
{
	char target[PATH_MAX / 2], rest[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (!walk->top || !is_ours(st) || strstr(target, "..") || ++walk->links > MAX_LINKS) {
		lw_because(
			walk->why,
			"%s: is a symbolic link, which is not followed; install the directory itself",
			walk->at);
		return -EPERM;
	}
	n = snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest);
	if (n >= (ssize_t)sizeof(rest))
		return -ENAMETOOLONG;
	memcpy(walk->rest, rest, n + 1);
	walk->at[n_at] = '\0';
	return 0;
}

static int enter(struct walk *walk, int fd, const struct stat *st)
{
	int err = -ENOTDIR;

	if (S_ISDIR(st->st_mode))
		err = check_owner(walk->at, st, "chown it", walk->why);
	if (err)
		return err;
	close(walk->fd);
	walk->fd = fd;
	walk->top = false;
	return 0;
}

static int go_down(struct walk *walk, const char *name)
{
	size_t n = strlen(walk->at);
	struct stat st;
	int err, fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	snprintf(walk->at + n, sizeof(walk->at) - n, "/%s", name);
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (S_ISLNK(st.st_mode))
		err = follow(walk, fd, &st, n);
	else
		err = enter(walk, fd, &st);
	if (walk->fd != fd)
		close(fd);
	return err;
}

/* Cuts the first name off the rest of the way; "" at its end. */
static void next_name(struct walk *walk, char *name, size_t size)
{
	size_t skip = strspn(walk->rest, "/"), n = strcspn(walk->rest + skip, "/");

	snprintf(name, size, "%.*s", (int)n, walk->rest + skip);
	memmove(walk->rest, walk->rest + skip + n, strlen(walk->rest + skip + n) + 1);
}

int lw_trust_dir(const char *root, const char *path, struct lw_reason *why)
{
	struct walk walk = { .why = why };
	char name[PATH_MAX];
	int err;

	why->text[0] = '\0';
	err = walk_begin(&walk, root, path);
	next_name(&walk, name, sizeof(name));
	while (!err && *name) {
		err = go_down(&walk, name);
		next_name(&walk, name, sizeof(name));
	}
	if (!err)
		return walk.fd;
	if (err == -ENOTDIR)
		err = -ENOENT;
	if (err != -ENOENT && !why->text[0])
		lw_because(why, "%s/%s: %s", root, path, strerror(-err));
	if (walk.fd >= 0)
		close(walk.fd);
	return err;
}

int lw_trust_below(int dir, const char *beside, const char *name, struct lw_reason *why)
{
	struct stat st = { 0 };
	char path[PATH_MAX];
	int err = 0, fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	snprintf(path, sizeof(path), "%.*s/%s", (int)(strrchr(beside, '/') - beside), beside, name);
	if (fd < 0 || fstat(fd, &st) < 0)
		err = -errno;
	if (!err)
		err = check_owner(path, &st, "chown it", why);
	if (!err)
		return fd;
	if (err == -ENOTDIR || err == -ELOOP) {
		lw_because(why, "%s: no directory; reinstall the package that has it", path);
		err = -EPERM;
	} else if (err != -ENOENT && err != -EPERM) {
		lw_because(why, "%s: %s", path, strerror(-err));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- a file ---- */

static int check_file(const char *path, const struct stat *st, size_t limit, struct lw_reason *why)
{
	int err;

	if (!S_ISREG(st->st_mode)) {
		lw_because(why, "%s: not a regular file; reinstall the package that has it", path);
		return -EPERM;
	}
	err = check_owner(path, st, "reinstall the package that has it", why);
	if (err)
		return err;
	if ((size_t)st->st_size > limit) {
		lw_because(why, "%s: too large (%lld bytes, at most %zu)", path,
			   (long long)st->st_size, limit);
		return -EPERM;
	}
	return 0;
}

int lw_trust_open(int dir, const char *path, size_t limit, size_t *size, struct lw_reason *why)
{
	struct stat st = { 0 };
	int err, fd = openat(dir, strrchr(path, '/') + 1,
			     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ELOOP) {
		lw_because(why, "%s: is a symbolic link; install the file itself", path);
		return -EPERM;
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		err = -errno;
		if (err != -ENOENT)
			lw_because(why, "%s: %s", path, strerror(-err));
	} else {
		err = check_file(path, &st, limit, why);
	}
	if (!err) {
		*size = st.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int read_bytes(int fd, char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, buf + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		done += n;
	}
	return 0;
}

char *lw_trust_bytes(int fd, const char *path, size_t size, struct lw_reason *why)
{
	char *bytes = malloc(size + 1);
	int err = bytes ? read_bytes(fd, bytes, size) : -ENOMEM;

	if (!err) {
		bytes[size] = '\0';
		return bytes;
	}
	if (err == -ENODATA)
		lw_because(why, "%s: shrank while it was read; try again", path);
	else
		lw_because(why, "%s: cannot be read: %s", path, strerror(-err));
	free(bytes);
	errno = -err;
	return NULL;
}

int lw_trust_read(int dir, const char *path, size_t limit, char **bytes, size_t *size,
		  struct lw_reason *why)
{
	int fd = lw_trust_open(dir, path, limit, size, why);

	*bytes = NULL;
	if (fd < 0)
		return fd;
	*bytes = lw_trust_bytes(fd, path, *size, why);
	close(fd);
	return *bytes ? 0 : -EIO;
}
