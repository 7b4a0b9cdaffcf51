/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * escape.h - text from strangers, such as names of files, made harmless
 *
 * One byte of it becomes LW_ESCAPED bytes at most.
 */
#ifndef LW_ESCAPE_H
#define LW_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#define LW_ESCAPED 6

/*
 * lw_escape_visible - as a terminal may show it: control bytes, bytes that are no UTF-8
 * and characters that would reorder a line become escapes, a backslash two
 * @out: has room for LW_ESCAPED bytes for each of text and one more
 * @columns: set to those it takes in a terminal: wide characters take two, combining ones none
 * Returns the end of what it wrote, where there is no NUL.
 */
char *lw_escape_visible(char *out, const char *text, size_t len, int *columns);

/*
 * lw_escape_json - as a string of RFC 8259, quotes included; U+FFFD stands for bytes that
 * are no UTF-8. @out has room for LW_ESCAPED bytes for each of text and three more.
 * @bad: set to true if there are such bytes, and left alone otherwise
 * Returns as lw_escape_visible() does.
 */
char *lw_escape_json(char *out, const char *text, size_t len, bool *bad);

/*
 * lw_escape_base64 - as a string of base64 (RFC 4648, section 4), quotes included
 *
 * Of @len bytes it makes (@len + 2) / 3 * 4 + 2. Returns as lw_escape_visible() does.
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

/* lw_print_visible, lw_print_json - the same of a whole string to stdout; NULL: "-", null */
void lw_print_visible(const char *text);
void lw_print_json(const char *text);

#endif
