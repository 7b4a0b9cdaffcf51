// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/armed.h"
#include "kernel/debugfs.h"
#include "kernel/notes.h"
#include "rules/identity.h"
#include "rules/kprobes.h"
#include "rules/table.h"
#include "rules/user.h"
#include "util/reason.h"

#define KPROBES "/sys/kernel/debug/kprobes"
#define CAP_SYSLOG 34

/* A setting of theirs, or else a long list of names, tells. */
static bool has_kprobes(const char *root)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/sys/debug/kprobes-optimization", root);
	return access(path, F_OK) == 0 || lw_armed_symbol(root, "register_kprobe");
}

/*
 * kprobes, ftrace - are kprobes built in, and do they fire, if the module has any? (armed.h)
 * Whether they are switched on is in debugfs, which need not be mounted.
 */
enum lw_result lw_rule_kprobes(const struct lw_subject *subject, struct lw_reason *why)
{
	int on;

	if (!subject->tool->kprobes) {
		lw_because(why, "the module has none");
		return LW_RULE_OK;
	}
	if (!has_kprobes(subject->root)) {
		lw_because(why,
			   "this kernel was built without them (CONFIG_KPROBES); boot another");
		return LW_RULE_FAIL;
	}
	on = lw_armed_kprobes(subject->root);
	if (on < 0) {
		lw_because(why, "built in; their state cannot be read: " KPROBES "/enabled: %s",
			   strerror(-on));
		return LW_RULE_SKIP;
	}
	if (!on) {
		lw_because(why,
			   "switched off, so that none would fire; echo 1 > " KPROBES "/enabled");
		return LW_RULE_FAIL;
	}
	lw_because(why, "on");
	return LW_RULE_OK;
}

enum lw_result lw_rule_ftrace(const struct lw_subject *subject, struct lw_reason *why)
{
	int on;

	if (!subject->tool->kprobes) {
		lw_because(why, "the module has no kprobe");
		return LW_RULE_OK;
	}
	on = lw_armed_ftrace(subject->root);
	if (on < 0 && on != -ENOENT) {
		lw_because(why, "kernel.ftrace_enabled cannot be read: %s", strerror(-on));
		return LW_RULE_SKIP;
	}
	if (!on) {
		lw_because(
			why,
			"kernel.ftrace_enabled is 0, so that no kprobe would fire; sysctl kernel.ftrace_enabled=1");
		return LW_RULE_FAIL;
	}
	lw_because(why, on < 0 ? "this kernel has none" : "lets kprobes fire");
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
		lw_because(why, "the module has no kprobe");
		return LW_RULE_OK;
	}
	fd = lw_debugfs_open(subject->root, "kprobes/blacklist");
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		lw_because(why, KPROBES "/blacklist: %s", strerror(fd < 0 ? -fd : errno));
		return LW_RULE_SKIP;
	}
	name = find_blacklisted(&points, file);
	fclose(file);
	if (name) {
		lw_because(
			why,
			"this kernel allows no probe of %s, which the module needs; boot the kernel that it was built for",
			name);
		free(name);
		return LW_RULE_FAIL;
	}
	lw_because(why, "no function that the module probes is on it");
	return LW_RULE_OK;
}

/*
 * blacklist - none of the functions that the module probes, whose names are in its probe
 * points, may be one that cannot be probed (within_kprobe_blacklist() in kernel/kprobes.c):
 * SystemTap would warn and go on without it. The list is in debugfs, and so long that a run looks at
 * it only when the kernel has not taken a probe: LW_RULE_SKIP before it.
 */
enum lw_result lw_rule_blacklist(const struct lw_subject *subject, struct lw_reason *why)
{
	if (subject->run && !subject->staprun) {
		lw_because(why, "checked only when the kernel refuses a probe");
		return LW_RULE_SKIP;
	}
	return look_for_blacklisted(subject, why);
}

bool lw_kprobes_barred(const struct lw_subject *subject, struct lw_reason *why)
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
	if (lw_user_capability(subject->root, CAP_SYSLOG) == 0)
		lw_because(why, "hidden from a process without CAP_SYSLOG; run lwload with it");
	else if (err)
		lw_because(
			why,
			"hidden, and /proc/kcore does not tell: %s; set kernel.kptr_restrict to 1",
			strerror(-err));
	else
		lw_because(
			why,
			"hidden, and the module was built for another build; install modules for this one, or set kernel.kptr_restrict to 1");
}

/*
 * addresses - can a run tell the module where the kernel's functions are, which a module may
 * not find out by itself (PR26074 in runtime/sym.c)? /proc/kallsyms has zeroes for all if
 * kernel.kptr_restrict is 2, and for who is without CAP_SYSLOG (kallsyms_show_value() in
 * kernel/ksyms_common.c). It is not changed: what lw_kcore_stext() gives does as well for a
 * module that was made for this very build. A user who is not root, or staprun, which changes it
 * for a moment, is not asked: LW_RULE_SKIP.
 */
enum lw_result lw_rule_addresses(const struct lw_subject *subject, struct lw_reason *why)
{
	int err = 0, shown;
	uint64_t address;
	bool same;

	if (subject->staprun || geteuid() != 0) {
		lw_because(why, subject->staprun ? "staprun finds them" : "only root can tell");
		return LW_RULE_SKIP;
	}
	shown = sees_addresses(subject->root);
	if (shown < 0) {
		lw_because(why, "%s/proc/kallsyms: %s", subject->root, strerror(-shown));
		return LW_RULE_SKIP;
	}
	if (shown) {
		lw_because(why, "shown");
		return LW_RULE_OK;
	}
	same = lw_identity_same_build(subject->tool, subject->root);
	if (same)
		err = lw_kcore_stext(subject->root, &address);
	if (same && !err) {
		lw_because(why, "hidden; /proc/kcore tells what is needed");
		return LW_RULE_OK;
	}
	say_hidden(subject, err, why);
	return LW_RULE_FAIL;
}
