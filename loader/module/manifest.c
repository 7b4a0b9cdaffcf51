// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/manifest.h"
#include "module/signature.h"
#include "module/trust.h"
#include "util/name.h"
#include "util/number.h"

#define FORMAT "lwtools-manifest "

static bool parse_serial(const char *text, uint64_t *serial)
{
	unsigned long long number;

	if (!lw_parse_decimal(text, 1, LW_SERIAL_LIMIT, &number))
		return false;
	*serial = number;
	return true;
}

/* "key value". An unknown key is from a later version, and does no harm. */
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

/* A line with tabs, cut into its parts. A part that is not there is NULL. */
struct entry {
	bool missing;
	const char *name; /* of a module, or of a tool that is missing */
	const char *file, *hash;
	const char *reason; /* why it is missing */
};

/* Name, file, size, hash, and more; or "missing", tool, reason. */
static bool parse_entry(char *line, struct entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->name = strsep(&line, "\t");
	entry->missing = !strcmp(entry->name, "missing");
	if (entry->missing) {
		entry->name = strsep(&line, "\t");
		entry->reason = line;
		return true;
	}
	entry->file = strsep(&line, "\t");
	if (!strsep(&line, "\t") || !line)
		return false;
	entry->hash = strsep(&line, "\t");
	return line && is_hash(entry->hash);
}

static bool parse_module(struct lw_manifest *manifest, char *line, const char *module)
{
	struct entry entry;

	if (!parse_entry(line, &entry))
		return false;
	if (entry.missing || strcmp(entry.name, module) || !is_file_of(entry.file, module))
		return true;
	/* Listed twice: which one is meant nobody can tell. */
	if (manifest->hash)
		return false;
	manifest->hash = entry.hash;
	return true;
}

static bool parse_line(struct lw_manifest *manifest, char *line, const char *module)
{
	return strchr(line, '\t') ? parse_module(manifest, line, module)
				  : parse_header(manifest, line);
}

static int bad(struct lw_reason *why, const char *line)
{
	lw_because(why, "damaged at \"%.64s\"; reinstall the package that has it", line);
	return -EBADMSG;
}

int lw_manifest_parse(char *text, size_t size, const char *module, struct lw_manifest *manifest,
		      struct lw_reason *why)
{
	bool whole = strlen(text) == size;
	char *line = strsep(&text, "\n");

	memset(manifest, 0, sizeof(*manifest));
	if (strncmp(line, FORMAT, strlen(FORMAT))) {
		lw_because(why, "not a manifest of lwtools; reinstall the package that has it");
		return -EBADMSG;
	}
	if (strcmp(line, FORMAT "3")) {
		lw_because(
			why,
			"its format is %.16s, this lwload reads 3; install lwtools and its modules of the same version",
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

/* ---- tools that are missing ---- */

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
	struct entry entry;
	bool ended = false;

	if (!text)
		text = read_manifest(root, release, "updates/dkms");
	rest = text;
	while (!ended && (line = strsep(&rest, "\n")))
		if (strchr(line, '\t') && parse_entry(line, &entry) && entry.reason &&
		    lw_tool_name_ok(entry.name))
			ended = fn(entry.name, entry.reason, arg);
	free(text);
	return ended;
}
