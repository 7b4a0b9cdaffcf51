// SPDX-License-Identifier: GPL-2.0-only
/* replay.c - runs a harness with files, without libFuzzer, for valgrind and other compilers */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

/* Most harnesses do not define it. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static void replay(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data, *copy;
	size_t size;

	assert(file);
	data = malloc(1 << 20);
	assert(data);
	size = fread(data, 1, 1 << 20, file);
	fclose(file);
	/* The copy has exactly the input's size, so that a read after its end is found. */
	copy = realloc(data, size ? size : 1);
	assert(copy);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

int main(int argc, char **argv)
{
	int i;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++)
		replay(argv[i]);
	return 0;
}
