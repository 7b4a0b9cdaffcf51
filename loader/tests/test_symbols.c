// SPDX-License-Identifier: GPL-2.0-only
/* test_symbols.c - CRCs of symbols: modules made by hand, and a kernel's own ones */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lzma.h>
#include <zlib.h>

#include "rules/symbols.h"
#include "rules/table.h"
#include "helper.h"

#define MODVERSIONS RELEASE " SMP mod_unload modversions "

/* ---- modules ---- */

struct module {
	char bytes[16 << 10];
	size_t size;
	size_t headers; /* offset of the section headers: the first is empty, the second names */
	int n;
	char names[256];
	size_t n_names;
};

/* Appends aligned bytes, as in real modules. Returns their place. */
static size_t put(struct module *module, const void *bytes, size_t size)
{
	size_t at = module->size;

	assert_true(at + size + 8 < sizeof(module->bytes));
	memcpy(module->bytes + at, bytes, size);
	module->size = (at + size + 7) & ~7UL;
	return at;
}

static size_t put_name(struct module *module, const char *name)
{
	size_t at = module->n_names;

	strcpy(module->names + at, name);
	module->n_names += strlen(name) + 1;
	return at;
}

/* A section whose bytes are in the module already */
struct section {
	const char *name;
	size_t at, size;
};

static void end_module(struct module *module, const struct section *sections, int n)
{
	Elf64_Shdr headers[8] = { { 0 } };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB },
		.e_type = ET_REL,
		.e_shentsize = sizeof(headers[0]),
		.e_shnum = n + 2,
		.e_shstrndx = 1,
	};
	int i;

	put_name(module, "");
	headers[1].sh_name = put_name(module, ".shstrtab");
	headers[1].sh_type = SHT_STRTAB;
	for (i = 0; i < n; i++) {
		headers[i + 2].sh_name = put_name(module, sections[i].name);
		headers[i + 2].sh_type = SHT_PROGBITS;
		headers[i + 2].sh_offset = sections[i].at;
		headers[i + 2].sh_size = sections[i].size;
	}
	headers[1].sh_offset = put(module, module->names, module->n_names);
	headers[1].sh_size = module->n_names;
	module->headers = put(module, headers, (n + 2) * sizeof(headers[0]));
	header.e_shoff = module->headers;
	memcpy(module->bytes, &header, sizeof(header));
}

static void begin_module(struct module *module)
{
	static const Elf64_Ehdr none;

	memset(module, 0, sizeof(*module));
	put(module, &none, sizeof(none));
}

/* Appends entries in the kernel's form: eight bytes of CRC, and the name. */
static struct section put_versions(struct module *module, const char *const *names,
				   const uint64_t *crcs, int n)
{
	struct section section = { "__versions", module->size, 64UL * n };
	char entry[64];
	int i;

	for (i = 0; i < n; i++) {
		memset(entry, 0, sizeof(entry));
		memcpy(entry, &crcs[i], sizeof(crcs[i]));
		strcpy(entry + 8, names[i]);
		put(module, entry, sizeof(entry));
	}
	return section;
}

static void make_module(struct module *module, const char *const *names, const uint64_t *crcs,
			int n)
{
	struct section section;

	begin_module(module);
	section = put_versions(module, names, crcs, n);
	end_module(module, &section, 1);
}

/* Makes a module with the newer form as well, for a name that is too long for the older. */
static void make_extended(struct module *module, const void *crcs, size_t crcs_size,
			  const char *names, size_t names_size)
{
	static const char *const basic[] = { "only_in_the_basic_form" };
	static const uint64_t crc[] = { 1 };
	struct section sections[3] = { { "", 0, 0 },
				       { "__version_ext_crcs", 0, crcs_size },
				       { "__version_ext_names", 0, names_size } };

	begin_module(module);
	sections[0] = put_versions(module, basic, crc, 1);
	sections[1].at = put(module, crcs, crcs_size);
	sections[2].at = put(module, names, names_size);
	end_module(module, sections, 3);
}

static const char *const some[] = { "module_layout", "printk", "kfree" };
static const uint64_t crcs[] = { 0x11111111, 0x2222, 0xffffffff };

