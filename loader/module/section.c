// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <libelf.h>

#include "module/section.h"

/*
 * libelf reads archives and other formats as well: only a plain ELF file is one of ours.
 * It hands out section headers where they are in the image, aligned or not.
 */
static bool plain_elf(const void *image, size_t size)
{
	Elf64_Ehdr header;

	if (size < sizeof(header))
		return false;
	memcpy(&header, image, sizeof(header));
	return !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
	       header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_type == ET_REL &&
	       header.e_shoff % sizeof(uint64_t) == 0 && header.e_shstrndx != SHN_UNDEF &&
	       header.e_shstrndx < header.e_shnum;
}

/* Returns NULL if the file has no such section. */
static const Elf64_Shdr *find_header(Elf *elf, const char *wanted)
{
	Elf_Scn *section = NULL;
	Elf64_Shdr *header;
	const char *name;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		header = elf64_getshdr(section);
		name = header ? elf_strptr(elf, names, header->sh_name) : NULL;
		if (name && header->sh_type == SHT_PROGBITS && !strcmp(name, wanted))
			return header;
	}
	return NULL;
}

int lw_section_find(const void *image, size_t size, const char *name, size_t *offset, size_t *len)
{
	const Elf64_Shdr *header;
	int err = -ENOENT;
	Elf *elf;

	if (!plain_elf(image, size) || elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	/* It does not write to the image (elf_memory(3)). */
	elf = elf_memory((char *)image, size);
	header = elf ? find_header(elf, name) : NULL;
	if (header && header->sh_size && header->sh_offset <= size &&
	    header->sh_size <= size - header->sh_offset) {
		*offset = header->sh_offset;
		*len = header->sh_size;
		err = 0;
	}
	elf_end(elf);
	return err;
}
