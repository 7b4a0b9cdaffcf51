/* SPDX-License-Identifier: GPL-2.0-only */
/* signals.h - SIGINT, SIGTERM and, as a rule, SIGHUP ask a run to stop; nothing else does */
#ifndef LW_SIGNALS_H
#define LW_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

/*
 * lw_signals_catch - from now on these signals only set a flag, and are blocked except while the
 * functions below wait. SIGPIPE and SIGXFSZ are ignored, since write(2) says the same. A module is
 * inserted after this call, and removed before the process ends.
 */
void lw_signals_catch(void);

/*
 * lw_signals_reopen - from now on SIGHUP asks to open the output again, even if it was ignored. If
 * the process's terminal has gone, it still asks to stop.
 */
void lw_signals_reopen(void);

/* lw_signals_stop - has a signal arrived? */
bool lw_signals_stop(void);

/*
 * lw_signals_sent - returns the signal that asked to stop, if a process sent it; 0: the terminal did, whose
 * processes have all got it, or no signal has arrived
 */
int lw_signals_sent(void);

/* lw_signals_take_reopen - has SIGHUP asked to open the output again since the last call? */
bool lw_signals_take_reopen(void);

/*
 * lw_signals_expire - after these seconds lw_signals_write() waits no longer for its reader than
 * after a signal; 0: it waits again
 */
void lw_signals_expire(double seconds);

/*
 * lw_signals_poll - calls poll(2), which a signal ends. Returns as poll(2) does, 0 after a signal.
 * @msec: -1 waits for ever
 */
int lw_signals_poll(struct pollfd *fds, int n, int msec);

/*
 * lw_signals_write - writes all of buf, even if the reader is slow. After a signal it waits one
 * second more for the reader, then gives up. Returns 0, -EINTR (given up), -EPIPE or another
 * -errno. *done is the number of bytes that were taken.
 */
int lw_signals_write(int fd, const char *buf, size_t len, size_t *done);

#endif
