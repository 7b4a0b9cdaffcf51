#pragma once

#include <linux/tracepoint.h>

/* 0 or -errno; end() is called after a begin() that failed, too. */
static const struct lw_memory {
	int (*begin)(void);
	void (*end)(void);
} lw_memory;

#define LW_POINTS 2

static struct lw_point {
	const char *name;
	void *probe; /* whose type LW_POINT() checks */
	struct tracepoint *found;
	bool attached;
} lw_points[LW_POINTS];

/*
 * An entry of lw_points. A tracepoint's arguments differ from kernel to kernel, of one series,
 * too: the kernel's own check of a function's type is compiled, and never called.
 */
#define LW_POINT(point, function)                                             \
	{                                                                     \
		.name = #point, .probe = function,                            \
	}
#define LW_CHECK_POINT(point, function)                                       \
	static void __maybe_unused lw_check_##point(void)                     \
	{                                                                     \
		check_trace_callback_type_##point(function);                  \
	}

static int lw_attach(void);
static void lw_detach(void);

/*
 * Where the module allocates SystemTap's contexts and where it frees them, whatever ended
 * it (systemtap_module_init(), in the generated code): there it may sleep, and probes run
 * only in between.
 */
#define _stp_runtime_contexts_alloc(...) lw_contexts_alloc##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_contexts_alloc_definition(...) __maybe_unused _stp_runtime_contexts_alloc(__VA_ARGS__)
#define lw_contexts_alloc() (lw_attach() ?: (_stp_runtime_contexts_alloc)())
#define _stp_runtime_contexts_free(...) lw_contexts_free##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_contexts_free_definition(...) __maybe_unused _stp_runtime_contexts_free(__VA_ARGS__)
#define lw_contexts_free() do { lw_detach(); (_stp_runtime_contexts_free)(); } while (0)

static void *lw_alloc_per_cpu(size_t bytes);
static void lw_free_per_cpu(void *tables);
