// SPDX-License-Identifier: GPL-2.0-only
/* test_host.c - each rule about the host, in each of its outcomes */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake.h"
#include "helper.h"
#include "rules/host.h"

#define STATUS "proc/self/status"
#define UID_MAP "proc/self/uid_map"
#define MOUNTS "proc/self/mountinfo"
#define DISABLED "proc/sys/kernel/modules_disabled"
#define LOCKDOWN "sys/kernel/security/lockdown"
#define LSM "sys/kernel/security/lsm"
#define ENFORCE "sys/module/module/parameters/sig_enforce"
#define EFI "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define CMDLINE "proc/cmdline"
#define FTRACE "proc/sys/kernel/ftrace_enabled"
#define FIPS "proc/sys/crypto/fips_enabled"
#define OPTIMIZATION "proc/sys/debug/kprobes-optimization"
#define SYMBOLS "proc/kallsyms"
#define ENABLED "sys/kernel/debug/kprobes/enabled"
#define BLACKLIST "sys/kernel/debug/kprobes/blacklist"
#define MEMINFO "proc/meminfo"
#define ONLINE "sys/devices/system/cpu/online"
#define POSSIBLE "sys/devices/system/cpu/possible"
#define MODULES "proc/modules"
#define COMMAND "proc/systemtap/lw_killsnoop/.cmd"
#define PROCESS "proc/4711/"

#define HIDDEN "0000000000000000 A x\n0000000000000000 T _stext\n"
#define NONE "[none] integrity confidentiality\n"
#define INTEGRITY "none [integrity] confidentiality\n"
#define CONFIDENTIALITY "none integrity [confidentiality]\n"
#define MAGIC "~Module signature appended~\n"
#define PLACE "/lib/modules/" RELEASE "/"
#define NO_FILE NULL

/* Who asks, and how. */
enum { LOOK = 0, RUN = 1, STAPRUN = 2, NOBODY = 4, REFUSED_FILE = 8, OTHER_KERNEL = 16, DKMS = 32 };

struct file {
	const char *path, *text; /* NULL: it is not there */
};

