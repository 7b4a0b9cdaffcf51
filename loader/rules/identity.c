// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/notes.h"
#include "rules/identity.h"
#include "rules/table.h"
#include "util/file.h"
#include "util/reason.h"

/*
 * name - does the file hold the module that it is named after?
 *
 * A file can be renamed, after which its control directory is looked for under the wrong
 * name (systemtap staprun/common.c).
 */
enum lw_result lw_rule_name(const struct lw_subject *subject, struct lw_reason *why)
{
	const struct lw_tool *tool = subject->tool;

	if (!strncmp(tool->module, "lw_", 3) && !strcmp(tool->module + 3, tool->name)) {
		lw_because(why, "%s", tool->module);
		return LW_RULE_OK;
	}
	lw_because(why, "the file holds module %s, wanted lw_%s; reinstall the package that has it",
		   tool->module, tool->name);
	return LW_RULE_FAIL;
}

/*
 * release - is it for this release of the kernel?
 *
 * The kernel compares vermagic itself but says only "Invalid module format".
 */
enum lw_result lw_rule_release(const struct lw_subject *subject, struct lw_reason *why)
{
	const char *vermagic = subject->tool->vermagic, *release = subject->release;
	size_t n = strcspn(vermagic, " ");

	if (n == strlen(release) && !strncmp(vermagic, release, n)) {
		lw_because(why, "%s", vermagic);
		return LW_RULE_OK;
	}
	lw_because(why, "built for kernel %.*s, this kernel is %s; apt install lwtools-modules-%s",
		   (int)n, vermagic, release, release);
	return LW_RULE_FAIL;
}

bool lw_identity_modversions(const struct lw_tool *tool)
{
	static const char word[] = " modversions";
	const char *at = strstr(tool->vermagic, word);

	return at && (!at[sizeof(word) - 1] || at[sizeof(word) - 1] == ' ');
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
	unsigned char id[LW_NOTES_LIMIT];
	size_t len;

	if (!wanted || lw_notes_build_id(root, id, &len))
		return -ENODATA;
	return same_hex(id, len, wanted);
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
		lw_because(why, "%s: %s", what, how->text);
		return LW_RULE_WARN;
	}
	lw_because(
		why,
		"%s: %s; a kernel without modversions would take it in spite of the difference; install modules made for this build",
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
		lw_because(why, "%s", what);
		return LW_RULE_SKIP;
	}
	lw_because(why,
		   "%s; a kernel without modversions would take it in spite of the difference%s",
		   what, tool->uts ? "" : "; reinstall the package that has it");
	return LW_RULE_FAIL;
}

/*
 * build - was it built for this very build of the running kernel?
 *
 * Several builds share one release name. They differ in the build-id, see
 * lw_identity_same_build(), and in uname -v, which is in proc/sys/kernel/version
 * (kernel/utsname_sysctl.c). Returns LW_RULE_OK, or, with modversions, by which the kernel
 * itself refuses what does not fit, LW_RULE_SKIP if neither is known and LW_RULE_WARN if one
 * differs; without them, LW_RULE_FAIL for both. No option lets that pass: --unsigned is about
 * who vouches for a module, and nobody can vouch for a kernel that is not known.
 */
enum lw_result lw_rule_build(const struct lw_subject *subject, struct lw_reason *why)
{
	const struct lw_tool *tool = subject->tool;
	const char *root = subject->root;
	int id = has_build_id(tool->build_id, root);
	struct lw_reason how;
	char version[256];
	ssize_t n;

	n = lw_file_read(version, sizeof(version), "%s/proc/sys/kernel/version", root);
	if (version[0] && tool->uts && strcmp(version, tool->uts)) {
		lw_because(&how, "%.255s, this one is %s", tool->uts, version);
		return another_build(tool, &how, why);
	}
	if (id == 0) {
		lw_because(&how, "its build-id is %.255s", tool->build_id);
		return another_build(tool, &how, why);
	}
	if (id < 0 && (!version[0] || !tool->uts))
		return unknown_build(tool, n < 0 ? n : 0, why);
	lw_because(why, "the same %s", id == 1 ? "build-id" : "uname -v; no build-id to compare");
	return LW_RULE_OK;
}
