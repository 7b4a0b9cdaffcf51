// SPDX-License-Identifier: GPL-2.0-only
/* status.c - lwload status: which modules of lwtools are in the kernel, and whose */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"
#include "file.h"
#include "inserted.h"
#include "log.h"
#include "lwload.h"
#include "rendezvous.h"

/* What is said of one module; what is not known is 0, -1 or empty. */
struct status {
	const char *tool;
	const char *state;
	pid_t pid;
	long long kept;  /* bytes of its recorder; -1: there is none */
	long long uid;   /* -1: not known */
	char user[64];   /* its name */
	time_t since;    /* 0: not known */
	char args[4096]; /* of the command line, each with a NUL behind it */
	size_t args_len;
};

/* ---- a process ---- */

/* Seconds since the epoch at which the kernel started: fs/proc/stat.c. */
static long long boot_time(const char *root)
{
	char path[PATH_MAX], *line = NULL;
	long long seconds = 0;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/stat", root);
	file = fopen(path, "re");
	/* Behind lines as long as the host has processors and interrupts. */
	while (file && getline(&line, &size, file) >= 0 &&
	       sscanf(line, "btime %lld", &seconds) != 1)
		;
	free(line);
	if (file)
		fclose(file);
	return seconds;
}

/*
 * Field 22 of its stat, in clock ticks after the boot (fs/proc/array.c). The second one is
 * a name that can have blanks and parentheses in it.
 */
static time_t start_of(const char *root, pid_t pid)
{
	unsigned long long ticks;
	char text[1024], *end;
	long long boot;

	if (lw_file_read(text, sizeof(text), "%s/proc/%d/stat", root, pid) < 0)
		return 0;
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1,
			   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			   "%*d %*d %llu",
			   &ticks) != 1)
		return 0;
	boot = boot_time(root);
	return boot ? (time_t)(boot + ticks / sysconf(_SC_CLK_TCK)) : 0;
}

/*
 * Who started it: the user who logged in, which sudo does not change (kernel/auditsc.c;
 * 4294967295 is nobody), or its real user id.
 */
static long long user_of(const char *root, pid_t pid)
{
	char text[4096], *line;
	unsigned int uid;

	if (lw_file_read(text, sizeof(text), "%s/proc/%d/loginuid", root, pid) > 0 &&
	    sscanf(text, "%u", &uid) == 1 && uid != UINT_MAX)
		return uid;
	lw_file_read(text, sizeof(text), "%s/proc/%d/status", root, pid);
	line = strstr(text, "\nUid:");
	return line && sscanf(line, "\nUid: %u", &uid) == 1 ? (long long)uid : -1;
}

/* Not getpwuid(3): a static program has none of the host's libraries that it asks. */
static void find_name(const char *root, long long uid, char *name, size_t size)
{
	struct passwd *entry;
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/passwd", root);
	file = fopen(path, "re");
	while (file && (entry = fgetpwent(file))) {
		if (entry->pw_uid == uid) {
			snprintf(name, size, "%s", entry->pw_name);
			break;
		}
	}
	if (file)
		fclose(file);
}

static void look_at_process(const char *root, struct status *status)
{
	ssize_t n;

	status->since = start_of(root, status->pid);
	status->uid = user_of(root, status->pid);
	if (status->uid >= 0)
		find_name(root, status->uid, status->user, sizeof(status->user));
	n = lw_file_read(status->args, sizeof(status->args), "%s/proc/%d/cmdline", root,
			 status->pid);
	status->args_len = n > 0 ? n : 0;
}

/* ---- a module ---- */

/*
 * SystemTap holds its directory of /proc from the insertion on (_stp_mkdir_proc_module()
 * in runtime/transport/procfs.c), so its time is that. Those of /sys/module are when
 * somebody looked there first (fs/kernfs/inode.c).
 */
static time_t inserted_at(const char *root, const char *tool)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/proc/systemtap/lw_%s", root, tool);
	return stat(path, &st) == 0 ? st.st_mtime : 0;
}

