// SPDX-License-Identifier: GPL-2.0-only
/* status.c - lwload status: which modules of lwtools are in the kernel, and whose */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/inserted.h"
#include "recorder/rendezvous.h"
#include "util/escape.h"
#include "util/file.h"
#include "util/json.h"
#include "util/log.h"
#include "util/process.h"
#include "verbs/lwload.h"

/* The status of one run; a member that is not known is 0, -1 or empty. */
struct status {
	const char *run; /* its name (runs.h) */
	const char *state;
	pid_t pid;
	struct lw_process process; /* or since when the module is there */
	long long kept;            /* bytes of its recorder; -1: there is none */
	char args[4096];           /* of the command line, each with a NUL after it */
	size_t args_len;
};

/* ---- a process ---- */

static void look_at_process(const char *root, struct status *status)
{
	ssize_t n;

	lw_process_look(root, status->pid, &status->process);
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
static time_t inserted_at(const char *root, const char *run)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/proc/systemtap/lw_%s", root, run);
	return stat(path, &st) == 0 ? st.st_mtime : 0;
}

static void fill_in(const char *root, const struct lw_inserted *module, struct status *status)
{
	struct lw_farewell recorder;

	memset(status, 0, sizeof(*status));
	status->run = module->run;
	status->process.uid = -1;
	status->kept =
		lw_rendezvous_look(root, module->run, &recorder) ? (long long)recorder.kept : -1;
	status->pid = lw_inserted_holder(root, module->run);
	/* A process that the caller may not look at is still a user of the module. */
	if (status->pid || module->users > 0)
		status->state = status->kept < 0 || recorder.ended ? "running" : "recording";
	else
		status->state = module->users == 0 ? "left" : "unknown";
	if (status->pid)
		look_at_process(root, status);
	else
		status->process.since = inserted_at(root, module->run);
}

/* ---- output ---- */

static const char *next_arg(const struct status *status, const char *arg)
{
	arg = arg ? arg + strlen(arg) + 1 : status->args;
	return arg < status->args + status->args_len ? arg : NULL;
}

static void print_row(const struct status *status)
{
	const struct lw_process *process = &status->process;
	char pid[16] = "-", uid[24] = "-", since[32], kept[24] = "-";
	const char *arg;

	if (status->pid)
		snprintf(pid, sizeof(pid), "%d", status->pid);
	if (process->uid >= 0)
		snprintf(uid, sizeof(uid), "%lld", process->uid);
	if (!*lw_process_time(process->since, since, sizeof(since)))
		strcpy(since, "-");
	if (status->kept >= 0)
		snprintf(kept, sizeof(kept), "%lld", status->kept);
	printf("%-14s %-9s %7s %-12s %-19s %9s", status->run, status->state, pid,
	       process->user[0] ? process->user : uid, since, kept);
	for (arg = next_arg(status, NULL); arg; arg = next_arg(status, arg)) {
		putchar(' ');
		lw_print_visible(arg);
	}
	fputs(status->args_len ? "\n" : " -\n", stdout);
}

static void put_or_null(struct lw_buffer *out, const char *key, bool known, long long number)
{
	lw_json_key(out, key);
	if (known)
		lw_json_signed(out, number);
	else
		lw_json_null(out);
}

static void put_text(struct lw_buffer *out, const char *key, const char *text)
{
	lw_json_key(out, key);
	lw_json_text(out, text[0] ? text : NULL);
}

static void print_json(const struct status *status)
{
	const struct lw_process *process = &status->process;
	char text[4096 + LW_JSON_ROOM(sizeof(status->args))], since[32] = "";
	char tool[LW_RUN_NAME];
	struct lw_buffer out = { .bytes = text, .size = sizeof(text) };
	const char *arg;
	struct tm tm;

	if (process->since && gmtime_r(&process->since, &tm))
		strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &tm);
	lw_json_open(&out, '{');
	snprintf(tool, sizeof(tool), "%.*s", (int)lw_runs_tool(status->run), status->run);
	put_text(&out, "tool", tool);
	put_text(&out, "run", status->run);
	put_text(&out, "state", status->state);
	put_or_null(&out, "pid", status->pid, status->pid);
	put_or_null(&out, "uid", process->uid >= 0, process->uid);
	put_text(&out, "user", process->user);
	put_text(&out, "since", since);
	put_or_null(&out, "kept", status->kept >= 0, status->kept);
	lw_json_key(&out, "command");
	lw_json_open(&out, '[');
	for (arg = next_arg(status, NULL); arg; arg = next_arg(status, arg))
		lw_json_text(&out, arg);
	lw_json_close(&out, ']');
	lw_json_close(&out, '}');
	lw_put_char(&out, '\n');
	fwrite(out.bytes, 1, out.len, stdout);
}

static void print(const struct status *status, bool json, bool *headed)
{
	if (!json && !*headed)
		printf("%-14s %-9s %7s %-12s %-19s %9s %s\n", "RUN", "STATE", "PID", "USER",
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
static void print_ended(const char *run, void *arg)
{
	struct status status = { .run = run, .state = "ended", .process.uid = -1 };
	const struct ended *ended = arg;
	struct lw_farewell recorder;

	if (lw_inserted_has(ended->root, run) || !lw_rendezvous_look(ended->root, run, &recorder))
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
		fill_in(host->root, &list[i], &status);
		print(&status, json, &headed);
	}
	free(list);
	lw_rendezvous_each(host->root, print_ended, &ended);
	return LW_OK;
}
