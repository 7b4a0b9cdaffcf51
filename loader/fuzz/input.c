// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

uint8_t input_byte(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->data++;
}

/* ---- a file for functions that read files ---- */

static char root[256], file[512];
static int fd;

static void remove_file(void)
{
	unlink(file);
	do
		*strrchr(file, '/') = '\0';
	while (rmdir(file) == 0 && strlen(file) > strlen(root));
}

const char *file_new(const char *path)
{
	const char *tmp = getenv("TMPDIR");
	char *p;

	snprintf(root, sizeof(root), "%s/lwfuzz.XXXXXX", tmp ? tmp : "/tmp");
	assert(mkdtemp(root));
	snprintf(file, sizeof(file), "%s/%s", root, path);
	for (p = strchr(file + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		assert(mkdir(file, 0755) == 0);
		*p = '/';
	}
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert(fd >= 0);
	atexit(remove_file);
	return root;
}

void file_set(const void *data, size_t size)
{
	assert(ftruncate(fd, 0) == 0);
	assert(pwrite(fd, data, size, 0) == (ssize_t)size);
}
