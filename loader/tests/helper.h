/* SPDX-License-Identifier: GPL-2.0-only */
/* helper.h - what several test programs need: modules to read, output to look at */
#ifndef LW_TESTS_HELPER_H
#define LW_TESTS_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "verbs/lwload.h"
#include "module/tool.h"

/* A test that hangs ends after so many waits of 10 ms. Nothing else takes so long on a busy machine. */
#define PATIENCE 12000

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The release that fixtures are for, and another one. */
#define RELEASE "6.1.0-99-test"
#define OTHER_RELEASE "5.10.0-1-test"

/* Bytes of code in a fixture, before its description. */
#define MODULE_CODE 12000

/* ---- modinfo lines ---- */

struct lines {
	char *text[80];
	int n;
};

/* lines_of - what modules/describe says of stp/TOOL.stp, with name, vermagic, version */
void lines_of(struct lines *lines, const char *tool);
void lines_free(struct lines *lines);
/* lines_set - replace the line with the key of KEY=VALUE, or add it */
void lines_set(struct lines *lines, const char *line);
void lines_drop(struct lines *lines, const char *key);

/* ---- trees of modules ---- */

/* tree_new - an empty directory for lib/modules; tree_free removes all of it */
char *tree_new(void);
void tree_free(char *root);

/* tree_path - ROOT/lib/modules/RELEASE/PLACE/lw_TOOL.ko, directories made; free it */
char *tree_path(const char *root, const char *release, const char *place, const char *tool);

/* tree_write - ROOT/PATH with these bytes, directories made; tree_text - with this text */
void tree_write(const char *root, const char *path, const void *bytes, size_t size);
void tree_text(const char *root, const char *path, const char *text);

/*
 * tree_holds - that process has the tree's file open, as descriptor 5, in a mount that it has
 * of the tree; tree_fdinfo - says otherwise: another mount, another inode, 0 for none
 */
#define TREE_MOUNT 25
void tree_holds(const char *root, int pid, const char *file);
void tree_fdinfo(const char *root, int pid, int mount, unsigned long long inode);

/*
 * tree_sign - a manifest of the modules in that place, signed by KEY, which the tree gets as
 * a key that is trusted, as "make install" does; again after each change of a module
 */
void tree_sign(const char *root, const char *release, const char *place);

/* tree_manifest - that of RELEASE's systemtap/, with this text behind it */
void tree_manifest(const char *root, const char *text);

/*
 * tree_host - what proc, sys and run say of a host on which root may run any tool: 256 MiB
 * are free, two processors online, nothing is inserted
 */
void tree_host(const char *root);

/*
 * lock_elsewhere - another process takes a tool's lock and keeps it until lock_end().
 * Returns its number.
 */
pid_t lock_elsewhere(const char *root, const char *tool);
void lock_end(pid_t pid);

/* manifest_of - its text, with a serial; free it */
char *manifest_of(const char *directory, const char *release, unsigned long long serial);

/* ---- keys: a number names each, and is its id ---- */

#define KEY 1

/* key_text - the public key, as signify writes it; signature_text - a signature. Free them. */
char *key_text(int key);
char *signature_text(int key, const void *bytes, size_t size);

/*
 * module_write - a relocatable ELF file with these lines in its section .modinfo; but
 * "__versions=SYMBOL CRC" becomes that section, with one symbol
 */
void module_write(const char *path, const struct lines *lines);

/* tree_add - the module of a real script, in systemtap/, which is signed; free the path */
char *tree_add(const char *root, const char *tool);

/* tool_of - the description of a real script, as the loader reads it */
struct lw_tool *tool_of(const char *tool);

/* ---- files ---- */

char *file_read(const char *path, size_t *size);
void file_write(const char *path, const void *bytes, size_t size);

/* ---- output ---- */

/* capture_begin - from now on fd (1 or 2) is a file; capture_end gives what it holds */
struct capture {
	int fd, saved, file;
};
void capture_begin(struct capture *capture, int fd);
char *capture_end(struct capture *capture, size_t *len);

/*
 * leaks_in_children_only - for programs that test in children. In others only
 * the parent is searched for leaks: what one failed test leaves behind is no
 * fault of the tests after it.
 */
void leaks_in_children_only(void);

/* What a child process did. */
struct outcome {
	int code; /* exit code; negative: the signal that ended it */
	char *out, *err;
	int err_lines;
};

/*
 * in_child - run body in a process of its own, with stdout and stderr captured.
 * A sanitizer's complaint is code 99. No assert_*() in there.
 */
void in_child(int (*body)(void *), void *arg, struct outcome *outcome);
void outcome_free(struct outcome *outcome);

/* ---- numbers that are the same in every run ---- */

uint32_t random_next(uint32_t *state);

#endif
