// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libkmod.h>

#include "log.h"
#include "tool.h"

/* The largest tool has 0.4 MB; a file beyond this is not one of ours. */
#define MAX_IMAGE (16 << 20)

static const char *const places[] = { "systemtap", "updates/dkms" };

bool lw_tool_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= 50 && islower((unsigned char)name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

/* ---- the file ---- */

static int check_file(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode)) {
		lw_error("%s: not a regular file; reinstall the package that has it", path);
		return -EPERM;
	}
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		lw_error("%s: owned by uid %u, not by root; reinstall the package that has it",
			 path, st->st_uid);
		return -EPERM;
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		lw_error("%s: others than its owner may write to it (mode %04o); chmod 644 it",
			 path, st->st_mode & 07777);
		return -EPERM;
	}
	if (st->st_size > MAX_IMAGE) {
		lw_error("%s: too large for a tool (%lld bytes)", path, (long long)st->st_size);
		return -ENOEXEC;
	}
	return 0;
}

static int read_all(int fd, char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, buf + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		done += n;
	}
	return 0;
}

static int read_image(struct lw_tool *tool)
{
	struct stat st;
	int err;

	if (fstat(tool->fd, &st) < 0)
		return -errno;
	err = check_file(tool->path, &st);
	if (err)
		return err;
	tool->size = st.st_size;
	tool->image = malloc(tool->size + 1);
	if (!tool->image)
		return -ENOMEM;
	err = read_all(tool->fd, tool->image, tool->size);
	if (err)
		lw_error("%s: cannot be read: %s", tool->path, strerror(-err));
	return err;
}

static int open_file(const char *root, const char *release, const char *name, struct lw_tool *tool)
{
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (asprintf(&tool->path, "%s/lib/modules/%s/%s/lw_%s.ko", root, release, places[i],
			     name) < 0) {
			tool->path = NULL;
			return -ENOMEM;
		}
		/* Not waiting for the writer of a fifo. */
		tool->fd = open(tool->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (tool->fd >= 0)
			return 0;
		if (errno != ENOENT && errno != ENOTDIR) {
			int err = -errno;

			lw_error("%s: %s", tool->path,
				 err == -ELOOP ? "is a symbolic link; install the file itself"
					       : strerror(-err));
			return err == -ELOOP ? -EPERM : err;
		}
		free(tool->path);
		tool->path = NULL;
	}
	return -ENOENT;
}

/* ---- its description ---- */

static char *keep(struct lw_tool *tool, const char *text)
{
	char *copy = strdup(text);

	if (copy)
		tool->strings[tool->nstrings++] = copy;
	return copy;
}

/* Cuts the first word off *rest and returns it; NULL if there is none. */
static char *word(char **rest)
{
	char *w = strsep(rest, " ");

	return w && *w ? w : NULL;
}

/* atoi() would take 5abc for 5. */
static bool parse_int(const char *text, int min, int max, int *value)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	*value = number < min || number > max ? min : number;
	return isdigit((unsigned char)*text) && !*end && !errno && *value == number;
}

static bool parse_type(char *text, struct lw_field *field)
{
	static const char *const types[] = { "time", "int", "hex", "oct", "str", "args" };
	char *width = strchr(text, ':');
	size_t i;

	if (width) {
		*width++ = '\0';
		if (!parse_int(width, 1, 200, &field->width))
			return false;
	}
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!strcmp(text, types[i])) {
			field->type = i;
			return true;
		}
	}
	return false;
}

static bool parse_field(struct lw_tool *tool, char *rest)
{
	struct lw_field *field = &tool->fields[tool->nfields];
	char *type, *option;

	if (tool->nfields == LW_MAX_FIELDS)
		return false;
	field->name = word(&rest);
	type = word(&rest);
	option = word(&rest);
	if (!field->name || !type || !option || !rest || !parse_type(type, field))
		return false;
	/* The letter is an index in render.c. */
	if (option[1] || (*option != '-' && !isalnum((unsigned char)*option)))
		return false;
	field->option = *option == '-' ? '\0' : *option;
	field->text = rest;
	tool->nfields++;
	return true;
}