/* ---- symbols of a module ---- */

static char seen[1024];

static bool note(const char *name, uint64_t crc, void *arg)
{
	int *left = arg;
	size_t n = strlen(seen);

	snprintf(seen + n, sizeof(seen) - n, "%s=%llx ", name, (unsigned long long)crc);
	return left && --*left == 0;
}

/* The copy is not aligned, and the sanitizer sees a read after its end. */
static int each(const struct module *module, size_t size)
{
	char *copy = malloc(size + 1);
	int n;

	assert_non_null(copy);
	memcpy(copy + 1, module->bytes, size);
	seen[0] = '\0';
	n = lw_symbols_each(copy + 1, size, note, NULL);
	free(copy);
	return n;
}

static void basic_form(void **state)
{
	static struct module module;
	int left = 2;

	(void)state;
	make_module(&module, some, crcs, 3);
	assert_int_equal(each(&module, module.size), 3);
	assert_string_equal(seen, "module_layout=11111111 printk=2222 kfree=ffffffff ");
	seen[0] = '\0';
	assert_int_equal(lw_symbols_each(module.bytes, module.size, note, &left), 3);
	assert_string_equal(seen, "module_layout=11111111 printk=2222 ");
	make_module(&module, some, crcs, 0);
	assert_int_equal(each(&module, module.size), 0);
}

static void extended_form(void **state)
{
	static const char names[] =
		"module_layout\0a_name_that_is_longer_than_the_fifty_five_bytes_"
		"that_there_is_room_for";
	static const uint32_t numbers[] = { 0x11111111, 0x80000000 };
	static struct module module;

	(void)state;
	make_extended(&module, numbers, sizeof(numbers), names, sizeof(names));
	assert_int_equal(each(&module, module.size), 2);
	assert_string_equal(seen, "module_layout=11111111 a_name_that_is_longer_than_the_fifty_"
				  "five_bytes_that_there_is_room_for=80000000 ");
	/* Too few names, one without an end, half a CRC */
	make_extended(&module, numbers, sizeof(numbers), names, 14);
	assert_int_equal(each(&module, module.size), -ENOEXEC);
	make_extended(&module, numbers, sizeof(numbers), names, sizeof(names) - 1);
	assert_int_equal(each(&module, module.size), -ENOEXEC);
	make_extended(&module, numbers, sizeof(numbers) - 1, names, sizeof(names));
	assert_int_equal(each(&module, module.size), -ENOEXEC);
}

static void one_half_of_the_extended_form(void **state)
{
	static struct module module;
	struct section section = { "__version_ext_names", 0, 0 };

	(void)state;
	begin_module(&module);
	end_module(&module, &section, 1);
	assert_int_equal(each(&module, module.size), -ENOEXEC);
}

static void no_versions(void **state)
{
	struct section section = { "__versions2", 0, 0 };
	static struct module module;

	(void)state;
	begin_module(&module);
	end_module(&module, &section, 1);
	assert_int_equal(each(&module, module.size), -ENODATA);
}

/* The place and size of a field in the ELF header, or in the header of section i */
#define EHDR(field) -1, offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)
#define SHDR(i, field) i, offsetof(Elf64_Shdr, field), sizeof(((Elf64_Shdr *)0)->field)

