/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbols.h - the CRCs of the symbols that modules use
 *
 * With modversions, each symbol of a kernel has a CRC over its type and the parts of that type. A
 * module carries the CRCs that it was compiled with. A kernel with another CRC refuses it
 * ("disagrees about version of symbol", check_version() in kernel/module/version.c). The own
 * modules of a kernel that does not run have that kernel's CRCs.
 */
#ifndef LW_SYMBOLS_H
#define LW_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lw_symbols_file;

/* The symbols of one kernel's modules that were read so far; the rest begins as 0 */
struct lw_symbols {
	const char *root; /* directory that holds lib/modules, "" on a real host */
	const char *release;
	void *known;                   /* a tree of tsearch(3) */
	struct lw_symbols_file *files; /* in the order of reading; NULL: not looked for */
	size_t n_files, next;
	size_t read; /* bytes read, unpacked */
	char *room;  /* memory to unpack a module */
	bool zstd;   /* some modules cannot be unpacked */
};

/* lw_symbols_free - frees all but the structure itself */
void lw_symbols_free(struct lw_symbols *symbols);

/* It returns true to end. */
typedef bool lw_symbols_fn(const char *name, uint64_t crc, void *arg);

/*
 * lw_symbols_each - calls fn for each symbol that a module uses, with its CRC
 *
 * They are in its section __versions, an array of struct modversion_info (include/linux/module.h).
 * If it has __version_ext_crcs and __version_ext_names, those alone count (since Linux 6.14, for
 * names of any length; struct modversion_info_ext in kernel/module/internal.h). No byte outside of
 * the image is read, whatever its headers say. Returns the number of symbols, -ENODATA if there are
 * none, or -ENOEXEC if it is no module, or damaged.
 */
int lw_symbols_each(const void *image, size_t size, lw_symbols_fn *fn, void *arg);

#endif
