#pragma once

#include <linux/cred.h>
#include <linux/uidgid.h>

/* user.h - the user of a task */

/*
 * The current task's real user. While overlayfs works for a task, current_uid() is who has mounted it
 * (fs/overlayfs/util.c, ovl_override_creds()).
 */
static __always_inline u32 lw_uid(void)
{
	return __kuid_val(current_real_cred()->uid);
}
