// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "module/manifest.h"
#include "module/signature.h"

#define FORMAT "lwtools-manifest "

static bool parse_serial(const char *text, uint64_t *serial)
{
	size_t n = strlen(text);
	char *end;

	if (!n || n > 18 || strspn(text, "0123456789") != n)
		return false;
	*serial = strtoull(text, &end, 10);
	return *serial > 0;
}

/* "key value". What is not known is of a later version, and no harm. */
static bool parse_header(struct lw_manifest *manifest, char *line)
{
	char *value = strchr(line, ' ');

	if (!value)
		return false;
	*value++ = '\0';
	if (!strcmp(line, "release"))
		manifest->release = value;
	else if (!strcmp(line, "version"))
		manifest->version = value;
	else if (!strcmp(line, "systemtap"))
		manifest->systemtap = value;
	else if (!strcmp(line, "serial"))
		return parse_serial(value, &manifest->serial);
	return true;
}

static bool is_hash(const char *text)
{
	return strlen(text) == LW_HASH && strspn(text, "0123456789abcdef") == LW_HASH;
}

static bool is_file_of(const char *file, const char *module)
{
	size_t n = strlen(module);

	return !strncmp(file, module, n) && !strcmp(file + n, ".ko");
}

/* Name, file, size, hash, and more; or "missing", which is missing.c's. */
static bool parse_module(struct lw_manifest *manifest, char *line, const char *module)
{
	const char *name = strsep(&line, "\t"), *file = strsep(&line, "\t"), *hash;

	if (!strcmp(name, "missing"))
		return true;
	if (!strsep(&line, "\t") || !line)
		return false;
	hash = strsep(&line, "\t");
	if (!line || !is_hash(hash))
		return false;
	if (strcmp(name, module) || !is_file_of(file, module))
		return true;
	/* Listed twice: which one is meant nobody can tell. */
	if (manifest->hash)
		return false;
	manifest->hash = hash;
	return true;
}

static bool parse_line(struct lw_manifest *manifest, char *line, const char *module)
{
	return strchr(line, '\t') ? parse_module(manifest, line, module)
				  : parse_header(manifest, line);
}

static int bad(struct lw_reason *why, const char *line)
{
	lw_reason(why, "damaged at \"%.64s\"; reinstall the package that has it", line);
	return -EBADMSG;
}

int lw_manifest_parse(char *text, size_t size, const char *module, struct lw_manifest *manifest,
		      struct lw_reason *why)
{
	bool whole = strlen(text) == size;
	char *line = strsep(&text, "\n");

	memset(manifest, 0, sizeof(*manifest));
	if (strncmp(line, FORMAT, strlen(FORMAT))) {
		lw_reason(why, "not a manifest of lwtools; reinstall the package that has it");
		return -EBADMSG;
	}
	if (strcmp(line, FORMAT "3")) {
		lw_reason(why,
			  "its format is %.16s, this lwload reads 3; install lwtools and its "
			  "modules of the same version",
			  line + strlen(FORMAT));
		return -EBADMSG;
	}
	while (text && *text) {
		line = strsep(&text, "\n");
		if (!text || !parse_line(manifest, line, module))
			return bad(why, line);
	}
	if (!whole || !manifest->release || !manifest->serial)
		return bad(why, "its end");
	return 0;
}
