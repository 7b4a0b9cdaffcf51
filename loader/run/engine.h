/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine.h - one run of a module: insert, start, relay its output, stop, remove
 *
 * It does the work of SystemTap's staprun and stapio without a setuid program, a helper process or
 * a shell. It does not change kptr_restrict and kprobes-optimization, as they do, nor any other
 * setting of the kernel.
 */
#ifndef LW_ENGINE_H
#define LW_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/sink.h"
#include "kernel/words.h"
#include "module/tool.h"

/* A module to run, how to run it, and the sink that takes its output */
struct lw_job {
	const char *name;  /* of the tool, for messages */
	char module[64];   /* name of the module in the kernel */
	const char *path;  /* of the module's file */
	const void *image; /* the module's bytes, which were checked */
	size_t size;
	char *const *params;         /* NAME=VALUE, NULL at the end */
	double duration;             /* seconds, 0: until a signal */
	uint64_t lookup;             /* see lw_control_hello(); 0: not known */
	int until;                   /* readable when the run is to end; -1: none */
	int out;                     /* a pipe whose reader ends the run by going away; -1: none */
	const char *root;            /* directory that holds proc and sys, "" on a real host */
	const struct lw_tool *armed; /* the tool whose kprobes are watched (armed.h); NULL: none */
	struct lw_sink sink;
};

/*
 * lw_engine_run - inserts those bytes with init_module(2), runs the module and removes it
 *
 * The run ends by a signal (signals.h), by the duration, by the script's own exit(), or if the sink
 * says so. The module is removed whatever happened. The caller has root's privileges and holds the
 * run's lock (runs.h), so that a module of that name without an attached process was left by a
 * killed run; it is removed first.
 *
 * *loss is set to the known losses before the sink's start, before each of its flushes, and at the
 * end. Prints errors. Returns 0, -EPERM if the kernel refused the module, or another -errno.
 */
int lw_engine_run(const struct lw_job *job, struct lw_loss *loss);

#endif
