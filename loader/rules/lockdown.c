// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/append.h"
#include "rules/lockdown.h"
#include "rules/table.h"
#include "util/file.h"
#include "util/reason.h"

/*
 * modules - does the kernel take modules at all? Not if kernel.modules_disabled is 1, which
 * it stays until the next boot (Documentation/admin-guide/sysctl/kernel.rst).
 */
enum lw_result lw_rule_modules(const struct lw_subject *subject, struct lw_reason *why)
{
	char state[16];
	ssize_t n;

	n = lw_file_read(state, sizeof(state), "%s/proc/sys/kernel/modules_disabled",
			 subject->root);
	if (n < 0) {
		lw_because(why, "kernel.modules_disabled cannot be read: %s", strerror(-n));
		return LW_RULE_FAIL;
	}
	if (strcmp(state, "0")) {
		lw_because(why, "kernel.modules_disabled is %s: no module until it is booted again",
			   state);
		return LW_RULE_FAIL;
	}
	lw_because(why, "kernel.modules_disabled is 0");
	return LW_RULE_OK;
}

/* staprun reads the module's file itself, and no other. */
static bool is_signed(const struct lw_subject *subject)
{
	const struct lw_tool *tool = subject->tool;

	return subject->staprun ? lw_kernel_signature(tool->image, tool->size) > 0
				: lw_is_signed(tool);
}

/* "none", "integrity" or "confidentiality"; NULL: not known */
static const char *lockdown_mode(const char *root)
{
	char text[128], path[PATH_MAX];

	if (lw_file_read(text, sizeof(text), "%s/sys/kernel/security/lockdown", root) < 0) {
		/* The list of security modules is there wherever securityfs is mounted. */
		snprintf(path, sizeof(path), "%s/sys/kernel/security/lsm", root);
		return access(path, F_OK) == 0 ? "none" : NULL;
	}
	if (strstr(text, "[integrity]"))
		return "integrity";
	return strstr(text, "[confidentiality]") ? "confidentiality" : "none";
}

/*
 * lockdown - in either mode the kernel takes signed modules only (LOCKDOWN_MODULE_SIGNATURE,
 * asked for in kernel/module/signing.c). "Use of kprobes", which confidentiality bars, is
 * that by tracefs and perf (kernel/trace/trace_kprobe.c), not by a module. Not known where
 * securityfs is not mounted.
 */
enum lw_result lw_rule_lockdown(const struct lw_subject *subject, struct lw_reason *why)
{
	const char *mode = lockdown_mode(subject->root);

	if (!mode) {
		lw_because(
			why,
			"securityfs is not mounted; mount -t securityfs none /sys/kernel/security");
		return LW_RULE_SKIP;
	}
	if (!strcmp(mode, "none")) {
		lw_because(why, "none");
		return LW_RULE_OK;
	}
	if (is_signed(subject)) {
		lw_because(why, "%s, and the module is signed", mode);
		return LW_RULE_OK;
	}
	lw_because(why,
		   "%s: this kernel takes signed modules only; lwtools(7) says how to sign them",
		   mode);
	return LW_RULE_FAIL;
}

const char *lw_lockdown_asks(const char *root)
{
	const char *mode = lockdown_mode(root);
	char text[16];

	lw_file_read(text, sizeof(text), "%s/sys/module/module/parameters/sig_enforce", root);
	if (text[0] == 'Y')
		return "module.sig_enforce";
	return mode && strcmp(mode, "none") ? "lockdown" : NULL;
}

#define SECURE_BOOT "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/*
 * secureboot - the EFI variable is 1: then Debian's kernels lock themselves down (its
 * patch "efi: Lock down the kernel if booted in secure boot mode"), others need not. The
 * file has four bytes of attributes and that one (Documentation/filesystems/efivarfs.rst).
 */
enum lw_result lw_rule_secureboot(const struct lw_subject *subject, struct lw_reason *why)
{
	char bytes[8];
	ssize_t n = lw_file_read(bytes, sizeof(bytes), "%s/sys/firmware/efi/efivars/" SECURE_BOOT,
				 subject->root);

	if (n != 5 || bytes[4] != 1) {
		lw_because(why, "%s", n == 5 ? "off" : "no EFI variable says that it is on");
		return LW_RULE_OK;
	}
	if (is_signed(subject)) {
		lw_because(why, "on, and the module is signed");
		return LW_RULE_OK;
	}
	if (!lw_lockdown_asks(subject->root)) {
		lw_because(why, "on, and the module is unsigned, though this kernel takes it");
		return LW_RULE_WARN;
	}
	lw_because(why,
		   "on, and the module is unsigned; enroll a key and sign with it, see lwtools(7)");
	return LW_RULE_FAIL;
}

