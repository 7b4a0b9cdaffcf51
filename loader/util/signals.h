/* SPDX-License-Identifier: GPL-2.0-only */
/* signals.h - SIGINT, SIGTERM and, as a rule, SIGHUP ask a run to stop; nothing else does */
#ifndef LW_SIGNALS_H
#define LW_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

/*
 * lw_signals_catch - from now on these signals are blocked, except while the
 * functions below wait, and only set a flag; SIGPIPE and SIGXFSZ are ignored, as write(2)
 * says the same. A module is inserted after this and removed before the process ends.
 */
void lw_signals_catch(void);

/*
 * lw_signals_reopen - SIGHUP asks for the output to be opened anew from now on, even if it was
 * ignored. It still asks to stop when the terminal has gone that the process had.
 */
void lw_signals_reopen(void);

/* lw_signals_stop - has one arrived? */
bool lw_signals_stop(void);

/* lw_signals_take_reopen - was the output to be opened anew since the last call? */
bool lw_signals_take_reopen(void);

/*
 * lw_signals_expire - after these seconds lw_signals_write() has no more patience with its
 * reader than after a signal; 0: it has again
 */
void lw_signals_expire(double seconds);

/*
 * lw_signals_poll - poll(2) that a signal ends: returns as poll does, 0 for a
 * signal. @msec: -1 waits for ever.
 */
int lw_signals_poll(struct pollfd *fds, int n, int msec);

/*
 * lw_signals_write - write all of buf, though the reader may be slow. After a
 * signal it waits one second more for the reader, then gives up. Returns 0,
 * -EINTR (given up), -EPIPE or another -errno. *done: bytes that were taken.
 */
int lw_signals_write(int fd, const char *buf, size_t len, size_t *done);

#endif
