// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/append.h"
#include "module/signature.h"
#include "module/trust.h"

/* The end of a signed module (scripts/sign-file.c) */
#define MAGIC "~Module signature appended~\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
/* PKEY_ID_PKCS7 in include/linux/module_signature.h: the signature itself names the signer and the algorithms. */
#define PKCS7 2

/* struct module_signature in include/linux/module_signature.h, before the magic */
struct trailer {
	uint8_t algorithm, hash, kind, signer_len, key_len, pad[3];
	uint32_t len; /* of the signature before it, big-endian */
};

size_t lw_kernel_signature(const void *image, size_t size)
{
	const char *end = (const char *)image + size;
	struct trailer trailer;

	if (size < MAGIC_LEN || memcmp(end - MAGIC_LEN, MAGIC, MAGIC_LEN))
		return 0;
	size -= MAGIC_LEN;
	if (size < sizeof(trailer))
		return MAGIC_LEN;
	memcpy(&trailer, end - MAGIC_LEN - sizeof(trailer), sizeof(trailer));
	return MAGIC_LEN + sizeof(trailer) + be32toh(trailer.len);
}

bool lw_is_signed(const struct lw_tool *tool)
{
	return tool->signed_size > tool->size || lw_kernel_signature(tool->image, tool->size);
}

/* The tool's image and after it the signature, as scripts/sign-file.c writes them */
static int append(struct lw_tool *tool, const char *signature, size_t len)
{
	struct trailer trailer = { .kind = PKCS7, .len = htobe32(len) };
	size_t size = tool->size + len + sizeof(trailer) + MAGIC_LEN;
	char *image = realloc(tool->image, size + 1), *end;

	if (!image)
		return -ENOMEM;
	end = mempcpy(image + tool->size, signature, len);
	end = mempcpy(end, &trailer, sizeof(trailer));
	memcpy(end, MAGIC, MAGIC_LEN + 1);
	tool->image = image;
	tool->signed_size = size;
	return 0;
}

static int append_file(struct lw_tool *tool, int dir, struct lw_reason *why)
{
	char path[PATH_MAX], hash[LW_HASH + 1], *signature;
	size_t len;
	int err;

	lw_hash(tool->image, tool->size, hash);
	snprintf(path, sizeof(path), "%.*s/" LW_SIGNATURES "/%s.p7s",
		 (int)(strrchr(tool->path, '/') - tool->path), tool->path, hash);
	err = lw_trust_read(dir, path, LW_APPEND_LIMIT, &signature, &len, why);
	if (!err)
		err = append(tool, signature, len);
	free(signature);
	return err == -ENOENT ? 0 : err;
}

/* The way to tool->dir has been checked. */
int lw_append(struct lw_tool *tool, struct lw_reason *why)
{
	int err, dir;

	tool->signed_size = tool->size;
	if (lw_kernel_signature(tool->image, tool->size))
		return 0;
	dir = lw_trust_below(tool->dir, tool->path, LW_SIGNATURES, why);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	err = append_file(tool, dir, why);
	close(dir);
	return err;
}
