// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/notes.h"
#include "util/number.h"

/* Registers and the task's structure, some 20 KB, are among them. */
#define MAX_NOTES (256 << 10)

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/*
 * The first note of that owner and type (elf(5), "Notes"), of those that come one after another,
 * each part aligned to four bytes; they need not be aligned themselves. Returns its descriptor, or
 * NULL: these bytes have none.
 */
static const void *find_note(const void *notes, size_t total, const char *owner, uint32_t type,
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

/* ---- /sys/kernel/notes ---- */

int lw_notes_build_id(const char *root, unsigned char id[LW_NOTES_LIMIT], size_t *len)
{
	unsigned char notes[LW_NOTES_LIMIT];
	const void *found;
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/sys/kernel/notes", root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, notes, sizeof(notes));
	close(fd);
	found = n > 0 ? find_note(notes, n, ELF_NOTE_GNU, NT_GNU_BUILD_ID, len) : NULL;
	if (!found)
		return -ENODATA;
	memcpy(id, found, *len);
	return 0;
}

/* ---- /proc/kcore ---- */

static bool read_at(int fd, void *buf, size_t size, uint64_t at)
{
	return pread(fd, buf, size, at) == (ssize_t)size;
}

/* The kernel's own notes come first. The memory comes after them. */
static bool find_notes(int fd, Elf64_Phdr *part)
{
	Elf64_Ehdr header;

	return read_at(fd, &header, sizeof(header), 0) &&
	       !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
	       read_at(fd, part, sizeof(*part), header.e_phoff) && part->p_type == PT_NOTE &&
	       part->p_filesz <= MAX_NOTES;
}

/* Lines of text, without a NUL at its end. */
static int find_address(const char *text, size_t size, uint64_t *address)
{
	static const char key[] = "\nSYMBOL(_stext)=";
	const char *found = memmem(text, size, key, sizeof(key) - 1);
	unsigned long long number;
	char digits[17] = "";

	if (!found)
		return -ENODATA;
	found += sizeof(key) - 1;
	memcpy(digits, found, strnlen(found, 16 < text + size - found ? 16 : text + size - found));
	if (!lw_hex(digits, ULLONG_MAX, &number) || !number)
		return -ENODATA;
	*address = number;
	return 0;
}

static int read_notes(int fd, uint64_t *address)
{
	const char *text;
	Elf64_Phdr part;
	int err = -ENODATA;
	size_t size;
	char *notes;

	if (!find_notes(fd, &part))
		return -ENODATA;
	notes = malloc(part.p_filesz + 1);
	if (!notes)
		return -ENOMEM;
	if (read_at(fd, notes, part.p_filesz, part.p_offset)) {
		text = find_note(notes, part.p_filesz, "VMCOREINFO", 0, &size);
		if (text)
			err = find_address(text, size, address);
	}
	free(notes);
	return err;
}

int lw_kcore_stext(const char *root, uint64_t *address)
{
	char path[PATH_MAX];
	int err, fd;

	snprintf(path, sizeof(path), "%s/proc/kcore", root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = read_notes(fd, address);
	close(fd);
	return err;
}
