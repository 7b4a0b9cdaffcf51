/* SPDX-License-Identifier: GPL-2.0-only */
/* section.h - sections of a module's image */
#ifndef LW_SECTION_H
#define LW_SECTION_H

#include <stddef.h>

/*
 * lw_section_find - finds a section by its name, of type SHT_PROGBITS
 *
 * The image is a relocatable ELF file of 64 bits, little-endian. Sets the section's offset and size in bytes, which are
 * inside the image. Returns 0, -ENOENT (no such section, or an empty one) or -ENOEXEC (not such a file).
 */
int lw_section_find(const void *image, size_t size, const char *name, size_t *offset, size_t *len);

#endif
