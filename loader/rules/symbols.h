/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbols.h - would a kernel take a module, by the CRCs of the symbols that it uses?
 *
 * With modversions each symbol of the kernel has a CRC over its type, and all that this is
 * made of. A module carries those that it was compiled against, and the kernel refuses it
 * ("disagrees about version of symbol") if it has another (check_version() in
 * kernel/module/version.c). So the kernel's own modules tell what a kernel has that is not
 * running.
 */
#ifndef LW_SYMBOLS_H
#define LW_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "rules/identity.h"

struct lw_symbols_file;

/* What the modules of one kernel carry, as far as they had to be read; the rest begins as 0. */
struct lw_symbols {
	const char *root; /* directory that holds lib/modules, "" on a real host */
	const char *release;
	void *known;                   /* a tree of tsearch(3) */
	struct lw_symbols_file *files; /* in the order of reading; NULL: not looked for */
	size_t n_files, next;
	size_t read; /* bytes, unpacked */
	char *room;  /* to unpack one */
	bool zstd;   /* there are some that cannot be unpacked */
};

/*
 * lw_symbols_check - has each symbol that the tool's module uses the same CRC there?
 *
 * Looks at lib/modules/RELEASE/kernel, no more of it than takes a moment: what none of the
 * modules there uses, and what was not reached, is not compared, and *why says of how many
 * that is so. Returns LW_RULE_OK, LW_RULE_FAIL, or LW_RULE_SKIP if nothing can be compared.
 */
enum lw_result lw_symbols_check(struct lw_symbols *symbols, const struct lw_tool *tool,
				struct lw_reason *why);

/* lw_symbols_free - all but the structure itself */
void lw_symbols_free(struct lw_symbols *symbols);

/* Returns true to end. */
typedef bool lw_symbols_fn(const char *name, uint64_t crc, void *arg);

/*
 * lw_symbols_each - the symbols that a module uses, with their CRCs
 *
 * Of its section __versions, an array of struct modversion_info (include/linux/module.h), or,
 * if it has them, of __version_ext_crcs and __version_ext_names, which then count alone
 * (since Linux 6.14, for names of any length; struct modversion_info_ext in
 * kernel/module/internal.h). All is within the image, whatever it says. Returns how many
 * there were, -ENODATA if it has none, or -ENOEXEC if it is no module or a damaged one.
 */
int lw_symbols_each(const void *image, size_t size, lw_symbols_fn *fn, void *arg);

#endif
