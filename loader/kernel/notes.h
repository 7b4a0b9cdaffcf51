/* SPDX-License-Identifier: GPL-2.0-only */
/* notes.h - ELF notes, as the kernel has them in /sys/kernel/notes and /proc/kcore */
#ifndef LW_NOTES_H
#define LW_NOTES_H

#include <stddef.h>
#include <stdint.h>

/*
 * lw_notes_find - the first note of that owner and type (elf(5), "Notes")
 * @notes: one behind the other, each part aligned to four bytes; they need not be aligned
 *
 * Returns its descriptor and *size, or NULL: there is none in these bytes, whatever they say.
 */
const void *lw_notes_find(const void *notes, size_t total, const char *owner, uint32_t type,
			  size_t *size);

#endif
