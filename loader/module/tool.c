// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libelf.h>

#include "util/log.h"
#include "module/tool.h"
#include "module/trust.h"

/* The largest tool has 0.4 MB; a file beyond this is not one of ours. */
#define MAX_IMAGE (16 << 20)

static const char *const places[] = { "systemtap", "updates/dkms" };
#define NPLACES (sizeof(places) / sizeof(places[0]))

bool lw_tool_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= 50 && islower((unsigned char)name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

/* ---- the file ---- */

/* One that is changed meanwhile is refused, as one whose hash is another. */
static int read_image(struct lw_tool *tool, struct lw_reason *why)
{
	tool->image = lw_trust_bytes(tool->fd, tool->path, tool->size, why);
	if (tool->image)
		return 0;
	return errno == ENODATA ? -ENOEXEC : -EIO;
}

/* What registers them is among the names of its symbols. */
static bool names_kprobes(const struct lw_tool *tool)
{
	static const char begin[] = "register_k";
	const char *p = tool->image, *end = p + tool->size;

	while ((p = memmem(p, end - p, begin, strlen(begin)))) {
		p += strlen(begin);
		/* A NUL comes after the image. */
		if (!strncmp(p, "probe", 5) || !strncmp(p, "retprobe", 8))
			return true;
	}
	return false;
}

/* Where a tool's module is in place number i. Returns NULL if out of memory. */
static char *path_of(const char *root, const char *release, size_t i, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/lib/modules/%s/%s/lw_%s.ko", root, release, places[i], name) < 0)
		return NULL;
	return path;
}

/* The directory stays open: its manifest is read from there. */
static int open_in(const char *root, const char *release, const char *place, struct lw_tool *tool,
		   struct lw_reason *why)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "lib/modules/%s/%s", release, place);
	tool->dir = lw_trust_dir(root, path, why);
	if (tool->dir < 0)
		return tool->dir;
	tool->fd = lw_trust_open(tool->dir, tool->path, MAX_IMAGE, &tool->size, why);
	if (tool->fd >= 0)
		return 0;
	close(tool->dir);
	tool->dir = -1;
	return tool->fd;
}

static int open_file(const char *root, const char *release, const char *name, struct lw_tool *tool,
		     struct lw_reason *why)
{
	size_t i;
	int err;

	for (i = 0; i < NPLACES; i++) {
		tool->path = path_of(root, release, i, name);
		if (!tool->path)
			return -ENOMEM;
		err = open_in(root, release, places[i], tool, why);
		if (err != -ENOENT)
			return err;
		free(tool->path);
		tool->path = NULL;
	}
	return -ENOENT;
}

