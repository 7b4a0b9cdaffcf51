/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * armed.h - do kprobes fire?
 *
 * Root can silence all kprobes of the host by two switches of the kernel. The owner of a kprobe
 * is not told: register_kprobe() succeeds, and the kprobe does not fire. Functions that are
 * attached to tracepoints do not depend on these switches.
 */
#ifndef LW_ARMED_H
#define LW_ARMED_H

#include <stdbool.h>

#include "module/tool.h"

/* lw_armed_symbol - has the kernel a function of this name? @root: directory that holds proc */
bool lw_armed_symbol(const char *root, const char *name);

/*
 * lw_armed_kprobes - reads the switch of kprobes themselves, in debugfs (kprobes_all_disarmed in
 * kernel/kprobes.c). Returns 1 if they fire, 0 if not, -errno if that is not known.
 */
int lw_armed_kprobes(const char *root);

/*
 * lw_armed_ftrace - reads kernel.ftrace_enabled. While it is 0, kprobes that go through ftrace do
 * not fire (ftrace_shutdown_sysctl() in kernel/trace/ftrace.c): with CONFIG_KPROBES_ON_FTRACE,
 * those at the beginning of a function. Returns as lw_armed_kprobes() does.
 */
int lw_armed_ftrace(const char *root);

/* A watch over both switches during a run; NULL watches nothing */
struct lw_armed;

/* lw_armed_watch - begins a watch. Returns NULL if the module has no kprobe, or without memory. */
struct lw_armed *lw_armed_watch(const struct lw_tool *tool, const char *root);
void lw_armed_free(struct lw_armed *armed);

/* lw_armed_fd - returns a descriptor that poll(2) can read after a write to a switch, or -1 */
int lw_armed_fd(const struct lw_armed *armed);

/*
 * lw_armed_news - returns a change of the switches since the last call, as text for a warning
 * @lost: set to true if events were missed, otherwise to false
 *
 * Call it until it returns NULL. The text is valid until the next call.
 */
const char *lw_armed_news(struct lw_armed *armed, bool *lost);

#endif
