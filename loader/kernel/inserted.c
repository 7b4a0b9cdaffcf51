// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/control.h"
#include "kernel/inserted.h"
#include "util/file.h"
#include "util/name.h"
#include "util/number.h"

/* ---- modules ---- */

bool lw_inserted_has(const char *root, const char *run)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/proc/systemtap/lw_%s", root, run);
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "lw_opensnoop 311296 1 - Live 0x0": name, size, users (- if they are not counted). */
static bool parse_module(const char *root, const char *line, struct lw_inserted *module)
{
	unsigned long long number;
	char users[16];

	if (sscanf(line, "lw_%55s %*u %15s", module->run, users) != 2)
		return false;
	module->users = lw_decimal(users, INT_MAX, &number) ? (int)number : -1;
	return lw_tool_name_ok(module->run) && lw_inserted_has(root, module->run);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct lw_inserted *)a)->run, ((const struct lw_inserted *)b)->run);
}

static int read_modules(const char *root, FILE *file, struct lw_inserted **list)
{
	struct lw_inserted module, *more;
	char *line = NULL;
	size_t size = 0;
	int n = 0;

	while (n >= 0 && getline(&line, &size, file) >= 0) {
		if (!parse_module(root, line, &module))
			continue;
		more = realloc(*list, (n + 1) * sizeof(**list));
		if (more) {
			*list = more;
			more[n++] = module;
		} else {
			n = -ENOMEM;
		}
	}
	free(line);
	return n;
}

int lw_inserted_list(const char *root, struct lw_inserted **list)
{
	char path[PATH_MAX];
	FILE *file;
	int n;

	*list = NULL;
	snprintf(path, sizeof(path), "%s/proc/modules", root);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	n = read_modules(root, file, list);
	fclose(file);
	if (n > 0)
		qsort(*list, n, sizeof(**list), by_name);
	return n;
}

int lw_inserted_users(const char *root, const char *run, int *users)
{
	struct lw_inserted *list;
	int i, n, err;

	/* Most runs are not there, and the list is long. */
	if (!lw_inserted_has(root, run))
		return -ENOENT;
	n = lw_inserted_list(root, &list);
	err = n < 0 ? n : -ENOENT;
	for (i = 0; i < n; i++) {
		if (!strcmp(list[i].run, run)) {
			*users = list[i].users;
			err = 0;
		}
	}
	free(list);
	return err;
}

/* ---- processes ---- */

/* The file that is looked for: the end of its path, and which it is. */
struct command_file {
	char end[80];
	struct stat st;
};

/* The device of a mount that the process has, as its mountinfo says (proc(5)); 0: not known. */
static dev_t device_of(const char *root, const char *pid, int mount)
{
	char path[PATH_MAX], *line = NULL;
	unsigned int major, minor;
	dev_t device = 0;
	size_t size = 0;
	FILE *file;
	int id;

	snprintf(path, sizeof(path), "%s/proc/%s/mountinfo", root, pid);
	file = fopen(path, "re");
	while (file && !device && getline(&line, &size, file) >= 0)
		if (sscanf(line, "%d %*d %u:%u", &id, &major, &minor) == 3 && id == mount)
			device = makedev(major, minor);
	free(line);
	if (file)
		fclose(file);
	return device;
}

/*
 * Not stat(2), or not yet: the server of a user's own file system may never answer. Its
 * mount tells whether the file is one of this proc, and from Linux 5.14 on fdinfo has the
 * inode, too (fs/proc/fd.c). Without that a file of proc is looked at, and if it has
 * become another one meanwhile, AT_STATX_DONT_SYNC asks no server (fs/fuse/dir.c).
 */
static bool is_open(const char *root, const char *pid, const char *fd,
		    const struct command_file *wanted)
{
	unsigned long long inode;
	struct statx stx;
	char text[4096];
	int n, mount;

	lw_file_read(text, sizeof(text), "%s/proc/%s/fdinfo/%s", root, pid, fd);
	n = sscanf(text, "pos: %*d flags: %*o mnt_id: %d ino: %llu", &mount, &inode);
	if (n < 1 || device_of(root, pid, mount) != wanted->st.st_dev)
		return false;
	if (n == 2)
		return inode == wanted->st.st_ino;
	snprintf(text, sizeof(text), "%s/proc/%s/fd/%s", root, pid, fd);
	return statx(AT_FDCWD, text, AT_STATX_DONT_SYNC, STATX_INO, &stx) == 0 &&
	       makedev(stx.stx_dev_major, stx.stx_dev_minor) == wanted->st.st_dev &&
	       stx.stx_ino == wanted->st.st_ino;
}

/* The path alone could be that of another file, in a mount of its owner's. */
static bool is_command_file(const char *root, const char *pid, const char *fd,
			    const struct command_file *wanted)
{
	char link[PATH_MAX], path[PATH_MAX];
	ssize_t n, end = strlen(wanted->end);

	snprintf(link, sizeof(link), "%s/proc/%s/fd/%s", root, pid, fd);
	n = readlink(link, path, sizeof(path));
	return n >= end && !memcmp(path + n - end, wanted->end, end) &&
	       is_open(root, pid, fd, wanted);
}

static bool holds(const char *root, const char *pid, const struct command_file *wanted)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool yes = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc/%s/fd", root, pid);
	dir = opendir(path);
	while (dir && !yes && (entry = readdir(dir)))
		yes = isdigit((unsigned char)entry->d_name[0]) &&
		      is_command_file(root, pid, entry->d_name, wanted);
	if (dir)
		closedir(dir);
	return yes;
}

pid_t lw_inserted_holder(const char *root, const char *run)
{
	struct command_file wanted;
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned long long pid;
	bool found = false;
	DIR *dir;

	snprintf(wanted.end, sizeof(wanted.end), "/systemtap/lw_%s/.cmd", run);
	snprintf(path, sizeof(path), "%s/proc%s", root, wanted.end);
	if (stat(path, &wanted.st) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = lw_parse_decimal(entry->d_name, 1, INT_MAX, &pid) &&
			holds(root, entry->d_name, &wanted);
	if (dir)
		closedir(dir);
	return found ? (pid_t)pid : 0;
}

/* ---- removal ---- */

int lw_inserted_remove(const char *module)
{
	struct lw_control control;
	int err = lw_control_open(module, &control);

	lw_control_close(&control);
	/* Attached to, none of SystemTap's, or not to be told: not ours to remove. */
	if (err)
		return err;
	return syscall(SYS_delete_module, module, O_NONBLOCK) < 0 ? -errno : 0;
}
