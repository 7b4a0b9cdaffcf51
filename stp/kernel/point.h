#pragma once

#include <linux/preempt.h>
#include <linux/tracepoint.h>
#include <linux/version.h>

/*
 * point.h - functions that are attached to tracepoints themselves, without SystemTap's context.
 *
 * After the function's definition:
 *
 *	LW_POINT(sys_exit, lw_on_sys_exit);
 *	#undef LW_POINTS
 *	#define LW_POINTS (&lw_on_sys_exit_point)
 *
 * This makes it the head of the list. A module may have any number of them. SystemTap's own C comes
 * after all headers, so LW_POINTS stands for the last one there, and for all.
 */

struct lw_point {
	const char *name;
	void *function;
	struct lw_point *next;
	struct tracepoint *found;
	bool attached;
};

#define LW_POINTS ((struct lw_point *)NULL)

/*
 * Defines f_point. A tracepoint's arguments differ between kernels, even within a series. So the
 * kernel's own check of a function's type (check_trace_callback_type_NAME(), linux/tracepoint.h) is
 * compiled, but never called.
 */
#define LW_POINT(point, f)                            \
	static void __maybe_unused f##_check(void)    \
	{                                             \
		check_trace_callback_type_##point(f); \
	}                                             \
	static struct lw_point f##_point = { #point, f, LW_POINTS }

/*
 * For code in such a function that must not be preempted. Since 6.13, functions at tracepoints of system
 * calls may be preempted, and since 7.0 all of them (linux/tracepoint.h).
 */
static __always_inline void lw_point_enter(void)
{
	if (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0))
		preempt_disable_notrace();
}

static __always_inline void lw_point_leave(void)
{
	if (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0))
		preempt_enable_notrace();
}

static void lw_find_points(struct tracepoint *tp, void *points)
{
	struct lw_point *p;

	for (p = points; p; p = p->next)
		if (!strcmp(tp->name, p->name))
			p->found = tp;
}

/* Detaches the functions; none of them runs any more after this returns. May be called again. */
static void lw_detach_points(struct lw_point *p)
{
	bool any = false;

	for (; p; p = p->next) {
		if (!p->attached)
			continue;
		tracepoint_probe_unregister(p->found, p->function, NULL);
		p->attached = false;
		any = true;
	}
	if (any)
		tracepoint_synchronize_unregister();
}

/* Attaches all functions, and may sleep. Returns 0 or -errno; lw_detach_points() must follow. */
static int lw_attach_points(struct lw_point *p)
{
	int rc = 0;

	if (p)
		for_each_kernel_tracepoint(lw_find_points, p);
	for (; p && !rc; p = p->next) {
		rc = p->found ? tracepoint_probe_register(p->found, p->function, NULL) : -ENOENT;
		p->attached = !rc;
	}
	return rc;
}
