// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/armed.h"
#include "kernel/debugfs.h"
#include "util/file.h"
#include "rules/host.h"
#include "kernel/inserted.h"
#include "kernel/kcore.h"
#include "util/process.h"

#define KPROBES "/sys/kernel/debug/kprobes"
/*
 * KiB that a tool takes beside its buffers: for SystemTap and what is under way, measured; for each
 * processor the halves of its table (stp/kernel/dist.h, which has the largest); and for each possible
 * processor the arrays of what is under way, from Linux 6.7 on (stp/kernel/call.h; rwtime has most)
 */
#define REST_KIB (5 << 10)
#define TABLE_KIB 340
#define POOL_KIB 192

/* ---- the user ---- */

#define CAP_SYS_MODULE 16
#define CAP_SYSLOG 34

/* Returns 1, 0, or -ENODATA: not known. */
static int has_capability(const char *root, int capability)
{
	unsigned long long effective;
	char text[4096], *line;

	lw_file_read(text, sizeof(text), "%s/proc/self/status", root);
	line = strstr(text, "\nCapEff:");
	if (!line || sscanf(line, "\nCapEff: %llx", &effective) != 1)
		return -ENODATA;
	return effective >> capability & 1;
}

/* The host's own namespace maps all users to themselves. */
static bool in_user_namespace(const char *root)
{
	unsigned int inside, outside, count;
	char text[256];

	lw_file_read(text, sizeof(text), "%s/proc/self/uid_map", root);
	return sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 &&
	       (inside || outside || count != UINT_MAX || strchr(text, '\n'));
}

/* A module that a user of staprun's group may use. */
static bool in_staprun_directory(const struct lw_tool *tool)
{
	char end[80];
	size_t n = snprintf(end, sizeof(end), "/systemtap/lw_%s.ko", tool->name);

	return strlen(tool->path) > n && !strcmp(tool->path + strlen(tool->path) - n, end);
}

static enum lw_result user_of_staprun(const struct lw_subject *subject, struct lw_reason *why)
{
	if (!subject->tool || !in_staprun_directory(subject->tool)) {
		lw_reason(why,
			  "%s is not in the systemtap directory, and staprun takes no other for "
			  "uid %u; run it as root",
			  subject->tool ? subject->tool->path : "the module", geteuid());
		return LW_RULE_FAIL;
	}
	lw_reason(why, "uid %u, with staprun", geteuid());
	return LW_RULE_OK;
}

enum lw_result lw_host_user(const struct lw_subject *subject, struct lw_reason *why)
{
	if (geteuid() != 0 && subject->staprun)
		return user_of_staprun(subject, why);
	if (geteuid() != 0) {
		lw_reason(why, "inserting a module takes root, this is uid %u; try sudo lwload %s",
			  geteuid(), subject->name);
		return subject->run ? LW_RULE_FAIL : LW_RULE_WARN;
	}
	if (in_user_namespace(subject->root)) {
		lw_reason(why, "root of a user namespace, as in a container, wanted the host's; "
			       "run lwload on the host itself");
		return LW_RULE_FAIL;
	}
	switch (has_capability(subject->root, CAP_SYS_MODULE)) {
	case 1:
		lw_reason(why, "root with CAP_SYS_MODULE");
		return LW_RULE_OK;
	case 0:
		lw_reason(why, "root without CAP_SYS_MODULE, as in a container; run lwload on the "
			       "host itself");
		return LW_RULE_FAIL;
	default:
		lw_reason(why, "root; its capabilities cannot be read");
		return LW_RULE_SKIP;
	}
}

/* ---- /proc ---- */

/* The options of the mount and of the file system. Returns 1, 0 if not mounted, or -errno. */
static int proc_mount(const char *root, char options[512])
{
	char path[PATH_MAX], *line = NULL, *rest;
	char place[256], type[64], own[200], super[200];
	int yes = 0;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/self/mountinfo", root);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	/* Of several mounts in one place the last is seen. */
	while (getline(&line, &size, file) >= 0) {
		rest = strstr(line, " - ");
		if (rest && sscanf(line, "%*s %*s %*s %*s %255s %199s", place, own) == 2 &&
		    !strcmp(place, "/proc") &&
		    sscanf(rest, " - %63s %*s %199s", type, super) == 2) {
			yes = !strcmp(type, "proc");
			snprintf(options, 512, ",%s,%s,", own, super);
		}
	}
	free(line);
	fclose(file);
	return yes;
}

