/* SPDX-License-Identifier: GPL-2.0-only */
/* process.h - who a process is, and since when */
#ifndef LW_PROCESS_H
#define LW_PROCESS_H

#include <sys/types.h>
#include <time.h>

/* What is not known is 0, -1 or empty. */
struct lw_process {
	time_t since;  /* it began; 0: not known */
	long long uid; /* who started it; -1: not known */
	char user[64]; /* that one's name */
};

/*
 * lw_process_look - at a process, as far as the caller may
 * @root: directory that holds proc and etc, "" on a real host
 */
void lw_process_look(const char *root, pid_t pid, struct lw_process *process);

/* lw_process_time - for people: local time; "" if it is not known. Returns text. */
const char *lw_process_time(time_t since, char *text, size_t size);

#endif
