// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_signature.c - the files of a public key and of a signature
 *
 * The first byte is the size of the key's file, which follows. The rest is the signature's.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "module/signature.h"
#include "fuzz.h"

static const char *root;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	root = file_new(LW_KEYS "/fuzz.pub");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	size_t n = input_byte(&input);
	struct lw_signer signer;
	struct lw_reason why;
	char *text;
	int err;

	n = n < input.left ? n : input.left;
	file_set(input.data, n);
	text = malloc(input.left - n + 1);
	assert(text);
	memcpy(text, input.data + n, input.left - n);
	text[input.left - n] = '\0';
	err = lw_signature_check(root, "hello\n", 6, text, input.left - n, &signer, &why);
	assert(err == 0 || err == -ENOKEY || err == -EKEYREJECTED || err == -EBADMSG);
	assert(err || !strcmp(signer.name, "fuzz"));
	assert(why.text[0]);
	free(text);
	return 0;
}
