/* SPDX-License-Identifier: GPL-2.0-only */
/* file.h - small files of /proc and /sys, lines of larger ones, and the clock */
#ifndef LW_FILE_H
#define LW_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * lw_file_read - reads the start of a file, with a NUL after it and without a newline at its end
 * @format: makes the path
 * Returns the number of bytes, less than @size; or -errno, and buf is "".
 */
ssize_t lw_file_read(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * lw_file_lines - calls @look with each line of a file, without its newline, until that returns
 * true
 * @path: a file that cannot be opened has no lines
 * Returns true if @look returned true.
 */
bool lw_file_lines(const char *path, bool (*look)(void *context, const char *line), void *context);

/* lw_clock_msec - returns CLOCK_MONOTONIC (clock_gettime(2)), which nobody sets, in milliseconds */
long long lw_clock_msec(void);

#endif
