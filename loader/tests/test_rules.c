// SPDX-License-Identifier: GPL-2.0-only
/* test_rules.c - each rule about the host, in each of its outcomes */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/lockdown.h"
#include "rules/table.h"
#include "fake.h"
#include "helper.h"

#define STATUS "proc/self/status"
#define UID_MAP "proc/self/uid_map"
#define MOUNTS "proc/self/mountinfo"
#define DISABLED "proc/sys/kernel/modules_disabled"
#define LOCKDOWN "sys/kernel/security/lockdown"
#define LSM "sys/kernel/security/lsm"
#define ENFORCE "sys/module/module/parameters/sig_enforce"
#define EFI "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM "-605dab50-e046-4300-abb6-3dd810dd8b23"
#define ENROLLED "sys/firmware/efi/efivars/MokListRT" SHIM
#define PENDING "sys/firmware/efi/efivars/MokNew" SHIM
#define ALL_ENROLLED "sys/firmware/efi/mok-variables/MokListRT"
#define DATABASE "sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define CERTIFICATE "usr/share/lwtools/mok/site.der"
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
#define SECOND "proc/systemtap/lw_killsnoop_2/.cmd"
#define PROCESS "proc/4711/"

#define HIDDEN "0000000000000000 A x\n0000000000000000 T _stext\n"
#define NONE "[none] integrity confidentiality\n"
#define INTEGRITY "none [integrity] confidentiality\n"
#define CONFIDENTIALITY "none integrity [confidentiality]\n"
#define MAGIC "~Module signature appended~\n"
#define PLACE "/lib/modules/" RELEASE "/"
#define NO_FILE NULL

/* The user who asks, and the way */
enum { LOOK = 0, RUN = 1, STAPRUN = 2, NOBODY = 4, REFUSED_FILE = 8, OTHER_KERNEL = 16, DKMS = 32 };

struct file {
	const char *path, *text; /* NULL: there is no such file */
};

