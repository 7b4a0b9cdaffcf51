/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * runs.h - the runs that a tool has at the same time, by name
 *
 * The first run of opensnoop has that name, further ones are opensnoop_2 to opensnoop_8. A run's module is lw_NAME, its
 * lock (place.h) and its recorder's socket have the run's name. The kernel takes one module of a name (EEXIST in
 * kernel/module/main.c), so the module of a further run is renamed (module/rename.h).
 */
#ifndef LW_RUNS_H
#define LW_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The most runs of a tool at the same time */
#define LW_RUNS 8
/* Bytes of a run's name, with the NUL after it */
#define LW_RUN_NAME 56

/*
 * lw_runs_name - writes the name of a tool's run
 * @number: 1 to LW_RUNS
 * Returns false if the tool's name is so long that the kernel has no room for a number after it.
 */
bool lw_runs_name(char name[LW_RUN_NAME], const char *tool, int number);

/*
 * lw_runs_tool - returns how many bytes of a run's name are the tool's
 * People may call the first run opensnoop_1, since opensnoop is the tool, too. No tool's name ends so (modules/describe).
 */
size_t lw_runs_tool(const char *name);

/*
 * lw_runs_sweep - removes the modules that killed runs of the tool have left in other places than @number
 * @root: as below
 * @removed: called with each module's name
 * A place whose lock another process has is left alone.
 */
void lw_runs_sweep(const char *root, const char *tool, int number,
		   void (*removed)(const char *tool, const char *module));

/*
 * lw_runs_take - takes the first place for a run that is free, and its lock until this process ends
 * @root: directory that holds proc and run, "" on a real host
 * @most: how many places there are, up to LW_RUNS
 * @name: set to the run's name
 * @holder: set to a process that has the lock of one of them; 0: none, or it is not known
 *
 * A place is free if no process is attached to its module and no other has its lock. Returns the run's number, -EBUSY
 * (no place is free) or another -errno, as of lw_lock_take().
 */
int lw_runs_take(const char *root, const char *tool, int most, char name[LW_RUN_NAME],
		 pid_t *holder);

#endif
