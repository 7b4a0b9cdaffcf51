// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/output.h"
#include "util/log.h"
#include "util/signals.h"

struct lw_output {
	const char *tool;
	struct lw_output_options options;
	int dir;          /* of the file: whoever moves it does not move what is written */
	const char *name; /* of the file in there */
	int fd;
	int broken;              /* why no more is written: what failed first, -errno */
	unsigned long long size; /* of the file */
	unsigned long long head; /* bytes of it that are its heading */
	char *heading;
	size_t heading_len;
	unsigned long long partly; /* whole lines of what stdout took a part of */
};

/* ---- opening ---- */

static int failed(const struct lw_output *output, const char *what, int err)
{
	lw_error("%s: cannot %s %s: %s", output->tool, what, output->options.path, strerror(-err));
	return err;
}

static int refused(const struct lw_output *output, const char *why)
{
	lw_error("%s: does not write to %s: %s", output->tool, output->options.path, why);
	return -EINVAL;
}

/* In a run with nowhere to write to, nothing should reach the kernel. */
static int check_stdout(const char *tool)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
		return 0;
	lw_error("%s: stdout is not open for writing", tool);
	return -EBADF;
}

static int open_directory(struct lw_output *output)
{
	const char *path = output->options.path, *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, slash == path ? 1 : slash - path) : strdup(".");

	if (!dir)
		return failed(output, "open", -ENOMEM);
	output->name = slash ? slash + 1 : path;
	output->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	return output->dir < 0 ? failed(output, "open the directory of", -errno) : 0;
}

static int check_file(struct lw_output *output)
{
	struct stat st;

	if (fstat(output->fd, &st) < 0)
		return failed(output, "open", -errno);
	if (!S_ISREG(st.st_mode))
		return refused(output, "it is no regular file; redirect stdout to write there");
	if (st.st_uid != geteuid())
		return refused(output, "it is another user's; name a file of your own");
	if (st.st_nlink != 1)
		return refused(output, "it has another name, too; name a new file");
	if (flock(output->fd, LOCK_EX | LOCK_NB) < 0)
		return refused(output, "another process has locked it; name another file");
	output->size = st.st_size;
	output->head = 0;
	return 0;
}

/* @flags: O_EXCL if it must be new */
static int open_file(struct lw_output *output, int flags)
{
	/* Not to wait for the reader of a FIFO. */
	output->fd = openat(output->dir, output->name,
			    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				    O_CLOEXEC | flags,
			    0600);
	if (output->fd >= 0)
		return check_file(output);
	if (errno == ELOOP)
		return refused(output, "it is a symbolic link; name the file that it leads to");
	return failed(output, "open", -errno);
}

int lw_output_open(const char *tool, const struct lw_output_options *options,
		   struct lw_output **out)
{
	struct lw_output *output = calloc(1, sizeof(*output));
	int err;

	*out = output;
	if (!output) {
		lw_error("%s: %s", tool, strerror(ENOMEM));
		return -ENOMEM;
	}
	output->tool = tool;
	output->options = *options;
	output->dir = output->fd = -1;
	if (!options->path)
		return check_stdout(tool);
	err = open_directory(output);
	return err ? err : open_file(output, 0);
}

int lw_output_heading(struct lw_output *output, const char *text, size_t len)
{
	output->heading = malloc(len);
	if (!output->heading)
		return -ENOMEM;
	memcpy(output->heading, text, len);
	output->heading_len = len;
	return 0;
}

int lw_output_pipe(const struct lw_output *output)
{
	return output->options.path ? -1 : STDOUT_FILENO;
}

/* ---- writing ---- */

/* Cuts off the bytes that were written last, but for those that may stay. */
static void cut_back(struct lw_output *output, const char *buf, size_t done)
{
	const char *last = output->options.blocks ? NULL : memrchr(buf, '\n', done);
	size_t cut = last ? done - (last + 1 - buf) : done;
	struct stat st;

	if (!cut)
		return;
	if (fstat(output->fd, &st) < 0 || ftruncate(output->fd, st.st_size - cut) < 0)
		lw_error("%s: the end of %s is cut off", output->tool, output->options.path);
}