int lw_tool_where(const char *root, const char *release, const char *name, char **path)
{
	struct stat st;
	size_t i;

	for (i = 0; i < NPLACES; i++) {
		*path = path_of(root, release, i, name);
		if (!*path)
			return -ENOMEM;
		if (lstat(*path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
			return 0;
		free(*path);
	}
	*path = NULL;
	return -ENOENT;
}

/* ---- its description ---- */

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

/* Of a function in the kernel's text: hexadecimal behind 0x, not 0, below 2 GiB. */
static bool parse_offset(const char *text, uint64_t *value)
{
	char *end;

	if (strncmp(text, "0x", 2) || !isxdigit((unsigned char)text[2]))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 16);
	return !*end && !errno && *value && *value < 1ULL << 31;
}

const char *lw_type_name(enum lw_type type)
{
	static const char *const names[LW_NTYPES] = { "time", "int", "hex",  "oct",
						      "msec", "str", "args", "dist" };

	return names[type];
}

/* As modules/describe has it: it becomes a key of JSON, a parameter, a long option. */
static bool plain_name(const char *name)
{
	size_t n = strlen(name);

	return n < 64 && !isdigit((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static bool parse_type(char *text, struct lw_field *field)
{
	char *width = strchr(text, ':');
	int i;

	if (width) {
		*width++ = '\0';
		if (!parse_int(width, 1, 200, &field->width))
			return false;
	}
	for (i = 0; i < LW_NTYPES; i++) {
		if (!strcmp(text, lw_type_name(i))) {
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
	if (!field->name || !plain_name(field->name) || !type || !option || !rest ||
	    !parse_type(type, field))
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
	if (!option->param || !plain_name(option->param) || !letter || letter[1] ||
	    !isalnum((unsigned char)*letter) || !arg || !rest)
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
		{ "lw_build_id", offsetof(struct lw_tool, build_id) },
		{ "version", offsetof(struct lw_tool, version) },
	};
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (!strcmp(key, plain[i].key)) {
			*(char **)((char *)tool + plain[i].offset) = value;
			return true;
		}
	}
	if (!strcmp(key, "lw_lookup"))
		return parse_offset(value, &tool->lookup);
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

static int parse_pairs(struct lw_tool *tool, const struct pair *pairs, int n, struct lw_reason *why)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!parse_key(tool, pairs[i].key, pairs[i].value)) {
			lw_reason(why, "%s: bad description %s; rebuild or reinstall it",
				  tool->path, pairs[i].key);
			return -ENOEXEC;
		}
	}
	return 0;
}

/*
 * Lines KEY=VALUE, each with a NUL behind it; more may fill up the section. They
 * are not in the order of their numbers: sort first.
 */
static int parse_info(struct lw_tool *tool, struct lw_reason *why)
{
	char *p, *equals, *end = tool->info + tool->info_size;
	struct pair *pairs;
	int err, n = 0;

	/* No line is shorter than three bytes. */
	pairs = calloc(tool->info_size / 3 + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	for (p = tool->info; p < end; p += strlen(p) + 1) {
		equals = strchr(p, '=');
		if (!equals || equals == p)
			continue;
		pairs[n].key = p;
		pairs[n].value = equals + 1;
		p = equals + 1;
		*equals = '\0';
		n++;
	}
	qsort(pairs, n, sizeof(*pairs), by_key);
	err = parse_pairs(tool, pairs, n, why);
	free(pairs);
	return err;
}

/*
 * libelf reads archives and other formats as well: only a plain ELF file is one of ours.
 * It hands out section headers where they are in the image, aligned or not.
 */
static bool plain_elf(const struct lw_tool *tool)
{
	Elf64_Ehdr header;

	if (tool->size < sizeof(header))
		return false;
	memcpy(&header, tool->image, sizeof(header));
	return !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
	       header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_type == ET_REL &&
	       header.e_shoff % sizeof(uint64_t) == 0 && header.e_shstrndx != SHN_UNDEF &&
	       header.e_shstrndx < header.e_shnum;
}

/* The bytes of the section .modinfo, NULL if there is none. */
static const Elf_Data *find_info(Elf *elf)
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
		if (name && header->sh_type == SHT_PROGBITS && !strcmp(name, ".modinfo"))
			return elf_rawdata(section, NULL);
	}
	return NULL;
}

/* A copy, with a NUL at its end whatever the file says. */
static int copy_info(struct lw_tool *tool)
{
	const Elf_Data *data;
	Elf *elf;
	int err = -ENOEXEC;

	if (!plain_elf(tool) || elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	elf = elf_memory(tool->image, tool->size);
	data = elf ? find_info(elf) : NULL;
	if (data && data->d_buf && data->d_size) {
		tool->info_size = data->d_size;
		tool->info = malloc(data->d_size + 1);
		err = tool->info ? 0 : -ENOMEM;
	}
	if (!err) {
		memcpy(tool->info, data->d_buf, data->d_size);
		tool->info[data->d_size] = '\0';
	}
	elf_end(elf);
	return err;
}

static int read_info(struct lw_tool *tool, struct lw_reason *why)
{
	int err = copy_info(tool);

	if (err == -ENOEXEC)
		lw_reason(why,
			  "%s: not a kernel module, or damaged; reinstall the package that has it",
			  tool->path);
	return err ? err : parse_info(tool, why);
}

static int check_info(const struct lw_tool *tool, struct lw_reason *why)
{
	if (!tool->format || !tool->summary || !tool->module || !tool->vermagic || !tool->nfields) {
		lw_reason(why, "%s: not a module of lwtools: it does not describe itself",
			  tool->path);
		return -ENOEXEC;
	}
	if (strcmp(tool->format, LW_FORMAT)) {
		lw_reason(why,
			  "%s: its description has format %s, this lwload reads " LW_FORMAT
			  "; install lwtools and its modules of the same version",
			  tool->path, tool->format);
		return -ENOEXEC;
	}
	return 0;
}

int lw_tool_read(const char *root, const char *release, const char *name, struct lw_tool **out,
		 struct lw_reason *why)
{
	struct lw_tool *tool = calloc(1, sizeof(*tool));
	int err = -ENOMEM;

	*out = NULL;
	why->text[0] = '\0';
	if (!tool)
		return -ENOMEM;
	tool->fd = tool->dir = -1;
	tool->buffer = 1;
	tool->name = strdup(name);
	if (tool->name)
		err = open_file(root, release, name, tool, why);
	if (!err)
		err = read_image(tool, why);
	if (!err) {
		tool->kprobes = names_kprobes(tool);
		err = read_info(tool, why);
	}
	if (!err)
		err = check_info(tool, why);
	if (err && err != -ENOENT && !why->text[0])
		lw_reason(why, "%s: %s", name, strerror(-err));
	if (err) {
		lw_tool_free(tool);
		return err;
	}
	*out = tool;
	return 0;
}

int lw_tool_open(const char *root, const char *release, const char *name, struct lw_tool **out)
{
	struct lw_reason why;
	int err = lw_tool_read(root, release, name, out, &why);

	if (why.text[0])
		lw_error("%s", why.text);
	return err;
}

void lw_tool_free(struct lw_tool *tool)
{
	if (!tool)
		return;
	free(tool->info);
	free(tool->image);
	free(tool->path);
	free(tool->name);
	if (tool->fd >= 0)
		close(tool->fd);
	if (tool->dir >= 0)
		close(tool->dir);
	free(tool);
}

const struct lw_option *lw_tool_interval(const struct lw_tool *tool)
{
	int i;

	for (i = 0; i < tool->noptions; i++) {
		const struct lw_option *option = &tool->options[i];

		if (!strcmp(option->param, "interval") && option->arg && !strcmp(option->arg, "N"))
			return option;
	}
	return NULL;
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

	for (i = 0; i < NPLACES; i++) {
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

	for (i = 0; i < NPLACES && !yes; i++) {
		glob_t found = { 0 };

		snprintf(pattern, sizeof(pattern), "%s/lib/modules/*/%s/lw_%s.ko", root, places[i],
			 name);
		yes = glob(pattern, 0, NULL, &found) == 0;
		globfree(&found);
	}
	return yes;
}

char *lw_tool_compressed(const char *root, const char *release, const char *name)
{
	char pattern[512], *path = NULL;
	size_t i;

	for (i = 0; i < NPLACES && !path; i++) {
		glob_t found = { 0 };

		snprintf(pattern, sizeof(pattern), "%s/lib/modules/%s/%s/lw_%s.ko.{xz,zst,gz}",
			 root, release, places[i], name ? name : "*");
		if (glob(pattern, GLOB_BRACE, NULL, &found) == 0)
			path = strdup(found.gl_pathv[0]);
		globfree(&found);
	}
	return path;
}
