/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signature.h - signatures and hashes of bytes; only this file uses libsodium
 *
 * Files are those of OpenBSD's signify(1): a line "untrusted comment: ...", and a line of base64.
 * The second is "Ed", the key's id of 8 bytes, and a public key of 32 bytes or a signature of 64
 * (usr.bin/signify/signify.c), by Ed25519 (RFC 8032).
 */
#ifndef LW_SIGNATURE_H
#define LW_SIGNATURE_H

#include <stddef.h>

#include "util/reason.h"

/* The directory of public keys, below the root; each is a file NAME.pub. */
#define LW_KEYS "etc/lwtools/keys"
/* A signature or a key has about 150 bytes. */
#define LW_SIGNATURE_LIMIT 4096

struct lw_signer {
	char name[64]; /* of the key's file, without .pub */
};

/*
 * lw_signature_check - has one of this host's keys signed these bytes?
 * @root: directory that holds etc, "" on a real host
 * @signature: the text of the signature's file
 *
 * A key that others than root could have changed does not count (trust.h). Returns 0 and the
 * signer, or -errno with *why: -ENOKEY (no key has that id), -EKEYREJECTED (a key has that id, and
 * has not signed these bytes), -EBADMSG (not a signature) or another.
 */
int lw_signature_check(const char *root, const void *bytes, size_t size, const char *signature,
		       size_t signature_size, struct lw_signer *signer, struct lw_reason *why);

/* Hexadecimal digits of a hash */
#define LW_HASH 64

/*
 * lw_hash - writes the hash of these bytes, as "b2sum -l 256" does: BLAKE2b (RFC 7693)
 *
 * A run hashes its module. SHA-256 would take ten times as long without the processor's
 * instructions for it.
 */
void lw_hash(const void *bytes, size_t size, char hex[LW_HASH + 1]);

#endif