enum lw_result lw_host_proc(const struct lw_subject *subject, struct lw_reason *why)
{
	char options[512];
	int mounted = proc_mount(subject->root, options);

	if (mounted < 0) {
		lw_reason(why, "/proc/self/mountinfo cannot be read: %s", strerror(-mounted));
		return LW_RULE_FAIL;
	}
	if (!mounted) {
		lw_reason(why, "/proc is not mounted; mount -t proc proc /proc");
		return LW_RULE_FAIL;
	}
	if (strstr(options, ",ro,") || strstr(options, ",subset=pid,")) {
		lw_reason(why,
			  "/proc is mounted %s, as in a container, wanted all of it, to be "
			  "written to; run lwload on the host itself",
			  strstr(options, ",ro,") ? "read-only" : "with subset=pid");
		return LW_RULE_FAIL;
	}
	lw_reason(why, "/proc is mounted");
	return LW_RULE_OK;
}

/* ---- what the kernel takes ---- */

enum lw_result lw_host_modules(const struct lw_subject *subject, struct lw_reason *why)
{
	char state[16];
	ssize_t n;

	n = lw_file_read(state, sizeof(state), "%s/proc/sys/kernel/modules_disabled",
			 subject->root);
	if (n < 0) {
		lw_reason(why, "kernel.modules_disabled cannot be read: %s", strerror(-n));
		return LW_RULE_FAIL;
	}
	if (strcmp(state, "0")) {
		lw_reason(why, "kernel.modules_disabled is %s: no module until it is booted again",
			  state);
		return LW_RULE_FAIL;
	}
	lw_reason(why, "kernel.modules_disabled is 0");
	return LW_RULE_OK;
}

