/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * armed.h - do kprobes fire?
 *
 * The kernel has two switches by which root can silence all kprobes of the host. Whoever has
 * registered one is not told: register_kprobe() succeeds, and what is probed is not seen.
 * Functions that are attached to tracepoints do not depend on either.
 */
#ifndef LW_ARMED_H
#define LW_ARMED_H

#include <stdbool.h>

#include "module/tool.h"

/* lw_armed_symbol - has the kernel such a function? @root: directory that holds proc */
bool lw_armed_symbol(const char *root, const char *name);

/*
 * lw_armed_kprobes - the switch of kprobes themselves, in debugfs (kprobes_all_disarmed in
 * kernel/kprobes.c). Returns 1: they fire, 0, or -errno: that cannot be told.
 */
int lw_armed_kprobes(const char *root);

/*
 * lw_armed_ftrace - kernel.ftrace_enabled: where a kprobe at the beginning of a function goes
 * through ftrace (CONFIG_KPROBES_ON_FTRACE), it does not fire while that is 0
 * (ftrace_shutdown_sysctl() in kernel/trace/ftrace.c). Returns as lw_armed_kprobes() does.
 */
int lw_armed_ftrace(const char *root);

/* A watch over both switches during a run. NULL stands for one that has nothing to watch. */
struct lw_armed;

/* lw_armed_watch - NULL if the module has no kprobe, or without memory */
struct lw_armed *lw_armed_watch(const struct lw_tool *tool, const char *root);
void lw_armed_free(struct lw_armed *armed);

/* lw_armed_fd - poll(2) says that it can be read when a switch was written to; -1: it never is */
int lw_armed_fd(const struct lw_armed *armed);

/*
 * lw_armed_news - what has happened to the switches since it was last asked
 * @lost: set to whether events were missed by that
 *
 * To be called until it returns NULL. The text is valid until the next call.
 */
const char *lw_armed_news(struct lw_armed *armed, bool *lost);

#endif
