// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "rules/identity.h"
#include "kernel/notes.h"

enum lw_result lw_identity_name(const struct lw_tool *tool, struct lw_reason *why)
{
	if (!strncmp(tool->module, "lw_", 3) && !strcmp(tool->module + 3, tool->name)) {
		lw_reason(why, "%s", tool->module);
		return LW_RULE_OK;
	}
	lw_reason(why, "the file holds module %s, wanted lw_%s; reinstall the package that has it",
		  tool->module, tool->name);
	return LW_RULE_FAIL;
}

enum lw_result lw_identity_release(const struct lw_tool *tool, const char *release,
				   struct lw_reason *why)
{
	size_t n = strcspn(tool->vermagic, " ");

	if (n == strlen(release) && !strncmp(tool->vermagic, release, n)) {
		lw_reason(why, "%s", tool->vermagic);
		return LW_RULE_OK;
	}
	lw_reason(why, "built for kernel %.*s, this kernel is %s; apt install lwtools-modules-%s",
		  (int)n, tool->vermagic, release, release);
	return LW_RULE_FAIL;
}

bool lw_identity_modversions(const struct lw_tool *tool)
{
	static const char word[] = " modversions";
	const char *at = strstr(tool->vermagic, word);

	return at && (!at[sizeof(word) - 1] || at[sizeof(word) - 1] == ' ');
}

int lw_identity_check(const struct lw_tool *tool, const char *root, const char *release)
{
	struct lw_reason why;

	if (lw_identity_name(tool, &why) == LW_RULE_OK &&
	    lw_identity_release(tool, release, &why) == LW_RULE_OK &&
	    lw_identity_build(tool, root, &why) != LW_RULE_FAIL)
		return 0;
	lw_error("%s: refused: %s", tool->path, why.text);
	return -EPERM;
}

static bool same_hex(const unsigned char *bytes, size_t len, const char *hex)
{
	char digits[3];
	size_t i;

	if (!len || strlen(hex) != 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		snprintf(digits, sizeof(digits), "%02x", bytes[i]);
		if (memcmp(digits, hex + 2 * i, 2))
			return false;
	}
	return true;
}

/* Does the running kernel have that build-id? Returns 1, 0, or -ENODATA: not known. */
static int has_build_id(const char *wanted, const char *root)
{
	unsigned char notes[4096];
	const unsigned char *id;
	char path[512];
	size_t len;
	ssize_t n;
	int fd;

	if (!wanted)
		return -ENODATA;
	snprintf(path, sizeof(path), "%s/sys/kernel/notes", root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENODATA;
	n = read(fd, notes, sizeof(notes));
	close(fd);
	id = n > 0 ? lw_notes_find(notes, n, ELF_NOTE_GNU, NT_GNU_BUILD_ID, &len) : NULL;
	return id ? same_hex(id, len, wanted) : -ENODATA;
}

bool lw_identity_same_build(const struct lw_tool *tool, const char *root)
{
	return has_build_id(tool->build_id, root) == 1;
}

/* @how: it differs. Where nothing else would notice, it must not be tried. */
static enum lw_result another_build(const struct lw_tool *tool, const struct lw_reason *how,
				    struct lw_reason *why)
{
	static const char what[] = "built for another build of this release";

	if (lw_identity_modversions(tool)) {
		lw_reason(why, "%s: %s", what, how->text);
		return LW_RULE_WARN;
	}
	lw_reason(why,
		  "%s: %s; a kernel without modversions would take it, whatever is different; "
		  "install modules made for this build",
		  what, how->text);
	return LW_RULE_FAIL;
}

/* As bad as another build, of which nothing else would tell. @err: of who reads uname -v */
static enum lw_result unknown_build(const struct lw_tool *tool, int err, struct lw_reason *why)
{
	char what[160] = "neither build-id nor uname -v can be compared";

	if (tool->uts && err)
		snprintf(what, sizeof(what),
			 "neither build-id nor uname -v can be read: /proc/sys/kernel/version: %s",
			 strerror(-err));
	if (lw_identity_modversions(tool)) {
		lw_reason(why, "%s", what);
		return LW_RULE_SKIP;
	}
	lw_reason(why,
		  "%s; a kernel without modversions would take it, whatever it was built for%s",
		  what, tool->uts ? "" : "; reinstall the package that has it");
	return LW_RULE_FAIL;
}

enum lw_result lw_identity_build(const struct lw_tool *tool, const char *root,
				 struct lw_reason *why)
{
	int id = has_build_id(tool->build_id, root);
	struct lw_reason how;
	char version[256];
	ssize_t n;

	n = lw_file_read(version, sizeof(version), "%s/proc/sys/kernel/version", root);
	if (version[0] && tool->uts && strcmp(version, tool->uts)) {
		lw_reason(&how, "%.255s, this one is %s", tool->uts, version);
		return another_build(tool, &how, why);
	}
	if (id == 0) {
		lw_reason(&how, "its build-id is %.255s", tool->build_id);
		return another_build(tool, &how, why);
	}
	if (id < 0 && (!version[0] || !tool->uts))
		return unknown_build(tool, n < 0 ? n : 0, why);
	lw_reason(why, "the same %s", id == 1 ? "build-id" : "uname -v; no build-id to compare");
	return LW_RULE_OK;
}