static bool is_signed(const struct lw_tool *tool)
{
	static const char magic[] = "~Module signature appended~\n";
	size_t n = sizeof(magic) - 1;

	return tool->size > n && !memcmp((char *)tool->image + tool->size - n, magic, n);
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

enum lw_result lw_host_lockdown(const struct lw_subject *subject, struct lw_reason *why)
{
	const char *mode = lockdown_mode(subject->root);

	if (!mode) {
		lw_reason(why, "securityfs is not mounted; "
			       "mount -t securityfs none /sys/kernel/security");
		return LW_RULE_SKIP;
	}
	if (!strcmp(mode, "none")) {
		lw_reason(why, "none");
		return LW_RULE_OK;
	}
	if (is_signed(subject->tool)) {
		lw_reason(why, "%s, and the module is signed", mode);
		return LW_RULE_OK;
	}
	lw_reason(why,
		  "%s: this kernel takes signed modules only; lwtools(7) says how to sign them",
		  mode);
	return LW_RULE_FAIL;
}

/* Which of its settings makes the running kernel ask for signatures, NULL for none. */
static const char *asks_for_signature(const char *root)
{
	const char *mode = lockdown_mode(root);
	char text[16];

	lw_file_read(text, sizeof(text), "%s/sys/module/module/parameters/sig_enforce", root);
	if (text[0] == 'Y')
		return "module.sig_enforce";
	return mode && strcmp(mode, "none") ? "lockdown" : NULL;
}

#define SECURE_BOOT "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

enum lw_result lw_host_secureboot(const struct lw_subject *subject, struct lw_reason *why)
{
	char bytes[8];
	ssize_t n = lw_file_read(bytes, sizeof(bytes), "%s/sys/firmware/efi/efivars/" SECURE_BOOT,
				 subject->root);

	if (n != 5 || bytes[4] != 1) {
		lw_reason(why, "%s", n == 5 ? "off" : "no EFI variable says that it is on");
		return LW_RULE_OK;
	}
	if (is_signed(subject->tool)) {
		lw_reason(why, "on, and the module is signed");
		return LW_RULE_OK;
	}
	if (!asks_for_signature(subject->root)) {
		lw_reason(why, "on, and the module is unsigned, though this kernel takes it");
		return LW_RULE_WARN;
	}
	lw_reason(why, "on, and the module is unsigned; enroll a key and sign with it, see "
		       "lwtools(7)");
	return LW_RULE_FAIL;
}

enum lw_result lw_host_signature(const struct lw_subject *subject, struct lw_reason *why)
{
	const char *cause = subject->root ? asks_for_signature(subject->root) : NULL;
	const char *is = is_signed(subject->tool) ? "signed" : "unsigned";

	if (!subject->root) {
		lw_reason(why, "%s; what that kernel asks for is not known here", is);
		return LW_RULE_SKIP;
	}
	if (!cause) {
		lw_reason(why, "%s; this kernel takes it", is);
		return LW_RULE_OK;
	}
	if (!is_signed(subject->tool)) {
		lw_reason(why, "%s, and %s asks for a signature; install signed modules", is,
			  cause);
		return LW_RULE_FAIL;
	}
	lw_reason(why, "%s; whether this kernel has the key shows when it is inserted", is);
	return LW_RULE_OK;
}

enum lw_result lw_host_fips(const struct lw_subject *subject, struct lw_reason *why)
{
	char text[16];

	lw_file_read(text, sizeof(text), "%s/proc/sys/crypto/fips_enabled", subject->root);
	if (text[0] != '1') {
		lw_reason(why, "off");
		return LW_RULE_OK;
	}
	if (subject->staprun) {
		lw_reason(why, "on, and staprun refuses any module then; leave out --staprun");
		return LW_RULE_FAIL;
	}
	lw_reason(why, "on; the kernel takes the module, as it has no cipher");
	return LW_RULE_OK;
}

/* ---- taint ---- */

#define TAINT_OUT_OF_TREE (1UL << 12)
#define TAINT_UNSIGNED (1UL << 13)

/* The last one on the kernel's command line, a hexadecimal number; 0 if there is none */
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

enum lw_result lw_host_taint(const struct lw_subject *subject, struct lw_reason *why)
{
	unsigned long taints = TAINT_OUT_OF_TREE;

	/* Where signatures are asked for, no module without one is taken. */
	if (!asks_for_signature(subject->root))
		taints |= TAINT_UNSIGNED;
	taints &= panics_at(subject->root);
	if (taints) {
		lw_reason(why,
			  "the kernel panics when it takes a module of its like: panic_on_taint "
			  "has 0x%lx; boot without that",
			  taints);
		return LW_RULE_FAIL;
	}
	lw_reason(why, "no panic at a module from outside of the kernel");
	return LW_RULE_OK;
}

/* ---- kprobes ---- */

/* A setting of theirs, or else a long list of names, tells. */
static bool has_kprobes(const char *root)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/sys/debug/kprobes-optimization", root);
	return access(path, F_OK) == 0 || lw_armed_symbol(root, "register_kprobe");
}

enum lw_result lw_host_kprobes(const struct lw_subject *subject, struct lw_reason *why)
{
	int on;

	if (!subject->tool->kprobes) {
		lw_reason(why, "the module has none");
		return LW_RULE_OK;
	}
	if (!has_kprobes(subject->root)) {
		lw_reason(why, "this kernel was built without them (CONFIG_KPROBES); boot another");
		return LW_RULE_FAIL;
	}
	on = lw_armed_kprobes(subject->root);
	if (on < 0) {
		lw_reason(why,
			  "built in; whether they are on cannot be told: " KPROBES "/enabled: %s",
			  strerror(-on));
		return LW_RULE_SKIP;
	}
	if (!on) {
		lw_reason(why,
			  "switched off, so that none would fire; echo 1 > " KPROBES "/enabled");
		return LW_RULE_FAIL;
	}
	lw_reason(why, "on");
	return LW_RULE_OK;
}

enum lw_result lw_host_ftrace(const struct lw_subject *subject, struct lw_reason *why)
{
	int on;

	if (!subject->tool->kprobes) {
		lw_reason(why, "the module has no kprobe");
		return LW_RULE_OK;
	}
	on = lw_armed_ftrace(subject->root);
	if (on < 0 && on != -ENOENT) {
		lw_reason(why, "kernel.ftrace_enabled cannot be read: %s", strerror(-on));
		return LW_RULE_SKIP;
	}
	if (!on) {
		lw_reason(why, "kernel.ftrace_enabled is 0, so that no kprobe would fire; "
			       "sysctl kernel.ftrace_enabled=1");
		return LW_RULE_FAIL;
	}
	lw_reason(why, on < 0 ? "this kernel has none" : "lets kprobes fire");
	return LW_RULE_OK;
}

