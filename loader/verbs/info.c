// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "rules/identity.h"
#include "util/log.h"
#include "verbs/lwload.h"
#include "rules/origin.h"
#include "module/tool.h"

static const char *or_unknown(const char *text)
{
	return text ? text : "unknown";
}

static void print_origin(const struct lw_host *host, const struct lw_tool *tool)
{
	struct lw_origin origin;

	lw_origin_read(tool, host->root, host->release, &origin);
	printf("systemtap: %s\n", or_unknown(origin.manifest.systemtap));
	if (origin.manifest.serial)
		printf("serial:    %" PRIu64 "\n", origin.manifest.serial);
	else
		printf("serial:    unknown\n");
	printf("signed by: %s\n", origin.signer.name[0] ? origin.signer.name : "nobody known here");
	lw_origin_free(&origin);
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
	print_origin(host, tool);
	code = lw_identity_check(tool, host->root, host->release) ? LW_REFUSED : LW_OK;
	lw_tool_free(tool);
	return code;
}
