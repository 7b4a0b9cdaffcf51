/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * origin.h - has somebody this host trusts vouched for the bytes of this module?
 *
 * By four rules: a manifest lies beside the module and lists it; a key of this host has
 * signed the manifest; the manifest has the hash of the bytes held in memory, which are
 * those that get inserted; and no newer manifest has been used on this host.
 */
#ifndef LW_ORIGIN_H
#define LW_ORIGIN_H

#include <stdint.h>

#include "rules/identity.h"
#include "module/manifest.h"
#include "module/signature.h"
#include "module/tool.h"

#define LW_NORIGIN 4

/*
 * Which option lets a run go on although a rule fails; bits.
 * LW_UNSIGNED: nobody vouches for the module, as there is no manifest, none that lists it,
 *     no signature, or one by a key that is not this host's. Not if a manifest says that
 *     the bytes are others, or a signature that the manifest is another.
 * LW_OLDER: a newer one has been used.
 */
enum lw_waiver { LW_NO_WAIVER = 0, LW_UNSIGNED = 1, LW_OLDER = 2 };

/* As "lwload check" names them, in their order. */
extern const char *const lw_origin_rules[LW_NORIGIN];

struct lw_origin {
	struct {
		enum lw_result result;
		enum lw_waiver waiver; /* if it fails */
		struct lw_reason why;
	} rows[LW_NORIGIN];
	struct lw_manifest manifest; /* all zero if there is none to be read */
	struct lw_signer signer;     /* "" if none */
	uint64_t seen;               /* the highest serial so far */
	char *text;                  /* what manifest points into */
};

/*
 * lw_origin_read - how each rule comes out
 * @root: directory that holds etc and var, "" on a real host
 * @release: the kernel's
 *
 * Changes nothing. Call lw_origin_free() afterwards.
 */
void lw_origin_read(const struct lw_tool *tool, const char *root, const char *release,
		    struct lw_origin *origin);

void lw_origin_free(struct lw_origin *origin);

/*
 * lw_origin_decide - may this module be inserted, by these rules?
 * @waivers: the options that are given
 *
 * Prints the first rule that fails, or a warning for each that an option lets pass.
 * Returns 0 or -EPERM.
 */
int lw_origin_decide(const struct lw_tool *tool, const struct lw_origin *origin,
		     unsigned int waivers);

/*
 * lw_origin_accept - all of the above before a run
 * @serial: set to that of its manifest if it is higher than any so far, for
 *     lw_origin_remember(); 0: there is nothing to remember
 */
int lw_origin_accept(const struct lw_tool *tool, const char *root, const char *release,
		     unsigned int waivers, uint64_t *serial);

/*
 * lw_origin_remember - a module of that serial has been inserted: a lower one is refused
 * from now on
 *
 * Not before: a module that the kernel or the host refuses has not been used, and must not
 * keep its user from the older one that works. That it cannot be remembered is a warning.
 */
void lw_origin_remember(const char *root, const char *release, uint64_t serial);

#endif
