/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz.h - functions that the harnesses share
 *
 * A harness is one file fuzz_NAME.c with the function that libFuzzer calls for each
 * input. An assert(3) says what must be true for any input.
 */
#ifndef LW_FUZZ_H
#define LW_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The harness defines these; libFuzzer or replay.c calls them. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the input, taken from its start ---- */

struct input {
	const uint8_t *data;
	size_t left;
};

/* input_byte - takes the next byte; returns 0 after the last */
uint8_t input_byte(struct input *input);

/* ---- the loader's output ---- */

/* is_visible - the text is UTF-8 (RFC 3629) that a terminal shows and does not act on */
bool is_visible(const char *text, size_t len);

/* is_json - the text is exactly one value of RFC 8259, without white space */
bool is_json(const char *text, size_t len);

/* ---- a file for functions that read files ---- */

/*
 * file_new - makes the empty file ROOT/PATH. Returns ROOT, a directory of its own, which is
 * removed when the harness ends. A harness has one such file.
 */
const char *file_new(const char *path);
/* file_set - writes these bytes to that file, and nothing else */
void file_set(const void *data, size_t size);

#endif
