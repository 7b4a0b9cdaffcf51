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

#include "kernel/kcore.h"
#include "kernel/notes.h"

/* Registers and the task's structure, some 20 KB, are among them. */
#define MAX_NOTES (256 << 10)

static bool read_at(int fd, void *buf, size_t size, uint64_t at)
{
	return pread(fd, buf, size, at) == (ssize_t)size;
}

/* The kernel's own comes first; what is behind it is the memory. */
static bool find_notes(int fd, Elf64_Phdr *part)
{
	Elf64_Ehdr header;

	return read_at(fd, &header, sizeof(header), 0) &&
	       !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
	       read_at(fd, part, sizeof(*part), header.e_phoff) && part->p_type == PT_NOTE &&
	       part->p_filesz <= MAX_NOTES;
}

/* Lines of text, without a NUL at its end. */
static int parse(const char *text, size_t size, uint64_t *address)
{
	static const char key[] = "\nSYMBOL(_stext)=";
	const char *found = memmem(text, size, key, sizeof(key) - 1);
	char digits[17] = "";

	if (!found)
		return -ENODATA;
	found += sizeof(key) - 1;
	memcpy(digits, found, strnlen(found, 16 < text + size - found ? 16 : text + size - found));
	*address = strtoull(digits, NULL, 16);
	return *address ? 0 : -ENODATA;
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
		text = lw_notes_find(notes, part.p_filesz, "VMCOREINFO", 0, &size);
		if (text)
			err = parse(text, size, address);
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
