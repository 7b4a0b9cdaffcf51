// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lzma.h>
#include <zlib.h>

#include "module/trust.h"
#include "rules/identity.h"
#include "rules/symbols.h"
#include "rules/table.h"

/*
 * Reading all of a kernel's modules takes seconds if they are compressed. 32 MiB of those of
 * moderate size have more than nine in ten of all that can be found: large ones
 * take long to unpack for what they add, and small ones use little.
 */
#define MAX_READ (32 << 20)
#define MAX_MODULE (256 << 10)
#define MAX_FILES 32768
/* A module that is larger when unpacked is not read. */
#define MAX_UNPACKED (4 << 20)
#define MAX_MEMORY (64 << 20)
/* About how much larger a module is than the file it is packed in */
#define RATIO 4

/* ---- the sections of a module ---- */

struct elf {
	const unsigned char *image;
	size_t size;
	Elf64_Ehdr header;
	Elf64_Shdr names; /* of the sections */
};

struct part {
	const unsigned char *bytes; /* NULL: there is none */
	size_t size;
};

static bool inside(const struct elf *elf, uint64_t at, uint64_t size)
{
	return at <= elf->size && size <= elf->size - at;
}

/* Headers need not be aligned in the image. */
static bool section(const struct elf *elf, size_t i, Elf64_Shdr *section)
{
	memcpy(section, elf->image + elf->header.e_shoff + i * sizeof(*section), sizeof(*section));
	return section->sh_type == SHT_NOBITS || inside(elf, section->sh_offset, section->sh_size);
}

static bool open_elf(const void *image, size_t size, struct elf *elf)
{
	Elf64_Ehdr *header = &elf->header;

	elf->image = image;
	elf->size = size;
	if (size < sizeof(*header))
		return false;
	memcpy(header, image, sizeof(*header));
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
	       header->e_type == ET_REL && header->e_shentsize == sizeof(Elf64_Shdr) &&
	       inside(elf, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr)) &&
	       header->e_shstrndx < header->e_shnum &&
	       section(elf, header->e_shstrndx, &elf->names) && elf->names.sh_type == SHT_STRTAB;
}

static bool is_named(const struct elf *elf, const Elf64_Shdr *section, const char *name)
{
	size_t n = strlen(name) + 1;

	return section->sh_name < elf->names.sh_size &&
	       n <= elf->names.sh_size - section->sh_name &&
	       !memcmp(elf->image + elf->names.sh_offset + section->sh_name, name, n);
}

/* The first of that name. Returns false if it is damaged. */
static bool find_part(const struct elf *elf, const char *name, struct part *part)
{
	Elf64_Shdr header;
	size_t i;

	part->bytes = NULL;
	for (i = 1; i < elf->header.e_shnum; i++) {
		bool whole = section(elf, i, &header);

		if (!is_named(elf, &header, name))
			continue;
		if (!whole || header.sh_type == SHT_NOBITS)
			return false;
		part->bytes = elf->image + header.sh_offset;
		part->size = header.sh_size;
		break;
	}
	return true;
}

/* ---- what is in them ---- */

/* struct modversion_info */
struct version {
	uint64_t crc;
	char name[64 - sizeof(uint64_t)];
};

static int each_version(const struct part *part, lw_symbols_fn *fn, void *arg)
{
	struct version version;
	size_t i, n = part->size / sizeof(version);

	if (part->size % sizeof(version) || n > INT_MAX)
		return -ENOEXEC;
	for (i = 0; i < n; i++) {
		memcpy(&version, part->bytes + i * sizeof(version), sizeof(version));
		if (!memchr(version.name, '\0', sizeof(version.name)))
			return -ENOEXEC;
		if (fn(version.name, version.crc, arg))
			break;
	}
	return n;
}

/* As many names, one after the other, as there are CRCs */
static int each_extended(const struct part *crcs, const struct part *names, lw_symbols_fn *fn,
			 void *arg)
{
	const char *name = (const char *)names->bytes, *end = name + names->size;
	size_t i, n = crcs->size / sizeof(uint32_t);
	uint32_t crc;

	if (crcs->size % sizeof(crc) || n > INT_MAX)
		return -ENOEXEC;
	for (i = 0; i < n; i++) {
		if (!memchr(name, '\0', end - name))
			return -ENOEXEC;
		memcpy(&crc, crcs->bytes + i * sizeof(crc), sizeof(crc));
		if (fn(name, crc, arg))
			break;
		name += strlen(name) + 1;
	}
	return n;
}

