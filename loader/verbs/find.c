// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "module/manifest.h"
#include "module/tool.h"
#include "module/where.h"
#include "util/log.h"
#include "util/name.h"
#include "util/nearest.h"
#include "util/reason.h"
#include "verbs/lwload.h"

static int count_tools(const struct lw_host *host)
{
	char **names;
	int n = lw_tool_names(host->root, host->release, &names);

	lw_tool_free_names(names, n);
	return n;
}

static bool say_why(const char *name, const char *reason, void *wanted)
{
	if (strcmp(name, wanted))
		return false;
	lw_error("%s: not for this kernel: %s", name, reason);
	return true;
}

void lw_find_meant(const struct lw_host *host, const char *name, struct lw_reason *why)
{
	char **names;
	int n = lw_tool_names(host->root, host->release, &names);
	const char *meant = lw_nearest(name, (const char *const *)names, n);

	if (meant)
		lw_because(why, "no such tool; did you mean %s?", meant);
	else
		lw_because(why, "no such tool; \"lwload list\" shows the tools");
	lw_tool_free_names(names, n);
}

bool lw_find_mistyped(const struct lw_host *host, const char *name)
{
	return count_tools(host) > 0 && !lw_tool_elsewhere(host->root, name);
}

bool lw_find_compressed(const struct lw_host *host, const char *name, struct lw_reason *why)
{
	char *path = lw_tool_compressed(host->root, host->release, name);
	const char *suffix = path ? strrchr(path, '.') : NULL;

	if (!path)
		return false;
	lw_because(why, "%s: compressed, and lwload takes only a module as it was built; %s it",
		   path,
		   !strcmp(suffix, ".xz")    ? "xz -d"
		   : !strcmp(suffix, ".zst") ? "zstd -d"
					     : "gzip -d");
	free(path);
	return true;
}

static enum lw_exit missing(const struct lw_host *host, const char *name)
{
	struct lw_reason why;

	if (lw_find_compressed(host, name, &why)) {
		lw_error("%s", why.text);
		return LW_REFUSED;
	}
	if (lw_missing_each(host->root, host->release, say_why, (void *)name))
		return LW_NO_MODULE;
	if (lw_find_mistyped(host, name)) {
		lw_find_meant(host, name, &why);
		lw_error("%s: %s", name, why.text);
		return LW_USAGE;
	}
	lw_error(
		"%s: no module for kernel %s (looked in %s/lib/modules/%s/systemtap and updates/dkms; apt install lwtools-modules-%s)",
		name, host->release, host->root, host->release, host->release);
	return LW_NO_MODULE;
}

bool lw_find_name_ok(const char *name)
{
	if (lw_tool_name_ok(name))
		return true;
	lw_error("\"%.64s\" is not the name of a tool; \"lwload list\" shows the tools", name);
	return false;
}

enum lw_exit lw_find(const struct lw_host *host, const char *name, struct lw_tool **tool)
{
	if (!lw_find_name_ok(name))
		return LW_USAGE;
	switch (lw_tool_open(host->root, host->release, name, tool)) {
	case 0:
		return LW_OK;
	case -ENOENT:
		return missing(host, name);
	case -EPERM:
	case -ENOEXEC:
		return LW_REFUSED;
	default:
		return LW_FAILED;
	}
}
