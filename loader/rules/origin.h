/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * origin.h - has a key that this host trusts vouched for the bytes of this module?
 *
 * Four rules answer: a manifest beside the module lists it; a key of this host has signed the
 * manifest; the manifest has the hash of the bytes in memory, which will be inserted; no newer
 * manifest has been used on this host.
 */
#ifndef LW_ORIGIN_H
#define LW_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "module/manifest.h"
#include "module/signature.h"
#include "module/tool.h"
#include "rules/rule.h"

/* The answer of one rule */
struct lw_answer {
	enum lw_result result;
	struct lw_reason why;
};

/* The four answers. One rule reads what another needs. All zero: not read yet */
struct lw_origin {
	bool read;
	struct lw_answer manifest_rule, signed_rule, hash_rule, serial_rule;
	struct lw_manifest manifest; /* all zero: no manifest could be read */
	struct lw_signer signer;     /* "": nobody has signed the manifest */
	uint64_t seen;               /* the highest serial so far */
	char *text;                  /* the text that manifest points into */
};

/*
 * lw_origin_read - answers the four rules
 * @root: directory that holds etc and var, "" on a real host
 * @release: of the kernel
 *
 * It changes nothing on the host. Call lw_origin_free() afterwards.
 */
void lw_origin_read(const struct lw_tool *tool, const char *root, const char *release,
		    struct lw_origin *origin);

/* lw_origin_free - frees the memory of lw_origin_read() */
void lw_origin_free(struct lw_origin *origin);

/*
 * lw_origin_serial - returns the serial for lw_origin_remember(), if the manifest is signed and its
 * serial is higher than any so far. 0: there is nothing to remember
 */
uint64_t lw_origin_serial(const struct lw_origin *origin);

/*
 * lw_origin_remember - remembers the serial of a module that has been inserted: from now on, a
 * lower serial is refused
 *
 * A module that the kernel or the host refuses is not remembered: it must not keep its user from an
 * older one that works. If the serial cannot be remembered, this prints a warning.
 */
void lw_origin_remember(const char *root, const char *release, uint64_t serial);

#endif
