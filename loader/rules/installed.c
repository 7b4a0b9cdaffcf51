// SPDX-License-Identifier: GPL-2.0-only
/* installed.c - the rules about the module's file: lw_tool_open() has them for a run */
#include <sys/stat.h>

#include "rules/table.h"

/* installed - where is the file? Without one there is nothing to ask rules about. */
enum lw_result lw_rule_installed(const struct lw_subject *subject, struct lw_reason *why)
{
	lw_because(why, "%s", subject->path);
	return LW_RULE_OK;
}

/*
 * trusted - what a run checks of the file. It would take one of the caller's as well, who need not
 * be root here but is in a run.
 */
enum lw_result lw_rule_trusted(const struct lw_subject *subject, struct lw_reason *why)
{
	const struct lw_tool *tool = subject->tool;
	struct stat st;

	if (!tool) {
		*why = *subject->refusal;
		return LW_RULE_FAIL;
	}
	if (fstat(tool->fd, &st) < 0 || st.st_uid != 0) {
		lw_because(why, "%s: not owned by root; reinstall the package that has it",
			   tool->path);
		return LW_RULE_FAIL;
	}
	lw_because(why, "regular file of root, mode %04o, description format %s",
		   st.st_mode & 07777, tool->format);
	return LW_RULE_OK;
}
