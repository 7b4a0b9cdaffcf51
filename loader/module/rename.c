// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "module/append.h"
#include "module/rename.h"
#include "module/section.h"

#define SECTION ".gnu.linkonce.this_module"
/* MODULE_NAME_LEN on machines of 64 bits */
#define NAME_LEN 56

/* The place of the name: zeros fill the rest of it. Returns NULL if it is not there, or there are two. */
static char *find_name(char *section, size_t len, const char *name)
{
	static const char zeros[NAME_LEN];
	size_t at, n = strlen(name);
	char *found = NULL;

	for (at = 0; at + NAME_LEN <= len; at += sizeof(uint64_t)) {
		if (memcmp(section + at, name, n) || memcmp(section + at + n, zeros, NAME_LEN - n))
			continue;
		if (found)
			return NULL;
		found = section + at;
	}
	return found;
}

int lw_rename(const void *image, size_t size, const char *from, const char *to, void **copy,
	      size_t *copy_size)
{
	size_t offset, len, tail = lw_kernel_signature(image, size);
	char *name, *bytes;

	if (tail >= size || strlen(from) >= NAME_LEN || strlen(to) >= NAME_LEN ||
	    lw_section_find(image, size - tail, SECTION, &offset, &len))
		return -ENOEXEC;
	bytes = malloc(size - tail);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, image, size - tail);
	name = find_name(bytes + offset, len, from);
	if (!name) {
		free(bytes);
		return -ENOEXEC;
	}
	memset(name, 0, NAME_LEN);
	memcpy(name, to, strlen(to));
	*copy = bytes;
	*copy_size = size - tail;
	return 0;
}
