#pragma once

#include <linux/cred.h>
#include <linux/preempt.h>
#include <linux/uidgid.h>

/* user.h - the user of a task, and whether it is the task that runs */

/*
 * The current task's real user. While overlayfs works for a task, current_uid() is who has mounted it
 * (fs/overlayfs/util.c, ovl_override_creds()).
 */
static __always_inline u32 lw_uid(void)
{
	return __kuid_val(current_real_cred()->uid);
}

/* Does an interrupt run? A kprobe's breakpoint is an NMI, which the kernel also counts as an interrupt. */
static __always_inline bool lw_in_interrupt(void)
{
	return in_serving_softirq() || hardirq_count() > (in_nmi() ? HARDIRQ_OFFSET : 0);
}
