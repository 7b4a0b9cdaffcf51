/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tool.h - where modules are, and what they say of themselves
 *
 * A module carries its own description in its modinfo section, written there
 * by modules/describe and "stap --modinfo"; HACKING.md has the grammar.
 */
#ifndef LW_TOOL_H
#define LW_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LW_MAX_FIELDS 32
#define LW_MAX_OPTIONS 32
/* The description format this loader reads, modinfo "lwtools". Since 2 a buffer may be read from any CPU. */
#define LW_FORMAT "2"
/* The format of what it writes (lwtools-stream(5)) */
#define LW_STREAM "1"

enum lw_type { LW_TIME, LW_INT, LW_HEX, LW_OCT, LW_MSEC, LW_STR, LW_ARGS, LW_DIST, LW_NTYPES };

struct lw_field {
	const char *name;
	enum lw_type type;
	int width;   /* columns, 0 if not given */
	char option; /* shown in tables only with this option; 0: always */
	const char *text;
};

struct lw_option {
	const char *param; /* module parameter, and the long option */
	char letter;
	const char *arg; /* what follows it, for people and as type; NULL: a flag */
	const char *text;
};

struct lw_tool {
	char *name; /* opensnoop */
	char *path;
	void *image; /* the bytes of the file, read once */
	size_t size;
	bool kprobes;       /* it has some, or return probes */
	int fd;             /* the open file */
	int dir;            /* the directory it is in, for openat(2) */
	const char *module; /* lw_opensnoop, from the module itself */
	const char *vermagic;
	const char *format;
	const char *summary;
	const char *version;
	const char *uts;      /* uname -v of the kernel it was built for */
	const char *build_id; /* of that kernel, hexadecimal */
	uint64_t lookup;      /* kallsyms_lookup_name less _stext there, 0: not known */
	int buffer;           /* MiB of relay buffer per CPU */
	struct lw_field fields[LW_MAX_FIELDS];
	int nfields;
	struct lw_option options[LW_MAX_OPTIONS];
	int noptions;
	char *info; /* what the pointers above point into */
	size_t info_size;
};

/* lw_type_name - as lwtools-stream(5) writes it, in the header and in descriptions */
const char *lw_type_name(enum lw_type type);

/*
 * lw_tool_name_ok - may this be the name of a tool? Letters, digits, - and _,
 * a letter first, at most 50 bytes (56 are allowed with lw_ and .ko: systemtap
 * staprun/staprun.h). Nothing that could name another directory passes.
 */
bool lw_tool_name_ok(const char *name);

/*
 * lw_tool_open - find lw_NAME.ko for a kernel release and read it
 * @root: directory that holds lib/modules, "" on a real host
 *
 * Searches lib/modules/RELEASE/systemtap, then .../updates/dkms. The file is
 * opened once, as trust.h says, and all later work uses the bytes read then.
 * Prints what is wrong. Returns 0, -ENOENT (no such file), -EPERM (others than
 * root could have changed it, or its directory), -ENOEXEC (not a module of lwtools, or changed while it
 * was read) or another -errno.
 */
int lw_tool_open(const char *root, const char *release, const char *name, struct lw_tool **tool);

struct lw_reason;

/* lw_tool_read - the same, but what is wrong is put into *why; nothing for -ENOENT */
int lw_tool_read(const char *root, const char *release, const char *name, struct lw_tool **tool,
		 struct lw_reason *why);

/*
 * lw_tool_where - the path of the file that lw_tool_open() would open, which need not be
 * one that it would take; free it. Returns 0, -ENOENT or -ENOMEM.
 */
int lw_tool_where(const char *root, const char *release, const char *name, char **path);

/*
 * lw_tool_compressed - the path of a compressed module, which is none that lw_tool_open()
 * finds, in the place of one; free it
 * @name: of the tool; NULL: any
 * Returns NULL if there is none.
 */
char *lw_tool_compressed(const char *root, const char *release, const char *name);

/* lw_tool_free - NULL is fine */
void lw_tool_free(struct lw_tool *tool);

/*
 * lw_tool_interval - the option "interval N", which a tool has that writes periodic
 * reports; NULL if it writes none
 */
const struct lw_option *lw_tool_interval(const struct lw_tool *tool);

/*
 * lw_tool_names - names of the tools installed for a release, sorted, without
 * opening them. Returns how many, or -errno; free each and the array.
 */
int lw_tool_names(const char *root, const char *release, char ***names);

/* lw_tool_elsewhere - is the tool installed for any other release? */
bool lw_tool_elsewhere(const char *root, const char *name);

/* Returns true to end. */
typedef bool lw_missing_fn(const char *name, const char *reason, void *arg);

/*
 * lw_missing_each - tools that cannot work on a kernel, and why
 *
 * Calls fn for each that lwtools.manifest says is missing (lwtools-manifest(5)); for
 * none if there is no such file. Returns whether fn did.
 */
bool lw_missing_each(const char *root, const char *release, lw_missing_fn *fn, void *arg);

#endif