int lw_symbols_each(const void *image, size_t size, lw_symbols_fn *fn, void *arg)
{
	struct part versions, crcs, names;
	struct elf elf;

	if (!open_elf(image, size, &elf) || !find_part(&elf, "__versions", &versions) ||
	    !find_part(&elf, "__version_ext_crcs", &crcs) ||
	    !find_part(&elf, "__version_ext_names", &names) || !crcs.bytes != !names.bytes)
		return -ENOEXEC;
	if (crcs.bytes)
		return each_extended(&crcs, &names, fn, arg);
	return versions.bytes ? each_version(&versions, fn, arg) : -ENODATA;
}

/* ---- what is known of the kernel ---- */

struct symbol {
	const char *name; /* after the structure */
	uint64_t crc;
};

static int by_symbol(const void *a, const void *b)
{
	return strcmp(((const struct symbol *)a)->name, ((const struct symbol *)b)->name);
}

static const struct symbol *find_symbol(const struct lw_symbols *symbols, const char *name)
{
	const struct symbol wanted = { .name = name };
	void *found = tfind(&wanted, &symbols->known, by_symbol);

	return found ? *(struct symbol **)found : NULL;
}

/* Out of memory: it is not known. */
static bool add_symbol(const char *name, uint64_t crc, void *arg)
{
	struct lw_symbols *symbols = arg;
	struct symbol *symbol;
	size_t n = strlen(name) + 1;

	if (find_symbol(symbols, name))
		return false;
	symbol = malloc(sizeof(*symbol) + n);
	if (!symbol)
		return true;
	symbol->name = memcpy(symbol + 1, name, n);
	symbol->crc = crc;
	if (!tsearch(symbol, &symbols->known, by_symbol))
		free(symbol);
	return false;
}

/* ---- the kernel's modules ---- */

enum packing { PLAIN, XZ, GZIP, ZSTD, NO_MODULE };

struct lw_symbols_file {
	char *path;
	size_t size; /* about, unpacked */
	enum packing packing;
};

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && !strcmp(name + n - m, suffix);
}

static enum packing packing_of(const char *name)
{
	static const char *const suffixes[] = { ".ko", ".ko.xz", ".ko.gz", ".ko.zst" };
	enum packing i;

	for (i = PLAIN; i < NO_MODULE; i++)
		if (ends_in(name, suffixes[i]))
			break;
	return i;
}

/* From the largest down, in the same order each time. */
static int by_size(const void *a, const void *b)
{
	const struct lw_symbols_file *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return strcmp(x->path, y->path);
}

static bool add_file(struct lw_symbols *symbols, const FTSENT *entry)
{
	struct lw_symbols_file *file = &symbols->files[symbols->n_files];

	file->packing = packing_of(entry->fts_name);
	file->size = entry->fts_statp->st_size;
	if (file->packing == ZSTD)
		symbols->zstd = true;
	if (file->packing != PLAIN)
		file->size *= RATIO;
	if (file->packing >= ZSTD || file->size > MAX_MODULE)
		return true;
	file->path = strdup(entry->fts_path);
	symbols->n_files += file->path != NULL;
	return file->path != NULL;
}

/* Links are not followed. */
static void list_files(struct lw_symbols *symbols)
{
	char path[PATH_MAX];
	char *const paths[] = { path, NULL };
	FTSENT *entry;
	FTS *fts;
	int i;

	snprintf(path, sizeof(path), "%s/lib/modules/%s/kernel", symbols->root, symbols->release);
	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	for (i = 0; fts && i < MAX_FILES; i++) {
		entry = fts_read(fts);
		if (!entry || (entry->fts_info == FTS_F && !add_file(symbols, entry)))
			break;
	}
	if (fts)
		fts_close(fts);
	qsort(symbols->files, symbols->n_files, sizeof(*symbols->files), by_size);
}

/* Returns how many bytes it has, at most MAX_UNPACKED, or 0. */
static size_t unpack_xz(const void *bytes, size_t size, char *room)
{
	uint64_t memory = MAX_MEMORY;
	size_t in = 0, out = 0;

	if (lzma_stream_buffer_decode(&memory, 0, NULL, bytes, &in, size, (uint8_t *)room, &out,
				      MAX_UNPACKED) != LZMA_OK)
		return 0;
	return out;
}

static size_t unpack_gzip(void *bytes, size_t size, char *room)
{
	z_stream stream = {
		.next_in = bytes,
		.avail_in = size,
		.next_out = (Bytef *)room,
		.avail_out = MAX_UNPACKED,
	};
	int result;

	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return 0;
	result = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	return result == Z_STREAM_END ? stream.total_out : 0;
}

static void add_image(struct lw_symbols *symbols, const void *image, size_t size)
{
	symbols->read += size;
	lw_symbols_each(image, size, add_symbol, symbols);
}

