// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

	return n > 2 && name[n - 2] == '_' && name[n - 1] >= '2' && name[n - 1] <= '0' + LW_RUNS
		       ? n - 2
		       : n;
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
