/* SPDX-License-Identifier: GPL-2.0-only */
/* helper.h - used by several test programs: modules to read, output to look at */
#ifndef LW_TESTS_HELPER_H
#define LW_TESTS_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "module/tool.h"
#include "verbs/lwload.h"

/* A test that hangs ends after this number of waits of 10 ms, longer than a busy machine takes. */
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

/* ---- users ---- */

/* may_be_another_user - root of a user namespace may have no other (user_namespaces(7)) */
bool may_be_another_user(void);

/* needs_root - skips a test whose user is not root; needs_another_user - or must stay root */
void needs_root(void);
void needs_another_user(void);

/* ---- trees of modules ---- */

/* tree_new - an empty directory for lib/modules; tree_free removes all of it */
char *tree_new(void);
void tree_free(char *root);

/* tree_path - ROOT/lib/modules/RELEASE/PLACE/lw_TOOL.ko, directories made; free it */
char *tree_path(const char *root, const char *release, const char *place, const char *tool);

/* tree_file - ROOT/PATH; free it */
char *tree_file(const char *root, const char *path);

/* tree_write - ROOT/PATH with these bytes, directories made; tree_text - with this text */
void tree_write(const char *root, const char *path, const void *bytes, size_t size);
void tree_text(const char *root, const char *path, const char *text);

/*
 * tree_holds - a process has this file of the tree open, as descriptor 5, in a mount of its own;
 * tree_fdinfo - sets the mount and the inode that fdinfo shows; inode 0: it shows none
 */
#define TREE_MOUNT 25
void tree_holds(const char *root, int pid, const char *file);
void tree_fdinfo(const char *root, int pid, int mount, unsigned long long inode);

/*
 * tree_sign - writes a manifest of the modules in that place and signs it with KEY, which becomes
 * a trusted key of the tree, as "make install" does. Call it again after a change of a module.
 */
void tree_sign(const char *root, const char *release, const char *place);

/* tree_manifest - writes and signs a manifest of RELEASE's systemtap/, with this text at its end */
void tree_manifest(const char *root, const char *text);

/*
 * tree_host - writes proc, sys and run of a host on which root may run any tool: 256 MiB
 * are free, two processors are online, nothing is inserted
 */
void tree_host(const char *root);

/*
 * lock_elsewhere - another process takes a tool's lock and keeps it until lock_end().
 * Returns its number.
 */
pid_t lock_elsewhere(const char *root, const char *tool);
void lock_end(pid_t pid);

/* manifest_of - returns the text of a manifest with this serial; free it */
char *manifest_of(const char *directory, const char *release, unsigned long long serial);

/* ---- keys: each is named by a number, which is its id ---- */

#define KEY 1

/* key_text - the public key, as signify writes it; signature_text - a signature. Free them. */
char *key_text(int key);
char *signature_text(int key, const void *bytes, size_t size);

/*
 * module_write - writes a relocatable ELF file with these lines in its section .modinfo. A line
 * "__versions=SYMBOL CRC" is not there, but becomes the section __versions with one symbol.
 */
void module_write(const char *path, const struct lines *lines);

/* tree_add - adds the module of a real script to systemtap/ and signs that; free the path */
char *tree_add(const char *root, const char *tool);

/* tool_of - the description of a real script, as the loader reads it */
struct lw_tool *tool_of(const char *tool);

/* ---- files ---- */

char *file_read(const char *path, size_t *size);
void file_write(const char *path, const void *bytes, size_t size);

/* descriptors - how many this process has open: what a test opens is closed again */
int descriptors(void);

/* ---- output ---- */

/* capture_begin - from now on fd (1 or 2) is a file; capture_end gives what it holds */
struct capture {
	int fd, saved, file;
};
void capture_begin(struct capture *capture, int fd);
char *capture_end(struct capture *capture, size_t *len);

/*
 * leaks_in_children_only - searches children for leaks, and not the parent; for programs that
 * test in children. A leak in a test that failed must not fail those after it.
 */
void leaks_in_children_only(void);

/* assert_has - the text has this part; if not, the test's log has both */
#define assert_has(text, part) has_part(text, part, __FILE__, __LINE__)
void has_part(const char *text, const char *part, const char *file, int line);

/* The results of a child process */
struct outcome {
	int code; /* exit code; negative: the signal that ended it */
	char *out, *err;
	int err_lines;
};

/*
 * in_child - runs body in a process of its own, with stdout and stderr captured. Code 99 is a
 * sanitizer's complaint. The body cannot use assert_*().
 */
void in_child(int (*body)(void *), void *arg, struct outcome *outcome);
void outcome_free(struct outcome *outcome);

/* interrupt_soon - this process gets SIGINT a moment later, so many times. Returns 0. */
int interrupt_soon(int times);

/*
 * text_says - has the text the parts of this pattern, in their order? A * is between two parts.
 * Tests name the id and the noun of a message so; loader/tests/messages has the wording.
 */
bool text_says(const char *text, const char *pattern);

/* ---- numbers that are the same in every run ---- */

uint32_t random_next(uint32_t *state);

#endif
