/* SPDX-License-Identifier: GPL-2.0-only */
/* failing.h - fifteen rare system calls, most of which fail with arguments of zero */
#ifndef LW_FAILING_H
#define LW_FAILING_H

#include <sys/syscall.h>
#include <unistd.h>

static void failing_calls(void)
{
	static const int calls[] = {
		SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_sched_rr_get_interval,
		SYS_sched_getscheduler,     SYS_sched_getparam,         SYS_sched_getaffinity,
		SYS_timer_getoverrun,       SYS_timer_gettime,          SYS_timer_delete,
		SYS_timerfd_settime,        SYS_timerfd_gettime,        SYS_get_robust_list,
		SYS_inotify_rm_watch,       SYS_mq_getsetattr,          SYS_clock_getres,
	};
	unsigned int i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		syscall(calls[i], 0, 0, 0);
}

#endif
