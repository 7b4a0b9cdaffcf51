#pragma once

#include "arch.h"
#include "arch_calls.h"
#include "put.h"
#include <linux/kernel.h>

/* call_name.h - the names of system calls */

/* A call: a number and, of the compat table, LW_COMPAT; or LW_NO_CALL */
#define LW_COMPAT (1 << 15)
#define LW_NO_CALL (LW_COMPAT - 1)

/* A field with the name of a call; its number where the kernel has no function for it */
static void lw_emit_syscall_name(s64 call)
{
	int nr = call & (LW_COMPAT - 1);
	bool compat = call & LW_COMPAT;
	const char *name, *abi = compat ? "(" LW_COMPAT_NAME ")" : "";
	char text[48];

	if (call == LW_NO_CALL) {
		lw_emit_kernel_string("unknown");
		return;
	}
	name = lw_call_name(nr, compat);
	if (*name)
		scnprintf(text, sizeof(text), "%s%s", name, abi);
	else
		scnprintf(text, sizeof(text), "%d%s", nr, abi);
	lw_emit_kernel_string(text);
}