/*
 * signature - is it signed, if that is asked for? A signature ends in a magic string
 * (scripts/sign-file.c, include/linux/module_signature.h). The kernel asks for one if
 * module.sig_enforce is Y (kernel/module/signing.c), which CONFIG_MODULE_SIG_FORCE makes
 * it, or if it is locked down. Whether it has the key only an insertion can tell.
 * LW_RULE_SKIP for another kernel.
 */
enum lw_result lw_rule_signature(const struct lw_subject *subject, struct lw_reason *why)
{
	const char *cause = subject->elsewhere ? NULL : lw_lockdown_asks(subject->root);
	const char *is = is_signed(subject) ? "signed" : "unsigned";

	if (subject->elsewhere) {
		lw_because(why, "%s; the requirements of that kernel are not known here", is);
		return LW_RULE_SKIP;
	}
	if (!cause) {
		lw_because(why, "%s; this kernel takes it", is);
		return LW_RULE_OK;
	}
	if (!is_signed(subject)) {
		lw_because(why, "%s, and %s asks for a signature; install signed modules", is,
			   cause);
		return LW_RULE_FAIL;
	}
	lw_because(why, "%s; the kernel checks the key at insertion", is);
	return LW_RULE_OK;
}

/*
 * fips - in this mode the kernel panics if a module without a valid signature registers a
 * cipher (crypto_check_module_sig() in crypto/algapi.c; since Linux 3.18, 002c77a48b47, for
 * no other), and no tool does. The host's staprun refuses any module all the same
 * (staprun(8)).
 */
enum lw_result lw_rule_fips(const struct lw_subject *subject, struct lw_reason *why)
{
	char text[16];

	lw_file_read(text, sizeof(text), "%s/proc/sys/crypto/fips_enabled", subject->root);
	if (text[0] != '1') {
		lw_because(why, "off");
		return LW_RULE_OK;
	}
	if (subject->staprun) {
		lw_because(why, "on, and staprun refuses any module then; leave out --staprun");
		return LW_RULE_FAIL;
	}
	lw_because(why, "on; the module has no cipher, so the kernel takes it");
	return LW_RULE_OK;
}

/* ---- taint ---- */

#define TAINT_OUT_OF_TREE (1UL << 12)
#define TAINT_UNSIGNED (1UL << 13)

/* The last value on the kernel's command line, which is hexadecimal. Returns 0 if the line has no value */
static unsigned long panics_at(const char *root)
{
	char text[4096], *word, *rest = text;
	unsigned long taints = 0;

	lw_file_read(text, sizeof(text), "%s/proc/cmdline", root);
	while ((word = strsep(&rest, " ")))
		if (!strncmp(word, "panic_on_taint=", 15))
			taints = strtoul(word + 15, NULL, 16);
	return taints;
}

/*
 * taint - does the kernel panic when it takes a module of ours? It does if panic_on_taint, on its
 * command line, has the bit of modules from outside of its tree, or that of unsigned ones
 * (add_taint() in kernel/panic.c, Documentation/admin-guide/tainted-kernels.rst).
 */
enum lw_result lw_rule_taint(const struct lw_subject *subject, struct lw_reason *why)
{
	unsigned long taints = TAINT_OUT_OF_TREE;

	/* Where signatures are asked for, no module without one is taken. */
	if (!lw_lockdown_asks(subject->root))
		taints |= TAINT_UNSIGNED;
	taints &= panics_at(subject->root);
	if (taints) {
		lw_because(
			why,
			"the kernel would panic: panic_on_taint is 0x%lx, which covers this module; boot without it",
			taints);
		return LW_RULE_FAIL;
	}
	lw_because(why, "the kernel does not panic at an out-of-tree module");
	return LW_RULE_OK;
}

/* ---- a refusal ---- */

void lw_lockdown_refusal(const struct lw_subject *subject, int error, struct lw_reason *why)
{
	static lw_rule_fn *const causes[] = { lw_rule_user, lw_rule_modules, lw_rule_lockdown,
					      lw_rule_signature };
	size_t i;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (causes[i](subject, why) == LW_RULE_FAIL)
			return;
	if (subject->further && lw_lockdown_asks(subject->root))
		lw_because(
			why,
			"%s asks for a signature, which the module of a further run does not have; wait, or end the other run with lwload stop %s",
			lw_lockdown_asks(subject->root), subject->name);
	else if (error == EBADMSG)
		lw_because(why, "its signature is damaged; reinstall the package that has it");
	else if (error == EKEYREJECTED || error == ENOKEY ||
		 (lw_lockdown_asks(subject->root) && is_signed(subject)))
		lw_because(
			why,
			"its signature is by no key that this kernel trusts; enroll the key, or install modules signed with another, see lwtools(7)");
	else if (!lockdown_mode(subject->root))
		lw_because(
			why,
			"not permitted: the kernel is locked down, which cannot be seen as securityfs is not mounted, or a security module refuses it; see dmesg");
	else
		lw_because(why,
			   "not permitted: a security module of the kernel refuses it; see dmesg");
}
