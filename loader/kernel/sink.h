/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink.h - functions that take the packets and the events of a run
 *
 * merge.c gives a sink packets; engine.c and staprun.c call it for all else. HACKING.md has the way
 * of a record.
 */
#ifndef LW_SINK_H
#define LW_SINK_H

#include <stddef.h>

#include "util/reason.h"

/* A sink prints its own errors. */
struct lw_sink {
	/* The kernel does not permit the module, with this errno. Gives the reason. */
	void (*refused)(void *context, int error, struct lw_reason *why);
	/* The module is inserted. With staprun its probes are in place, otherwise not yet. */
	void (*inserted)(void *context);
	/* All probes but loss->barred are in place. Returns 0 to go on, 1 to stop, or -errno. */
	int (*started)(void *context);
	/* Takes a packet, or from staprun a piece of any size. Returns as started does. */
	int (*data)(void *context, const char *buf, size_t len);
	/* All bytes that are there now were given. Returns as started does. */
	int (*flush)(void *context);
	/* Takes a warning or an error of the module: one line without a newline. */
	void (*message)(void *context, int is_error, const char *text);
	void *context;
};

#endif
