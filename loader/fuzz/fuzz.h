/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz.h - what the harnesses share
 *
 * A harness is one file fuzz_NAME.c with the function that libFuzzer calls for each
 * input. What must hold for any input is an assert(3).
 */
#ifndef LW_FUZZ_H
#define LW_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* libFuzzer's, or those of replay.c. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the input, taken from its start ---- */

struct input {
	const uint8_t *data;
	size_t left;
};

/* input_byte - the next one; 0 if there is none */
uint8_t input_byte(struct input *input);

/* ---- text that came out ---- */

/* is_visible - UTF-8 (RFC 3629) that a terminal shows and does not act on */
bool is_visible(const char *text, size_t len);

/* is_json - exactly one value of RFC 8259, without white space */
bool is_json(const char *text, size_t len);

/* ---- a file for what reads files ---- */

/*
 * file_new - the file ROOT/PATH, empty, in a directory of its own, which goes when the
 * harness ends. Returns ROOT. There is one in each harness.
 */
const char *file_new(const char *path);
/* file_set - it holds these bytes */
void file_set(const void *data, size_t size);

#endif
