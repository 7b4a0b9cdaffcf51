/* SPDX-License-Identifier: GPL-2.0-only */
/* reason.h - a reason, for a caller that prints the message */
#ifndef LW_REASON_H
#define LW_REASON_H

/* One line without a newline. lw_error() and lw_print_visible() escape it. */
struct lw_reason {
	char text[1024];
};

/* lw_because - puts a formatted text there; a longer text is cut off */
void lw_because(struct lw_reason *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
