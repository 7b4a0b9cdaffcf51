// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/manifest.h"
#include "module/tool.h"
#include "module/trust.h"

/* "missing TAB tool TAB reason": lwtools-manifest(5). Cuts the line into its parts. */
static bool parse_line(char *line, const char **name, const char **reason)
{
	if (strcmp(strsep(&line, "\t"), "missing") || !line)
		return false;
	*name = strsep(&line, "\t");
	*reason = line;
	return *reason && lw_tool_name_ok(*name);
}

/* Not verified: it is no more than what is said of a tool that is not there. */
static char *read_manifest(const char *root, const char *release, const char *place)
{
	char path[512], *text = NULL;
	struct lw_reason why;
	size_t size;
	int dir;

	snprintf(path, sizeof(path), "lib/modules/%s/%s", release, place);
	dir = lw_trust_dir(root, path, &why);
	if (dir < 0)
		return NULL;
	snprintf(path, sizeof(path), "%s/" LW_MANIFEST, place);
	lw_trust_read(dir, path, LW_MANIFEST_LIMIT, &text, &size, &why);
	close(dir);
	return text;
}

bool lw_missing_each(const char *root, const char *release, lw_missing_fn *fn, void *arg)
{
	char *text = read_manifest(root, release, "systemtap"), *rest, *line;
	const char *name, *reason;
	bool ended = false;

	if (!text)
		text = read_manifest(root, release, "updates/dkms");
	rest = text;
	while (!ended && (line = strsep(&rest, "\n")))
		if (parse_line(line, &name, &reason))
			ended = fn(name, reason, arg);
	free(text);
	return ended;
}
