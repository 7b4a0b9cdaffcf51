// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "kernel/armed.h"
#include "kernel/debugfs.h"
#include "util/file.h"

#define KPROBES "kprobes/enabled"
#define FTRACE "/proc/sys/kernel/ftrace_enabled"

enum { BY_KPROBES, BY_FTRACE, SWITCHES };

static const char *const names[SWITCHES] = { "/sys/kernel/debug/" KPROBES,
					     "kernel.ftrace_enabled" };

/* Lines are "ffffffff81000000 T NAME", and those of modules go on with "\t[MODULE]". */
static bool is_symbol(void *context, const char *line)
{
	const char *space = strrchr(line, ' ');

	return space && !strcmp(space + 1, context);
}

bool lw_armed_symbol(const char *root, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/kallsyms", root);
	return lw_file_lines(path, is_symbol, (char *)name);
}

/* ---- a switch ---- */

/* Returns a descriptor or -errno. */
static int open_switch(const char *root, int i)
{
	char path[PATH_MAX];
	int fd;

	if (i == BY_KPROBES)
		return lw_debugfs_open(root, KPROBES);
	snprintf(path, sizeof(path), "%s" FTRACE, root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Returns 1, 0 or -errno. The list of symbols is long: it is looked at only if it matters. */
static int read_switch(const char *root, int i, int fd)
{
	char state = 0;

	if (pread(fd, &state, 1, 0) < 0)
		return -errno;
	return state != '0' || (i == BY_FTRACE && !lw_armed_symbol(root, "kprobe_ftrace_handler"));
}

static int switch_state(const char *root, int i)
{
	int state, fd = open_switch(root, i);

	if (fd < 0)
		return fd;
	state = read_switch(root, i, fd);
	close(fd);
	return state;
}

int lw_armed_kprobes(const char *root)
{
	return switch_state(root, BY_KPROBES);
}

int lw_armed_ftrace(const char *root)
{
	return switch_state(root, BY_FTRACE);
}

/* ---- a watch ---- */

struct lw_armed {
	const char *root;
	int notify;
	struct {
		int fd;     /* -errno: it cannot be watched */
		int watch;  /* of notify */
		int writes; /* by how many who have opened it, since news were asked for */
		bool off;
	} switches[SWITCHES];
	char text[160];
};

/* By the open file, as the file's path may be another's: a mount that hides it, or none. */
static int watch_file(int notify, int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return inotify_add_watch(notify, path, IN_MODIFY | IN_CLOSE_WRITE);
}

struct lw_armed *lw_armed_watch(const struct lw_tool *tool, const char *root)
{
	struct lw_armed *armed = tool->kprobes ? calloc(1, sizeof(*armed)) : NULL;
	int i;

	if (!armed)
		return NULL;
	armed->root = root;
	armed->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (i = 0; i < SWITCHES; i++) {
		int fd = open_switch(root, i);

		armed->switches[i].fd = fd;
		if (fd >= 0 && armed->notify >= 0)
			armed->switches[i].watch = watch_file(armed->notify, fd);
	}
	return armed;
}

void lw_armed_free(struct lw_armed *armed)
{
	int i;

	if (!armed)
		return;
	for (i = 0; i < SWITCHES; i++)
		if (armed->switches[i].fd >= 0)
			close(armed->switches[i].fd);
	if (armed->notify >= 0)
		close(armed->notify);
	free(armed);
}

int lw_armed_fd(const struct lw_armed *armed)
{
	return armed ? armed->notify : -1;
}

static void count_write(struct lw_armed *armed, const struct inotify_event *event)
{
	int i;

	for (i = 0; i < SWITCHES; i++)
		if (event->wd == armed->switches[i].watch && event->mask & IN_CLOSE_WRITE)
			armed->switches[i].writes++;
}

static void take_events(struct lw_armed *armed)
{
	char buf[1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	ssize_t n;
	char *p;

	while ((n = read(armed->notify, buf, sizeof(buf))) > 0) {
		for (p = buf; p < buf + n; p += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)p;
			count_write(armed, event);
		}
	}
}

/*
 * Two who wrote to it since then may have turned it off and on. One who did has written what it is.
 * Returns NULL, or what to say of it.
 */
static const char *news_of(struct lw_armed *armed, int i, bool *lost)
{
	bool was_off = armed->switches[i].off;
	bool off = read_switch(armed->root, i, armed->switches[i].fd) == 0;
	int writes = armed->switches[i].writes;

	armed->switches[i].off = off;
	armed->switches[i].writes = 0;
	*lost = off != was_off ? off : writes > 1;
	if (off != was_off)
		return off ? "is 0: kprobes do not fire, and what they see is missed until it is 1"
			   : "is 1 again: kprobes fire";
	return *lost && !off ? "was written to, and may have been 0 for a moment" : NULL;
}

const char *lw_armed_news(struct lw_armed *armed, bool *lost)
{
	const char *words = NULL;
	int i;

	if (!armed)
		return NULL;
	take_events(armed);
	for (i = 0; i < SWITCHES && !words; i++) {
		if (armed->switches[i].fd >= 0)
			words = news_of(armed, i, lost);
		if (words)
			snprintf(armed->text, sizeof(armed->text), "%s %s", names[i], words);
	}
	return words ? armed->text : NULL;
}