static bool parse_option(struct lw_tool *tool, char *rest)
{
	struct lw_option *option = &tool->options[tool->noptions];
	char *letter, *arg;

	if (tool->noptions == LW_MAX_OPTIONS)
		return false;
	option->param = word(&rest);
	letter = word(&rest);
	arg = word(&rest);
	if (!option->param || !letter || letter[1] || !isalnum((unsigned char)*letter) || !arg ||
	    !rest)
		return false;
	option->letter = *letter;
	option->arg = strcmp(arg, "-") ? arg : NULL;
	option->text = rest;
	tool->noptions++;
	return true;
}

static bool parse_key(struct lw_tool *tool, const char *key, char *value)
{
	static const struct {
		const char *key;
		size_t offset;
	} plain[] = {
		{ "name", offsetof(struct lw_tool, module) },
		{ "vermagic", offsetof(struct lw_tool, vermagic) },
		{ "lwtools", offsetof(struct lw_tool, format) },
		{ "lw_summary", offsetof(struct lw_tool, summary) },
		{ "lw_uts", offsetof(struct lw_tool, uts) },
		{ "version", offsetof(struct lw_tool, version) },
	};
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (!strcmp(key, plain[i].key)) {
			*(char **)((char *)tool + plain[i].offset) = value;
			return true;
		}
	}
	if (!strcmp(key, "lw_buffer"))
		return parse_int(value, 1, 4095, &tool->buffer);
	if (!strncmp(key, "lw_field", 8))
		return parse_field(tool, value);
	if (!strncmp(key, "lw_option", 9))
		return parse_option(tool, value);
	return true;
}

