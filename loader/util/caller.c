// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/caller.h"

/* The lowest one that is free is what open(2) returns. */
static int fill_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return -errno;
	return 0;
}

/* "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", "<+0530>-5:30" */
static int is_plain(const char *zone)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+-,./:_<>";

	return *zone != ':' && *zone != '/' && !strstr(zone, "..") &&
	       strspn(zone, allowed) == strlen(zone) && strlen(zone) < 64;
}

static char **given; /* pointers to the caller's strings, which stay where they are */

static int keep_environment(void)
{
	size_t n;

	for (n = 0; environ && environ[n]; n++)
		;
	given = calloc(n + 1, sizeof(*given));
	if (!given)
		return -ENOMEM;
	if (n)
		memcpy(given, environ, n * sizeof(*given));
	return 0;
}

char **lw_caller_environment(void)
{
	return given ?: environ;
}

static int empty_environment(void)
{
	const char *zone = getenv("TZ");
	char copy[64] = "";

	if (zone && is_plain(zone))
		snprintf(copy, sizeof(copy), "%s", zone);
	else
		zone = NULL;
	if (clearenv())
		return -ENOMEM;
	return zone && setenv("TZ", copy, 1) < 0 ? -errno : 0;
}

int lw_caller(void)
{
	int err = fill_descriptors();

	if (!err)
		err = keep_environment();

	/* How a child ended would be lost, and taken for success. */
	signal(SIGCHLD, SIG_DFL);
	return err ? err : empty_environment();
}
