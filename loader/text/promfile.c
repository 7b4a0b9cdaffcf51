// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "module/signature.h"
#include "text/promfile.h"
#include "util/escape.h"
#include "util/log.h"
#include "util/place.h"

struct lw_promfile {
	const char *who;
	const char *path;
	const char *name; /* of the file in its directory */
	int dir;
	int lock;   /* from lw_lock_wait(); -1: none, or the lock lasts as long as the process */
	char *temp; /* name of the file before it is renamed */
	bool failed;
};

/* A file of lwload begins with this. Files that begin otherwise are not replaced. */
static const char begin[] = "# HELP lwtools_";

/* ---- opening ---- */

bool lw_promfile_name_ok(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strlen(name);

	return n > strlen(LW_PROM_END) && !strcmp(name + n - strlen(LW_PROM_END), LW_PROM_END);
}

static int failed(const struct lw_promfile *file, const char *what, int err)
{
	lw_error("%s: cannot %s %s: %s", file->who, what, file->path, strerror(-err));
	return err;
}

static int refused(const struct lw_promfile *file, const char *why)
{
	lw_error("%s: does not write to %s: %s", file->who, file->path, why);
	return -EPERM;
}

/* A link could lead root to write where he did not mean to. */
static int open_without_links(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	int fd = syscall(__NR_openat2, AT_FDCWD, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

static int check_directory(const struct lw_promfile *file)
{
	struct stat st;

	if (fstat(file->dir, &st) < 0)
		return failed(file, "open the directory of", -errno);
	if (st.st_uid != geteuid())
		return refused(file, "its directory belongs to another user; name one of root's");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return refused(file, "others may write to its directory; name one of root's");
	return 0;
}

static int open_directory(struct lw_promfile *file)
{
	const char *slash = strrchr(file->path, '/');
	char *dir = slash ? strndup(file->path, slash == file->path ? 1 : slash - file->path)
			  : strdup(".");

	if (!dir)
		return failed(file, "open", -ENOMEM);
	file->name = slash ? slash + 1 : file->path;
	file->dir = open_without_links(dir);
	free(dir);
	if (file->dir == -ELOOP)
		return refused(file, "a symbolic link leads there; name the directory itself");
	if (file->dir < 0)
		return failed(file, "open the directory of", file->dir);
	return check_directory(file);
}

/* The name is made of the directory, not of the path: several paths may lead to one file. */
static int lock_name(const struct lw_promfile *file, char name[128])
{
	char text[NAME_MAX + 64], hex[LW_HASH + 1];
	struct stat st;
	int n;

	if (fstat(file->dir, &st) < 0)
		return -errno;
	n = snprintf(text, sizeof(text), "%ju:%ju:%s", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino,
		     file->name);
	if (n >= (int)sizeof(text))
		return -ENAMETOOLONG;
	lw_hash(text, n, hex);
	snprintf(name, 128, ".metrics-%s", hex);
	return 0;
}

static int take_lock(struct lw_promfile *file, const char *root, bool wait)
{
	char name[128];
	pid_t pid;
	int err = lock_name(file, name);

	if (err)
		return failed(file, "lock", err);
	if (wait)
		err = lw_lock_wait(root, name, &pid);
	else
		err = lw_lock_take(root, name, &pid);
	if (err == -EAGAIN)
		return refused(file, "another lwload writes it; name another file");
	if (err < 0)
		return failed(file, "lock", err);
	file->lock = wait ? err : -1;
	return 0;
}

/* Does the file begin as one of lwload does? An empty file is taken as one. */
static bool is_ours(const struct lw_promfile *file)
{
	char text[sizeof(begin) - 1];
	int fd = openat(file->dir, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	return n == 0 || (n == sizeof(text) && !memcmp(text, begin, n));
}

static int check_place(const struct lw_promfile *file)
{
	struct stat st;

	if (fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(file, "open", -errno);
	if (S_ISLNK(st.st_mode))
		return refused(file, "it is a symbolic link; remove it");
	if (!S_ISREG(st.st_mode))
		return refused(file, "it is not a regular file");
	if (st.st_uid != geteuid())
		return refused(file, "it belongs to another user; remove it");
	if (!is_ours(file))
		return refused(file, "it is there, but lwload did not write it; name another file");
	return 0;
}

/* Tries to make the temporary file now, before the tool begins. */
static int try_temp(const struct lw_promfile *file)
{
	int fd;

	/* A killed run left this file: nobody else has the lock. */
	unlinkat(file->dir, file->temp, 0);
	fd = openat(file->dir, file->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return failed(file, "write to", -errno);
	close(fd);
	unlinkat(file->dir, file->temp, 0);
	return 0;
}

int lw_promfile_open(const char *who, const char *root, const char *path, bool wait,
		     struct lw_promfile **out)
{
	struct lw_promfile *file = calloc(1, sizeof(*file));
	int err;

	*out = file;
	if (!file) {
		lw_error("%s: %s", who, strerror(ENOMEM));
		return -ENOMEM;
	}
	*file = (struct lw_promfile){ .who = who, .path = path, .dir = -1, .lock = -1 };
	if (geteuid() != 0)
		return refused(file, "only root may write files of metrics; try sudo");
	err = open_directory(file);
	if (err)
		return err;
	/* The collector does not look at names that do not end in .prom. */
	if (asprintf(&file->temp, "%s.new", file->name) < 0) {
		file->temp = NULL;
		return failed(file, "open", -ENOMEM);
	}
	err = take_lock(file, root, wait);
	if (!err)
		err = check_place(file);
	return err ? err : try_temp(file);
}

void lw_promfile_close(struct lw_promfile *file)
{
	if (!file)
		return;
	if (file->dir >= 0)
		close(file->dir);
	if (file->lock >= 0)
		close(file->lock);
	free(file->temp);
	free(file);
}

/* ---- writing ---- */

static int write_all(int fd, const char *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(fd, bytes + done, size - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? n : 0;
	}
	/* The mode does not depend on the caller's umask. */
	return fchmod(fd, 0644) < 0 ? -errno : 0;
}

static int write_temp(const struct lw_promfile *file, const char *bytes, size_t size)
{
	int err, fd = openat(file->dir, file->temp,
			     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, size);
	/* Some file systems report a failed write only here. */
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}

int lw_promfile_replace(struct lw_promfile *file, const char *bytes, size_t size)
{
	int err = write_temp(file, bytes, size);

	if (!err && renameat(file->dir, file->temp, file->dir, file->name) < 0)
		err = -errno;
	if (!err)
		return 0;
	unlinkat(file->dir, file->temp, 0);
	if (!file->failed)
		failed(file, "write to", err);
	file->failed = true;
	return err;
}

bool lw_promfile_failed(const struct lw_promfile *file)
{
	return file->failed;
}

int lw_promfile_remove(struct lw_promfile *file)
{
	if (unlinkat(file->dir, file->name, 0) == 0 || errno == ENOENT)
		return 0;
	return failed(file, "remove", -errno);
}

/* ---- text ---- */

void lw_prom_family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s ", name);
	for (; *help; help++) {
		if (*help == '\\')
			fputs("\\\\", out);
		else if (*help == '\n')
			fputs("\\n", out);
		else
			fputc(*help, out);
	}
	fprintf(out, "\n# TYPE %s %s\n", name, type);
}

void lw_prom_label(FILE *out, const char *name, const char *value, size_t len)
{
	char small[512];
	char *text = LW_ESCAPED * len + 1 <= sizeof(small) ? small : malloc(LW_ESCAPED * len + 1);

	fprintf(out, "%s=\"", name);
	if (text)
		fwrite(text, 1, lw_escape_label(text, value, len) - text, out);
	fputc('"', out);
	if (text != small)
		free(text);
}
