// SPDX-License-Identifier: GPL-2.0-only
/* fuzz_manifest.c - lwtools.manifest of a release */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "tool.h"

#define RELEASE "6.1.0"

static const char *root;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	root = file_new("lib/modules/" RELEASE "/systemtap/lwtools.manifest");
	return 0;
}

/* Returns true at the tool that arg says. */
static bool missing(const char *name, const char *reason, void *arg)
{
	int *left = arg;

	assert(lw_tool_name_ok(name));
	assert(!strchr(reason, '\n'));
	return --*left < 0;
}

/* The first byte: after how many tools to end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	int left = input_byte(&input);

	file_set(input.data, input.left);
	assert(lw_missing_each(root, RELEASE, missing, &left) == (left < 0));
	return 0;
}
