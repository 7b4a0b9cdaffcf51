/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * append.h - the kernel's own signature of a module, in the module's bytes or in a file of its own
 *
 * A site signs modules that others have built, and their bytes stay those that were tested. So the signature is in a
 * file beside the module, which is named after the module's hash: signatures/HASH.p7s. It is PKCS#7 in DER, as the
 * kernel's scripts/sign-file and "openssl cms -sign" write it (Documentation/admin-guide/module-signing.rst).
 */
#ifndef LW_APPEND_H
#define LW_APPEND_H

#include <stdbool.h>
#include <stddef.h>

#include "module/tool.h"
#include "util/reason.h"

/* The directory of signatures, below that of the module */
#define LW_SIGNATURES "signatures"
/* A signature has some hundred bytes, and more if it has certificates. */
#define LW_APPEND_LIMIT (64 << 10)

/*
 * lw_append - puts the signature of tool->image, if there is a file that has it, after the image's bytes
 *
 * It leaves a module alone that has a signature in its bytes. tool->size stays, since the manifest has the hash of the
 * module's own bytes; tool->signed_size is the number of bytes to insert. The kernel judges the signature. Returns 0,
 * also if there is no signature; -EPERM (others than root could have changed the file) or another -errno with *why.
 */
int lw_append(struct lw_tool *tool, struct lw_reason *why);

/* lw_is_signed - has the module a signature for the kernel, by whatever key? */
bool lw_is_signed(const struct lw_tool *tool);

/* lw_kernel_signature - returns how many bytes at the image's end are the kernel's signature, 0: none */
size_t lw_kernel_signature(const void *image, size_t size);

#endif
