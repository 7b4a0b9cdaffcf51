// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/file.h"

ssize_t lw_file_read(char *buf, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	ssize_t n;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	buf[0] = '\0';
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* A file larger than a page comes in pieces, but this function is not for such files. */
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

bool lw_file_lines(const char *path, bool (*look)(void *context, const char *line), void *context)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	bool found = false;
	size_t size = 0;

	while (file && !found && getline(&line, &size, file) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		found = look(context, line);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

long long lw_clock_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
