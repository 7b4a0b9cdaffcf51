// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "text/here.h"
#include "text/processes.h"
#include "util/file.h"
#include "util/log.h"
#include "util/number.h"

#define NAMES_SIZE 400

/* Appends a name to a list in words; no more than there is room for. */
static void add_name(char *list, const char *name)
{
	size_t n = strlen(list);

	if (n + strlen(name) + 3 < NAMES_SIZE)
		snprintf(list + n, NAMES_SIZE - n, "%s%s", n ? ", " : "", name);
}

/* ---- disks ---- */

struct disk {
	const char *root;
	char dir[PATH_MAX]; /* of the disk, or of the partition, in /sys */
	const char *name;   /* its last part */
	bool is_partition;
};

/* A name has '!' in /sys where the kernel has '/' (drivers/base/core.c). */
static void swap(char *name, char from, char to)
{
	for (; *name; name++)
		if (*name == from)
			*name = to;
}

static bool has(const char *dir, const char *file)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return access(path, F_OK) == 0;
}

static bool find_in_sys(struct disk *disk, const char *link)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/%s", disk->root, link);
	if (!realpath(path, disk->dir))
		return false;
	disk->name = strrchr(disk->dir, '/') + 1;
	disk->is_partition = has(disk->dir, "partition");
	return has(disk->dir, "size");
}

