#pragma once

#include <linux/tracepoint.h>

/*
 * part.h - what files of the kernel side do before the first probe and after the last: get memory,
 * and attach functions to tracepoints themselves.
 *
 * A file that needs one defines a struct lw_part in its header, and makes it the head of the list:
 *
 *	static struct lw_part lw_x_part = { .begin = lw_x_begin, .end = lw_x_end, .next = LW_PARTS };
 *	#undef LW_PARTS
 *	#define LW_PARTS (&lw_x_part)
 *
 * A module may have any number of them. SystemTap's own C names LW_PARTS after all headers, and so
 * sees the last definition.
 */

/* A tracepoint and the function that is attached to it. LW_POINT() defines one. */
struct lw_point {
	const char *name;
	void *probe;
	struct tracepoint *found;
	bool attached;
};

struct lw_part {
	/* Both may sleep. 0 or -errno; end() is called after a begin() that failed, too. */
	int (*begin)(void);
	void (*end)(void);
	/* The last is NULL. */
	struct lw_point *points[4];
	struct lw_part *next;
};

#define LW_PARTS ((struct lw_part *)NULL)

/*
 * Defines FUNCTION_point for a part's points. A tracepoint's arguments differ from kernel to kernel,
 * of one series, too: the kernel's own check of a function's type (check_trace_callback_type_NAME() in
 * linux/tracepoint.h) is compiled, and never called.
 */
#define LW_POINT(point, function)                                             \
	static void __maybe_unused function##_check(void)                     \
	{                                                                     \
		check_trace_callback_type_##point(function);                  \
	}                                                                     \
	static struct lw_point function##_point = {                           \
		.name = #point, .probe = function                             \
	}

/* Begins all parts and attaches their functions: 0 or -errno, and then nothing is left of it. */
static int lw_attach(struct lw_part *parts);

/* Detaches the functions, none of which runs any more when it returns. May be called twice. */
static void lw_detach_points(struct lw_part *parts);

/* The same, and ends all parts */
static void lw_detach(struct lw_part *parts);

/*
 * The places in the generated C (systemtap_module_init() and _exit()) where the module allocates
 * SystemTap's contexts and where it frees them, whatever ended it: there it may sleep, and
 * probes run only in between. The calls have no arguments, the definitions have (void).
 */
#define _stp_runtime_contexts_alloc(...) lw_contexts_alloc##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_contexts_alloc_definition(...) __maybe_unused _stp_runtime_contexts_alloc(__VA_ARGS__)
#define lw_contexts_alloc() (lw_attach(LW_PARTS) ?: (_stp_runtime_contexts_alloc)())
#define _stp_runtime_contexts_free(...) lw_contexts_free##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_contexts_free_definition(...) __maybe_unused _stp_runtime_contexts_free(__VA_ARGS__)
#define lw_contexts_free()                                                    \
	do {                                                                  \
		lw_detach(LW_PARTS);                                          \
		(_stp_runtime_contexts_free)();                               \
	} while (0)
