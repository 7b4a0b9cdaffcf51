// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <string.h>

#include "kernel/notes.h"

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

const void *lw_notes_find(const void *notes, size_t total, const char *owner, uint32_t type,
			  size_t *size)
{
	const char *bytes = notes;
	size_t at = 0, name, desc;
	Elf64_Nhdr header;

	while (at + sizeof(header) <= total) {
		memcpy(&header, bytes + at, sizeof(header));
		name = at + sizeof(header);
		desc = name + aligned(header.n_namesz);
		at = desc + aligned(header.n_descsz);
		if (at > total)
			break;
		if (header.n_type == type && header.n_namesz == strlen(owner) + 1 &&
		    !memcmp(bytes + name, owner, header.n_namesz)) {
			*size = header.n_descsz;
			return bytes + desc;
		}
	}
	return NULL;
}