static void damaged(void **state)
{
	static const struct {
		int section; /* -1: the ELF header */
		size_t at, size;
		uint64_t value;
		int result;
	} rows[] = {
		{ EHDR(e_ident), 0, -ENOEXEC },
		{ EHDR(e_type), ET_DYN, -ENOEXEC },
		{ EHDR(e_shoff), UINT64_MAX, -ENOEXEC },
		{ EHDR(e_shoff), 1 << 20, -ENOEXEC },
		{ EHDR(e_shentsize), 40, -ENOEXEC },
		{ EHDR(e_shnum), 0, -ENOEXEC },
		{ EHDR(e_shnum), 4, -ENOEXEC },
		{ EHDR(e_shnum), 0xffff, -ENOEXEC },
		{ EHDR(e_shstrndx), 3, -ENOEXEC },
		{ EHDR(e_shstrndx), 2, -ENOEXEC },
		{ SHDR(1, sh_offset), UINT64_MAX, -ENOEXEC },
		{ SHDR(1, sh_size), UINT64_MAX, -ENOEXEC },
		{ SHDR(1, sh_type), SHT_NOBITS, -ENOEXEC },
		{ SHDR(1, sh_size), 0, -ENODATA },
		{ SHDR(1, sh_size), 12, -ENODATA },
		{ SHDR(2, sh_name), UINT32_MAX, -ENODATA },
		{ SHDR(2, sh_type), SHT_NOBITS, -ENOEXEC },
		{ SHDR(2, sh_offset), UINT64_MAX, -ENOEXEC },
		{ SHDR(2, sh_offset), UINT64_MAX - 63, -ENOEXEC },
		{ SHDR(2, sh_size), UINT64_MAX - 63, -ENOEXEC },
		{ SHDR(2, sh_size), 65, -ENOEXEC },
		{ SHDR(2, sh_size), 128, 2 },
	};
	static struct module module;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		size_t at = rows[i].at;

		make_module(&module, some, crcs, 3);
		if (rows[i].section >= 0)
			at += module.headers + rows[i].section * sizeof(Elf64_Shdr);
		memcpy(module.bytes + at, &rows[i].value,
		       rows[i].size < 8 ? rows[i].size : sizeof(rows[i].value));
		if (each(&module, module.size) != rows[i].result)
			fail_msg("row %zu: %d", i, each(&module, module.size));
	}
}

static void name_without_an_end(void **state)
{
	static struct module module;

	(void)state;
	make_module(&module, some, crcs, 3);
	memset(module.bytes + sizeof(Elf64_Ehdr) + 64 + 8, 'x', 56);
	assert_int_equal(each(&module, module.size), -ENOEXEC);
}

static void cut_off(void **state)
{
	static struct module module;
	size_t size;

	(void)state;
	make_module(&module, some, crcs, 3);
	for (size = 0; size < module.size; size++)
		assert_int_equal(each(&module, size), -ENOEXEC);
}

/* ---- the rule ---- */

static char *root;

static int setup(void **state)
{
	(void)state;
	root = tree_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

/* The kernel's own module kernel/NAME, of these bytes */
static void add_bytes(const char *name, const void *bytes, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), "lib/modules/" RELEASE "/kernel/%s", name);
	tree_write(root, path, bytes, size);
}

static void add_module(const char *name, const char *const *names, const uint64_t *numbers, int n)
{
	struct module module;

	make_module(&module, names, numbers, n);
	add_bytes(name, module.bytes, module.size);
}

/* The rule gives this result and text for a tool that uses the three symbols above. */
static void says_with(struct lw_symbols *symbols, const char *vermagic, enum lw_result want,
		      const char *text)
{
	static struct module module;
	struct lw_tool tool = { .vermagic = vermagic, .image = module.bytes };
	const struct lw_subject subject = { .tool = &tool, .symbols = symbols };
	struct lw_reason why;
	enum lw_result result;

	make_module(&module, some, crcs, 3);
	tool.size = module.size;
	result = lw_rule_symbols(&subject, &why);
	if (!text_says(why.text, text))
		fail_msg("no \"%s\" in: %s", text, why.text);
	assert_int_equal(result, want);
}

static void says(enum lw_result want, const char *text)
{
	struct lw_symbols symbols = { .root = root, .release = RELEASE };

	says_with(&symbols, MODVERSIONS, want, text);
	/* The second answer comes from the first one's symbols. */
	says_with(&symbols, MODVERSIONS, want, text);
	lw_symbols_free(&symbols);
}

static void the_same(void **state)
{
	static const uint64_t wrong[] = { 5 };

	(void)state;
	add_module("net/a.ko", some, crcs, 1);
	says(LW_RULE_OK, "1 of 3 symbols*same");
	add_module("fs/x/y/b.ko", some + 1, crcs + 1, 2);
	says(LW_RULE_OK, "3 of 3 symbols*same");
	/* These files are no modules of the kernel. */
	add_module("fs/c.ko.old", some, wrong, 1);
	add_module("fs/.ko", some, wrong, 1);
	add_module("../updates/d.ko", some, wrong, 1);
	says(LW_RULE_OK, "3 of 3 symbols*same");
}

