// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

static size_t escape(char *out, size_t room, const char *text)
{
	size_t n = 0;

	for (; *text && n + 5 < room; text++) {
		unsigned char c = *text;

		if (c >= 0x20 && c < 0x7f)
			out[n++] = c;
		else
			n += sprintf(out + n, "\\x%02x", c);
	}
	return n;
}

#define TRIES 50
#define TRY_MSEC 20

/*
 * Returns false if that may be tried again. poll(2) waits until three quarters of a UNIX socket are
 * free (unix_writable() in af_unix.c): the journal's holds 8 MiB, which takes it longer than a second.
 */
static bool try(const char *text, size_t len)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&p, 1, TRY_MSEC) > 0)
		return write(STDERR_FILENO, text, len) >= 0 || errno != EAGAIN;
	return send(STDERR_FILENO, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/*
 * Nobody may take what is written there, such as a terminal that was stopped, and the module
 * is to be removed all the same: wait a second, no longer.
 */
static void put(const char *text, size_t len)
{
	int i;

	for (i = 0; i < TRIES && !try(text, len); i++)
		;
}

void lw_pass(const char *text, size_t len)
{
	char out[4 * 512];
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = text[i];

		if ((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t')
			out[n++] = c;
		else
			n += sprintf(out + n, "\\x%02x", c);
		if (n + 5 > sizeof(out) || i + 1 == len) {
			put(out, n);
			n = 0;
		}
	}
}

static void line(const char *prefix, const char *format, va_list args)
{
	char text[1024], out[2048];
	size_t n;

	vsnprintf(text, sizeof(text), format, args);
	n = snprintf(out, sizeof(out), "lwload: %s", prefix);
	n += escape(out + n, sizeof(out) - n - 1, text);
	out[n++] = '\n';
	/* One write, so that lines of several processes do not mix. */
	put(out, n);
}

void lw_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("", format, args);
	va_end(args);
}

void lw_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("warning: ", format, args);
	va_end(args);
}

void lw_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("", format, args);
	va_end(args);
}
