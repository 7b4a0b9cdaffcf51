/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * merge.h - packets of several streams in the order of their numbers. It reads no files, so that
 * tests can give it any bytes.
 */
#ifndef LW_MERGE_H
#define LW_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/sink.h"

/*
 * A packet is the output of one probe hit (runtime/print_flush.c). The packets of all CPUs are
 * numbered from 1 in the order of their time. A packet gets its number right before it is written,
 * and only if the buffer has room.
 */
struct lw_merge;

/*
 * lw_merge_new - makes a merge of this many streams
 * @sink: gets the packets, by its data(); not copied
 * Returns NULL if out of memory.
 */
struct lw_merge *lw_merge_new(int streams, const struct lw_sink *sink);
void lw_merge_free(struct lw_merge *merge);

/*
 * lw_merge_room - returns the place for the next bytes of stream i, and their number in *room: 0 if
 * it is full of packets that wait for a packet of another stream. lw_merge_fill - this many bytes
 * were put there.
 */
char *lw_merge_room(struct lw_merge *merge, int i, size_t *room);
void lw_merge_fill(struct lw_merge *merge, int i, size_t len);

/*
 * lw_merge_run - gives the sink complete packets, while the next number is there
 * @force: if the next number is missing, count it as lost and go on with the lowest number there is
 * Returns 0 or the result of sink->data().
 */
int lw_merge_run(struct lw_merge *merge, bool force);
bool lw_merge_waiting(const struct lw_merge *merge);
/* lw_merge_next - the number that the merge waits for */
uint32_t lw_merge_next(const struct lw_merge *merge);
unsigned long long lw_merge_lost(const struct lw_merge *merge);

#endif
