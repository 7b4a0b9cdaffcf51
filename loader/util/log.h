/* SPDX-License-Identifier: GPL-2.0-only */
/* log.h - one line on stderr for each thing a person must know */
#ifndef LW_LOG_H
#define LW_LOG_H

#include <stddef.h>

/*
 * lw_error - print "lwload: " and a formatted line on stderr
 *
 * Whoever knows the noun of a failure calls this once; everybody else passes
 * -errno up. Bytes that could act on a terminal are escaped, since file names
 * and module text are data from strangers. If nobody takes the line within a second it is
 * dropped: a run must come to its end. So in all below.
 */
void lw_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* lw_warn - the same with "warning: " in front, for what does not end a run */
void lw_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* lw_note - the same without being a problem, for --verbose */
void lw_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* lw_pass - lines of another program as they are, but for such bytes */
void lw_pass(const char *text, size_t len);

/* What lw_error() would print, for those whose caller says it in another way. */
struct lw_reason {
	char text[1024];
};

/* lw_reason - put a formatted text there, cut off if it is longer; not escaped */
void lw_reason(struct lw_reason *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
