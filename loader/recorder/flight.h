/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flight.h - a recorder: a run without a terminal, and a process that keeps its last records
 *
 * There are two processes. The run writes records to a pipe, and does not know its readers. The
 * recorder reads the pipe, keeps the last records, and gives them to root's readers at the socket
 * of rendezvous.h. A slow reader loses lines: neither the run nor the recorder waits for it. If the
 * run ends by itself or is killed, the records are kept until lw_stop() or the tool's next
 * recorder. If the recorder is killed, the run ends, since nobody reads its pipe.
 */
#ifndef LW_FLIGHT_H
#define LW_FLIGHT_H

#include <stddef.h>

#include "kernel/runs.h"
#include "util/exit.h"

/* Descriptors that a recorder's run gets besides its arguments */
struct lw_recorded {
	int ready;    /* the run writes struct lw_ready when its probes are in place */
	int messages; /* from then on this is stderr */
};
/*
 * The form of the output: lines are records, the first line is a heading, or empty lines end reports. And the run's
 * number (runs.h)
 */
struct lw_ready {
	char form;
	char number;
};

#define LW_READY_LINES 'l'
#define LW_READY_HEADING 'h'
#define LW_READY_BLOCKS 'b'

struct lw_flight {
	const char *root; /* "" but in tests */
	const char *tool;
	size_t keep; /* bytes */
	/* Runs the tool, and returns its exit code. */
	enum lw_exit (*run)(void *context, const struct lw_recorded *recorded);
	void *context;
};

/* Bytes of the longest line; a longer one is cut */
#define LW_FLIGHT_LINE (64 << 10)

/*
 * lw_flight_start - begins a recording in processes of their own, without this one's terminal and
 * session
 *
 * Until the probes are in place, the run's stderr is the caller's. If the run ends before, its
 * stdout is the caller's as well. Returns LW_OK when the probes are in place, or the run's exit
 * code. @name: set to the run's name (runs.h) after LW_OK, "" if there is no recorder, as after --help.
 */
enum lw_exit lw_flight_start(const struct lw_flight *flight, char name[LW_RUN_NAME]);

#endif
