/* SPDX-License-Identifier: GPL-2.0-only */
/* nearest.h - the word that a mistyped one stands for */
#ifndef LW_NEAREST_H
#define LW_NEAREST_H

/*
 * lw_nearest - finds the word, of @n words, that is nearest to @typed
 *
 * A letter that is wrong, missing or too many is one error, and so are two letters that have
 * changed places (the optimal string alignment distance). Returns the first word with the fewest
 * errors. Returns NULL if these are more than one and more than a quarter of the letters, or if
 * @typed has over 63 bytes.
 */
const char *lw_nearest(const char *typed, const char *const *words, int n);

#endif