static void another_crc(void **state)
{
	static const uint64_t other[] = { 0x11111111, 0x2223, 1 };
	static const uint64_t wide[] = { 0x11111111, 0x2222, 0x1ffffffffULL };

	(void)state;
	add_module("net/a.ko", some, other, 3);
	says(LW_RULE_FAIL, "printk*0x00002222*0x00002223*lwtools-modules-" RELEASE);
	add_module("net/a.ko", some, wide, 3);
	says(LW_RULE_FAIL, "kfree*0xffffffff*0x1ffffffff");
}

static void nothing_to_compare(void **state)
{
	static const char *const others[] = { "vfree" };
	struct lw_symbols symbols = { .root = root, .release = RELEASE };
	struct lw_tool tool = { .vermagic = MODVERSIONS, .image = "", .size = 0 };
	const struct lw_subject subject = { .tool = &tool, .symbols = &symbols };
	struct lw_reason why;

	(void)state;
	says(LW_RULE_SKIP, "no modules in ");
	add_bytes("a.ko.zst", "", 0);
	says(LW_RULE_SKIP, "compressed with zstd");
	add_module("a.ko", others, crcs, 1);
	says(LW_RULE_SKIP, "none of its symbols");
	says_with(&symbols, RELEASE " SMP ", LW_RULE_SKIP, "no modversions in its vermagic");
	assert_int_equal(lw_rule_symbols(&subject, &why), LW_RULE_FAIL);
	assert_has(why.text, "damaged; reinstall");
	lw_symbols_free(&symbols);
}

static void damaged_modules_of_the_kernel(void **state)
{
	(void)state;
	add_bytes("a.ko", "\177ELF", 4);
	add_bytes("b.ko", "", 0);
	add_bytes("c.ko.xz", "x", 1);
	add_bytes("d.ko.gz", "x", 1);
	says(LW_RULE_SKIP, "none of its symbols");
	add_module("z.ko", some, crcs, 2);
	says(LW_RULE_OK, "2 of 3");
}

static void links_are_not_followed(void **state)
{
	char link[256];

	(void)state;
	add_module("../elsewhere/a.ko", some, crcs, 3);
	add_bytes("b.txt", "", 0);
	snprintf(link, sizeof(link), "%s/lib/modules/" RELEASE "/kernel/a.ko", root);
	assert_int_equal(symlink("../elsewhere/a.ko", link), 0);
	snprintf(link, sizeof(link), "%s/lib/modules/" RELEASE "/kernel/dir", root);
	assert_int_equal(symlink("../elsewhere", link), 0);
	snprintf(link, sizeof(link), "%s/lib/modules/" RELEASE "/kernel/fifo.ko", root);
	assert_int_equal(mkfifo(link, 0600), 0);
	says(LW_RULE_SKIP, "no modules in ");
}

/* Files are read until all symbols are found; a CRC that was found first counts. */
static void the_rest_is_not_read(void **state)
{
	static const uint64_t wrong[] = { 1, 2, 3 };
	static struct module module;
	struct lw_symbols symbols = { .root = root, .release = RELEASE };

	(void)state;
	make_module(&module, some, crcs, 3);
	/* The largest file is read first. */
	add_bytes("b.ko", module.bytes, sizeof(module.bytes));
	add_module("a.ko", some, wrong, 3);
	says_with(&symbols, MODVERSIONS, LW_RULE_OK, "3 of 3");
	assert_int_equal(symbols.n_files, 2);
	assert_int_equal(symbols.next, 1);
	lw_symbols_free(&symbols);
}

/* Adds a module with this symbol, and zeroes up to this size. */
static void add_large(const char *name, const char *symbol, off_t size)
{
	char path[256];

	add_module(name, &symbol, crcs, 1);
	snprintf(path, sizeof(path), "%s/lib/modules/" RELEASE "/kernel/%s", root, name);
	assert_int_equal(truncate(path, size), 0);
}

