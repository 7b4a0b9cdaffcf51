#pragma once

#include "relay.h"

struct path;

/* The begin of a time, and a tab: all but eight digits. It changes ten times a second. */
struct lw_time {
	u64 high;
	int n;
	char digits[16];
};

/*
 * lw_put_x() appends to this CPU's record, lw_log(). lw_emit_x() appends whole fields to it.
 * Bytes that do not fit are left out. The functions are defined at the end: the print buffer is
 * declared only after the place where plain embedded code goes.
 */
struct _stp_log;
static struct _stp_log *lw_log(void);
static char *lw_put_at(struct _stp_log *log);
static int lw_room(const struct _stp_log *log);
static void lw_put(struct _stp_log *log, const char *s, int n);
static bool lw_put_escaped(struct _stp_log *log, const char *s, int n, bool cut);
static int lw_put_path(struct _stp_log *log, const struct path *path);
static bool lw_commit(struct _stp_log *log, int n, bool cut);
static int lw_copy_user_string(struct _stp_log *log, const char __user *src, bool *cut,
			       unsigned long *special);
static void lw_put_words(struct _stp_log *log, const u64 *words, int n);
static bool lw_put_user_string(struct _stp_log *log, const char __user *src);
static void lw_put_begin(struct _stp_log *log, bool timestamp);
static void lw_put_task(struct _stp_log *log);
static void lw_put_comm(struct _stp_log *log);
static void lw_put_process(struct _stp_log *log);
static void lw_put_number(struct _stp_log *log, s64 v);
static void lw_put_pair(struct _stp_log *log, s64 first, s64 second);
static void lw_put_tab(struct _stp_log *log);
static bool lw_put_end(struct _stp_log *log);
static void lw_emit_none(int n);
static void lw_emit_kernel_string(const char *s);
static void lw_emit_name(u64 first, u64 second);
static void lw_emit_kernel_address(const char *s);
static void lw_emit_args(unsigned long start, unsigned long end, int strings);
static void lw_emit_user_argv(unsigned long argv, int size);

/*
 * With PREEMPT_RT, the locks of paths sleep, and readers of their sequence counts take these locks while somebody writes
 * (include/linux/seqlock.h). Begin probes refuse the options for which tools read paths.
 */
static __maybe_unused bool lw_paths_sleep(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT);
}

/*
 * SystemTap flushes the print buffer after each probe, which takes two locks even
 * if lw_end() has left nothing to flush. Its calls have no argument, so they are
 * replaced. Its definition comes later, has (void), and stays.
 */
static void lw_flush(void);
#define _stp_print_flush(...) lw_flush##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_flush_definition(...) _stp_print_flush(__VA_ARGS__)

/* Records wake their reader themselves (put.c), so SystemTap need not look for sleeping readers. */
#undef STP_RELAY_TIMER_INTERVAL
#define STP_RELAY_TIMER_INTERVAL (3600 * HZ)

/*
 * Called where the module allocates the print buffers, and where it frees them. No wake-up of the
 * reader may be pending then.
 */
static int __maybe_unused lw_print_init(void);
#define _stp_print_init(...) lw_print_init##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_print_init_definition(...) _stp_print_init(__VA_ARGS__)
static void __maybe_unused lw_print_cleanup(void);
#define _stp_print_cleanup(...) lw_print_cleanup##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_print_cleanup_definition(...) _stp_print_cleanup(__VA_ARGS__)

/* Called where the module has ended its probes, before it reports losses */
static void __maybe_unused lw_module_exit(void);
#define systemtap_module_exit(...) lw_module_exit##__VA_OPT__(_definition)(__VA_ARGS__)
#define lw_module_exit_definition(...) systemtap_module_exit(__VA_ARGS__)
