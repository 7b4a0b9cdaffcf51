/* SPDX-License-Identifier: GPL-2.0-only */
/* file.h - small files of /proc and /sys, and lines of larger ones */
#ifndef LW_FILE_H
#define LW_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * lw_file_read - the start of a file, with a NUL behind it and without a newline at its end
 * @format: of the path
 * Returns how many bytes these are, less than @size, or -errno; then buf is "".
 */
ssize_t lw_file_read(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * lw_file_lines - calls @look with each line of a file, without its newline, until that returns true
 * @path: a file that cannot be opened has no lines
 * Returns whether it did.
 */
bool lw_file_lines(const char *path, bool (*look)(void *context, const char *line), void *context);

#endif