#define POINT "kprobe.function(\""

/* From the first probe point to the end of the last: they are texts beside each other. */
struct points {
	const char *begin, *end;
};

static struct points find_points(const struct lw_tool *tool)
{
	const char *p = tool->image, *end = p + tool->size;
	struct points points = { NULL, NULL };

	while ((p = memmem(p, end - p, POINT, strlen(POINT)))) {
		if (!points.begin)
			points.begin = p;
		p += strlen(POINT);
		points.end = p + strnlen(p, end - p);
	}
	return points;
}

static bool probed(const struct points *points, const char *function)
{
	char point[160];

	snprintf(point, sizeof(point), POINT "%s\")", function);
	return memmem(points->begin, points->end - points->begin, point, strlen(point));
}

/* Lines are "0xADDRESS-0xADDRESS\tNAME". Returns a name that is probed, NULL for none. */
static char *find_blacklisted(const struct points *points, FILE *file)
{
	char name[128], *found = NULL, *line = NULL;
	size_t size = 0;

	while (!found && getline(&line, &size, file) >= 0)
		if (sscanf(line, "%*s %127s", name) == 1 && probed(points, name))
			found = strdup(name);
	free(line);
	return found;
}

static enum lw_result look_for_blacklisted(const struct lw_subject *subject, struct lw_reason *why)
{
	struct points points = find_points(subject->tool);
	char *name;
	FILE *file;
	int fd;

	if (!points.begin) {
		lw_reason(why, "the module has no kprobe");
		return LW_RULE_OK;
	}
	fd = lw_debugfs_open(subject->root, "kprobes/blacklist");
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		lw_reason(why, KPROBES "/blacklist: %s", strerror(fd < 0 ? -fd : errno));
		return LW_RULE_SKIP;
	}
	name = find_blacklisted(&points, file);
	fclose(file);
	if (name) {
		lw_reason(why,
			  "this kernel lets nobody probe %s, which the module does; boot the "
			  "kernel that it was built for",
			  name);
		free(name);
		return LW_RULE_FAIL;
	}
	lw_reason(why, "no function that the module probes is on it");
	return LW_RULE_OK;
}

enum lw_result lw_host_blacklist(const struct lw_subject *subject, struct lw_reason *why)
{
	if (subject->run && !subject->staprun) {
		lw_reason(why, "looked at when the kernel does not take a probe");
		return LW_RULE_SKIP;
	}
	return look_for_blacklisted(subject, why);
}

bool lw_host_barred(const struct lw_subject *subject, struct lw_reason *why)
{
	return look_for_blacklisted(subject, why) == LW_RULE_FAIL;
}

/* ---- addresses ---- */

/*
 * Returns 1, 0: there are zeroes, or -errno. One that is shown tells it, which is the second
 * as a rule; some before _stext may be 0 in truth.
 */
static int sees_addresses(const char *root)
{
	char path[PATH_MAX], line[256];
	int shown = -ENODATA;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/kallsyms", root);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (shown < 0 && fgets(line, sizeof(line), file)) {
		if (strtoull(line, NULL, 16))
			shown = 1;
		else if (strstr(line, " _stext\n"))
			shown = 0;
	}
	fclose(file);
	return shown;
}

/* They are hidden: by what, and what lets them be seen. */
static void say_hidden(const struct lw_subject *subject, int err, struct lw_reason *why)
{
	if (has_capability(subject->root, CAP_SYSLOG) == 0)
		lw_reason(why, "hidden from who is without CAP_SYSLOG; run lwload with it");
	else if (err)
		lw_reason(
			why,
			"hidden, and /proc/kcore does not tell: %s; set kernel.kptr_restrict to 1",
			strerror(-err));
	else
		lw_reason(why,
			  "hidden, and the module was built for another build; install modules "
			  "for this one, or set kernel.kptr_restrict to 1");
}