static void look(const char *root, const struct lw_inserted *module, struct status *status)
{
	struct lw_farewell recorder;

	memset(status, 0, sizeof(*status));
	status->tool = module->tool;
	status->uid = -1;
	status->kept =
		lw_rendezvous_look(root, module->tool, &recorder) ? (long long)recorder.kept : -1;
	status->pid = lw_inserted_holder(root, module->tool);
	/* A process that the caller may not look at is still a user of the module. */
	if (status->pid || module->users > 0)
		status->state = status->kept < 0 || recorder.ended ? "running" : "recording";
	else
		status->state = module->users == 0 ? "left" : "unknown";
	if (status->pid)
		look_at_process(root, status);
	else
		status->since = inserted_at(root, module->tool);
}

/* ---- output ---- */

static const char *next_arg(const struct status *status, const char *arg)
{
	arg = arg ? arg + strlen(arg) + 1 : status->args;
	return arg < status->args + status->args_len ? arg : NULL;
}

static void print_row(const struct status *status)
{
	char pid[16] = "-", uid[24] = "-", since[32] = "-", kept[24] = "-";
	const char *arg;
	struct tm tm;

	if (status->pid)
		snprintf(pid, sizeof(pid), "%d", status->pid);
	if (status->uid >= 0)
		snprintf(uid, sizeof(uid), "%lld", status->uid);
	if (status->since && localtime_r(&status->since, &tm))
		strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &tm);
	if (status->kept >= 0)
		snprintf(kept, sizeof(kept), "%lld", status->kept);
	printf("%-14s %-9s %7s %-12s %-19s %9s", status->tool, status->state, pid,
	       status->user[0] ? status->user : uid, since, kept);
	for (arg = next_arg(status, NULL); arg; arg = next_arg(status, arg)) {
		putchar(' ');
		lw_print_visible(arg);
	}
	fputs(status->args_len ? "\n" : " -\n", stdout);
}

static void print_number(const char *key, bool known, long long number)
{
	printf(",\"%s\":", key);
	if (known)
		printf("%lld", number);
	else
		printf("null");
}

static void print_json(const struct status *status)
{
	const char *arg, *separator = "";
	char since[32] = "";
	struct tm tm;

	printf("{\"tool\":\"%s\",\"state\":\"%s\"", status->tool, status->state);
	print_number("pid", status->pid, status->pid);
	print_number("uid", status->uid >= 0, status->uid);
	printf(",\"user\":");
	lw_print_json(status->user[0] ? status->user : NULL);
	printf(",\"since\":");
	if (status->since && gmtime_r(&status->since, &tm))
		strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &tm);
	lw_print_json(since[0] ? since : NULL);
	print_number("kept", status->kept >= 0, status->kept);
	printf(",\"command\":[");
	for (arg = next_arg(status, NULL); arg; arg = next_arg(status, arg)) {
		printf("%s", separator);
		lw_print_json(arg);
		separator = ",";
	}
	printf("]}\n");
}

static void print(const struct status *status, bool json, bool *headed)
{
	if (!json && !*headed)
		printf("%-14s %-9s %7s %-12s %-19s %9s %s\n", "TOOL", "STATE", "PID", "USER",
		       "SINCE", "KEPT", "COMMAND");
	*headed = true;
	if (json)
		print_json(status);
	else
		print_row(status);
}

struct ended {
	const char *root;
	bool json, *headed;
};

/* The recorder of a run that has ended; all others have a module. */
static void print_ended(const char *tool, void *arg)
{
	struct status status = { .tool = tool, .state = "ended", .uid = -1 };
	const struct ended *ended = arg;
	struct lw_farewell recorder;

	if (lw_inserted_has(ended->root, tool) || !lw_rendezvous_look(ended->root, tool, &recorder))
		return;
	status.kept = recorder.kept;
	print(&status, ended->json, ended->headed);
}

enum lw_exit lw_status(const struct lw_host *host, int argc, char **argv)
{
	bool json = argc > 1 && !strcmp(argv[1], "--json"), headed = false;
	struct ended ended = { host->root, json, &headed };
	struct lw_inserted *list;
	struct status status;
	int i, n;

	if (argc > 1 + json) {
		lw_error("status: takes no argument \"%.64s\"", argv[1 + json]);
		return LW_USAGE;
	}
	n = lw_inserted_list(host->root, &list);
	if (n < 0) {
		lw_error("status: %s/proc/modules cannot be read: %s", host->root, strerror(-n));
		return LW_FAILED;
	}
	for (i = 0; i < n; i++) {
		look(host->root, &list[i], &status);
		print(&status, json, &headed);
	}
	free(list);
	lw_rendezvous_each(host->root, print_ended, &ended);
	return LW_OK;
}
