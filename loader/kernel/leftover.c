// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/leftover.h"
#include "kernel/transport.h"

int lw_leftover_remove(const char *module)
{
	struct lw_control control;
	int err = lw_control_open(module, &control);

	lw_control_close(&control);
	/* Attached to, none of SystemTap's, or not to be told: not ours to remove. */
	if (err)
		return err;
	return syscall(SYS_delete_module, module, O_NONBLOCK) < 0 ? -errno : 0;
}
