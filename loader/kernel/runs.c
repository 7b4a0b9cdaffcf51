// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/inserted.h"
#include "kernel/runs.h"
#include "util/name.h"
#include "util/place.h"

bool lw_runs_name(char name[LW_RUN_NAME], const char *tool, int number)
{
	if (number == 1)
		snprintf(name, LW_RUN_NAME, "%s", tool);
	else
		snprintf(name, LW_RUN_NAME, "%s_%d", tool, number);
	return lw_tool_name_ok(name);
}

size_t lw_runs_tool(const char *name)
{
	size_t n = strlen(name);

	return n > 2 && name[n - 2] == '_' && name[n - 1] >= '1' && name[n - 1] <= '0' + LW_RUNS
		       ? n - 2
		       : n;
}

/* Only under the lock can nobody attach meanwhile. */
static void remove_left(const char *root, const char *tool, const char *run,
			void (*removed)(const char *tool, const char *module))
{
	char module[LW_RUN_NAME + 3];
	pid_t pid;
	int lock;

	lock = lw_lock_try(root, run, &pid);
	if (lock < 0)
		return;
	snprintf(module, sizeof(module), "lw_%s", run);
	if (!lw_inserted_remove(module))
		removed(tool, module);
	close(lock);
}

void lw_runs_sweep(const char *root, const char *tool, int number,
		   void (*removed)(const char *tool, const char *module))
{
	char run[LW_RUN_NAME];
	int i, users;

	for (i = 1; i <= LW_RUNS && lw_runs_name(run, tool, i); i++)
		if (i != number && lw_inserted_users(root, run, &users) == 0 && !users)
			remove_left(root, tool, run, removed);
}

int lw_runs_take(const char *root, const char *tool, int most, char name[LW_RUN_NAME],
		 pid_t *holder)
{
	int number, err, users;
	pid_t pid;

	*holder = 0;
	for (number = 1; number <= most && lw_runs_name(name, tool, number); number++) {
		/* A run by staprun has no lock. */
		if (lw_inserted_users(root, name, &users) == 0 && users)
			continue;
		err = lw_lock_take(root, name, &pid);
		if (err != -EAGAIN)
			return err ? err : number;
		*holder = pid;
	}
	return -EBUSY;
}
