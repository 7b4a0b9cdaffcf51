/* SPDX-License-Identifier: GPL-2.0-only */
/* tool.h - a tool: its module, and the module's description */
#ifndef LW_TOOL_H
#define LW_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LW_MAX_FIELDS 32
#define LW_MAX_OPTIONS 32
#define LW_MAX_EXAMPLES 8
#define LW_MAX_NAMES 4
#define LW_MAX_VALUES 64
/*
 * The description format this loader reads, modinfo "lwtools". Since 2 a buffer may be read from
 * any CPU.
 */
#define LW_FORMAT "2"
/* The format of its output (lwtools-stream(5)) */
#define LW_STREAM "1"

/*
 * Fields that lwload adds: to the records of tasks (stp/kernel/fields.h), and, one of them, to the rows of reports
 * (stp/kernel/by.h)
 */
enum lw_more { LW_PROCESS, LW_PPID, LW_NSPID, LW_CGROUP, LW_CONTAINER, LW_USER, LW_TREE, LW_NMORE };

/* Stands for option --by in lw_field.option, for the field that it fills */
#define LW_BY_LETTER(more) ((char)(1 + (more)))

enum lw_type { LW_TIME, LW_INT, LW_HEX, LW_OCT, LW_MSEC, LW_STR, LW_ARGS, LW_DIST, LW_NTYPES };

struct lw_field {
	const char *name;
	enum lw_type type;
	int width;   /* columns, 0 if not given */
	char option; /* shown in tables only with this option, or LW_BY_LETTER(); 0: always */
	const char *text;
	bool without; /* shown only without that option */
};

/* Does the tool fill this field, with these options? @given: by letter */
static inline bool lw_field_is_filled(const struct lw_field *field, const bool *given)
{
	return !field->option || given[(int)field->option] != field->without;
}

struct lw_option {
	const char *param; /* module parameter, and the long option */
	char letter;
	const char *arg; /* its placeholder, for people and as type; NULL: a flag */
	const char *text;
	char shown[20]; /* as messages name it: -p, or --not-pid */
};

/* An example of a command line for --help */
struct lw_example {
	const char *text; /* what the example shows */
	const char *args; /* arguments after the tool's name */
};

struct lw_named {
	const char *name;
	long long number;
};

/* The values of a placeholder: an option takes one of these names, or several, combined by bits */
struct lw_names {
	const char *arg;  /* the placeholder */
	const char *want; /* their kind, for people */
	struct lw_named values[LW_MAX_VALUES];
	int n;
};

struct lw_tool {
	char *name; /* opensnoop */
	char *path;
	void *image; /* the bytes of the file, read once */
	size_t size;
	size_t signed_size; /* with the kernel's signature, if that is in a file of its own (append.h) */
	bool kprobes;       /* it has kprobes or return probes */
	int fd;             /* the open file */
	int dir;            /* the file's directory, for openat(2) */
	const char *module; /* lw_opensnoop, from the module itself */
	const char *vermagic;
	const char *format;
	const char *summary;
	const char *group; /* of "lwload list", NULL: an older module */
	const char *version;
	const char *uts;      /* uname -v of the kernel that it was built for */
	const char *build_id; /* of that kernel, hexadecimal */
	const char *lists;    /* of tasks that the module takes (whose.h), NULL: none */
	const char *no_task;  /* why its events are of no task, NULL: they are of one */
	uint64_t lookup;      /* see lw_control_hello(); 0: not known */
	int buffer;           /* MiB of relay buffer per CPU */
	struct lw_field fields[LW_MAX_FIELDS];
	int nfields;
	int nmore; /* the last fields, which a run fills only if asked */
	enum lw_more more[LW_NMORE];
	const char *added; /* the names of those that the module can add, NULL: none */
	const char *by;    /* the words of option --by that the module takes, NULL: none */
	struct lw_option options[LW_MAX_OPTIONS];
	int noptions;
	struct lw_example examples[LW_MAX_EXAMPLES];
	int nexamples;
	struct lw_names names[LW_MAX_NAMES];
	int nnames;
	char *info; /* the text that the pointers above point into */
	size_t info_size;
};

/* lw_type_name - returns the type's name in descriptions and in lwtools-stream(5) */
const char *lw_type_name(enum lw_type type);

/*
 * lw_tool_open - finds lw_NAME.ko for a kernel release (where.h) and reads it
 * @root: directory that holds lib/modules, "" on a real host
 *
 * The file is opened once, as trust.h says, and all later work uses the bytes that were read.
 * Prints errors. Returns 0, -ENOENT (no such file), -EPERM (others than root could have changed it,
 * or its directory), -ENOEXEC (not a module of lwtools, or changed while it was read) or another
 * -errno.
 */
int lw_tool_open(const char *root, const char *release, const char *name, struct lw_tool **tool);

struct lw_reason;

/* lw_tool_read - the same, but prints nothing: the error is in *why, except for -ENOENT */
int lw_tool_read(const char *root, const char *release, const char *name, struct lw_tool **tool,
		 struct lw_reason *why);

/* lw_tool_field - returns the index of the field with that name of @len bytes, -1 if there is no such field */
int lw_tool_field(const struct lw_tool *tool, const char *name, size_t len);

/* lw_tool_free - frees a tool; NULL is allowed */
void lw_tool_free(struct lw_tool *tool);

/*
 * lw_tool_interval - returns the option "interval N" of a tool that writes reports; NULL: it writes
 * none
 */
const struct lw_option *lw_tool_interval(const struct lw_tool *tool);

#endif
