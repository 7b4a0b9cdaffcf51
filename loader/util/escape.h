/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * escape.h - makes text that others chose, such as names of files, harmless
 *
 * A byte becomes LW_ESCAPED bytes at most.
 */
#ifndef LW_ESCAPE_H
#define LW_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#define LW_ESCAPED 6

/*
 * lw_escape_visible - writes text that a terminal can show: control bytes, bytes that are no UTF-8
 * and characters that would reorder a line become escapes, and a backslash becomes two
 * @out: has room for LW_ESCAPED bytes for each byte of text, and one more
 * @columns: set to the columns of the text in a terminal: two for wide characters, none for
 * combining ones
 * Returns the end of the output, which has no NUL there.
 */
char *lw_escape_visible(char *out, const char *text, size_t len, int *columns);

/*
 * lw_escape_json - writes a string of RFC 8259 with its quotes; U+FFFD stands for bytes that are no
 * UTF-8. @out has room for LW_ESCAPED bytes for each byte of text, and three more.
 * @bad: set to true if there are such bytes, otherwise not changed
 * Returns as lw_escape_visible() does.
 */
char *lw_escape_json(char *out, const char *text, size_t len, bool *bad);

/*
 * lw_escape_base64 - writes a string of base64 (RFC 4648, section 4) with its quotes
 *
 * From @len bytes it makes (@len + 2) / 3 * 4 + 2. Returns as lw_escape_visible() does.
 */
char *lw_escape_base64(char *out, const char *text, size_t len);

/*
 * lw_escape_label - write a label's value of Prometheus' text format 0.0.4, without quotes
 *
 * The format has three escapes: \\, \" and \n. U+FFFD stands for all other characters that
 * lw_escape_visible() would escape, since a reader may end a line at them. @out has room for
 * LW_ESCAPED bytes for each byte of text. Returns as lw_escape_visible() does.
 */
char *lw_escape_label(char *out, const char *text, size_t len);

/* lw_print_visible - prints a string on stdout as lw_escape_visible() writes it; NULL: "-" */
void lw_print_visible(const char *text);

#endif
