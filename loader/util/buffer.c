// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/buffer.h"

bool lw_buffer_grow(struct lw_buffer *buffer, size_t more)
{
	size_t size = buffer->size ? buffer->size : 64 << 10;
	char *bytes;

	while (size < buffer->len + more)
		size *= 2;
	bytes = realloc(buffer->bytes, size);
	if (!bytes)
		return false;
	buffer->bytes = bytes;
	buffer->size = size;
	return true;
}

void lw_put_format(struct lw_buffer *buffer, const char *format, ...)
{
	char text[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	lw_put(buffer, text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
}
