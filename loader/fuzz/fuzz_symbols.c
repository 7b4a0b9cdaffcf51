// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_symbols.c - the CRCs of symbols in a module's file
 *
 * Input that does not begin as an ELF file does is the bytes of such sections. The first byte
 * is the number of CRCs of the newer form; the CRCs follow, then their names. If it is 255,
 * all the rest is the older form.
 */
#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/symbols.h"
#include "fuzz.h"

/* ---- the file ---- */

/* The file's end, after the bytes of the sections */
struct tail {
	char names[64];
	Elf64_Shdr sections[4];
};

static void set_section(Elf64_Shdr *section, int name, size_t at, size_t size)
{
	section->sh_name = name;
	section->sh_type = SHT_PROGBITS;
	section->sh_offset = sizeof(Elf64_Ehdr) + at;
	section->sh_size = size;
}

static void set_tail(struct tail *tail, const uint8_t *data, size_t size, size_t at)
{
	static const char names[] = "\0__versions\0__version_ext_crcs\0__version_ext_names";
	size_t crcs = 4UL * data[0];

	memset(tail, 0, sizeof(*tail));
	memcpy(tail->names, names, sizeof(names));
	tail->sections[1] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
					  .sh_offset = at,
					  .sh_size = sizeof(tail->names) };
	if (data[0] == 255) {
		set_section(&tail->sections[2], 1, 1, size - 1);
		return;
	}
	if (crcs > size - 1)
		crcs = size - 1;
	set_section(&tail->sections[2], 12, 1, crcs);
	set_section(&tail->sections[3], 31, 1 + crcs, size - 1 - crcs);
}

/* Returns the file; free it. */
static char *file_around(const uint8_t *data, size_t size, size_t *file_size)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_REL,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 4,
		.e_shstrndx = 1,
	};
	size_t at = sizeof(header) + size;
	struct tail tail;
	char *file;

	set_tail(&tail, data, size, at);
	*file_size = at + sizeof(tail);
	file = malloc(*file_size);
	assert(file);
	header.e_shoff = at + offsetof(struct tail, sections);
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), data, size);
	memcpy(file + at, &tail, sizeof(tail));
	return file;
}

/* ---- checks ---- */

struct seen {
	int n, most;
	size_t bytes;
};

static bool see(const char *name, uint64_t crc, void *arg)
{
	struct seen *seen = arg;

	(void)crc;
	seen->n++;
	seen->bytes += strlen(name) + 1;
	return seen->n == seen->most;
}

/* The result is the number of symbols, all fit into the file, and the callback can end it. */
static void check(const void *image, size_t size)
{
	struct seen all = { .most = -1 }, one = { .most = 1 };
	int n = lw_symbols_each(image, size, see, &all);

	assert(n >= 0 || n == -ENODATA || n == -ENOEXEC);
	assert(n < 0 || n == all.n);
	assert(n != -ENODATA || all.n == 0);
	assert(all.bytes <= size);
	lw_symbols_each(image, size, see, &one);
	assert(one.n == (all.n > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t file_size;
	char *file;

	if (size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG)) {
		check(data, size);
	} else if (size) {
		file = file_around(data, size, &file_size);
		check(file, file_size);
		free(file);
	}
	return 0;
}
