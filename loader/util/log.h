/* SPDX-License-Identifier: GPL-2.0-only */
/* log.h - messages for people: one line on stderr each */
#ifndef LW_LOG_H
#define LW_LOG_H

#include <stddef.h>

/*
 * lw_error - prints "lwload: " and a formatted line on stderr
 *
 * The function that knows the noun of a failure calls this once; all others return -errno. Bytes
 * that could act on a terminal are escaped, since others chose the names of files and the text of
 * modules. If nothing takes the line within a second, it is dropped: a run must come to its end.
 * The functions below do the same.
 */
void lw_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* lw_warn - the same with "warning: ", for problems that do not end a run */
void lw_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* lw_note - the same for news that are no problem, such as those of --verbose */
void lw_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* lw_pass - prints lines of another program as they are, with such bytes escaped */
void lw_pass(const char *text, size_t len);

#endif
