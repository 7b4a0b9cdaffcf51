// SPDX-License-Identifier: GPL-2.0-only
/* fuzz_manifest.c - lwtools.manifest of a release */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "module/manifest.h"
#include "util/name.h"
#include "fuzz.h"

#define RELEASE "6.1.0"

static const char *root;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	root = file_new("lib/modules/" RELEASE "/systemtap/lwtools.manifest");
	return 0;
}

/* Returns true at the tool with this number. */
static bool missing(const char *name, const char *reason, void *arg)
{
	int *left = arg;

	assert(lw_tool_name_ok(name));
	assert(!strchr(reason, '\n'));
	return --*left < 0;
}

/* The manifest has a whole entry, whose strings are inside of its text, or an error. */
static void parse(const uint8_t *data, size_t size)
{
	struct lw_manifest manifest;
	struct lw_reason why;
	char *text = malloc(size + 1);
	int err;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	err = lw_manifest_parse(text, size, "lw_opensnoop", &manifest, &why);
	assert(err == 0 || (err == -EBADMSG && why.text[0]));
	if (!err) {
		assert(manifest.release > text && manifest.release < text + size);
		assert(manifest.serial > 0);
		assert(!manifest.hash || strlen(manifest.hash) == 64);
	}
	free(text);
}

/* The first byte is the number of tools after which the reading ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	int left = input_byte(&input);

	file_set(input.data, input.left);
	parse(input.data, input.left);
	assert(lw_missing_each(root, RELEASE, missing, &left) == (left < 0));
	return 0;
}
