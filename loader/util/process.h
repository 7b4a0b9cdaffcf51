/* SPDX-License-Identifier: GPL-2.0-only */
/* process.h - a process's user and begin */
#ifndef LW_PROCESS_H
#define LW_PROCESS_H

#include <sys/types.h>
#include <time.h>

/* A member that is not known is 0, -1 or empty. */
struct lw_process {
	time_t since;  /* the time of its begin; 0: not known */
	long long uid; /* the user who started it; -1: not known */
	char user[64]; /* that user's name */
};

/*
 * lw_process_look - looks at a process, as far as the caller may
 * @root: directory that holds proc and etc, "" on a real host
 */
void lw_process_look(const char *root, pid_t pid, struct lw_process *process);

/*
 * lw_process_time - writes a time for people, in local time; "" if it is not known. Returns text.
 */
const char *lw_process_time(time_t since, char *text, size_t size);

#endif
