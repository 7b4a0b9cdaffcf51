// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_tool.c - a module's file and its description
 *
 * Input that does not begin as an ELF file does is the section .modinfo of such a file: a
 * fuzzer that had to keep the rest whole would not come far.
 */
#include <assert.h>
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/tool.h"
#include "text/options.h"
#include "text/render.h"
#include "util/reason.h"
#include "fuzz.h"

#define RELEASE "6.1.0"

static const char *root;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	assert(freopen("/dev/null", "w", stdout));
	root = file_new("lib/modules/" RELEASE "/systemtap/lw_fuzz.ko");
	return 0;
}

/* ---- the file ---- */

/* The file's end, after the bytes of the section */
struct tail {
	char names[24];
	Elf64_Shdr sections[3];
};

static void file_around(const uint8_t *info, size_t size)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(header),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 3,
		.e_shstrndx = 2,
	};
	size_t at = (sizeof(header) + size + 7) & ~7UL;
	struct tail tail = {
		.names = "\0.modinfo\0.shstrtab",
		.sections = { { 0 },
			      { .sh_name = 1,
				.sh_type = SHT_PROGBITS,
				.sh_offset = sizeof(header),
				.sh_size = size },
			      { .sh_name = 10,
				.sh_type = SHT_STRTAB,
				.sh_offset = at,
				.sh_size = sizeof(tail.names) } },
	};
	char *file = calloc(1, at + sizeof(tail));

	assert(file);
	header.e_shoff = at + offsetof(struct tail, sections);
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), info, size);
	memcpy(file + at, &tail, sizeof(tail));
	file_set(file, at + sizeof(tail));
	free(file);
}

/* ---- checks of a description that was taken ---- */

/* The text is inside of the section's copy, which a NUL ends. */
static bool inside(const struct lw_tool *tool, const char *text)
{
	return text >= tool->info && text <= tool->info + tool->info_size;
}

/* A name becomes a key of JSON, a parameter of the kernel, a long option. */
static bool is_name(const char *name)
{
	return (islower((unsigned char)*name) || *name == '_') && strlen(name) < 64 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static void check_names(const struct lw_tool *tool)
{
	int i, j;

	assert(tool->nnames >= 0 && tool->nnames <= LW_MAX_NAMES);
	for (i = 0; i < tool->nnames; i++) {
		const struct lw_names *names = &tool->names[i];

		assert(*names->arg && inside(tool, names->arg) && inside(tool, names->want));
		assert(names->n >= 1 && names->n <= LW_MAX_VALUES);
		for (j = 0; j < names->n; j++)
			assert(*names->values[j].name && inside(tool, names->values[j].name) &&
			       names->values[j].number >= 0);
	}
}

static void check_tool(const struct lw_tool *tool)
{
	int i;

	assert(inside(tool, tool->module) && inside(tool, tool->vermagic) &&
	       inside(tool, tool->format) && inside(tool, tool->summary));
	assert(!tool->version || inside(tool, tool->version));
	assert(!tool->uts || inside(tool, tool->uts));
	assert(!tool->build_id || inside(tool, tool->build_id));
	assert(tool->buffer >= 1 && tool->buffer <= 4095);
	assert(tool->nfields >= 1 && tool->nfields <= LW_MAX_FIELDS);
	assert(tool->noptions >= 0 && tool->noptions <= LW_MAX_OPTIONS);
	for (i = 0; i < tool->nfields; i++) {
		const struct lw_field *field = &tool->fields[i];

		assert(is_name(field->name) && inside(tool, field->text));
		assert(field->type < LW_NTYPES && field->width >= 0 && field->width <= 200);
		assert(field->option < ' ' || isalnum(field->option));
	}
	assert(tool->nexamples >= 0 && tool->nexamples <= LW_MAX_EXAMPLES);
	for (i = 0; i < tool->nexamples; i++)
		assert(inside(tool, tool->examples[i].text) &&
		       inside(tool, tool->examples[i].args));
	for (i = 0; i < tool->noptions; i++) {
		const struct lw_option *option = &tool->options[i];

		assert(is_name(option->param) && inside(tool, option->text));
		assert(isalnum(option->letter));
		assert(!option->arg || (*option->arg && inside(tool, option->arg)));
	}
	check_names(tool);
}

/* Each user of a description can work with it. */
static void use_tool(const struct lw_tool *tool)
{
	char *args[] = { tool->name, "--json", "-p", "1", NULL };
	static const struct lw_output_options to_stdout;
	struct lw_options options;
	struct lw_output *output;
	struct lw_render *render;

	assert(lw_output_open(tool->name, &to_stdout, &output) == 0);
	lw_options_help(tool);
	lw_options_parse(tool, 4, args, &options);
	render = lw_render_new(tool, false, options.given, &options.columns, output);
	assert(render);
	lw_render_start(render);
	lw_render_free(render);
	lw_output_close(output);
	lw_options_free(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lw_tool *tool = NULL;
	struct lw_reason why;
	int err;

	if (size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG))
		file_set(data, size);
	else
		file_around(data, size);
	err = lw_tool_read(root, RELEASE, "fuzz", &tool, &why);
	assert(err == 0 || err == -ENOEXEC);
	assert((err == 0) == (tool != NULL));
	assert((err == 0) == !why.text[0]);
	if (tool) {
		check_tool(tool);
		use_tool(tool);
	}
	lw_tool_free(tool);
	return 0;
}
