// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/number.h"
#include "util/process.h"
#include "util/user.h"

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
 * The user who started it: the one who logged in, which sudo does not change (kernel/auditsc.c;
 * 4294967295 is nobody), or its real user id.
 */
static long long user_of(const char *root, pid_t pid)
{
	char text[4096], *line;
	unsigned long long login;
	unsigned int uid;

	lw_file_read(text, sizeof(text), "%s/proc/%d/loginuid", root, pid);
	if (lw_parse_decimal(text, 0, UINT_MAX - 1, &login))
		return login;
	lw_file_read(text, sizeof(text), "%s/proc/%d/status", root, pid);
	line = strstr(text, "\nUid:");
	return line && sscanf(line, "\nUid: %u", &uid) == 1 ? (long long)uid : -1;
}

void lw_process_look(const char *root, pid_t pid, struct lw_process *process)
{
	process->user[0] = '\0';
	process->since = start_of(root, pid);
	process->uid = user_of(root, pid);
	if (process->uid >= 0)
		lw_user_name(root, process->uid, process->user, sizeof(process->user));
}

const char *lw_process_time(time_t since, char *text, size_t size)
{
	struct tm tm;

	text[0] = '\0';
	if (since && localtime_r(&since, &tm))
		strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}
