// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/table.h"
#include "rules/user.h"
#include "util/file.h"
#include "util/reason.h"

#define CAP_SYS_MODULE 16

int lw_user_capability(const char *root, int capability)
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
		lw_because(
			why,
			"%s is not in the systemtap directory, and staprun takes no other for uid %u; run it as root",
			subject->tool ? subject->tool->path : "the module", geteuid());
		return LW_RULE_FAIL;
	}
	lw_because(why, "uid %u, with staprun", geteuid());
	return LW_RULE_OK;
}

/*
 * user - may this user insert it? Root with CAP_SYS_MODULE, the host's own and not that of
 * a user namespace (may_init_module() in kernel/module/main.c, user_namespaces(7)). With
 * staprun anybody whose module is in the systemtap directory: members of its group may use
 * no other (systemtap staprun/staprun_funcs.c). staprun itself refuses users outside its group.
 */
enum lw_result lw_rule_user(const struct lw_subject *subject, struct lw_reason *why)
{
	if (geteuid() != 0 && subject->staprun)
		return user_of_staprun(subject, why);
	if (geteuid() != 0) {
		lw_because(why, "inserting a module takes root, this is uid %u; try sudo lwload %s",
			   geteuid(), subject->name);
		return subject->run ? LW_RULE_FAIL : LW_RULE_WARN;
	}
	if (in_user_namespace(subject->root)) {
		lw_because(
			why,
			"root of a user namespace, as in a container; run lwload on the host itself");
		return LW_RULE_FAIL;
	}
	switch (lw_user_capability(subject->root, CAP_SYS_MODULE)) {
	case 1:
		lw_because(why, "root with CAP_SYS_MODULE");
		return LW_RULE_OK;
	case 0:
		lw_because(
			why,
			"root without CAP_SYS_MODULE, as in a container; run lwload on the host itself");
		return LW_RULE_FAIL;
	default:
		lw_because(why, "root; its capabilities cannot be read");
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
	/* The last of several mounts in one place is the one seen. */
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

/*
 * proc - is all of /proc there, and may be written to? A module of SystemTap makes its
 * files there (runtime/transport/procfs.c), which a mount with subset=pid (fs/proc/root.c)
 * or read-only, as in a container, hides.
 */
enum lw_result lw_rule_proc(const struct lw_subject *subject, struct lw_reason *why)
{
	char options[512];
	int mounted = proc_mount(subject->root, options);

	if (mounted < 0) {
		lw_because(why, "/proc/self/mountinfo cannot be read: %s", strerror(-mounted));
		return LW_RULE_FAIL;
	}
	if (!mounted) {
		lw_because(why, "/proc is not mounted; mount -t proc proc /proc");
		return LW_RULE_FAIL;
	}
	if (strstr(options, ",ro,") || strstr(options, ",subset=pid,")) {
		lw_because(
			why,
			"/proc is mounted %s, as in a container, wanted all of it, to be written to; run lwload on the host itself",
			strstr(options, ",ro,") ? "read-only" : "with subset=pid");
		return LW_RULE_FAIL;
	}
	lw_because(why, "/proc is mounted");
	return LW_RULE_OK;
}
