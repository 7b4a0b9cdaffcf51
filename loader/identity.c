// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "log.h"

static int check_name(const struct lw_tool *tool)
{
	if (!strncmp(tool->module, "lw_", 3) && !strcmp(tool->module + 3, tool->name))
		return 0;
	lw_error("%s: refused: the file holds module %s, wanted lw_%s; reinstall the package "
		 "that has it",
		 tool->path, tool->module, tool->name);
	return -EPERM;
}

static int check_release(const struct lw_tool *tool, const char *release)
{
	size_t n = strcspn(tool->vermagic, " ");

	if (n == strlen(release) && !strncmp(tool->vermagic, release, n))
		return 0;
	lw_error("%s: refused: built for kernel %.*s, this kernel is %s; install "
		 "lwtools-modules-%s",
		 tool->path, (int)n, tool->vermagic, release, release);
	return -EPERM;
}

int lw_identity_check(const struct lw_tool *tool, const char *release)
{
	int err = check_name(tool);

	return err ? err : check_release(tool, release);
}

/* To the next multiple of four, as notes are aligned. */
static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Finds the note named GNU of that type. Returns its descriptor, NULL if there is none. */
static const unsigned char *find_build_id(const unsigned char *notes, size_t size, size_t *len)
{
	size_t at = 0, name, desc;
	Elf64_Nhdr header;

	while (at + sizeof(header) <= size) {
		memcpy(&header, notes + at, sizeof(header));
		name = at + sizeof(header);
		desc = name + aligned(header.n_namesz);
		at = desc + aligned(header.n_descsz);
		if (at > size)
			break;
		if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    !memcmp(notes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU))) {
			*len = header.n_descsz;
			return notes + desc;
		}
	}
	return NULL;
}

static bool same_hex(const unsigned char *bytes, size_t len, const char *hex)
{
	char digits[3];
	size_t i;

	if (!len || strlen(hex) != 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		snprintf(digits, sizeof(digits), "%02x", bytes[i]);
		if (memcmp(digits, hex + 2 * i, 2))
			return false;
	}
	return true;
}

bool lw_identity_same_build(const struct lw_tool *tool, const char *root)
{
	unsigned char notes[4096];
	const unsigned char *id;
	char path[512];
	size_t len;
	ssize_t n;
	int fd;

	if (!tool->build_id)
		return false;
	snprintf(path, sizeof(path), "%s/sys/kernel/notes", root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, notes, sizeof(notes));
	close(fd);
	id = n > 0 ? find_build_id(notes, n, &len) : NULL;
	return id && same_hex(id, len, tool->build_id);
}