/* As /dev/disk/by-id/NAME or /dev/mapper/NAME: what counts is whose device number it has. */
static bool find_node(struct disk *disk, const char *dir, const char *value)
{
	char path[PATH_MAX], link[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s%s", disk->root, dir, value);
	if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
		return false;
	snprintf(link, sizeof(link), "dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	return find_in_sys(disk, link);
}

static bool find_disk(struct disk *disk, const char *value)
{
	char link[NAME_MAX + 16];

	if (*value == '/')
		return find_node(disk, "", value);
	snprintf(link, sizeof(link), "class/block/%.*s", NAME_MAX, value);
	swap(link + strlen("class/block/"), '/', '!');
	return find_in_sys(disk, link) || find_node(disk, "/dev/", value) ||
	       find_node(disk, "/dev/mapper/", value);
}

/* Requests are those of blk-mq, whose disks have this directory (block/blk-mq-sysfs.c). */
static bool has_requests(const struct disk *disk)
{
	return has(disk->dir, disk->is_partition ? "../mq" : "mq");
}

/* Writes the names in a directory of /sys, those of disks with requests only. */
static void list_disks(const char *root, const char *dir, char *list)
{
	struct disk disk = { .root = root };
	struct dirent **entries;
	char link[PATH_MAX];
	int i, n = scandir(dir, &entries, NULL, versionsort);

	*list = '\0';
	for (i = 0; i < n; i++) {
		snprintf(link, sizeof(link), "class/block/%s", entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && find_in_sys(&disk, link) && has_requests(&disk))
			add_name(list, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* Device-mapper, md and the like pass I/O on. */
static int no_requests(const struct lw_tool *tool, const struct lw_option *option,
		       const struct disk *disk)
{
	char below[NAMES_SIZE], there[NAMES_SIZE], dir[PATH_MAX + 16];

	snprintf(dir, sizeof(dir), "%s/slaves", disk->dir);
	list_disks(disk->root, dir, below);
	snprintf(dir, sizeof(dir), "%s/sys/block", disk->root);
	list_disks(disk->root, dir, there);
	if (*below)
		lw_error(
			"%s: option %s: %s has no requests of its own, and passes its I/O on to %s",
			tool->name, option->shown, disk->name, below);
	else
		lw_error("%s: option %s: %s has no requests of its own; disks that have are %s",
			 tool->name, option->shown, disk->name, there);
	return -EINVAL;
}

static int no_disk(const struct lw_tool *tool, const struct lw_option *option, const char *root,
		   const char *value)
{
	char there[NAMES_SIZE], dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/sys/block", root);
	list_disks(root, dir, there);
	lw_error("%s: option %s: no disk \"%.64s\" here; there are %s", tool->name, option->shown,
		 value, *there ? there : "none");
	return -EINVAL;
}

static int set_disk(const char *root, const struct lw_tool *tool, const struct lw_option *option,
		    struct lw_options *options, const char *value)
{
	struct disk disk = { .root = root };
	char text[NAME_MAX + 80], first[32], sectors[32];
	char *name;

	if (!find_disk(&disk, value))
		return no_disk(tool, option, root, value);
	if (!has_requests(&disk))
		return no_requests(tool, option, &disk);
	if (disk.is_partition) {
		lw_file_read(first, sizeof(first), "%s/start", disk.dir);
		lw_file_read(sectors, sizeof(sectors), "%s/size", disk.dir);
		*strrchr(disk.dir, '/') = '\0';
		name = strrchr(disk.dir, '/') + 1;
		snprintf(text, sizeof(text), "%.*s %s %s", NAME_MAX, name, first, sectors);
	} else {
		snprintf(text, sizeof(text), "%.*s", NAME_MAX, disk.name);
	}
	swap(text, '!', '/');
	return lw_options_replace(options, option, text);
}

/* ---- file systems ---- */

struct types {
	const char *wanted;
	char *of_disks; /* their names */
};

/* Lines are "nodev\tNAME" or "\tNAME" (fs/filesystems.c). */
static bool is_type(void *context, const char *line)
{
	struct types *types = context;
	const char *name = strchr(line, '\t');

	if (name && name == line)
		add_name(types->of_disks, name + 1);
	return name && !strcmp(name + 1, types->wanted);
}

/* Without it, @list has all types of disks. */
static bool is_registered(const char *root, const char *type, char *list)
{
	struct types types = { type, list };
	char path[PATH_MAX];

	*list = '\0';
	snprintf(path, sizeof(path), "%s/proc/filesystems", root);
	return lw_file_lines(path, is_type, &types);
}

static bool begins_with(void *context, const char *line)
{
	const char *text = context;

	return !strncmp(line, text, strlen(text));
}

/* Its module has an alias (MODULE_ALIAS_FS in linux/fs.h). */
static bool can_be_loaded(const char *root, const char *release, const char *type)
{
	char path[PATH_MAX], alias[80];

	snprintf(path, sizeof(path), "%s/lib/modules/%s/modules.alias", root, release);
	snprintf(alias, sizeof(alias), "alias fs-%.60s ", type);
	return lw_file_lines(path, begins_with, alias);
}

static int check_type(const char *root, const char *release, const struct lw_tool *tool,
		      const struct lw_option *option, const char *type)
{
	char list[NAMES_SIZE];

	if (is_registered(root, type, list) || can_be_loaded(root, release, type))
		return 0;
	lw_error(
		"%s: option %s: this kernel has no type of file system \"%.64s\"; those of disks are %s",
		tool->name, option->shown, type, *list ? list : "not known");
	return -EINVAL;
}

/* ---- all of them ---- */

static int check_option(const char *root, const char *release, const struct lw_tool *tool,
			const struct lw_option *option, struct lw_options *options)
{
	char *value = option->arg ? lw_options_value(options, option) : NULL;
	int err = 0;

	if (!value)
		return 0;
	if (!strcmp(option->arg, "DISK"))
		err = set_disk(root, tool, option, options, value);
	else if (!strcmp(option->arg, "FS"))
		err = check_type(root, release, tool, option, value);
	else if (lw_processes_meant(option))
		err = lw_processes_check(root, tool, option, value, false);
	free(value);
	return err;
}

int lw_here_options(const char *root, const char *release, const struct lw_tool *tool,
		    struct lw_options *options)
{
	int i, err = 0;

	for (i = 0; i < tool->noptions && !err; i++)
		err = check_option(root, release, tool, &tool->options[i], options);
	if (!err)
		err = lw_whose_params(root, tool, &options->whose, options->params,
				      &options->nparams);
	return err;
}