/* At most 32 MiB of modules are read, so that the time does not depend on the kernel. */
static void not_all_is_read(void **state)
{
	struct lw_symbols symbols = { .root = root, .release = RELEASE };
	char name[32];
	int i;

	(void)state;
	add_large("a.ko", "module_layout", (256 << 10) + 1);
	add_large("b.ko.gz", "module_layout", (64 << 10) + 1);
	says(LW_RULE_SKIP, "no modules in ");
	for (i = 0; i < 128; i++) {
		snprintf(name, sizeof(name), "%03d.ko", i);
		add_large(name, i < 127 ? "vfree" : "module_layout", 256 << 10);
	}
	add_module("z.ko", some, crcs, 3);
	says_with(&symbols, MODVERSIONS, LW_RULE_OK, "1 of 3");
	assert_int_equal(symbols.n_files, 129);
	assert_int_equal(symbols.next, 128);
	lw_symbols_free(&symbols);
}

/* ---- packed ones ---- */

static size_t pack_xz(const void *bytes, size_t size, void *out, size_t room)
{
	size_t n = 0;

	assert_int_equal(
		lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, bytes, size, out, &n, room),
		LZMA_OK);
	return n;
}

static size_t pack_gzip(const void *bytes, size_t size, void *out, size_t room)
{
	z_stream stream = {
		.next_in = (Bytef *)bytes, .avail_in = size, .next_out = out, .avail_out = room
	};

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return stream.total_out;
}

static void packed(void **state)
{
	static const struct {
		const char *name;
		size_t (*pack)(const void *bytes, size_t size, void *out, size_t room);
	} rows[] = { { "a.ko.xz", pack_xz }, { "a.ko.gz", pack_gzip } };
	static char room[sizeof(((struct module *)0)->bytes)];
	static struct module module;
	char path[256];
	size_t i, n;

	(void)state;
	make_module(&module, some, crcs, 3);
	for (i = 0; i < COUNT(rows); i++) {
		n = rows[i].pack(module.bytes, module.size, room, sizeof(room));
		add_bytes(rows[i].name, room, n);
		says(LW_RULE_OK, "3 of 3");
		add_bytes(rows[i].name, room, n - 1);
		says(LW_RULE_SKIP, "none of its symbols");
		snprintf(path, sizeof(path), "%s/lib/modules/" RELEASE "/kernel/%s", root,
			 rows[i].name);
		assert_int_equal(remove(path), 0);
	}
}

/* A small file that unpacks to much gets no more memory than one module may have. */
static void a_bomb(void **state)
{
	struct lw_symbols symbols = { .root = root, .release = RELEASE };
	size_t size = 16 << 20, n;
	char name[32];
	int i;
	char *zeroes = calloc(1, size), *room = malloc(size);

	(void)state;
	assert_true(zeroes && room);
	n = pack_xz(zeroes, size, room, size);
	add_bytes("a.ko.xz", room, n);
	n = pack_gzip(zeroes, size, room, size);
	add_bytes("b.ko.gz", room, n);
	free(zeroes);
	free(room);
	says(LW_RULE_SKIP, "none of its symbols");
	/* The limit for all files holds for unpacked bytes as well. */
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "c%d.ko.xz", i);
		add_bytes(name, "x", 1);
	}
	says_with(&symbols, MODVERSIONS, LW_RULE_SKIP, "none of its symbols");
	assert_int_equal(symbols.n_files, 10);
	assert_int_equal(symbols.next, 8);
	lw_symbols_free(&symbols);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic_form),
		cmocka_unit_test(extended_form),
		cmocka_unit_test(one_half_of_the_extended_form),
		cmocka_unit_test(no_versions),
		cmocka_unit_test(damaged),
		cmocka_unit_test(name_without_an_end),
		cmocka_unit_test(cut_off),
		FRESH(the_same),
		FRESH(another_crc),
		FRESH(nothing_to_compare),
		FRESH(damaged_modules_of_the_kernel),
		FRESH(links_are_not_followed),
		FRESH(the_rest_is_not_read),
		FRESH(not_all_is_read),
		FRESH(packed),
		FRESH(a_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
