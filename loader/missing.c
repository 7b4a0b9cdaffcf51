// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* "missing TAB tool TAB reason": modules/manifest. Cuts the line into its parts. */
static bool parse_line(char *line, const char **name, const char **reason)
{
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(strsep(&line, "\t"), "missing") || !line)
		return false;
	*name = strsep(&line, "\t");
	*reason = line;
	return *reason && lw_tool_name_ok(*name);
}

static FILE *open_manifest(const char *root, const char *release)
{
	char path[512];
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%s/lib/modules/%s/systemtap/lwtools.manifest", root, release);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (fd >= 0 && !file)
		close(fd);
	return file;
}

bool lw_missing_each(const char *root, const char *release, lw_missing_fn *fn, void *arg)
{
	FILE *file = open_manifest(root, release);
	const char *name, *reason;
	bool ended = false;
	size_t size = 0;
	char *line = NULL;

	while (file && !ended && getline(&line, &size, file) >= 0)
		if (parse_line(line, &name, &reason))
			ended = fn(name, reason, arg);
	free(line);
	if (file)
		fclose(file);
	return ended;
}
