// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "module/signature.h"
#include "module/trust.h"

#define COMMENT "untrusted comment: "
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
#define ID_SIZE 8

/* The content of a file of signify: a public key, or a signature. */
struct blob {
	unsigned char algorithm[2];
	unsigned char id[ID_SIZE];
	unsigned char bytes[crypto_sign_BYTES];
};

_Static_assert(sizeof(struct blob) == 2 + ID_SIZE + crypto_sign_BYTES, "no padding");

/*
 * @size: how many bytes the key or signature has. Anything more or less is refused, also
 * after the last line, where signify would look for a signed message.
 */
static bool parse_blob(const char *text, size_t text_size, struct blob *blob, size_t size)
{
	const char *base64, *end, *stop, *newline = memchr(text, '\n', text_size);
	size_t want = offsetof(struct blob, bytes) + size, n;

	if (!newline || strncmp(text, COMMENT, strlen(COMMENT)))
		return false;
	base64 = newline + 1;
	end = base64 + strspn(base64, BASE64);
	/* libsodium takes some bytes from 0x80 on for a / or a +. */
	if (*end != '\n' || end + 1 != text + text_size)
		return false;
	return sodium_base642bin((unsigned char *)blob, want, base64, end - base64, NULL, &n, &stop,
				 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       n == want && stop == end && !memcmp(blob->algorithm, "Ed", 2);
}

/* ---- keys ---- */

struct search {
	const char *root;
	const struct blob *signature;
	const void *bytes;
	size_t size;
	struct lw_signer *signer;
	int dir;                  /* of keys */
	int found;                /* keys with that id */
	bool good;                /* one of them has signed */
	struct lw_reason ignored; /* why the last key was none, that could not be used */
};

static bool is_key(const char *file)
{
	size_t n = strlen(file);

	return n > 4 && n - 4 < sizeof(((struct lw_signer *)0)->name) && *file != '.' &&
	       !strcmp(file + n - 4, ".pub");
}

static void use_key(struct search *search, const char *file, const struct blob *key)
{
	if (memcmp(key->id, search->signature->id, ID_SIZE))
		return;
	search->found++;
	/* A message about a wrong signature names the key. */
	snprintf(search->signer->name, sizeof(search->signer->name), "%.*s", (int)strlen(file) - 4,
		 file);
	search->good = crypto_sign_verify_detached(search->signature->bytes, search->bytes,
						   search->size, key->bytes) == 0;
}

static void try_key(struct search *search, const char *file)
{
	char path[512], *text;
	struct blob key;
	size_t size;

	snprintf(path, sizeof(path), "%s/" LW_KEYS "/%s", search->root, file);
	if (lw_trust_read(search->dir, path, LW_SIGNATURE_LIMIT, &text, &size, &search->ignored))
		return;
	if (parse_blob(text, size, &key, crypto_sign_PUBLICKEYBYTES))
		use_key(search, file, &key);
	else
		lw_because(&search->ignored, "%s: not a public key of signify", path);
	free(text);
}

static int try_keys(struct search *search)
{
	struct dirent *entry;
	int fd;
	DIR *dir;

	search->dir = lw_trust_dir(search->root, LW_KEYS, &search->ignored);
	if (search->dir < 0)
		return search->dir == -ENOENT || search->dir == -EPERM ? 0 : search->dir;
	fd = openat(search->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		close(search->dir);
		return err;
	}
	while (!search->good && (entry = readdir(dir)))
		if (is_key(entry->d_name))
			try_key(search, entry->d_name);
	closedir(dir);
	close(search->dir);
	return 0;
}

/* ---- a signature ---- */

static int no_key(const struct search *search, struct lw_reason *why)
{
	const struct lw_reason *ignored = &search->ignored;
	char id[2 * ID_SIZE + 1];

	sodium_bin2hex(id, sizeof(id), search->signature->id, ID_SIZE);
	lw_because(why, "signed by key %s, which is not in %s/" LW_KEYS "%s%s", id, search->root,
		   ignored->text[0] ? "; not used: " : "", ignored->text);
	return -ENOKEY;
}

int lw_signature_check(const char *root, const void *bytes, size_t size, const char *signature,
		       size_t signature_size, struct lw_signer *signer, struct lw_reason *why)
{
	struct blob blob;
	struct search search = {
		.root = root, .signature = &blob, .bytes = bytes, .size = size, .signer = signer
	};
	int err;

	signer->name[0] = '\0';
	if (sodium_init() < 0) {
		lw_because(why, "libsodium cannot be used");
		return -EIO;
	}
	if (!parse_blob(signature, signature_size, &blob, crypto_sign_BYTES)) {
		lw_because(why, "the signature is damaged, or none of signify's");
		return -EBADMSG;
	}
	err = try_keys(&search);
	if (err) {
		lw_because(why, "%s/" LW_KEYS ": %s", root, strerror(-err));
		return err;
	}
	if (!search.found)
		return no_key(&search, why);
	if (!search.good) {
		lw_because(why, "key %s has not signed this manifest: one of them was changed",
			   signer->name);
		return -EKEYREJECTED;
	}
	lw_because(why, "by key %s", signer->name);
	return 0;
}

void lw_hash(const void *bytes, size_t size, char hex[LW_HASH + 1])
{
	unsigned char hash[LW_HASH / 2];

	/* By the code that is fastest on this processor, if lw_signature_check() came first */
	crypto_generichash(hash, sizeof(hash), bytes, size, NULL, 0);
	sodium_bin2hex(hex, LW_HASH + 1, hash, sizeof(hash));
}
