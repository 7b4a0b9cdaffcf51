#pragma once

#define LW_SYSCALLS_TIMED
#include "syscallbypid.h"
#include "../kernel/bucket.h"
#include "../kernel/kept.h"
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/timekeeping.h>

/*
 * syscount.h - how long system calls take, and the names of errors, beside the counts of syscallbypid.h
 *
 * The time is kept for the task, which is in one call at once. A thread that executes a program gets the id of the first
 * thread, and may find that one's time.
 */

static void lw_syscall_enters(void)
{
	u64 now = ktime_get_mono_fast_ns();

	lw_keep(now, now, 0);
}

/* 0: the task has entered before the run */
static s64 lw_syscall_took(void)
{
	u64 now = ktime_get_mono_fast_ns();

	return max_t(s64, lw_keep(now, now, 1), 0);
}

/* Times that found no room */
static u64 lw_untimed(struct lw_counted *counted)
{
	return lw_kept_lost();
}

static struct lw_counted lw_untimed_counted = {
	.lost = lw_untimed,
	.why = "more tasks at once than there is room for",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_untimed_counted)

/* The number of an error by name, or a number; 0 for ""; -1: there is no such error. For begin probes. */
static int lw_error_number(const char *error)
{
	char name[32];
	int i;

	if (!*error)
		return 0;
	if (!kstrtoint(error, 10, &i))
		return i > 0 && i <= MAX_ERRNO ? i : -1;
	for (i = 1; i < ERESTARTSYS; i++) {
		snprintf(name, sizeof(name), "%pe", ERR_PTR(-i));
		if (name[0] == '-' && !strcmp(name + 1, error))
			return i;
	}
	return -1;
}

/* For begin probes. Returns whether the error is one, as lw_error_number() has it. */
static bool lw_sum_syscalls(bool by_process, const char *error, bool errors, bool timed)
{
	u64 seeds[2];

	lw_syscalls.error = lw_error_number(error);
	if (lw_syscalls.error < 0)
		return false;
	lw_syscalls.together = !by_process;
	lw_syscalls.all = by_process;
	lw_syscalls.timed = timed;
	/* The sum (struct lw_count) */
	lw_rows_by = timed;
	lw_seed(seeds, ARRAY_SIZE(seeds));
	/* 19 hours of a call */
	lw_kept_begin(6, seeds);
	lw_begin_syscalls(errors);
	return true;
}

/* A field with the name of the error in the second number of a row */
static void lw_emit_row_error(s64 second)
{
	int err = second >> LW_ERROR_SHIFT;
	char name[32] = "-";

	if (err)
		snprintf(name, sizeof(name), "%pe", ERR_PTR(-err));
	lw_emit_kernel_string(name + (name[0] == '-'));
}