static const struct row {
	const char *rule;
	enum lw_result result;
	const char *text;
	int how;
	struct file files[6];
	const char *image; /* behind its code */
	int buffer;
} rows[] = {
	{ "user", LW_RULE_OK, "root with CAP_SYS_MODULE", RUN, { { 0 } }, "", 0 },
	{ "user",
	  LW_RULE_OK,
	  "root with CAP_SYS_MODULE",
	  RUN,
	  { { STATUS, "x\nCapEff:\t10000\n" } },
	  "",
	  0 },
	{ "user",
	  LW_RULE_FAIL,
	  "root without CAP_SYS_MODULE, as in a container; run lwload on the "
	  "host itself",
	  LOOK,
	  { { STATUS, "x\nCapEff:\t000001fffffeffff\n" } },
	  "",
	  0 },
	{ "user",
	  LW_RULE_SKIP,
	  "root; its capabilities cannot be read",
	  RUN,
	  { { STATUS, NO_FILE } },
	  "",
	  0 },
	{ "user",
	  LW_RULE_FAIL,
	  "root of a user namespace, as in a container, wanted the host's; run "
	  "lwload on the host itself",
	  RUN,
	  { { UID_MAP, "0 100000 65536\n" } },
	  "",
	  0 },
	{ "user",
	  LW_RULE_FAIL,
	  "root of a user namespace",
	  RUN,
	  { { UID_MAP, "0 0 1000\n1000 1000 1\n" } },
	  "",
	  0 },
	{ "user", LW_RULE_OK, "root with", RUN, { { UID_MAP, NO_FILE } }, "", 0 },
	{ "user",
	  LW_RULE_FAIL,
	  "inserting a module takes root, this is uid 65534; try sudo lwload "
	  "killsnoop",
	  RUN | NOBODY,
	  { { 0 } },
	  "",
	  0 },
	{ "user",
	  LW_RULE_WARN,
	  "inserting a module takes root, this is uid 65534",
	  NOBODY,
	  { { 0 } },
	  "",
	  0 },
	{ "user", LW_RULE_OK, "uid 65534, with staprun", RUN | NOBODY | STAPRUN, { { 0 } }, "", 0 },
	{ "user",
	  LW_RULE_FAIL,
	  "^" PLACE "updates/dkms/lw_killsnoop.ko is not in the systemtap "
	  "directory, and staprun takes no other for uid 65534; run it as root",
	  RUN | NOBODY | STAPRUN | DKMS,
	  { { 0 } },
	  "",
	  0 },
	{ "user", LW_RULE_OK, "root with CAP_SYS_MODULE", RUN | STAPRUN | DKMS, { { 0 } }, "", 0 },
	{ "proc", LW_RULE_OK, "/proc is mounted", RUN, { { 0 } }, "", 0 },
	{ "proc",
	  LW_RULE_FAIL,
	  "/proc is not mounted; mount -t proc proc /proc",
	  LOOK,
	  { { MOUNTS, NO_FILE } },
	  "",
	  0 },
	{ "proc",
	  LW_RULE_FAIL,
	  "/proc is not mounted",
	  LOOK,
	  { { MOUNTS,
	      "21 1 0:5 / / rw - ext4 /dev/vda rw\n1 2 0:3 / /procs rw - proc proc rw\n" } },
	  "",
	  0 },
	{ "proc",
	  LW_RULE_FAIL,
	  "/proc is not mounted",
	  LOOK,
	  { { MOUNTS,
	      "1 2 0:3 / /proc rw - proc proc rw\n2 1 0:4 / /proc rw - tmpfs tmpfs rw\n" } },
	  "",
	  0 },
	{ "proc",
	  LW_RULE_FAIL,
	  "/proc is mounted read-only, as in a container, wanted all of it, to "
	  "be written to; run lwload on the host itself",
	  LOOK,
	  { { MOUNTS, "1 2 0:3 / /proc nosuid,ro shared:5 - proc proc rw\n" } },
	  "",
	  0 },
	{ "proc",
	  LW_RULE_FAIL,
	  "/proc is mounted with subset=pid, as in a container",
	  LOOK,
	  { { MOUNTS, "1 2 0:3 / /proc rw,nosuid - proc proc rw,hidepid=2,subset=pid\n" } },
	  "",
	  0 },
	{ "modules", LW_RULE_OK, "kernel.modules_disabled is 0", RUN, { { 0 } }, "", 0 },
	{ "modules",
	  LW_RULE_FAIL,
	  "kernel.modules_disabled is 1: no module until it is booted again",
	  LOOK,
	  { { DISABLED, "1\n" } },
	  "",
	  0 },
	{ "modules",
	  LW_RULE_FAIL,
	  "kernel.modules_disabled cannot be read: No such file",
	  LOOK,
	  { { DISABLED, NO_FILE } },
	  "",
	  0 },
	{ "lockdown", LW_RULE_OK, "none", RUN, { { 0 } }, "", 0 },
	{ "lockdown",
	  LW_RULE_OK,
	  "none",
	  RUN,
	  { { LOCKDOWN, NO_FILE }, { LSM, "capability" } },
	  "",
	  0 },
	{ "lockdown",
	  LW_RULE_SKIP,
	  "securityfs is not mounted; mount -t securityfs none "
	  "/sys/kernel/security",
	  RUN,
	  { { LOCKDOWN, NO_FILE } },
	  "",
	  0 },
	{ "lockdown",
	  LW_RULE_FAIL,
	  "integrity: this kernel takes signed modules only; lwtools(7) "
	  "says how to sign them",
	  LOOK,
	  { { LOCKDOWN, INTEGRITY } },
	  "",
	  0 },
	{ "lockdown",
	  LW_RULE_FAIL,
	  "confidentiality: this kernel takes",
	  LOOK,
	  { { LOCKDOWN, CONFIDENTIALITY } },
	  "",
	  0 },
	{ "lockdown",
	  LW_RULE_OK,
	  "confidentiality, and the module is signed",
	  LOOK,
	  { { LOCKDOWN, CONFIDENTIALITY } },
	  MAGIC,
	  0 },
	{ "lockdown",
	  LW_RULE_SKIP,
	  "not looked at: the file is refused",
	  REFUSED_FILE,
	  { { 0 } },
	  "",
	  0 },
	{ "lockdown", LW_RULE_SKIP, "not the running kernel", OTHER_KERNEL, { { 0 } }, "", 0 },
	{ "secureboot", LW_RULE_OK, "no EFI variable says that it is on", RUN, { { 0 } }, "", 0 },
	{ "secureboot",
	  LW_RULE_OK,
	  "no EFI variable says",
	  RUN,
	  { { EFI, "long1"
		   "x" } },
	  "",
	  0 },
	{ "secureboot", LW_RULE_OK, "off", RUN, { { EFI, "aaaa\x02" } }, "", 0 },
	{ "secureboot",
	  LW_RULE_OK,
	  "on, and the module is signed",
	  RUN,
	  { { EFI, "aaaa\x01" } },
	  MAGIC,
	  0 },
	{ "secureboot",
	  LW_RULE_WARN,
	  "on, and the module is unsigned, though this kernel takes it",
	  RUN,
	  { { EFI, "aaaa\x01" } },
	  "",
	  0 },
	{ "secureboot",
	  LW_RULE_FAIL,
	  "on, and the module is unsigned; enroll a key and sign with it",
	  RUN,
	  { { EFI, "aaaa\x01" }, { LOCKDOWN, INTEGRITY } },
	  "",
	  0 },
	{ "secureboot",
	  LW_RULE_FAIL,
	  "on, and the module is unsigned; enroll",
	  RUN,
	  { { EFI, "aaaa\x01" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "signature", LW_RULE_OK, "unsigned; this kernel takes it", RUN, { { 0 } }, "", 0 },
	{ "signature",
	  LW_RULE_FAIL,
	  "unsigned, and module.sig_enforce asks for a signature; install "
	  "signed modules",
	  RUN,
	  { { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "signature",
	  LW_RULE_FAIL,
	  "unsigned, and lockdown asks for a signature",
	  RUN,
	  { { LOCKDOWN, CONFIDENTIALITY } },
	  "",
	  0 },
	{ "signature",
	  LW_RULE_OK,
	  "signed; whether this kernel has the key shows when",
	  RUN,
	  { { ENFORCE, "Y\n" } },
	  MAGIC,
	  0 },
	{ "signature",
	  LW_RULE_SKIP,
	  "signed; what that kernel asks for is not known here",
	  OTHER_KERNEL,
	  { { 0 } },
	  MAGIC,
	  0 },
	{ "fips", LW_RULE_OK, "off", RUN, { { 0 } }, "", 0 },
	{ "fips", LW_RULE_OK, "off", RUN, { { FIPS, NO_FILE } }, "", 0 },
	{ "fips",
	  LW_RULE_OK,
	  "on; the kernel takes the module, as it has no cipher",
	  RUN,
	  { { FIPS, "1\n" } },
	  "",
	  0 },
	{ "fips",
	  LW_RULE_FAIL,
	  "on, and staprun refuses any module then; leave out --staprun",
	  RUN | STAPRUN,
	  { { FIPS, "1\n" } },
	  "",
	  0 },
	{ "kprobes",
	  LW_RULE_OK,
	  "the module has none",
	  RUN,
	  { { ENABLED, "0\n" } },
	  "tracepoint_probe_register",
	  0 },
	{ "kprobes", LW_RULE_OK, "on", RUN, { { 0 } }, "register_kprobe", 0 },
	{ "kprobes",
	  LW_RULE_OK,
	  "on",
	  RUN,
	  { { OPTIMIZATION, NO_FILE }, { SYMBOLS, "0 T register_kprobes\n0 T register_kprobe\n" } },
	  "register_kprobe",
	  0 },
	{ "kprobes",
	  LW_RULE_FAIL,
	  "this kernel was built without them (CONFIG_KPROBES); boot another",
	  RUN,
	  { { OPTIMIZATION, NO_FILE }, { SYMBOLS, "0 T register_kprobes\n" } },
	  "register_kprobe",
	  0 },
	{ "kprobes",
	  LW_RULE_FAIL,
	  "switched off, so that none would fire; echo 1 > "
	  "/sys/kernel/debug/kprobes/enabled",
	  RUN,
	  { { ENABLED, "0\n" } },
	  "register_kretprobe",
	  0 },
	{ "kprobes",
	  LW_RULE_SKIP,
	  "built in; whether they are on cannot be told: "
	  "/sys/kernel/debug/kprobes/enabled: No such file",
	  RUN,
	  { { ENABLED, NO_FILE } },
	  "register_kprobe",
	  0 },
	{ "ftrace", LW_RULE_OK, "the module has no kprobe", RUN, { { FTRACE, "0\n" } }, "", 0 },
	{ "ftrace",
	  LW_RULE_OK,
	  "lets kprobes fire",
	  RUN,
	  { { FTRACE, "1\n" } },
	  "register_kprobe",
	  0 },
	{ "ftrace",
	  LW_RULE_FAIL,
	  "kernel.ftrace_enabled is 0, so that no kprobe would fire; sysctl "
	  "kernel.ftrace_enabled=1",
	  LOOK,
	  { { FTRACE, "0\n" }, { SYMBOLS, "0 T kprobe_ftrace_handler\n" } },
	  "register_kretprobe",
	  0 },
	{ "ftrace",
	  LW_RULE_OK,
	  "lets kprobes fire",
	  RUN,
	  { { FTRACE, "0\n" }, { SYMBOLS, "0 T register_kprobe\n" } },
	  "register_kprobe",
	  0 },
	{ "ftrace", LW_RULE_OK, "this kernel has none", RUN, { { 0 } }, "register_kprobe", 0 },
	{ "taint", LW_RULE_OK, "no panic at a module", RUN, { { 0 } }, "", 0 },
	{ "taint",
	  LW_RULE_FAIL,
	  "the kernel panics when it takes a module of its like: panic_on_taint has 0x1000; boot "
	  "without that",
	  LOOK,
	  { { CMDLINE, "quiet panic_on_taint=0x1201,nousertaint x\n" } },
	  "",
	  0 },
	{ "taint",
	  LW_RULE_FAIL,
	  "the kernel panics when it takes a module of its like: panic_on_taint has 0x2000",
	  RUN,
	  { { CMDLINE, "panic_on_taint=1000 panic_on_taint=2000" } },
	  MAGIC,
	  0 },
	{ "taint",
	  LW_RULE_OK,
	  "no panic",
	  RUN,
	  { { CMDLINE, "panic_on_taint=2000" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "blacklist",
	  LW_RULE_OK,
	  "the module has no kprobe",
	  0,
	  { { BLACKLIST, NO_FILE } },
	  "do_int3",
	  0 },
	{ "blacklist",
	  LW_RULE_OK,
	  "no function that the module probes is on it",
	  0,
	  { { 0 } },
	  "do_int3 kprobe.function(\"do_int3s\") kprobe.function(\"x\").return",
	  0 },
	{ "blacklist",
	  LW_RULE_FAIL,
	  "this kernel lets nobody probe do_int3, which the module does; "
	  "boot the kernel that it was built for",
	  0,
	  { { BLACKLIST, "0x1-0x2\tfoo\n0x3-0x4\tdo_int3\n" } },
	  "kprobe.function(\"x\") kprobe.function(\"do_int3\").return.maxactive(9)",
	  0 },
	{ "blacklist",
	  LW_RULE_SKIP,
	  "/sys/kernel/debug/kprobes/blacklist: No such file",
	  0,
	  { { BLACKLIST, NO_FILE } },
	  "kprobe.function(\"x\")",
	  0 },
	{ "blacklist",
	  LW_RULE_SKIP,
	  "looked at when the kernel does not take a probe",
	  RUN,
	  { { 0 } },
	  "kprobe.function(\"do_int3\")",
	  0 },
	{ "blacklist",
	  LW_RULE_FAIL,
	  "this kernel lets nobody probe do_int3, which the module does; "
	  "boot the kernel that it was built for",
	  RUN | STAPRUN,
	  { { 0 } },
	  "kprobe.function(\"do_int3\")",
	  0 },
	{ "addresses", LW_RULE_OK, "shown", RUN, { { 0 } }, "", 0 },
	{ "addresses", LW_RULE_OK, "shown", RUN, { { SYMBOLS, "0 A x\n1000 A y\n" } }, "", 0 },
	{ "addresses", LW_RULE_SKIP, "only root can tell", NOBODY, { { 0 } }, "", 0 },
	{ "addresses", LW_RULE_SKIP, "staprun finds them", RUN | STAPRUN, { { 0 } }, "", 0 },
	{ "addresses",
	  LW_RULE_SKIP,
	  "^/proc/kallsyms: No such file",
	  RUN,
	  { { SYMBOLS, NO_FILE } },
	  "",
	  0 },
	{ "addresses",
	  LW_RULE_SKIP,
	  "^/proc/kallsyms: No data",
	  RUN,
	  { { SYMBOLS, "0 T _stext_not\n" } },
	  "",
	  0 },
	{ "addresses",
	  LW_RULE_FAIL,
	  "hidden, and the module was built for another build; install modules for this one, or "
	  "set kernel.kptr_restrict to 1",
	  LOOK,
	  { { SYMBOLS, HIDDEN } },
	  "",
	  0 },
	{ "addresses",
	  LW_RULE_FAIL,
	  "hidden from who is without CAP_SYSLOG; run lwload with it",
	  RUN,
	  { { SYMBOLS, HIDDEN }, { STATUS, "x\nCapEff:\t000001fbffffffff\n" } },
	  "",
	  0 },
	{ "running", LW_RULE_OK, "no", RUN, { { 0 } }, "", 0 },
	{ "running",
	  LW_RULE_OK,
	  "no",
	  RUN,
	  { { MODULES, "lw_killsnoop 1 1 - Live 0x0\n" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_WARN,
	  "a killed run has left module lw_killsnoop; the next run of the "
	  "tool, or lwload stop killsnoop removes it",
	  RUN,
	  { { MODULES, "lw_killsnoop 1 0 - Live 0x0\n" }, { COMMAND, "" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_FAIL,
	  "a killed run has left module lw_killsnoop; lwload stop killsnoop removes it",
	  RUN | STAPRUN,
	  { { MODULES, "lw_killsnoop 1 0 - Live 0x0\n" }, { COMMAND, "" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_FAIL,
	  "already running (by a process that cannot be seen from here), and "
	  "the kernel takes one module of a name; wait, or end it with "
	  "lwload stop killsnoop",
	  RUN,
	  { { MODULES, "lw_killsnoop 1 1 - Live 0x0\n" }, { COMMAND, "" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_WARN,
	  "already running (by a process",
	  LOOK,
	  { { MODULES, "lw_killsnoop 1 1 - Live 0x0\n" }, { COMMAND, "" } },
	  "",
	  0 },
	{ "memory", LW_RULE_OK, "8 MiB wanted, 256 available", RUN, { { 0 } }, "", 1 },
	{ "memory", LW_RULE_OK, "254 MiB wanted, 256 available", RUN, { { 0 } }, "", 124 },
	/* More processors may come. */
	{ "memory", LW_RULE_OK, "31 MiB wanted", RUN, { { POSSIBLE, "0-127\n" } }, "", 1 },
	{ "memory",
	  LW_RULE_FAIL,
	  "127 MiB of buffer for each of 2 processors and 6 MiB are more than "
	  "there is: 256 MiB available, 256 free; try a smaller --buffer",
	  RUN,
	  { { 0 } },
	  "",
	  127 },
	{ "memory", LW_RULE_WARN, "4095 MiB of buffer for each of 2", LOOK, { { 0 } }, "", 4095 },
	/* What is cached is available, but no room for the module's own check. */
	{ "memory",
	  LW_RULE_FAIL,
	  "8 MiB of buffer for each of 2 processors and 6 MiB are more than there is: 100 MiB available, 15 free",
	  RUN,
	  { { MEMINFO, "MemFree: 15360 kB\nMemAvailable: 102400 kB\nBuffers: 0 kB\n" } },
	  "",
	  8 },
	{ "memory",
	  LW_RULE_OK,
	  "20 MiB wanted",
	  RUN,
	  { { MEMINFO, "MemFree: 14000 kB\nMemAvailable: 102400 kB\nBuffers: 400 kB\n" } },
	  "",
	  7 },
	{ "memory",
	  LW_RULE_FAIL,
	  "40 MiB of buffer for each of 7 processors",
	  RUN,
	  { { ONLINE, "0-3,5,7-8\n" } },
	  "",
	  40 },
	{ "memory",
	  LW_RULE_SKIP,
	  "how much there is, or for how many processors, cannot be read",
	  RUN,
	  { { MEMINFO, "MemFree: 1 kB\nBuffers: 0 kB\n" } },
	  "",
	  1 },
	{ "memory", LW_RULE_SKIP, "how much there is", RUN, { { ONLINE, NO_FILE } }, "", 1 },
};

static char *root;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	root = tree_new();
	tree_host(root);
	setenv("TZ", "XXX-05:30", 1);
	return chmod(root, 0755);
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

static char *in_root(const char *path)
{
	char *file;

	assert_true(asprintf(&file, "%s/%s", root, path) > 0);
	return file;
}

static void change(const struct file *file)
{
	char *path;

	if (file->text) {
		tree_text(root, file->path, file->text);
		return;
	}
	path = in_root(file->path);
	if (remove(path) < 0)
		assert_int_equal(errno, ENOENT);
	free(path);
}

static const struct lw_host_rule *rule_of(const char *name)
{
	int i;

	for (i = 0; i < LW_HOST_RULES; i++)
		if (!strcmp(lw_host_rules[i].name, name))
			return &lw_host_rules[i];
	fail_msg("no rule %s", name);
	return NULL;
}

static int become_nobody(void)
{
	int err = setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534);

	/* The sanitizer traces itself, which a process that changed its user may not. */
	prctl(PR_SET_DUMPABLE, 1);
	return err;
}

/* In a child, which may become another user. */
static int ask(void *arg)
{
	const struct row *row = arg;
	char path[512], image[256];
	struct lw_tool tool = { .name = "killsnoop", .path = path, .image = image };
	struct lw_subject subject = {
		.root = row->how & OTHER_KERNEL ? NULL : root,
		.name = "killsnoop",
		.tool = row->how & REFUSED_FILE ? NULL : &tool,
		.buffer = row->buffer,
		.run = row->how & RUN,
		.staprun = row->how & STAPRUN,
	};
	struct lw_reason why;

	snprintf(path, sizeof(path), "%s" PLACE "%s/lw_killsnoop.ko", root,
		 row->how & DKMS ? "updates/dkms" : "systemtap");
	tool.kprobes = strstr(row->image, "register_k");
	tool.size = snprintf(image, sizeof(image), "code%c%s", 0, row->image);
	if (row->how & NOBODY && become_nobody())
		return 97;
	why.text[0] = '\0';
	printf("%d ", lw_host_check(rule_of(row->rule), &subject, &why));
	printf("%s\n", why.text);
	return 0;
}

/* The tree's name for ^. */
static void check_answer(const struct row *row, const char *got)
{
	const char *text = row->text;
	char want[1024];

	snprintf(want, sizeof(want), "%d %s%s", row->result, *text == '^' ? root : "",
		 *text == '^' ? text + 1 : text);
	if (!strncmp(got, want, strlen(want)))
		return;
	fail_msg("%s: wanted \"%s\", got \"%s\"", row->rule, want, got);
}

static void outcome_of_a_rule(void **state)
{
	const struct row *row = *state;
	struct outcome outcome;
	size_t i;

	/* A run's user is root; what others may is asked of one who was. */
	if (geteuid() != 0)
		skip();
	for (i = 0; i < COUNT(row->files) && row->files[i].path; i++)
		change(&row->files[i]);
	in_child(ask, (void *)row, &outcome);
	assert_int_equal(outcome.code, 0);
	assert_string_equal(outcome.err, "");
	check_answer(row, outcome.out);
	assert_int_equal(fake->calls, 0);
	outcome_free(&outcome);
}

/* Who runs it, by whom and since when. */
static void who_runs_it(void **state)
{
	static const struct file files[] = {
		{ MODULES, "lw_killsnoop 1 1 - Live 0x0\n" },
		{ COMMAND, "" },
		{ "proc/stat", "btime 1700000000\n" },
		{ "etc/passwd", "alice:x:1000:1000::/:/bin/sh\n" },
		{ PROCESS "stat",
		  "4711 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 12300 20 21\n" },
		{ PROCESS "loginuid", "1000" },
		{ PROCESS "fd/0", "" },
	};
	const struct row row = {
		"running",
		LW_RULE_FAIL,
		"already running (pid 4711, alice, since 2023-11-15 03:45:23), and",
		RUN,
		{ { 0 } },
		"",
		0
	};
	void *arg = (void *)&row;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(files); i++)
		change(&files[i]);
	tree_holds(root, 4711, COMMAND);
	outcome_of_a_rule(&arg);
}

/* Where they are hidden, what a debugger is told does for a module of this build. */
static void addresses_of_kcore(void **state)
{
	static const unsigned char notes[] = { 4, 0, 0,   0,   4,   0, 0,    0,    3,    0,
					       0, 0, 'G', 'N', 'U', 0, 0x01, 0x23, 0x45, 0x67 };
	struct lw_tool tool = { .name = "killsnoop", .build_id = "01234567" };
	struct lw_subject subject = { .root = root, .name = "killsnoop", .tool = &tool };
	struct lw_reason why;

	(void)state;
	if (geteuid() != 0)
		skip();
	tree_text(root, SYMBOLS, HIDDEN);
	tree_write(root, "sys/kernel/notes", notes, sizeof(notes));
	assert_int_equal(lw_host_addresses(&subject, &why), LW_RULE_FAIL);
	assert_string_equal(why.text, "hidden, and /proc/kcore does not tell: No such file or "
				      "directory; set kernel.kptr_restrict to 1");
	fake->vmcoreinfo = "X=1\nSYMBOL(_stext)=ffffffffa1000000\n";
	assert_int_equal(lw_host_addresses(&subject, &why), LW_RULE_OK);
	assert_string_equal(why.text, "hidden; /proc/kcore tells what is needed");
}

/* The causes of an error that has several, when all that could be seen before was well. */
static void refusals(void **state)
{
	static const struct {
		int error;
		struct file file;
		const char *text;
	} causes[] = {
		{ EPERM, { DISABLED, "1\n" }, "kernel.modules_disabled is 1" },
		{ EPERM, { LOCKDOWN, INTEGRITY }, "integrity: this kernel takes signed" },
		{ EPERM, { STATUS, "x\nCapEff:\t0\n" }, "root without CAP_SYS_MODULE" },
		{ EPERM,
		  { LOCKDOWN, NO_FILE },
		  "not permitted: the kernel is locked down, which "
		  "cannot be seen as securityfs is not mounted" },
		{ EPERM, { LOCKDOWN, NONE }, "not permitted: a security module of the kernel" },
		{ EKEYREJECTED, { ENFORCE, "Y\n" }, "unsigned, and module.sig_enforce asks" },
		{ EKEYREJECTED, { LOCKDOWN, NONE }, "its signature is by no key" },
	};
	struct lw_tool tool = { .name = "killsnoop", .path = "/x", .image = "code", .size = 4 };
	struct lw_tool has_one = {
		.name = "killsnoop", .path = "/x", .image = "x" MAGIC, .size = strlen("x" MAGIC)
	};
	struct lw_subject subject = { .name = "killsnoop", .tool = &tool, .run = true };
	struct lw_reason why;
	size_t i;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (i = 0; i < COUNT(causes); i++) {
		tree_host(root);
		change(&causes[i].file);
		subject.root = root;
		lw_host_refusal(&subject, causes[i].error, &why);
		if (strncmp(why.text, causes[i].text, strlen(causes[i].text)))
			fail_msg("wanted \"%s\", got \"%s\"", causes[i].text, why.text);
	}
	/* Lockdown gives EPERM for a signature by a key that is not known. */
	tree_text(root, LOCKDOWN, INTEGRITY);
	subject.tool = &has_one;
	lw_host_refusal(&subject, EPERM, &why);
	if (!strstr(why.text, "by no key that this kernel trusts"))
		fail_msg("%s", why.text);
}

/* The first that fails is the one that is told, with its class. */
static void guards(void **state)
{
	struct lw_tool tool = { .name = "killsnoop", .path = "/x", .image = "code", .size = 4 };
	struct lw_subject subject = {
		.root = root, .name = "killsnoop", .tool = &tool, .buffer = 999, .run = true
	};
	struct capture err;
	char *text;

	(void)state;
	if (geteuid() != 0)
		skip();
	capture_begin(&err, 2);
	assert_int_equal(lw_host_guard(&subject), LW_FAILED);
	tree_text(root, DISABLED, "1\n");
	tree_text(root, ENFORCE, "Y\n");
	assert_int_equal(lw_host_guard(&subject), LW_REFUSED);
	text = capture_end(&err, NULL);
	assert_non_null(strstr(text, "lwload: killsnoop: memory: 999 MiB of buffer for each of 2"));
	assert_non_null(strstr(text, "\nlwload: killsnoop: modules: kernel.modules_disabled is 1"));
	assert_null(strstr(text, "sig_enforce"));
	free(text);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest fixed[] = { FRESH(who_runs_it), FRESH(addresses_of_kcore),
						   FRESH(refusals), FRESH(guards) };
	struct CMUnitTest tests[COUNT(fixed) + COUNT(rows)];
	size_t i;

	leaks_in_children_only();
	memcpy(tests, fixed, sizeof(fixed));
	for (i = 0; i < COUNT(rows); i++)
		tests[COUNT(fixed) + i] = (struct CMUnitTest){ rows[i].rule, outcome_of_a_rule,
							       setup, teardown, (void *)&rows[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
