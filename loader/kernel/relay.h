/* SPDX-License-Identifier: GPL-2.0-only */
/* relay.h - the relay streams of an inserted module (runtime/transport/relay_v2.c) */
#ifndef LW_RELAY_H
#define LW_RELAY_H

#include <stdbool.h>

#include "kernel/control.h"
#include "kernel/merge.h"

struct lw_relay;

/*
 * lw_relay_open - opens the streams of all CPUs that were online when the module was inserted; only
 * these have buffers. @control must stay open until the relay is closed. @sink gets the packets, by
 * its data(); it is not copied. Returns 0, -ENODEV if no CPU has a stream, or another -errno.
 */
int lw_relay_open(const struct lw_control *control, const struct lw_sink *sink,
		  struct lw_relay **relay);
void lw_relay_close(struct lw_relay *relay);

/*
 * lw_relay_came - has a CPU come online since then? The module discards the events of such a CPU
 * (runtime/linux/runtime_context.h, print.c) and does not count them. The kernel makes a file for
 * the CPU, which tells (kernel/relay.c, relay_prepare_cpu).
 */
bool lw_relay_came(const struct lw_relay *relay);

/* lw_relay_streams - returns the number of streams; lw_relay_fd - descriptor i for poll(2) */
int lw_relay_streams(const struct lw_relay *relay);
int lw_relay_fd(const struct lw_relay *relay, int i);

/* lw_relay_mark - poll(2) says that stream i has data */
void lw_relay_mark(struct lw_relay *relay, int i);

/*
 * lw_relay_read - reads marked streams and gives the sink their packets in order
 * @all: reads all streams, and does not wait for missing packets
 *
 * It may run on any CPU: the kernel side asks the stream's CPU for the bytes that are whole
 * (stp/kernel/relay.c). Returns 0, the result of sink->data() if that is not 0, or -errno: see
 * lw_relay_failed().
 */
int lw_relay_read(struct lw_relay *relay, bool all);

/* lw_relay_failed - did a stream give the last lw_relay_read()'s -errno, and not the sink? */
bool lw_relay_failed(const struct lw_relay *relay);

/* lw_relay_full - did the last read stop because a buffer was full? */
bool lw_relay_full(const struct lw_relay *relay);

/* lw_relay_waiting - do packets wait for one with a lower number? */
bool lw_relay_waiting(const struct lw_relay *relay);

/*
 * lw_relay_lost - returns the number of packets that never came. A packet that found no room has no
 * number: the module counts it, and tells the count when it ends.
 */
unsigned long long lw_relay_lost(const struct lw_relay *relay);

#endif
