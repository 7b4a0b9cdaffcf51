// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "module/tool.h"
#include "rules/origin.h"
#include "rules/table.h"
#include "util/log.h"
#include "verbs/lwload.h"

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

static void print_tool(const struct lw_tool *tool)
{
	printf("tool:      %s\n", tool->name);
	printf("summary:   %s\n", tool->summary);
	if (tool->group)
		printf("group:     %s\n", tool->group);
	printf("version:   %s\n", or_unknown(tool->version));
	printf("file:      %s\n", tool->path);
	printf("size:      %zu bytes\n", tool->size);
	printf("vermagic:  %s\n", tool->vermagic);
	printf("kernel:    %s\n", or_unknown(tool->uts));
	printf("buffer:    %d MiB for each CPU\n", tool->buffer);
}

enum lw_exit lw_info(const struct lw_host *host, int argc, char **argv)
{
	struct lw_subject subject = { .root = host->root, .release = host->release };
	struct lw_tool *tool;
	enum lw_exit code;

	if (argc != 2) {
		lw_error("info: want the name of one tool; \"lwload list\" shows the tools");
		return LW_USAGE;
	}
	code = lw_find(host, argv[1], &tool);
	if (code != LW_OK)
		return code;
	print_tool(tool);
	print_origin(host, tool);
	subject.tool = tool;
	code = lw_rules_guard(&subject, LW_IDENTITY);
	lw_tool_free(tool);
	return code;
}
