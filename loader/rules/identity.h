/* SPDX-License-Identifier: GPL-2.0-only */
/* identity.h - does this module fit this kernel, and if not, which rule fails */
#ifndef LW_IDENTITY_H
#define LW_IDENTITY_H

#include "util/log.h"
#include "module/tool.h"

/* How a rule came out. */
enum lw_result { LW_RULE_OK, LW_RULE_WARN, LW_RULE_SKIP, LW_RULE_FAIL };

/*
 * lw_identity_check - compare a module with a kernel before it is inserted
 *
 * @root: directory that holds proc and sys, "" on a real host; so in all below
 *
 * All rules below. Prints the first that fails, what was found and what was wanted.
 * Returns 0 or -EPERM.
 */
int lw_identity_check(const struct lw_tool *tool, const char *root, const char *release);

/*
 * lw_identity_name - does the file hold the module that it is named after?
 *
 * A file can be renamed, after which its control directory is looked for under the wrong
 * name (systemtap staprun/common.c). Returns LW_RULE_OK or LW_RULE_FAIL; *why says what
 * was found, as it does for all rules.
 */
enum lw_result lw_identity_name(const struct lw_tool *tool, struct lw_reason *why);

/*
 * lw_identity_release - is it for this release of the kernel?
 *
 * The kernel compares vermagic itself but says only "Invalid module format". Returns
 * LW_RULE_OK or LW_RULE_FAIL.
 */
enum lw_result lw_identity_release(const struct lw_tool *tool, const char *release,
				   struct lw_reason *why);

/*
 * lw_identity_build - was it built for this very build of the running kernel?
 *
 * Several builds share one release name. They differ in the build-id, see
 * lw_identity_same_build(), and in uname -v, which is in proc/sys/kernel/version
 * (kernel/utsname_sysctl.c). Returns LW_RULE_OK, or, with modversions, by which the kernel
 * itself refuses what does not fit, LW_RULE_SKIP if neither is known and LW_RULE_WARN if one
 * differs; without them, LW_RULE_FAIL for both. No option lets that pass: --unsigned is about
 * who vouches for a module, and nobody can vouch for a kernel that is not known.
 */
enum lw_result lw_identity_build(const struct lw_tool *tool, const char *root,
				 struct lw_reason *why);

/*
 * lw_identity_modversions - was it built for a kernel that has a CRC for each symbol?
 *
 * Its vermagic says so (MODULE_VERMAGIC_MODVERSIONS in include/linux/vermagic.h), and must
 * be the kernel's own but for the release (same_magic() in kernel/module/version.c).
 */
bool lw_identity_modversions(const struct lw_tool *tool);

/*
 * lw_identity_same_build - was the module built for this very build of the kernel?
 *
 * The build-id, which the linker makes from the whole image, tells builds apart; the
 * kernel shows its ELF notes in sys/kernel/notes (kernel/ksysfs.c). False if either has
 * none.
 */
bool lw_identity_same_build(const struct lw_tool *tool, const char *root);

#endif
