// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "text/cgroup.h"
#include "text/groups.h"

/* FILEID_KERNFS of linux/exportfs.h: eight bytes, the number */
#define KERNFS_HANDLE 0xfe
/* After this many groups, all are forgotten. */
#define KEPT 4096

struct lw_groups {
	char mount[PATH_MAX];
	int fd;       /* of the mount; -1: no cgroup2 is mounted */
	bool handles; /* it is cgroup2, not another file system */
	void *tree;
	int n;
};

static int by_id(const void *a, const void *b)
{
	uint64_t left = ((const struct lw_group *)a)->id, right = ((const struct lw_group *)b)->id;

	return (left > right) - (left < right);
}

static void free_group(void *group)
{
	struct lw_group *g = group;

	free((char *)g->path);
	free((char *)g->container);
	free(g);
}

struct lw_groups *lw_groups_new(const char *root)
{
	struct lw_groups *groups = calloc(1, sizeof(*groups));
	struct statfs fs;

	if (!groups)
		return NULL;
	groups->fd = -1;
	if (lw_cgroup_mount(root, groups->mount, sizeof(groups->mount)))
		groups->fd = open(groups->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	groups->handles = groups->fd >= 0 && fstatfs(groups->fd, &fs) == 0 &&
			  fs.f_type == CGROUP2_SUPER_MAGIC;
	return groups;
}

void lw_groups_free(struct lw_groups *groups)
{
	if (!groups)
		return;
	tdestroy(groups->tree, free_group);
	if (groups->fd >= 0)
		close(groups->fd);
	free(groups);
}

/* The path of an open directory, without the mount's own */
static bool path_of(const struct lw_groups *groups, int fd, char *path, size_t size)
{
	size_t base = strlen(groups->mount);
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	if (n < (ssize_t)base || strncmp(path, groups->mount, base))
		return false;
	path[n] = '\0';
	memmove(path, path + base, n - base + 1);
	if (!*path)
		strcpy(path, "/");
	return true;
}

/* Returns 0 or -errno, which is -ESTALE if there is no such group any more. */
static int open_group(const struct lw_groups *groups, uint64_t id, char *path, size_t size)
{
	struct {
		struct file_handle head;
		uint64_t id;
	} handle = {
		.head = { .handle_bytes = sizeof(id), .handle_type = KERNFS_HANDLE },
		.id = id,
	};
	struct stat st;
	int fd, err = -ESTALE;

	fd = open_by_handle_at(groups->fd, &handle.head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* 5.10 opens a directory that was removed (kernfs_find_and_get_node_by_id()). */
	if (fstat(fd, &st) == 0 && st.st_nlink && path_of(groups, fd, path, size))
		err = 0;
	close(fd);
	return err;
}

/* Root of the host may open handles of cgroup2. A test's tree has none. */
static bool find_path(const struct lw_groups *groups, uint64_t id, char *path, size_t size)
{
	int err = groups->handles ? open_group(groups, id, path, size) : -EPERM;

	/* Groups may come and go all the time: to look for each that has gone would take too long. */
	if (err == -EPERM)
		return lw_cgroup_path(groups->mount, id, path, size);
	return !err;
}

/* Numbers are not used again, so a group that is not there any more is kept as its number. */
static void look_up(const struct lw_groups *groups, uint64_t id, char *path, size_t size)
{
	if (groups->fd < 0 || !find_path(groups, id, path, size))
		snprintf(path, size, "%llu", (unsigned long long)id);
}

static struct lw_group *keep(struct lw_groups *groups, uint64_t id, const char *path)
{
	struct lw_group *group = calloc(1, sizeof(*group));
	char container[NAME_MAX + 1];

	if (!group)
		return NULL;
	lw_container_of(path, container, sizeof(container));
	group->id = id;
	group->path = strdup(path);
	group->container = strdup(container);
	if (group->path && group->container && groups->n == KEPT) {
		tdestroy(groups->tree, free_group);
		groups->tree = NULL;
		groups->n = 0;
	}
	if (!group->path || !group->container || !tsearch(group, &groups->tree, by_id)) {
		free_group(group);
		return NULL;
	}
	groups->n++;
	return group;
}

const struct lw_group *lw_groups_find(struct lw_groups *groups, uint64_t id)
{
	static const struct lw_group no_memory = { .path = "", .container = "" };
	const struct lw_group wanted = { .id = id };
	const struct lw_group *group;
	char path[PATH_MAX];
	void *found = tfind(&wanted, &groups->tree, by_id);

	if (found)
		return *(struct lw_group **)found;
	look_up(groups, id, path, sizeof(path));
	group = keep(groups, id, path);
	return group ?: &no_memory;
}
