// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/trust.h"
#include "module/where.h"
#include "util/name.h"

/* The largest tool has 0.4 MB; a file beyond this is not one of ours. */
#define MAX_IMAGE (16 << 20)

static const char *const places[] = { "systemtap", "updates/dkms" };
#define NPLACES (sizeof(places) / sizeof(places[0]))

/* Where a tool's module is in place number i. Returns NULL if out of memory. */
static char *path_of(const char *root, const char *release, size_t i, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/lib/modules/%s/%s/lw_%s.ko", root, release, places[i], name) < 0)
		return NULL;
	return path;
}

/* The directory stays open: its manifest is read from there. */
static int open_in(const char *root, const char *release, const char *place, struct lw_tool *tool,
		   struct lw_reason *why)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "lib/modules/%s/%s", release, place);
	tool->dir = lw_trust_dir(root, path, why);
	if (tool->dir < 0)
		return tool->dir;
	tool->fd = lw_trust_open(tool->dir, tool->path, MAX_IMAGE, &tool->size, why);
	if (tool->fd >= 0)
		return 0;
	close(tool->dir);
	tool->dir = -1;
	return tool->fd;
}

int lw_where_open(const char *root, const char *release, const char *name, struct lw_tool *tool,
		  struct lw_reason *why)
{
	size_t i;
	int err;

	for (i = 0; i < NPLACES; i++) {
		tool->path = path_of(root, release, i, name);
		if (!tool->path)
			return -ENOMEM;
		err = open_in(root, release, places[i], tool, why);
		if (err != -ENOENT)
			return err;
		free(tool->path);
		tool->path = NULL;
	}
	return -ENOENT;
}

int lw_tool_where(const char *root, const char *release, const char *name, char **path)
{
	struct stat st;
	size_t i;

	for (i = 0; i < NPLACES; i++) {
		*path = path_of(root, release, i, name);
		if (!*path)
			return -ENOMEM;
		if (lstat(*path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
			return 0;
		free(*path);
	}
	*path = NULL;
	return -ENOENT;
}

/* ---- which tools there are ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* lw_opensnoop.ko at the end of a path gives opensnoop. */
static char *name_of(const char *path)
{
	const char *base = strrchr(path, '/') + 1;

	return strndup(base + 3, strlen(base) - 6);
}

void lw_tool_free_names(char **names, int n)
{
	int i;

	if (n < 0)
		return;
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

int lw_tool_names(const char *root, const char *release, char ***names)
{
	glob_t found = { 0 };
	char pattern[512];
	int flags = 0, n = 0;
	size_t i;

	for (i = 0; i < NPLACES; i++) {
		snprintf(pattern, sizeof(pattern), "%s/lib/modules/%s/%s/lw_*.ko", root, release,
			 places[i]);
		if (glob(pattern, flags, NULL, &found) == GLOB_NOSPACE)
			return -ENOMEM;
		flags = GLOB_APPEND;
	}
	*names = calloc(found.gl_pathc + 1, sizeof(**names));
	if (!*names) {
		globfree(&found);
		return -ENOMEM;
	}
	for (i = 0; i < found.gl_pathc; i++) {
		(*names)[i] = name_of(found.gl_pathv[i]);
		if (!(*names)[i])
			break;
	}
	/* Out of memory: those there are will do. */
	found.gl_pathc = i;
	qsort(*names, found.gl_pathc, sizeof(**names), by_name);
	/*
	 * A tool in both places is one tool: the first place wins. A name that
	 * no run would take is no tool.
	 */
	for (i = 0; i < found.gl_pathc; i++) {
		if (!lw_tool_name_ok((*names)[i]) || (n && !strcmp((*names)[n - 1], (*names)[i])))
			free((*names)[i]);
		else
			(*names)[n++] = (*names)[i];
	}
	globfree(&found);
	return n;
}

bool lw_tool_elsewhere(const char *root, const char *name)
{
	char pattern[512];
	bool yes = false;
	size_t i;

	for (i = 0; i < NPLACES && !yes; i++) {
		glob_t found = { 0 };

		snprintf(pattern, sizeof(pattern), "%s/lib/modules/*/%s/lw_%s.ko", root, places[i],
			 name);
		yes = glob(pattern, 0, NULL, &found) == 0;
		globfree(&found);
	}
	return yes;
}

char *lw_tool_compressed(const char *root, const char *release, const char *name)
{
	char pattern[512], *path = NULL;
	size_t i;

	for (i = 0; i < NPLACES && !path; i++) {
		glob_t found = { 0 };

		snprintf(pattern, sizeof(pattern), "%s/lib/modules/%s/%s/lw_%s.ko.{xz,zst,gz}",
			 root, release, places[i], name ? name : "*");
		if (glob(pattern, GLOB_BRACE, NULL, &found) == 0)
			path = strdup(found.gl_pathv[0]);
		globfree(&found);
	}
	return path;
}