enum lw_result lw_host_addresses(const struct lw_subject *subject, struct lw_reason *why)
{
	int err = 0, shown;
	uint64_t address;
	bool same;

	if (subject->staprun || geteuid() != 0) {
		lw_reason(why, subject->staprun ? "staprun finds them" : "only root can tell");
		return LW_RULE_SKIP;
	}
	shown = sees_addresses(subject->root);
	if (shown < 0) {
		lw_reason(why, "%s/proc/kallsyms: %s", subject->root, strerror(-shown));
		return LW_RULE_SKIP;
	}
	if (shown) {
		lw_reason(why, "shown");
		return LW_RULE_OK;
	}
	same = lw_identity_same_build(subject->tool, subject->root);
	if (same)
		err = lw_kcore_stext(subject->root, &address);
	if (same && !err) {
		lw_reason(why, "hidden; /proc/kcore tells what is needed");
		return LW_RULE_OK;
	}
	say_hidden(subject, err, why);
	return LW_RULE_FAIL;
}

/* ---- other runs ---- */

/* As "pid 4711, alice, since 2026-11-25 09:00:00", as far as it is known. */
static void say_who(const struct lw_subject *subject, char *text, size_t size)
{
	pid_t pid = lw_inserted_holder(subject->root, subject->name);
	struct lw_process process;
	char since[32], uid[32] = "";

	if (!pid) {
		snprintf(text, size, "by a process that cannot be seen from here");
		return;
	}
	lw_process_look(subject->root, pid, &process);
	if (process.uid >= 0)
		snprintf(uid, sizeof(uid), ", uid %lld", process.uid);
	lw_process_time(process.since, since, sizeof(since));
	snprintf(text, size, "pid %d%s%s%s%s", pid, process.user[0] ? ", " : uid, process.user,
		 since[0] ? ", since " : "", since);
}

/* Returns how many use it as lw_inserted_list() has it, or -ENOENT: it is not there. */
static int users_of(const struct lw_subject *subject, int *users)
{
	struct lw_inserted *list;
	int i, err = -ENOENT, n = lw_inserted_list(subject->root, &list);

	for (i = 0; i < n; i++) {
		if (!strcmp(list[i].tool, subject->name)) {
			*users = list[i].users;
			err = 0;
		}
	}
	free(list);
	return err;
}

enum lw_result lw_host_running(const struct lw_subject *subject, struct lw_reason *why)
{
	char who[160];
	int users;

	if (users_of(subject, &users)) {
		lw_reason(why, "no");
		return LW_RULE_OK;
	}
	if (users == 0) {
		lw_reason(why, "a killed run has left module lw_%s; %slwload stop %s removes it",
			  subject->name, subject->staprun ? "" : "the next run of the tool, or ",
			  subject->name);
		return subject->run && subject->staprun ? LW_RULE_FAIL : LW_RULE_WARN;
	}
	say_who(subject, who, sizeof(who));
	lw_reason(why,
		  "already running (%s), and the kernel takes one module of a name; wait, or end "
		  "it with lwload stop %s",
		  who, subject->name);
	return subject->run ? LW_RULE_FAIL : LW_RULE_WARN;
}

/* ---- memory ---- */

/* "0-3,5" are five. Returns 0 if it cannot be read. @which: "online" or "possible" */
static int processors_of(const char *root, const char *which)
{
	char text[1024], *word, *rest = text;
	int first, last, n = 0;

	lw_file_read(text, sizeof(text), "%s/sys/devices/system/cpu/%s", root, which);
	while ((word = strsep(&rest, ","))) {
		switch (sscanf(word, "%d-%d", &first, &last)) {
		case 2:
			n += last - first + 1;
			break;
		case 1:
			n++;
		}
	}
	return n;
}

/* KiB, as fs/proc/meminfo.c prints them; -1 if it is not there */
static long long meminfo(const char *text, const char *key)
{
	const char *line = strstr(text, key);
	long long kib;

	return line && sscanf(line + strlen(key), ": %lld kB", &kib) == 1 ? kib : -1;
}

enum lw_result lw_host_memory(const struct lw_subject *subject, struct lw_reason *why)
{
	int processors = processors_of(subject->root, "online");
	long long wanted = ((long long)subject->buffer << 10) * processors;
	long long rest = REST_KIB + (long long)TABLE_KIB * processors +
			 (long long)POOL_KIB * processors_of(subject->root, "possible");
	long long available, unused;
	char text[4096];

