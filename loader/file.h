/* SPDX-License-Identifier: GPL-2.0-only */
/* file.h - small files of /proc and /sys */
#ifndef LW_FILE_H
#define LW_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * lw_file_read - the start of a file, with a NUL behind it and without a newline at its end
 * @format: of the path
 * Returns how many bytes these are, less than @size, or -errno; then buf is "".
 */
ssize_t lw_file_read(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
