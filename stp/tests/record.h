/* SPDX-License-Identifier: GPL-2.0-only */
/* record.h - reads a record as lwtools-stream(5) describes it, for what the kernel side wrote */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RECORD_FIELDS 64

/* The field's bytes without escapes; marks of what is missing are no bytes. */
struct field {
	char *bytes;
	size_t len;
	bool cut, unreadable;
};

/*
 * record_read - takes a line apart, in place. Returns how many fields it has; -1 if it is
 * none: no newline at its end, a control byte, an escape that does not exist, bytes after
 * the mark of a cut, or more than RECORD_FIELDS.
 */
int record_read(char *line, size_t len, struct field *fields);

/* record_escape - writes these bytes as a record has them, and a NUL; returns their number */
size_t record_escape(char *out, const char *bytes, size_t len);
