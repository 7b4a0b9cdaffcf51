// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "identity.h"
#include "log.h"
#include "lwload.h"
#include "tool.h"

static const char *or_unknown(const char *text)
{
	return text ? text : "unknown";
}

enum lw_exit lw_info(const struct lw_host *host, int argc, char **argv)
{
	struct lw_tool *tool;
	enum lw_exit code;

	if (argc != 2) {
		lw_error("info: want the name of one tool; \"lwload list\" shows those there are");
		return LW_USAGE;
	}
	code = lw_find(host, argv[1], &tool);
	if (code != LW_OK)
		return code;
	printf("tool:      %s\n", tool->name);
	printf("summary:   %s\n", tool->summary);
	printf("version:   %s\n", or_unknown(tool->version));
	printf("file:      %s\n", tool->path);
	printf("size:      %zu bytes\n", tool->size);
	printf("vermagic:  %s\n", tool->vermagic);
	printf("kernel:    %s\n", or_unknown(tool->uts));
	printf("buffer:    %d MiB for each CPU\n", tool->buffer);
	code = lw_identity_check(tool, host->release) ? LW_REFUSED : LW_OK;
	lw_tool_free(tool);
	return code;
}
