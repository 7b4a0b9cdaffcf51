/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h - does this host take a module, and will it work here?
 *
 * A rule is one fact about the host; identity.h has those about the module. A run goes
 * through the table before it inserts anything, "lwload check" prints all of it.
 */
#ifndef LW_HOST_H
#define LW_HOST_H

#include <stdbool.h>

#include "rules/identity.h"
#include "verbs/lwload.h"

/* What the rules are asked about. */
struct lw_subject {
	const char *root;           /* directory that holds proc and sys, "" on a real host */
	const char *name;           /* of the tool */
	const struct lw_tool *tool; /* NULL: its file is refused */
	int buffer;                 /* MiB for each processor */
	bool run;                   /* it is to be inserted now, not only looked at */
	bool staprun;               /* by the host's staprun */
};

/*
 * A rule: *why says what was found, what was wanted and what to do next. LW_RULE_SKIP if
 * that cannot be told.
 *
 * What can be otherwise a moment later, who asks, memory and other runs, ends a run but is
 * LW_RULE_WARN where that is only looked at.
 */
typedef enum lw_result lw_host_fn(const struct lw_subject *subject, struct lw_reason *why);

struct lw_host_rule {
	const char *name;
	lw_host_fn *check;
	enum lw_exit code; /* of a run that it ends */
	bool of_the_file;  /* it needs the tool, not its name only */
};

/* The rules in the order in which a run looks at them. */
#define LW_HOST_RULES 14
extern const struct lw_host_rule lw_host_rules[LW_HOST_RULES];

/*
 * user - may this user insert it? Root with CAP_SYS_MODULE, the host's own and not that of
 * a user namespace (may_init_module() in kernel/module/main.c, user_namespaces(7)). With
 * staprun anybody whose module is in the systemtap directory: that lets a member of its
 * group use no other (systemtap staprun/staprun_funcs.c), and itself says who is none.
 */
lw_host_fn lw_host_user;

/*
 * proc - is all of /proc there, and may be written to? A module of SystemTap makes its
 * files there (runtime/transport/procfs.c), which a mount with subset=pid (fs/proc/root.c)
 * or read-only, as in a container, hides.
 */
lw_host_fn lw_host_proc;

/*
 * modules - does the kernel take modules at all? Not if kernel.modules_disabled is 1, which
 * it stays until the next boot (Documentation/admin-guide/sysctl/kernel.rst).
 */
lw_host_fn lw_host_modules;

/*
 * lockdown - in either mode the kernel takes signed modules only (LOCKDOWN_MODULE_SIGNATURE,
 * asked for in kernel/module/signing.c). "Use of kprobes", which confidentiality bars, is
 * that by tracefs and perf (kernel/trace/trace_kprobe.c), not by a module. Not known where
 * securityfs is not mounted.
 */
lw_host_fn lw_host_lockdown;

/*
 * secureboot - the EFI variable is 1: then Debian's kernels lock themselves down (its
 * patch "efi: Lock down the kernel if booted in secure boot mode"), others need not. The
 * file has four bytes of attributes and that one (Documentation/filesystems/efivarfs.rst).
 */
lw_host_fn lw_host_secureboot;

/*
 * signature - is it signed, if that is asked for? A signature ends in a magic string
 * (scripts/sign-file.c, include/linux/module_signature.h). The kernel asks for one if
 * module.sig_enforce is Y (kernel/module/signing.c), which CONFIG_MODULE_SIG_FORCE makes
 * it, or if it is locked down. Whether it has the key only an insertion can tell.
 * @root may be NULL, of another kernel: LW_RULE_SKIP then.
 */
lw_host_fn lw_host_signature;

/*
 * fips - in this mode the kernel panics if a module without a valid signature registers a
 * cipher (crypto_check_module_sig() in crypto/algapi.c; since Linux 3.18, 002c77a48b47, for
 * no other), and no tool does. The host's staprun refuses any module all the same
 * (staprun(8)).
 */
lw_host_fn lw_host_fips;

/*
 * taint - does the kernel panic when it takes a module of ours? It does if panic_on_taint, on its
 * command line, has the bit of modules from outside of its tree, or that of unsigned ones
 * (add_taint() in kernel/panic.c, Documentation/admin-guide/tainted-kernels.rst).
 */
lw_host_fn lw_host_taint;

/*
 * kprobes, ftrace - are kprobes built in, and do they fire, if the module has any? (armed.h)
 * Whether they are switched on is in debugfs, which need not be mounted.
 */
lw_host_fn lw_host_kprobes;
lw_host_fn lw_host_ftrace;

/*
 * blacklist - none of the functions that the module probes, whose names are in its probe
 * points, may be one that cannot be probed (within_kprobe_blacklist() in kernel/kprobes.c):
 * SystemTap would warn and go on without it. The list is in debugfs, and so long that a run looks at
 * it only when the kernel has not taken a probe: LW_RULE_SKIP before it.
 */
lw_host_fn lw_host_blacklist;

/*
 * addresses - can a run tell the module where the kernel's functions are, which a module may
 * not find out by itself (PR26074 in runtime/sym.c)? /proc/kallsyms has zeroes for all if
 * kernel.kptr_restrict is 2, and for who is without CAP_SYSLOG (kallsyms_show_value() in
 * kernel/ksyms_common.c). It is not changed: what lw_kcore_stext() gives does as well for a
 * module that was made for this very build. Who is not root, or staprun, which changes it
 * for a moment, is not asked: LW_RULE_SKIP.
 */
lw_host_fn lw_host_addresses;

/*
 * running - the same tool: the kernel takes one module of a name (EEXIST in
 * kernel/module/main.c). What a killed run has left is no obstacle, but a warning; staprun
 * does not remove it.
 */
lw_host_fn lw_host_running;

/*
 * memory - is there enough for the buffers of all processors that are online? The module
 * itself asks for so much free or buffered (_stp_transport_data_fs_init() in SystemTap's
 * runtime/transport/relay_v2.c); the rest of it took 3 MiB, measured.
 */
lw_host_fn lw_host_memory;

/*
 * lw_host_check - one rule, or LW_RULE_SKIP if there is no file to look at, or another
 * kernel than the running one (@subject->root is NULL)
 */
enum lw_result lw_host_check(const struct lw_host_rule *rule, const struct lw_subject *subject,
			     struct lw_reason *why);

/*
 * lw_host_guard - all rules before a run. Prints the first that fails. Returns LW_OK or
 * that rule's code.
 */
enum lw_exit lw_host_guard(const struct lw_subject *subject);

/* lw_host_barred - is a function that the module probes on the blacklist? *why says which. For a run. */
bool lw_host_barred(const struct lw_subject *subject, struct lw_reason *why);

/*
 * lw_host_refusal - why init_module(2) failed with EPERM, EACCES, EKEYREJECTED, ENOKEY or
 * EBADMSG (kernel/module/signing.c), several of which have more than one cause: the first
 * rule that fails now, or else what is left
 */
void lw_host_refusal(const struct lw_subject *subject, int error, struct lw_reason *why);

#endif
