/* SPDX-License-Identifier: GPL-2.0-only */
/* manifest.h - the index of one release's modules, as lwtools-manifest(5) describes it */
#ifndef LW_MANIFEST_H
#define LW_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "util/log.h"

#define LW_MANIFEST "lwtools.manifest"
/* A hundred tools would have 30 kB. */
#define LW_MANIFEST_LIMIT (1 << 20)

/* What it says of one module and of all; points into its text. */
struct lw_manifest {
	const char *release;
	const char *version;
	const char *systemtap; /* that they were built with */
	uint64_t serial;       /* grows with the version */
	const char *hash;      /* of the module that was asked for; NULL: it is not listed */
};

/*
 * lw_manifest_parse - what a manifest says of one module
 * @text: its bytes, with a NUL behind them; cut into parts
 * @module: lw_opensnoop; its file is that with .ko
 *
 * Returns 0, or -EBADMSG with what is wrong in *why.
 */
int lw_manifest_parse(char *text, size_t size, const char *module, struct lw_manifest *manifest,
		      struct lw_reason *why);

#endif
