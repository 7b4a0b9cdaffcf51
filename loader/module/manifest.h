/* SPDX-License-Identifier: GPL-2.0-only */
/* manifest.h - the index of one release's modules, as lwtools-manifest(5) describes it */
#ifndef LW_MANIFEST_H
#define LW_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/reason.h"

#define LW_MANIFEST "lwtools.manifest"
/* A hundred tools would have 30 kB. */
#define LW_MANIFEST_LIMIT (1 << 20)
/* A serial has 18 digits at most. */
#define LW_SERIAL_LIMIT 999999999999999999

/* The manifest's statements about one module and about all; they point into its text. */
struct lw_manifest {
	const char *release;
	const char *version;
	const char *systemtap; /* the version that built the modules */
	uint64_t serial;       /* grows with the version */
	const char *hash;      /* hash of the module; NULL: the manifest does not list it */
};

/*
 * lw_manifest_parse - reads a manifest's statements about a module
 * @text: the manifest with a NUL after it; it is cut into parts
 * @module: such as lw_opensnoop, whose file is lw_opensnoop.ko
 *
 * Returns 0, or -EBADMSG with *why.
 */
int lw_manifest_parse(char *text, size_t size, const char *module, struct lw_manifest *manifest,
		      struct lw_reason *why);

/* It returns true to end. */
typedef bool lw_missing_fn(const char *name, const char *reason, void *arg);

/*
 * lw_missing_each - calls fn for each tool that cannot work on a kernel, with the reason
 *
 * lwtools.manifest names these tools (lwtools-manifest(5)); without such a file there are none.
 * Returns true if fn returned true.
 */
bool lw_missing_each(const char *root, const char *release, lw_missing_fn *fn, void *arg);

#endif