struct pair {
	char *key, *value;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

/* Numbered keys come in no useful order from libkmod: sort first. */
static int parse_info(struct lw_tool *tool, struct kmod_list *info)
{
	struct kmod_list *item;
	struct pair *pairs = NULL;
	int i, n = 0, err = 0;

	kmod_list_foreach(item, info) n++;
	pairs = calloc(n + 1, sizeof(*pairs));
	tool->strings = calloc(2 * n + 1, sizeof(*tool->strings));
	if (!pairs || !tool->strings) {
		err = -ENOMEM;
		goto out;
	}
	n = 0;
	kmod_list_foreach(item, info)
	{
		pairs[n].key = keep(tool, kmod_module_info_get_key(item));
		pairs[n].value = keep(tool, kmod_module_info_get_value(item));
		if (!pairs[n].key || !pairs[n].value) {
			err = -ENOMEM;
			goto out;
		}
		n++;
	}
	qsort(pairs, n, sizeof(*pairs), by_key);
	for (i = 0; i < n; i++) {
		if (!parse_key(tool, pairs[i].key, pairs[i].value)) {
			lw_error("%s: bad description %s; rebuild or reinstall it", tool->path,
				 pairs[i].key);
			err = -ENOEXEC;
			break;
		}
	}
out:
	free(pairs);
	return err;
}

/*
 * libkmod reads files by name only. A sealed memory file gives it the bytes
 * that were read and checked, whatever happens to the file meanwhile.
 */
static int image_file(const struct lw_tool *tool)
{
	int fd = memfd_create("lwtools", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const char *p = tool->image;
	size_t left = tool->size;

	if (fd < 0)
		return -errno;
	while (left) {
		ssize_t n = write(fd, p, left);

		if (n < 0) {
			n = -errno;
			close(fd);
			return n;
		}
		p += n;
		left -= n;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
	return fd;
}

static void no_log(void *data, int priority, const char *file, int line, const char *fn,
		   const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

/*
 * libkmod unpacks compressed files, and its assertions fail where an index of a
 * damaged one leads nowhere: only a plain ELF file is passed on to it.
 */
static bool plain_elf(const struct lw_tool *tool)
{
	Elf64_Ehdr header;

	if (tool->size < sizeof(header))
		return false;
	memcpy(&header, tool->image, sizeof(header));
	return !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
	       header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_shstrndx != SHN_UNDEF &&
	       header.e_shstrndx < header.e_shnum;
}

static int read_info(struct lw_tool *tool)
{
	const char *no_config = NULL;
	struct kmod_list *info = NULL;
	struct kmod_module *mod = NULL;
	struct kmod_ctx *ctx = NULL;
	char path[64];
	int fd, err;

	if (!plain_elf(tool)) {
		lw_error("%s: not a kernel module, or damaged; reinstall the package that "
			 "has it",
			 tool->path);
		return -ENOEXEC;
	}
	fd = image_file(tool);
	if (fd < 0) {
		lw_error("%s: no memory to read it: %s", tool->path, strerror(-fd));
		return fd;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = -ENOMEM;
	ctx = kmod_new(NULL, &no_config);
	if (!ctx)
		goto out;
	kmod_set_log_fn(ctx, no_log, NULL);
	err = kmod_module_new_from_path(ctx, path, &mod);
	if (!err)
		err = kmod_module_get_info(mod, &info);
	if (err < 0) {
		lw_error("%s: not a kernel module, or damaged; reinstall the package that has it",
			 tool->path);
		err = -ENOEXEC;
		goto out;
	}
	err = parse_info(tool, info);
out:
	kmod_module_info_free_list(info);
	kmod_module_unref(mod);
	kmod_unref(ctx);
	close(fd);
	return err;
}

static int check_info(const struct lw_tool *tool)
{
	if (!tool->format || !tool->summary || !tool->module || !tool->vermagic || !tool->nfields) {
		lw_error("%s: not a module of lwtools: it does not describe itself", tool->path);
		return -ENOEXEC;
	}
	if (strcmp(tool->format, LW_FORMAT)) {
		lw_error("%s: its description has format %s, this lwload reads " LW_FORMAT
			 "; install lwtools and its modules of the same version",
			 tool->path, tool->format);
		return -ENOEXEC;
	}
	return 0;
}

int lw_tool_open(const char *root, const char *release, const char *name, struct lw_tool **out)
{
	struct lw_tool *tool = calloc(1, sizeof(*tool));
	int err = -ENOMEM;

	*out = NULL;
	if (!tool)
		return -ENOMEM;
	tool->fd = -1;
	tool->buffer = 2;
	tool->name = strdup(name);
	if (tool->name)
		err = open_file(root, release, name, tool);
	if (!err)
		err = read_image(tool);
	if (!err)
		err = read_info(tool);
	if (!err)
		err = check_info(tool);
	if (err) {
		lw_tool_free(tool);
		return err;
	}
	*out = tool;
	return 0;
}

void lw_tool_free(struct lw_tool *tool)
{
	int i;

	if (!tool)
		return;
	for (i = 0; i < tool->nstrings; i++)
		free(tool->strings[i]);
	free(tool->strings);
	free(tool->image);
	free(tool->path);
	free(tool->name);
	if (tool->fd >= 0)
		close(tool->fd);
	free(tool);
}

int lw_tool_lock(const struct lw_tool *tool)
{
	return flock(tool->fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

/* ---- which tools there are ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* lw_opensnoop.ko at the end of a path gives opensnoop. */
static char *name_of(const char *path)
{
	const char *base = strrchr(path, '/') + 1;

	return strndup(base + 3, strlen(base) - 6);
}

int lw_tool_names(const char *root, const char *release, char ***names)
{
	glob_t found = { 0 };
	char pattern[512];
	int flags = 0, n = 0;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(pattern, sizeof(pattern), "%s/lib/modules/%s/%s/lw_*.ko", root, release,
			 places[i]);
		if (glob(pattern, flags, NULL, &found) == GLOB_NOSPACE)
			return -ENOMEM;
		flags = GLOB_APPEND;
	}
	*names = calloc(found.gl_pathc + 1, sizeof(**names));
	if (!*names) {
		globfree(&found);
		return -ENOMEM;
	}
	for (i = 0; i < found.gl_pathc; i++) {
		(*names)[i] = name_of(found.gl_pathv[i]);
		if (!(*names)[i])
			break;
	}
	/* Out of memory: those there are will do. */
	found.gl_pathc = i;
	qsort(*names, found.gl_pathc, sizeof(**names), by_name);
	/*
	 * A tool in both places is one tool: the first place wins. What could not be
	 * run by its name is none.
	 */
	for (i = 0; i < found.gl_pathc; i++) {
		if (!lw_tool_name_ok((*names)[i]) || (n && !strcmp((*names)[n - 1], (*names)[i])))
			free((*names)[i]);
		else
			(*names)[n++] = (*names)[i];
	}
	globfree(&found);
	return n;
}

bool lw_tool_elsewhere(const char *root, const char *name)
{
	char pattern[512];
	bool yes = false;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]) && !yes; i++) {
		glob_t found = { 0 };

		snprintf(pattern, sizeof(pattern), "%s/lib/modules/*/%s/lw_%s.ko", root, places[i],
			 name);
		yes = glob(pattern, 0, NULL, &found) == 0;
		globfree(&found);
	}
	return yes;
}