static const struct row {
	const char *rule;
	enum lw_result result;
	const char *text;
	int how;
	struct file files[6];
	const char *image; /* bytes after the module's code */
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
	  "root*CAP_SYS_MODULE*container",
	  LOOK,
	  { { STATUS, "x\nCapEff:\t000001fffffeffff\n" } },
	  "",
	  0 },
	{ "user", LW_RULE_SKIP, "root*capabilities", RUN, { { STATUS, NO_FILE } }, "", 0 },
	{ "user",
	  LW_RULE_FAIL,
	  "root*user namespace",
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
	  "*root*uid 65534*sudo lwload killsnoop",
	  RUN | NOBODY,
	  { { 0 } },
	  "",
	  0 },
	{ "user", LW_RULE_WARN, "*root*uid 65534", NOBODY, { { 0 } }, "", 0 },
	{ "user", LW_RULE_OK, "uid 65534, with staprun", RUN | NOBODY | STAPRUN, { { 0 } }, "", 0 },
	{ "user",
	  LW_RULE_FAIL,
	  "^" PLACE "updates/dkms/lw_killsnoop.ko*systemtap*staprun*uid 65534",
	  RUN | NOBODY | STAPRUN | DKMS,
	  { { 0 } },
	  "",
	  0 },
	{ "user", LW_RULE_OK, "root with CAP_SYS_MODULE", RUN | STAPRUN | DKMS, { { 0 } }, "", 0 },
	{ "proc", LW_RULE_OK, "/proc is mounted", RUN, { { 0 } }, "", 0 },
	{ "proc",
	  LW_RULE_FAIL,
	  "*not mounted*mount -t proc proc /proc",
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
	  "*mounted read-only*container",
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
	  "kernel.modules_disabled*1*booted",
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
	  "*mount -t securityfs none",
	  RUN,
	  { { LOCKDOWN, NO_FILE } },
	  "",
	  0 },
	{ "lockdown",
	  LW_RULE_FAIL,
	  "integrity*signed*lwtools(7)",
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
	  "confidentiality*signed",
	  LOOK,
	  { { LOCKDOWN, CONFIDENTIALITY } },
	  MAGIC,
	  0 },
	{ "lockdown", LW_RULE_SKIP, "*checked*file", REFUSED_FILE, { { 0 } }, "", 0 },
	{ "lockdown", LW_RULE_SKIP, "not the running kernel", OTHER_KERNEL, { { 0 } }, "", 0 },
	{ "secureboot", LW_RULE_OK, "*EFI variable", RUN, { { 0 } }, "", 0 },
	{ "secureboot",
	  LW_RULE_OK,
	  "no EFI variable says",
	  RUN,
	  { { EFI, "long1"
		   "x" } },
	  "",
	  0 },
	{ "secureboot", LW_RULE_OK, "off", RUN, { { EFI, "aaaa\x02" } }, "", 0 },
	{ "secureboot", LW_RULE_OK, "on*is signed", RUN, { { EFI, "aaaa\x01" } }, MAGIC, 0 },
	{ "secureboot", LW_RULE_WARN, "on*unsigned*takes", RUN, { { EFI, "aaaa\x01" } }, "", 0 },
	{ "secureboot",
	  LW_RULE_FAIL,
	  "on*unsigned*enroll",
	  RUN,
	  { { EFI, "aaaa\x01" }, { LOCKDOWN, INTEGRITY } },
	  "",
	  0 },
	{ "secureboot",
	  LW_RULE_FAIL,
	  "on*unsigned*enroll",
	  RUN,
	  { { EFI, "aaaa\x01" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "signature", LW_RULE_OK, "unsigned*takes", RUN, { { 0 } }, "", 0 },
	{ "signature",
	  LW_RULE_FAIL,
	  "unsigned*module.sig_enforce*signature",
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
	{ "signature", LW_RULE_OK, "signed*key", RUN, { { ENFORCE, "Y\n" } }, MAGIC, 0 },
	{ "signature", LW_RULE_SKIP, "signed*not known", OTHER_KERNEL, { { 0 } }, MAGIC, 0 },
	{ "mok", LW_RULE_SKIP, "*not*EFI", LOOK, { { CERTIFICATE, "DER" } }, "", 0 },
	{ "mok", LW_RULE_SKIP, "no certificate*mok", LOOK, { { EFI, "aaaa\x01" } }, "", 0 },
	{ "mok",
	  LW_RULE_OK,
	  "site.der is enrolled",
	  LOOK,
	  { { CERTIFICATE, "DER" }, { ENROLLED, "aaaa\x01listDERlist" } },
	  "",
	  0 },
	{ "mok",
	  LW_RULE_OK,
	  "site.der is enrolled",
	  LOOK,
	  { { CERTIFICATE, "DER" }, { ALL_ENROLLED, "listDER" }, { ENROLLED, "aaaa" } },
	  "",
	  0 },
	{ "mok",
	  LW_RULE_WARN,
	  "site.der*next boot",
	  LOOK,
	  { { CERTIFICATE, "DER" },
	    { ENROLLED, "aaaa" },
	    { PENDING, "aaaa\x01listDER" },
	    { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "mok",
	  LW_RULE_WARN,
	  "site.der*not enrolled*mokutil --import /usr/share/lwtools/mok/site.der",
	  LOOK,
	  { { CERTIFICATE, "DER" }, { ENROLLED, "aaaalistDElist" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "mok",
	  LW_RULE_WARN,
	  "next.der*not enrolled",
	  LOOK,
	  { { CERTIFICATE, "DER" },
	    { "usr/share/lwtools/mok/next.der", "CER" },
	    { ENROLLED, "aaaalistDERlist" },
	    { LOCKDOWN, INTEGRITY } },
	  "",
	  0 },
	{ "mok",
	  LW_RULE_WARN,
	  "*site.der cannot be read",
	  LOOK,
	  { { CERTIFICATE, "" }, { ENROLLED, "aaaa" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "mok",
	  LW_RULE_OK,
	  "site.der*not enrolled",
	  LOOK,
	  { { CERTIFICATE, "DER" }, { ENROLLED, "aaaa" } },
	  "",
	  0 },
	{ "mok",
	  LW_RULE_OK,
	  "site.der*firmware",
	  LOOK,
	  { { CERTIFICATE, "DER" }, { DATABASE, "aaaalistDER" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "mok", LW_RULE_SKIP, "not the running kernel", OTHER_KERNEL, { { 0 } }, "", 0 },
	{ "fips", LW_RULE_OK, "off", RUN, { { 0 } }, "", 0 },
	{ "fips", LW_RULE_OK, "off", RUN, { { FIPS, NO_FILE } }, "", 0 },
	{ "fips", LW_RULE_OK, "on*no cipher", RUN, { { FIPS, "1\n" } }, "", 0 },
	{ "fips", LW_RULE_FAIL, "on*staprun*--staprun", RUN | STAPRUN, { { FIPS, "1\n" } }, "", 0 },
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
	  "*without*CONFIG_KPROBES",
	  RUN,
	  { { OPTIMIZATION, NO_FILE }, { SYMBOLS, "0 T register_kprobes\n" } },
	  "register_kprobe",
	  0 },
	{ "kprobes",
	  LW_RULE_FAIL,
	  "*off*echo 1 > /sys/kernel/debug/kprobes/enabled",
	  RUN,
	  { { ENABLED, "0\n" } },
	  "register_kretprobe",
	  0 },
	{ "kprobes",
	  LW_RULE_SKIP,
	  "built in*/sys/kernel/debug/kprobes/enabled: No such file",
	  RUN,
	  { { ENABLED, NO_FILE } },
	  "register_kprobe",
	  0 },
	{ "ftrace", LW_RULE_OK, "*no kprobe", RUN, { { FTRACE, "0\n" } }, "", 0 },
	{ "ftrace",
	  LW_RULE_OK,
	  "lets kprobes fire",
	  RUN,
	  { { FTRACE, "1\n" } },
	  "register_kprobe",
	  0 },
	{ "ftrace",
	  LW_RULE_FAIL,
	  "kernel.ftrace_enabled is 0*sysctl kernel.ftrace_enabled=1",
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
	{ "taint", LW_RULE_OK, "*not panic", RUN, { { 0 } }, "", 0 },
	{ "taint",
	  LW_RULE_FAIL,
	  "*would panic*panic_on_taint*0x1000",
	  LOOK,
	  { { CMDLINE, "quiet panic_on_taint=0x1201,nousertaint x\n" } },
	  "",
	  0 },
	{ "taint",
	  LW_RULE_FAIL,
	  "*would panic*panic_on_taint*0x2000",
	  RUN,
	  { { CMDLINE, "panic_on_taint=1000 panic_on_taint=2000" } },
	  MAGIC,
	  0 },
	{ "taint",
	  LW_RULE_OK,
	  "*not panic",
	  RUN,
	  { { CMDLINE, "panic_on_taint=2000" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "blacklist", LW_RULE_OK, "*no kprobe", 0, { { BLACKLIST, NO_FILE } }, "do_int3", 0 },
	{ "blacklist",
	  LW_RULE_OK,
	  "no function",
	  0,
	  { { 0 } },
	  "do_int3 kprobe.function(\"do_int3s\") kprobe.function(\"x\").return",
	  0 },
	{ "blacklist",
	  LW_RULE_FAIL,
	  "*no probe*do_int3",
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
	  "checked*refuses",
	  RUN,
	  { { 0 } },
	  "kprobe.function(\"do_int3\")",
	  0 },
	{ "blacklist",
	  LW_RULE_FAIL,
	  "*no probe*do_int3",
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
	  "hidden*another build*kernel.kptr_restrict",
	  LOOK,
	  { { SYMBOLS, HIDDEN } },
	  "",
	  0 },
	{ "addresses",
	  LW_RULE_FAIL,
	  "hidden*CAP_SYSLOG",
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
	  "*killed run*lw_killsnoop*next run*lwload stop killsnoop",
	  RUN,
	  { { MODULES, "lw_killsnoop 1 0 - Live 0x0\n" }, { COMMAND, "" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_FAIL,
	  "*killed run*lw_killsnoop; lwload stop killsnoop",
	  RUN | STAPRUN,
	  { { MODULES, "lw_killsnoop 1 0 - Live 0x0\n" }, { COMMAND, "" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_OK,
	  "1 already (by a process*up to 8",
	  RUN,
	  { { MODULES, "lw_killsnoop 1 1 - Live 0x0\n" }, { COMMAND, "" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_FAIL,
	  "already running (by a process*staprun*lwload stop killsnoop",
	  RUN | STAPRUN,
	  { { MODULES, "lw_killsnoop 1 1 - Live 0x0\n" }, { COMMAND, "" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_OK,
	  "no",
	  RUN | STAPRUN,
	  { { MODULES, "lw_killsnoop_2 1 1 - Live 0x0\n" }, { SECOND, "" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_FAIL,
	  "already running (by a process*module.sig_enforce asks*lwload stop killsnoop",
	  RUN,
	  { { MODULES, "lw_killsnoop 1 1 - Live 0x0\n" }, { COMMAND, "" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_OK,
	  "no",
	  RUN,
	  { { MODULES, "lw_killsnoop_2 1 1 - Live 0x0\n" }, { SECOND, "" }, { ENFORCE, "Y\n" } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_WARN,
	  "already running (by a process*lockdown asks",
	  LOOK,
	  { { MODULES, "lw_killsnoop 1 1 - Live 0x0\n" },
	    { COMMAND, "" },
	    { LOCKDOWN, INTEGRITY } },
	  "",
	  0 },
	{ "running",
	  LW_RULE_WARN,
	  "*killed run*lw_killsnoop_2; the next run*lwload stop killsnoop_2",
	  RUN,
	  { { MODULES, "lw_killsnoop_2 1 0 - Live 0x0\n" }, { SECOND, "" } },
	  "",
	  0 },
	{ "memory", LW_RULE_OK, "8 MiB wanted, 256 available", RUN, { { 0 } }, "", 1 },
	{ "memory", LW_RULE_OK, "254 MiB wanted, 256 available", RUN, { { 0 } }, "", 124 },
	/* More processors may come online. */
	{ "memory", LW_RULE_OK, "31 MiB wanted", RUN, { { POSSIBLE, "0-127\n" } }, "", 1 },
	{ "memory",
	  LW_RULE_FAIL,
	  "127 MiB*2 processors*6 MiB*256 MiB available*256 free*--buffer",
	  RUN,
	  { { 0 } },
	  "",
	  127 },
	{ "memory", LW_RULE_WARN, "4095 MiB*2 processors", LOOK, { { 0 } }, "", 4095 },
	/* Cached memory is available, but the module's own check wants free memory. */
	{ "memory",
	  LW_RULE_FAIL,
	  "8 MiB*2 processors*6 MiB*100 MiB available*15 free",
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
	  "40 MiB*7 processors",
	  RUN,
	  { { ONLINE, "0-3,5,7-8\n" } },
	  "",
	  40 },
	{ "memory",
	  LW_RULE_SKIP,
	  "*memory*processors*read",
	  RUN,
	  { { MEMINFO, "MemFree: 1 kB\nBuffers: 0 kB\n" } },
	  "",
	  1 },
	{ "memory", LW_RULE_SKIP, "the free memory", RUN, { { ONLINE, NO_FILE } }, "", 1 },
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

static void change(const struct file *file)
{
	char *path;

	if (file->text) {
		tree_text(root, file->path, file->text);
		return;
	}
	path = tree_file(root, file->path);
	if (remove(path) < 0)
		assert_int_equal(errno, ENOENT);
	free(path);
}

static const struct lw_rule *rule_of(const char *name)
{
	int i;

	for (i = 0; i < LW_NRULES; i++)
		if (!strcmp(lw_rules[i].name, name))
			return &lw_rules[i];
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

/* Runs in a child, which may become another user. */
static int ask(void *arg)
{
	const struct row *row = arg;
	char path[512], image[256];
	struct lw_tool tool = { .name = "killsnoop", .path = path, .image = image };
	struct lw_subject subject = {
		.root = root,
		.elsewhere = row->how & OTHER_KERNEL,
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
	printf("%d ", lw_rule_check(rule_of(row->rule), &subject, &why));
	printf("%s\n", why.text);
	return 0;
}

/* The text begins with the pattern's first part, and has the others. */
static bool begins(const char *text, const char *pattern)
{
	return !strncmp(text, pattern, strcspn(pattern, "*")) && text_says(text, pattern);
}

/* The text may begin with ^, which stands for the tree. */
static void check_answer(const struct row *row, const char *got)
{
	const char *text = row->text;
	char want[1024];

	snprintf(want, sizeof(want), "%d %s%s", row->result, *text == '^' ? root : "",
		 *text == '^' ? text + 1 : text);
	if (begins(got, want))
		return;
	fail_msg("%s: wanted \"%s\", got \"%s\"", row->rule, want, got);
}

static void outcome_of_a_rule(void **state)
{
	const struct row *row = *state;
	struct outcome outcome;
	size_t i;

	/* Runs are root's. Other users' rules are tested by becoming such a user. */
	needs_root();
	if (row->how & NOBODY)
		needs_another_user();
	for (i = 0; i < COUNT(row->files) && row->files[i].path; i++)
		change(&row->files[i]);
	in_child(ask, (void *)row, &outcome);
	assert_int_equal(outcome.code, 0);
	assert_string_equal(outcome.err, "");
	check_answer(row, outcome.out);
	assert_int_equal(fake->calls, 0);
	outcome_free(&outcome);
}

/* The rule names the process that runs the tool, its user, and the time of its begin. */
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
		"running", LW_RULE_OK, "1 already (pid 4711, alice, since 2023-11-15 03:45:23)",
		RUN,       { { 0 } },  "",
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

/* Addresses are hidden: kcore's note for debuggers suffices for a module of this build. */
static void addresses_of_kcore(void **state)
{
	static const unsigned char notes[] = { 4, 0, 0,   0,   4,   0, 0,    0,    3,    0,
					       0, 0, 'G', 'N', 'U', 0, 0x01, 0x23, 0x45, 0x67 };
	struct lw_tool tool = { .name = "killsnoop", .build_id = "01234567" };
	struct lw_subject subject = { .root = root, .name = "killsnoop", .tool = &tool };
	struct lw_reason why;

	(void)state;
	needs_root();
	tree_text(root, SYMBOLS, HIDDEN);
	tree_write(root, "sys/kernel/notes", notes, sizeof(notes));
	assert_int_equal(lw_rule_addresses(&subject, &why), LW_RULE_FAIL);
	assert_true(text_says(why.text,
			      "hidden*/proc/kcore*No such file or directory*kernel.kptr_restrict"));
	fake->vmcoreinfo = "X=1\nSYMBOL(_stext)=ffffffffa1000000\n";
	assert_int_equal(lw_rule_addresses(&subject, &why), LW_RULE_OK);
	assert_true(text_says(why.text, "hidden; /proc/kcore"));
}

/* The kernel refused a module that passed all rules: the error can have several causes. */
static void refusals(void **state)
{
	static const struct {
		int error;
		struct file file;
		const char *text;
	} causes[] = {
		{ EPERM, { DISABLED, "1\n" }, "kernel.modules_disabled is 1" },
		{ EPERM, { LOCKDOWN, INTEGRITY }, "integrity*signed" },
		{ EPERM, { STATUS, "x\nCapEff:\t0\n" }, "root without CAP_SYS_MODULE" },
		{ EPERM, { LOCKDOWN, NO_FILE }, "not permitted*locked down*securityfs" },
		{ EPERM, { LOCKDOWN, NONE }, "not permitted*security module" },
		{ EKEYREJECTED, { ENFORCE, "Y\n" }, "unsigned, and module.sig_enforce asks" },
		{ EKEYREJECTED, { LOCKDOWN, NONE }, "*signature*no key" },
		{ ENOKEY, { LOCKDOWN, NONE }, "*signature*no key" },
		{ EACCES, { LOCKDOWN, NONE }, "not permitted*security module" },
		{ EBADMSG, { LOCKDOWN, NONE }, "its signature is damaged" },
	};
	struct lw_tool tool = { .name = "killsnoop", .path = "/x", .image = "code", .size = 4 };
	struct lw_tool has_one = {
		.name = "killsnoop", .path = "/x", .image = "x" MAGIC, .size = strlen("x" MAGIC)
	};
	struct lw_subject subject = { .name = "killsnoop", .tool = &tool, .run = true };
	struct lw_reason why;
	size_t i;

	(void)state;
	needs_root();
	for (i = 0; i < COUNT(causes); i++) {
		tree_host(root);
		change(&causes[i].file);
		subject.root = root;
		lw_lockdown_refusal(&subject, causes[i].error, &why);
		if (!begins(why.text, causes[i].text))
			fail_msg("wanted \"%s\", got \"%s\"", causes[i].text, why.text);
	}
	/* Lockdown gives EPERM for a signature by a key that is not known. */
	tree_text(root, LOCKDOWN, INTEGRITY);
	subject.tool = &has_one;
	lw_lockdown_refusal(&subject, EPERM, &why);
	if (!strstr(why.text, "no key"))
		fail_msg("%s", why.text);
}

/* The first rule that fails is told, with its class. */
static void guards(void **state)
{
	struct lw_tool tool = { .name = "killsnoop", .path = "/x", .image = "code", .size = 4 };
	struct lw_subject subject = {
		.root = root, .name = "killsnoop", .tool = &tool, .buffer = 999, .run = true
	};
	struct capture err;
	char *text;

	(void)state;
	needs_root();
	capture_begin(&err, 2);
	assert_int_equal(lw_rules_guard(&subject, LW_HOST), LW_FAILED);
	tree_text(root, DISABLED, "1\n");
	tree_text(root, ENFORCE, "Y\n");
	assert_int_equal(lw_rules_guard(&subject, LW_HOST), LW_REFUSED);
	text = capture_end(&err, NULL);
	assert_has(text, "killsnoop: memory: 999 MiB");
	assert_true(text_says(text, "\nlwload: killsnoop: modules: *kernel.modules_disabled"));
	assert_null(strstr(text, "sig_enforce"));
	free(text);
}

/* The kernel refuses the module of a further run, which has lost the kernel's own signature. */
static void refusal_of_a_further_run(void **state)
{
	struct lw_tool tool = {
		.name = "killsnoop", .path = "/x", .image = "x" MAGIC, .size = strlen("x" MAGIC)
	};
	struct lw_subject subject = {
		.root = root, .name = "killsnoop", .tool = &tool, .run = true, .further = true
	};
	struct lw_reason why;

	(void)state;
	needs_root();
	tree_text(root, ENFORCE, "Y\n");
	lw_lockdown_refusal(&subject, EKEYREJECTED, &why);
	assert_true(begins(why.text, "module.sig_enforce asks*further run*lwload stop killsnoop"));
	subject.further = false;
	lw_lockdown_refusal(&subject, EKEYREJECTED, &why);
	assert_true(begins(why.text, "*signature*no key"));
}

/* Eight places, and no more */
static void eight_runs(void **state)
{
	struct lw_subject subject = { .root = root, .name = "killsnoop", .run = true };
	char modules[512] = "", path[64];
	struct lw_reason why;
	int i, n = 0;

	(void)state;
	for (i = 1; i <= 9; i++) {
		char number[16] = "";

		if (i > 1)
			snprintf(number, sizeof(number), "_%d", i);
		n += snprintf(modules + n, sizeof(modules) - n, "lw_killsnoop%s 1 1 - Live 0x0\n",
			      number);
		snprintf(path, sizeof(path), "proc/systemtap/lw_killsnoop%s/.cmd", number);
		tree_text(root, path, "");
		tree_text(root, MODULES, modules);
		assert_int_equal(lw_rule_running(&subject, &why),
				 i < 8 ? LW_RULE_OK : LW_RULE_FAIL);
	}
	assert_true(begins(why.text, "8 runs*most*lwload stop PID"));
	subject.run = false;
	assert_int_equal(lw_rule_running(&subject, &why), LW_RULE_WARN);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		FRESH(who_runs_it), FRESH(addresses_of_kcore),
		FRESH(refusals),    FRESH(refusal_of_a_further_run),
		FRESH(eight_runs),  FRESH(guards)
	};
	struct CMUnitTest tests[COUNT(fixed) + COUNT(rows)];
	size_t i;

	leaks_in_children_only();
	memcpy(tests, fixed, sizeof(fixed));
	for (i = 0; i < COUNT(rows); i++)
		tests[COUNT(fixed) + i] = (struct CMUnitTest){ rows[i].rule, outcome_of_a_rule,
							       setup, teardown, (void *)&rows[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
