// SPDX-License-Identifier: GPL-2.0-only
/*
 * jq.c - runs the jq of a newer Debian with its own libraries, which ci/stage puts into /lw/jq
 *
 * The jq of Debian 11 and 12 parses its own functions at each start, which takes most of a second under TCG.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *before[] = { "/lw/jq/ld.so", "--library-path", "/lw/jq", "/lw/jq/jq" };
	char **words = calloc(argc + 4, sizeof(*words));
	int i;

	if (!words)
		return 1;
	for (i = 0; i < 4; i++)
		words[i] = before[i];
	for (i = 1; i < argc; i++)
		words[i + 3] = argv[i];
	execv(words[0], words);
	perror(words[0]);
	return 1;
}
