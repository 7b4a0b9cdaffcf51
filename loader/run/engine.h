/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine.h - one run of a module: insert, start, relay its output, stop, remove
 *
 * The same work as SystemTap's staprun and stapio, without a setuid program, a
 * helper process or a shell, and without their changes to kptr_restrict and
 * kprobes-optimization: no setting of the kernel is changed.
 */
#ifndef LW_ENGINE_H
#define LW_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/words.h"

/* What becomes of a run's output; shared with staprun.h. */
struct lw_sink {
	/* The kernel has taken the module; none of its probes is in place, but with staprun. */
	void (*inserted)(void *context);
	/* The probes are in place. Returns 0 to go on, 1 to stop, -errno. */
	int (*started)(void *context);
	/* Output bytes, whole packets. Returns as started does. */
	int (*data)(void *context, const char *buf, size_t len);
	/* All that is there now has been given. Returns as started does. */
	int (*flush)(void *context);
	/* A warning or an error of the module, one line without a newline. */
	void (*message)(void *context, int is_error, const char *text);
	void *context;
};

struct lw_subject;

struct lw_run {
	const char *name;   /* of the tool, for messages */
	const char *module; /* name of the module in the kernel */
	const char *path;   /* of its file */
	const void *image;  /* its bytes, checked */
	size_t size;
	char *const *params; /* NAME=VALUE, NULL at the end */
	double duration;     /* seconds, 0: until a signal */
	uint64_t lookup;     /* see lw_control_hello(); 0: not known */
	int out;             /* a pipe whose reader ends the run by going away; -1: none */
	const struct lw_subject *subject; /* for the cause of a refusal: host.h */
	struct lw_sink sink;
};

/*
 * lw_engine_run - insert those bytes with init_module(2), run until a signal
 * (signals.h), the end of the duration, the script's own exit() or
 * the sink says stop, and remove the module whatever happened. The caller has
 * root's privileges and holds the tool's lock (lock.h); a module of that name
 * that nobody is attached to is the leftover of a dead run and removed first.
 *
 * *loss is set to the known losses before each flush of the sink, and at the end.
 * Prints what is wrong. Returns 0, -EPERM if the kernel refused the module, or
 * another -errno.
 */
int lw_engine_run(const struct lw_run *run, struct lw_loss *loss);

#endif