static int write_file(struct lw_output *output, const char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(output->fd, buf + done, len - done);

		if (n < 0 && errno != EINTR) {
			int err = -errno;

			cut_back(output, buf, done);
			return failed(output, "write to", err);
		}
		done += n > 0 ? n : 0;
	}
	output->size += len;
	return 0;
}

static int close_file(struct lw_output *output)
{
	int fd = output->fd;

	output->fd = -1;
	return fd >= 0 && close(fd) < 0 ? failed(output, "write to", -errno) : 0;
}

/* FILE.4 becomes FILE.5, and so on down to FILE, which becomes FILE.1. */
static int rename_files(struct lw_output *output)
{
	char from[NAME_MAX + 16], to[NAME_MAX + 16];
	int i;

	for (i = output->options.keep; i > 0; i--) {
		snprintf(from, sizeof(from), "%s", output->name);
		if (i > 1)
			snprintf(from, sizeof(from), "%s.%d", output->name, i - 1);
		snprintf(to, sizeof(to), "%s.%d", output->name, i);
		if (renameat(output->dir, from, output->dir, to) < 0 && errno != ENOENT)
			return failed(output, "rotate", -errno);
	}
	return 0;
}

/* A file that is empty begins with the heading. */
static int next_file(struct lw_output *output, int flags)
{
	int err = open_file(output, flags);

	if (err || output->size)
		return err;
	if (output->heading_len)
		err = write_file(output, output->heading, output->heading_len);
	output->head = output->size;
	return err;
}

static int rotate(struct lw_output *output)
{
	int err = close_file(output);

	if (!err)
		err = rename_files(output);
	return err ? err : next_file(output, O_EXCL);
}

static bool is_in_place(const struct lw_output *output)
{
	struct stat ours, there;

	return fstat(output->fd, &ours) == 0 &&
	       fstatat(output->dir, output->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int lw_output_reopen(struct lw_output *output)
{
	if (output->broken || is_in_place(output))
		return output->broken;
	output->broken = close_file(output);
	if (!output->broken)
		output->broken = next_file(output, 0);
	return output->broken;
}

/* How much of it this file shall take, 0 if that is for the next one. */
static size_t share(const struct lw_output *output, const char *buf, size_t len)
{
	unsigned long long most = output->options.rotate;
	size_t room = most > output->size ? most - output->size : 0;
	bool empty = output->size == output->head;
	const char *end;

	if (!most || len <= room)
		return len;
	if (output->options.blocks)
		return empty ? len : 0;
	end = memrchr(buf, '\n', room);
	/* A line that is longer than a file may be has one to itself. */
	if (!end && empty)
		end = memchr(buf, '\n', len);
	return end ? end + 1 - buf : 0;
}

static int write_files(struct lw_output *output, const char *buf, size_t len)
{
	int err = 0;

	while (len && !err) {
		size_t n = share(output, buf, len);

		err = n ? write_file(output, buf, n) : rotate(output);
		buf += n;
		len -= n;
	}
	return err;
}

static int write_stdout(struct lw_output *output, const char *buf, size_t len)
{
	size_t i, done;
	int err = lw_signals_write(STDOUT_FILENO, buf, len, &done);

	for (i = 0; err && i < done; i++)
		output->partly += buf[i] == '\n';
	if (err && err != -EPIPE && err != -EINTR)
		lw_error("%s: cannot write to stdout: %s", output->tool, strerror(-err));
	return err;
}

int lw_output_write(struct lw_output *output, const char *buf, size_t len)
{
	if (output->broken)
		return output->broken;
	if (output->options.path)
		output->broken = write_files(output, buf, len);
	else
		output->broken = write_stdout(output, buf, len);
	return output->broken;
}

unsigned long long lw_output_partly(const struct lw_output *output)
{
	return output->partly;
}

int lw_output_close(struct lw_output *output)
{
	int err;

	if (!output)
		return 0;
	err = close_file(output);
	if (output->dir >= 0)
		close(output->dir);
	free(output->heading);
	free(output);
	return err;
}
