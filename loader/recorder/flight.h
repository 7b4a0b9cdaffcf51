/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flight.h - a recorder: a run without a terminal, and a process that keeps its last records
 *
 * These are two processes. The run writes records to a pipe and knows nothing of who reads
 * them. The recorder reads that pipe, keeps so many bytes of it, and gives them to whoever
 * asks at the socket of rendezvous.h: root only. Whoever reads slowly loses lines; neither
 * the run nor the recorder waits for him. If the run ends by itself, or is killed, what was
 * kept is there until lw_stop() or the tool's next recorder; if the recorder is killed, the
 * run ends, as its reader is gone.
 */
#ifndef LW_FLIGHT_H
#define LW_FLIGHT_H

#include <stddef.h>

#include "verbs/lwload.h"

/* What a run of a recorder has beside its arguments. */
struct lw_recorded {
	int ready;    /* one byte is written there when the probes are in place: */
	int messages; /* and from then on this is stderr */
};
/* The bytes: each line is a record, the first one is the heading, or empty lines divide them. */
#define LW_READY_LINES 'l'
#define LW_READY_HEADING 'h'
#define LW_READY_BLOCKS 'b'

struct lw_flight {
	const char *root; /* "" but in tests */
	const char *tool;
	size_t keep; /* bytes */
	/* Does the run, and returns its exit code. */
	enum lw_exit (*run)(void *context, const struct lw_recorded *recorded);
	void *context;
};

/* The longest line; a longer one is cut there. */
#define LW_FLIGHT_LINE (64 << 10)

/*
 * lw_flight_start - begin a recording in processes of their own, out of reach of this one's
 * terminal and session
 *
 * Until the probes are in place, the run's stderr is the caller's, and what it wrote to
 * stdout, if it then ends, as well. Returns LW_OK when they are, or the exit code of the run.
 */
enum lw_exit lw_flight_start(const struct lw_flight *flight);

#endif
