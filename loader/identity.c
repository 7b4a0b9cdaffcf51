// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "identity.h"
#include "log.h"

static int check_name(const struct lw_tool *tool)
{
	if (!strncmp(tool->module, "lw_", 3) && !strcmp(tool->module + 3, tool->name))
		return 0;
	lw_error("%s: refused: the file holds module %s, wanted lw_%s; reinstall the package "
		 "that has it",
		 tool->path, tool->module, tool->name);
	return -EPERM;
}

static int check_release(const struct lw_tool *tool, const char *release)
{
	size_t n = strcspn(tool->vermagic, " ");

	if (n == strlen(release) && !strncmp(tool->vermagic, release, n))
		return 0;
	lw_error("%s: refused: built for kernel %.*s, this kernel is %s; install "
		 "lwtools-modules-%s",
		 tool->path, (int)n, tool->vermagic, release, release);
	return -EPERM;
}

int lw_identity_check(const struct lw_tool *tool, const char *release)
{
	int err = check_name(tool);

	return err ? err : check_release(tool, release);
}