static void add_bytes(struct lw_symbols *symbols, enum packing packing, void *bytes, size_t size)
{
	size_t n;

	if (packing == PLAIN) {
		add_image(symbols, bytes, size);
		return;
	}
	if (!symbols->room)
		symbols->room = malloc(MAX_UNPACKED);
	if (!symbols->room)
		return;
	n = packing == XZ ? unpack_xz(bytes, size, symbols->room)
			  : unpack_gzip(bytes, size, symbols->room);
	add_image(symbols, symbols->room, n);
	/* A file that cannot be unpacked may have taken as long as the largest. */
	if (!n)
		symbols->read += MAX_UNPACKED;
}

/* One that cannot be read, or is damaged, tells nothing. */
static void read_file(struct lw_symbols *symbols, const struct lw_symbols_file *file)
{
	int fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct lw_reason why;
	struct stat st;
	char *bytes;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= MAX_MODULE) {
		bytes = lw_trust_bytes(fd, file->path, st.st_size, &why);
		if (bytes)
			add_bytes(symbols, file->packing, bytes, st.st_size);
		free(bytes);
	}
	close(fd);
}

/* Returns false if there is nothing more to read. */
static bool read_next(struct lw_symbols *symbols)
{
	if (!symbols->files) {
		symbols->files = calloc(MAX_FILES, sizeof(*symbols->files));
		if (!symbols->files)
			return false;
		list_files(symbols);
	}
	if (symbols->next == symbols->n_files || symbols->read >= MAX_READ)
		return false;
	read_file(symbols, &symbols->files[symbols->next++]);
	return true;
}

void lw_symbols_free(struct lw_symbols *symbols)
{
	size_t i;

	for (i = 0; i < symbols->n_files; i++)
		free(symbols->files[i].path);
	free(symbols->files);
	free(symbols->room);
	tdestroy(symbols->known, free);
}

/* ---- the rule ---- */

struct comparison {
	struct lw_symbols *symbols;
	struct lw_reason *why;
	int compared;
	bool differs;
};

static bool compare(const char *name, uint64_t crc, void *arg)
{
	struct comparison *comparison = arg;
	const struct symbol *known;

	do
		known = find_symbol(comparison->symbols, name);
	while (!known && read_next(comparison->symbols));
	if (!known)
		return false;
	comparison->compared++;
	comparison->differs = known->crc != crc;
	if (comparison->differs)
		lw_because(
			comparison->why,
			"the module wants %.255s with CRC 0x%08llx, that kernel has 0x%08llx, and would refuse it; apt install lwtools-modules-%s",
			name, (unsigned long long)crc, (unsigned long long)known->crc,
			comparison->symbols->release);
	return comparison->differs;
}

static enum lw_result nothing_compared(const struct lw_symbols *symbols, struct lw_reason *why)
{
	if (symbols->n_files)
		lw_because(why, "the kernel's own modules have none of its symbols to compare");
	else if (symbols->zstd)
		lw_because(
			why,
			"the kernel's own modules are compressed with zstd, which lwload does not read");
	else
		lw_because(why, "no modules in %s/lib/modules/%s/kernel to compare with",
			   symbols->root, symbols->release);
	return LW_RULE_SKIP;
}

/*
 * symbols - has each symbol that the tool's module uses the same CRC there?
 *
 * Looks at lib/modules/RELEASE/kernel, no more of it than takes a moment: what none of the
 * modules there uses, and what was not reached, is not compared, and *why says of how many
 * that is so. LW_RULE_SKIP if nothing can be compared.
 */
enum lw_result lw_rule_symbols(const struct lw_subject *subject, struct lw_reason *why)
{
	struct lw_symbols *symbols = subject->symbols;
	const struct lw_tool *tool = subject->tool;
	struct comparison comparison = { .symbols = symbols, .why = why };
	int n;

	if (!lw_identity_modversions(tool)) {
		lw_because(why, "no modversions in its vermagic: symbols have no CRCs");
		return LW_RULE_SKIP;
	}
	n = lw_symbols_each(tool->image, tool->size, compare, &comparison);
	if (n == -ENOEXEC) {
		lw_because(why,
			   "its symbol versions are damaged; reinstall the package that has it");
		return LW_RULE_FAIL;
	}
	if (n < 0) {
		lw_because(why, "the module has no symbol versions");
		return LW_RULE_SKIP;
	}
	if (comparison.differs)
		return LW_RULE_FAIL;
	if (!comparison.compared)
		return nothing_compared(symbols, why);
	lw_because(why, "%d of %d symbols compared, all the same", comparison.compared, n);
	return LW_RULE_OK;
}