	lw_file_read(text, sizeof(text), "%s/proc/meminfo", subject->root);
	available = meminfo(text, "MemAvailable");
	unused = meminfo(text, "MemFree") + meminfo(text, "Buffers");
	if (available < 0 || unused < 0 || !processors) {
		lw_reason(why, "how much there is, or for how many processors, cannot be read");
		return LW_RULE_SKIP;
	}
	if (wanted + rest > available || wanted > unused) {
		lw_reason(
			why,
			"%d MiB of buffer for each of %d processors and %lld MiB are more than there "
			"is: %lld MiB available, %lld free; try a smaller --buffer",
			subject->buffer, processors, rest >> 10, available >> 10, unused >> 10);
		return subject->run ? LW_RULE_FAIL : LW_RULE_WARN;
	}
	lw_reason(why, "%lld MiB wanted, %lld available", (wanted + rest) >> 10, available >> 10);
	return LW_RULE_OK;
}

/* ---- all of them ---- */

const struct lw_host_rule lw_host_rules[LW_HOST_RULES] = {
	{ "user", lw_host_user, LW_REFUSED, false },
	{ "proc", lw_host_proc, LW_REFUSED, false },
	{ "modules", lw_host_modules, LW_REFUSED, false },
	{ "lockdown", lw_host_lockdown, LW_REFUSED, true },
	{ "secureboot", lw_host_secureboot, LW_REFUSED, true },
	{ "signature", lw_host_signature, LW_REFUSED, true },
	{ "fips", lw_host_fips, LW_REFUSED, false },
	{ "taint", lw_host_taint, LW_REFUSED, false },
	{ "kprobes", lw_host_kprobes, LW_REFUSED, true },
	{ "ftrace", lw_host_ftrace, LW_REFUSED, true },
	{ "blacklist", lw_host_blacklist, LW_REFUSED, true },
	{ "addresses", lw_host_addresses, LW_REFUSED, true },
	{ "running", lw_host_running, LW_FAILED, false },
	{ "memory", lw_host_memory, LW_FAILED, true },
};

enum lw_result lw_host_check(const struct lw_host_rule *rule, const struct lw_subject *subject,
			     struct lw_reason *why)
{
	if (rule->of_the_file && !subject->tool) {
		lw_reason(why, "not looked at: the file is refused");
		return LW_RULE_SKIP;
	}
	if (!subject->root && rule->check != lw_host_signature) {
		lw_reason(why, "not the running kernel");
		return LW_RULE_SKIP;
	}
	return rule->check(subject, why);
}

enum lw_exit lw_host_guard(const struct lw_subject *subject)
{
	struct lw_reason why;
	int i;

	for (i = 0; i < LW_HOST_RULES; i++) {
		const struct lw_host_rule *rule = &lw_host_rules[i];

		if (lw_host_check(rule, subject, &why) == LW_RULE_FAIL) {
			lw_error("%s: %s: %s", subject->name, rule->name, why.text);
			return rule->code;
		}
	}
	return LW_OK;
}

void lw_host_refusal(const struct lw_subject *subject, int error, struct lw_reason *why)
{
	static lw_host_fn *const causes[] = { lw_host_user, lw_host_modules, lw_host_lockdown,
					      lw_host_signature };
	size_t i;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (causes[i](subject, why) == LW_RULE_FAIL)
			return;
	if (error == EBADMSG)
		lw_reason(why, "its signature is damaged; reinstall the package that has it");
	else if (error == EKEYREJECTED || error == ENOKEY ||
		 (asks_for_signature(subject->root) && is_signed(subject->tool)))
		lw_reason(why,
			  "its signature is by no key that this kernel trusts; enroll the key, "
			  "or install modules signed with another, see lwtools(7)");
	else if (!lockdown_mode(subject->root))
		lw_reason(why, "not permitted: the kernel is locked down, which cannot be seen as "
			       "securityfs is not mounted, or a security module refuses it; see "
			       "dmesg");
	else
		lw_reason(why, "not permitted: a security module of the kernel refuses it; see "
			       "dmesg");
}
