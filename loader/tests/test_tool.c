// SPDX-License-Identifier: GPL-2.0-only
/* test_tool.c - files and their descriptions, good and bad, and the identity check */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/tool.h"
#include "module/trust.h"
#include "module/where.h"
#include "rules/identity.h"
#include "rules/table.h"
#include "util/name.h"
#include "util/place.h"
#include "fake.h"
#include "helper.h"

static char *root;

static int open_before;

static int setup(void **state)
{
	(void)state;
	open_before = descriptors();
	fake_reset();
	root = tree_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return descriptors() != open_before;
}

/* ---- lwload info in a child: a file as a person sees it ---- */

struct call {
	const char *tool;
	const char *release;
	enum lw_exit (*verb)(const struct lw_host *host, int argc, char **argv);
};

static int call_body(void *arg)
{
	const struct call *call = arg;
	struct lw_host host = { root, call->release };
	char *info[] = { "info", (char *)call->tool, NULL };
	char *other[] = { (char *)call->tool, NULL };

	if (call->verb == lw_info)
		return lw_info(&host, 2, info);
	return call->verb(&host, 1, other);
}

static void info_of(const char *tool, struct outcome *outcome)
{
	struct call call = { tool, RELEASE, lw_info };

	in_child(call_body, &call, outcome);
}

/* ---- good ---- */

static void names_of_tools(void **state)
{
	static const char *const good[] = { "a", "opensnoop", "a-b_c9",
					    "a1234567890123456789012345678901234567890123456789" };
	static const char *const bad[] = { "",
					   "../x",
					   "/etc/passwd",
					   "a/b",
					   ".",
					   "a.b",
					   "A",
					   "9a",
					   "-a",
					   "_a",
					   "a b",
					   "a\n",
					   "\xc3\xa9",
					   "a*",
					   "a?",
					   "a[b]",
					   "a12345678901234567890123456789012345678901234567890" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(lw_tool_name_ok(good[i]));
	for (i = 0; i < COUNT(bad); i++)
		assert_false(lw_tool_name_ok(bad[i]));
}

/* The numbered lines come back in their order, with all of their parts. */
static void description(void **state)
{
	char *path = tree_add(root, "opensnoop");
	struct lw_tool *tool;

	(void)state;
	assert_int_equal(lw_tool_open(root, RELEASE, "opensnoop", &tool), 0);
	assert_string_equal(tool->name, "opensnoop");
	assert_string_equal(tool->path, path);
	assert_string_equal(tool->module, "lw_opensnoop");
	assert_string_equal(tool->version, "0.1");
	assert_string_equal(tool->vermagic, RELEASE " SMP preempt mod_unload modversions ");
	assert_int_equal(tool->buffer, 1);
	assert_true(tool->lookup == 0x1ab3c0);
	assert_string_equal(tool->build_id, "0123456789abcdef");
	assert_int_equal(tool->nmore, 5);
	assert_int_equal(tool->nfields - tool->nmore, 9);
	assert_int_equal(tool->noptions, 9);
	assert_string_equal(tool->fields[0].name, "time");
	assert_int_equal(tool->fields[0].type, LW_TIME);
	assert_int_equal(tool->fields[0].option, 'T');
	assert_string_equal(tool->fields[3].name, "comm");
	assert_int_equal(tool->fields[3].type, LW_STR);
	assert_int_equal(tool->fields[3].width, 16);
	assert_int_equal(tool->fields[3].option, 0);
	assert_int_equal(tool->fields[6].type, LW_HEX);
	assert_int_equal(tool->fields[7].type, LW_OCT);
	assert_int_equal(tool->fields[7].option, 'e');
	assert_string_equal(tool->fields[8].text, "name of the file as the caller gave it");
	assert_int_equal(tool->fields[8].width, 0);
	assert_string_equal(tool->options[1].param, "pid");
	assert_int_equal(tool->options[1].letter, 'p');
	assert_string_equal(tool->options[1].arg, "PID");
	assert_null(tool->options[5].arg);
	assert_string_equal(tool->options[8].param, "full_path");
	lw_tool_free(tool);
	free(path);
}

/* This description has the types and the option of periodic tools. */
static void description_with_reports(void **state)
{
	char *path = tree_path(root, RELEASE, "systemtap", "killsnoop");
	struct lw_tool *tool;
	struct lines lines;

	(void)state;
	lines_of(&lines, "killsnoop");
	lines_set(&lines, "lw_field08=ms msec:8 - how long");
	lines_set(&lines, "lw_field09=latency dist x how long it took");
	lines_set(&lines, "lw_option06=interval i N seconds between reports");
	module_write(path, &lines);
	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	assert_int_equal(tool->fields[7].type, LW_MSEC);
	assert_int_equal(tool->fields[7].width, 8);
	assert_int_equal(tool->fields[8].type, LW_DIST);
	assert_int_equal(tool->fields[8].option, 'x');
	assert_ptr_equal(lw_tool_interval(tool), &tool->options[5]);
	lw_tool_free(tool);
	lines_free(&lines);
	free(path);
}

static void types(void **state)
{
	static const char *const names[] = { "time", "int", "hex",  "oct",
					     "msec", "str", "args", "dist" };
	size_t i;

	(void)state;
	assert_int_equal(LW_NTYPES, COUNT(names));
	for (i = 0; i < COUNT(names); i++)
		assert_string_equal(lw_type_name(i), names[i]);
}

/* An interval is an option of that name with a number. A flag or a string is no interval. */
static void interval(void **state)
{
	struct lw_tool tool = {
		.noptions = 5,
		.options = {
			{ "intervals", 'a', "N", "", "-a" }, { "interva", 'b', "N", "", "-b" },
			{ "interval", 'c', NULL, "", "-c" }, { "interval", 'd', "NAME", "", "-d" },
			{ "interval", 'e', "N", "", "-e" },
		},
	};

	(void)state;
	assert_ptr_equal(lw_tool_interval(&tool), &tool.options[4]);
	tool.noptions = 4;
	assert_null(lw_tool_interval(&tool));
}

static void image_is_the_file(void **state)
{
	char *path = tree_add(root, "killsnoop"), *bytes;
	struct lw_tool *tool;
	size_t size;

	(void)state;
	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	bytes = file_read(path, &size);
	assert_int_equal(tool->size, size);
	assert_memory_equal(tool->image, bytes, size);
	free(bytes);
	lw_tool_free(tool);
	free(path);
}

static bool has_kprobes(const char *path, const char *more)
{
	FILE *file = fopen(path, "a");
	struct lw_tool *tool;
	bool yes;

	fputs(more, file);
	fclose(file);
	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	yes = tool->kprobes;
	lw_tool_free(tool);
	return yes;
}

static void kprobes(void **state)
{
	char *path = tree_add(root, "killsnoop");

	(void)state;
	assert_false(has_kprobes(path, "register_kex_type register_k"));
	assert_true(has_kprobes(path, " register_kretprobe"));
	free(path);
	path = tree_add(root, "killsnoop");
	assert_true(has_kprobes(path, "register_kprobe"));
	free(path);
}

/* Modules of the package come before those of DKMS. */
static void two_places(void **state)
{
	char *dkms = tree_path(root, RELEASE, "updates/dkms", "killsnoop"), *path;
	struct lw_tool *tool;
	struct lines lines;

	(void)state;
	lines_of(&lines, "killsnoop");
	module_write(dkms, &lines);
	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	assert_string_equal(tool->path, dkms);
	lw_tool_free(tool);
	path = tree_add(root, "killsnoop");
	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	assert_string_equal(tool->path, path);
	lw_tool_free(tool);
	lines_free(&lines);
	free(path);
	free(dkms);
}

static void touch(const char *release, const char *place, const char *tool)
{
	char *path = tree_path(root, release, place, tool);

	file_write(path, "", 0);
	free(path);
}

static void list_of_names(void **state)
{
	static const char *const want[] = { "alpha", "beta", "gamma" };
	char **names;
	int i;

	(void)state;
	assert_int_equal(lw_tool_names(root, RELEASE, &names), 0);
	lw_tool_free_names(names, 0);
	touch(RELEASE, "systemtap", "gamma");
	touch(RELEASE, "systemtap", "alpha");
	touch(RELEASE, "updates/dkms", "beta");
	touch(RELEASE, "updates/dkms", "alpha");
	touch(OTHER_RELEASE, "systemtap", "delta");
	assert_int_equal(lw_tool_names(root, RELEASE, &names), 3);
	for (i = 0; i < 3; i++)
		assert_string_equal(names[i], want[i]);
	lw_tool_free_names(names, 3);
}

static void elsewhere(void **state)
{
	(void)state;
	assert_false(lw_tool_elsewhere(root, "alpha"));
	touch(OTHER_RELEASE, "systemtap", "alpha");
	touch(OTHER_RELEASE, "updates/dkms", "beta");
	assert_true(lw_tool_elsewhere(root, "alpha"));
	assert_true(lw_tool_elsewhere(root, "beta"));
	assert_false(lw_tool_elsewhere(root, "alph"));
}

static void lock(void **state)
{
	pid_t holder, pid;

	(void)state;
	assert_int_equal(lw_lock_take(root, "killsnoop", &holder), -ENOENT);
	tree_text(root, "run/x", "");
	pid = lock_elsewhere(root, "killsnoop");
	assert_int_equal(lw_lock_take(root, "killsnoop", &holder), -EAGAIN);
	assert_int_equal(holder, pid);
	assert_int_equal(lw_lock_take(root, "opensnoop", &holder), 0);
	lock_end(pid);
	assert_int_equal(lw_lock_take(root, "killsnoop", &holder), 0);
	assert_int_equal(holder, 0);
	/* They are held until this process ends. */
	open_before += 2;
}

/* ROOT/PATH has these permission bits. */
static void has_mode(const char *path, int mode)
{
	struct stat st;
	char *file = tree_file(root, path);

	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	free(file);
}

/* A user who could open the lock's file could keep root from running the tool. */
static void lock_is_nobody_elses(void **state)
{
	char *dir, *target;
	pid_t holder;

	(void)state;
	tree_text(root, "run/x", "");
	assert_true(asprintf(&dir, "%s/run/lwtools", root) > 0);
	assert_true(asprintf(&target, "%s/run/x", root) > 0);
	assert_int_equal(lw_lock_take(root, "one", &holder), 0);
	has_mode("run/lwtools/lock", 0700);
	has_mode("run/lwtools/lock/one", 0600);
	/* A link is refused, and so is a directory that others may write to. */
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(symlink(target, "lock/two"), 0);
	assert_int_equal(lw_lock_take(root, "two", &holder), -ELOOP);
	assert_int_equal(chmod("lock", 0770), 0);
	assert_int_equal(lw_lock_take(root, "three", &holder), -EPERM);
	assert_int_equal(chmod("lock", 0700), 0);
	assert_int_equal(chmod(".", 0777), 0);
	assert_int_equal(lw_lock_take(root, "three", &holder), -EPERM);
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(rename("lock", "other"), 0);
	assert_int_equal(symlink("other", "lock"), 0);
	assert_int_equal(lw_lock_take(root, "three", &holder), -ENOTDIR);
	assert_int_equal(chdir("/"), 0);
	/* The first is held until this process ends. */
	open_before++;
	free(target);
	free(dir);
}

static void compressed(void **state)
{
	char *path;

	(void)state;
	assert_null(lw_tool_compressed(root, RELEASE, "alpha"));
	tree_text(root, "lib/modules/" RELEASE "/systemtap/lw_alpha.ko.xz", "");
	tree_text(root, "lib/modules/" OTHER_RELEASE "/updates/dkms/lw_beta.ko.zst", "");
	path = lw_tool_compressed(root, RELEASE, "alpha");
	assert_non_null(path);
	assert_has(path, "/" RELEASE "/systemtap/lw_alpha.ko.xz");
	free(path);
	assert_null(lw_tool_compressed(root, RELEASE, "beta"));
	path = lw_tool_compressed(root, OTHER_RELEASE, NULL);
	assert_non_null(path);
	assert_has(path, "/updates/dkms/lw_beta.ko.zst");
	free(path);
}

/* ---- identity ---- */

static void identity(void **state)
{
	static const struct {
		const char *module, *vermagic;
		enum lw_exit code;
	} rows[] = {
		{ "lw_x", RELEASE " SMP ", LW_OK },
		{ "lw_x", RELEASE, LW_OK },
		{ "lw_y", RELEASE " SMP ", LW_REFUSED },
		{ "lw_xy", RELEASE " SMP ", LW_REFUSED },
		{ "lw_", RELEASE " SMP ", LW_REFUSED },
		{ "x", RELEASE " SMP ", LW_REFUSED },
		{ "", RELEASE " SMP ", LW_REFUSED },
		{ "lw_x", RELEASE "1 SMP ", LW_REFUSED },
		{ "lw_x", OTHER_RELEASE " SMP ", LW_REFUSED },
		{ "lw_x", "6.1.0-99 SMP ", LW_REFUSED },
		{ "lw_x", "", LW_REFUSED },
	};
	char *root = tree_new();
	size_t i;

	(void)state;
	tree_text(root, "proc/sys/kernel/version", "#1\n");
	for (i = 0; i < COUNT(rows); i++) {
		struct lw_tool tool = { .name = "x",
					.path = "p",
					.uts = "#1",
					.module = rows[i].module,
					.vermagic = rows[i].vermagic };
		const struct lw_subject subject = {
			.root = root, .release = RELEASE, .name = "x", .tool = &tool
		};
		struct capture err;
		enum lw_exit code;
		char *text;

		capture_begin(&err, 2);
		code = lw_rules_guard(&subject, LW_IDENTITY);
		text = capture_end(&err, NULL);
		assert_int_equal(code, rows[i].code);
		/* One line names the rule; a module that fits has no line. */
		assert_int_equal(strstr(text, "refused: ") != NULL, rows[i].code != LW_OK);
		assert_int_equal(strlen(text) > 0, rows[i].code != LW_OK);
		free(text);
	}
	tree_free(root);
}

static void modversions(void **state)
{
	static const struct {
		const char *vermagic;
		bool yes;
	} rows[] = {
		{ RELEASE " SMP preempt mod_unload modversions ", true },
		{ RELEASE " SMP modversions RANDSTRUCT_1", true },
		{ RELEASE " SMP modversions", true },
		{ RELEASE " SMP preempt mod_unload ", false },
		{ RELEASE "-modversions SMP ", false },
		{ RELEASE " SMP modversions2 ", false },
		{ "", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct lw_tool tool = { .vermagic = rows[i].vermagic };

		assert_int_equal(lw_identity_modversions(&tool), rows[i].yes);
	}
}

/* ELF notes as in /sys/kernel/notes: first some other note, then a build-id of three bytes */
static const char notes[] = "\x06\0\0\0\x01\0\0\0\0\x01\0\0Linux\0\0\0\x7f\0\0\0"
			    "\x04\0\0\0\x03\0\0\0\x03\0\0\0GNU\0\xab\x01\xcd\0";
#define NOTES_SIZE (sizeof(notes) - 1)

static void build_id(void **state)
{
	static const struct {
		const char *id;
		size_t size; /* bytes of the file; -1: there is no file */
		bool same;
	} rows[] = {
		{ "ab01cd", NOTES_SIZE, true },   { NULL, NOTES_SIZE, false },
		{ "", NOTES_SIZE, false },        { "ab01c", NOTES_SIZE, false },
		{ "ab01cd0", NOTES_SIZE, false }, { "ab01cd00", NOTES_SIZE, false },
		{ "AB01CD", NOTES_SIZE, false },  { "ab01ce", NOTES_SIZE, false },
		{ "0b01cd", NOTES_SIZE, false },  { "ab01cd", NOTES_SIZE - 4, false },
		{ "ab01cd", 24 + 11, false },     { "ab01cd", 24, false },
		{ "ab01cd", 5, false },           { "ab01cd", 0, false },
		{ "ab01cd", -1, false },
	};
	char *root = tree_new();
	char path[512];
	size_t i;

	(void)state;
	snprintf(path, sizeof(path), "mkdir -p %s/sys/kernel", root);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/sys/kernel/notes", root);
	for (i = 0; i < COUNT(rows); i++) {
		struct lw_tool tool = { .name = "x", .build_id = rows[i].id };
		FILE *file;

		remove(path);
		if (rows[i].size != (size_t)-1) {
			file = fopen(path, "w");
			assert_non_null(file);
			fwrite(notes, 1, rows[i].size, file);
			fclose(file);
		}
		assert_int_equal(lw_identity_same_build(&tool, root), rows[i].same);
	}
	tree_free(root);
}

/* ---- bad descriptions ---- */

struct line_row {
	const char *name;
	const char *drop;    /* this key's line is missing */
	const char *set;     /* this line is there */
	const char *message; /* NULL: it is fine */
};

#define EIGHT "A=1,A=1,A=1,A=1,A=1,A=1,A=1,A=1"
#define VALUES_64 EIGHT "," EIGHT "," EIGHT "," EIGHT "," EIGHT "," EIGHT "," EIGHT "," EIGHT

static const struct line_row line_rows[] = {
	{ "nothing wrong", NULL, "lw_unknown=1", NULL },
	{ "no version", "version", NULL, NULL },
	{ "no format", "lwtools", NULL, "does not describe itself" },
	{ "no summary", "lw_summary", NULL, "does not describe itself" },
	{ "no name", "name", NULL, "does not describe itself" },
	{ "no vermagic", "vermagic", NULL, "does not describe itself" },
	{ "format of the future", NULL, "lwtools=3", "its description has format 3" },
	{ "format with more after it", NULL, "lwtools=2 ", "its description has format 2 " },
	{ "format empty", NULL, "lwtools=", "its description has format " },
	{ "buffer 0", NULL, "lw_buffer=0", "bad description lw_buffer" },
	{ "lookup 0", NULL, "lw_lookup=0x0", "bad description lw_lookup" },
	{ "lookup decimal", NULL, "lw_lookup=1234", "bad description lw_lookup" },
	{ "lookup no number", NULL, "lw_lookup=0x12g", "bad description lw_lookup" },
	{ "lookup outside of the kernel", NULL, "lw_lookup=0x80000000",
	  "bad description lw_lookup" },
	{ "lookup that wraps", NULL, "lw_lookup=0x1ffffffffffffffff", "bad description lw_lookup" },
	{ "buffer too large", NULL, "lw_buffer=4096", "bad description lw_buffer" },
	{ "buffer no number", NULL, "lw_buffer=x", "bad description lw_buffer" },
	{ "buffer with more after it", NULL, "lw_buffer=2x", "bad description lw_buffer" },
	{ "buffer that wraps", NULL, "lw_buffer=4294967298", "bad description lw_buffer" },
	{ "field empty", NULL, "lw_field03=", "bad description lw_field03" },
	{ "field with a name only", NULL, "lw_field03=pid", "bad description lw_field03" },
	{ "field without text", NULL, "lw_field03=pid int:7 -", "bad description lw_field03" },
	{ "field of no type", NULL, "lw_field03=pid float - x", "bad description lw_field03" },
	{ "field of width 0", NULL, "lw_field03=pid int:0 - x", "bad description lw_field03" },
	{ "field of width 201", NULL, "lw_field03=pid int:201 - x", "bad description lw_field03" },
	{ "field width no number", NULL, "lw_field03=pid int:x - x", "bad description lw_field03" },
	{ "field width with more after it", NULL, "lw_field03=pid int:7x - x",
	  "bad description lw_field03" },
	{ "field with two blanks", NULL, "lw_field03=pid  int - x", "bad description lw_field03" },
	{ "field option of two letters", NULL, "lw_field03=pid int Tx x",
	  "bad description lw_field03" },
	{ "field option no letter", NULL, "lw_field03=pid int \xc3 x",
	  "bad description lw_field03" },
	{ "field name with a quote", NULL, "lw_field03=p\"d int - x",
	  "bad description lw_field03" },
	{ "field name with a digit first", NULL, "lw_field03=1pid int - x",
	  "bad description lw_field03" },
	{ "field name of 63 bytes", NULL,
	  "lw_field03=a23456789012345678901234567890123456789012345678901234567890123 int - x",
	  NULL },
	{ "field name of 64 bytes", NULL,
	  "lw_field03=a234567890123456789012345678901234567890123456789012345678901234 int - x",
	  "bad description lw_field03" },
	{ "option name with an equals sign", NULL, "lw_option02=a=b p PID x",
	  "bad description lw_option02" },
	{ "option name with a tab", NULL, "lw_option02=a=1\tpid p PID x",
	  "bad description lw_option02" },
	{ "option name with a control byte", NULL, "lw_option02=\x1b p PID x",
	  "bad description lw_option02" },
	{ "option empty", NULL, "lw_option02=", "bad description lw_option02" },
	{ "example without a colon", NULL, "lw_example01=x -p 1", "bad description lw_example01" },
	{ "example without text", NULL, "lw_example01=: -p 1", "bad description lw_example01" },
	{ "example without arguments", NULL, "lw_example01=x: ", "bad description lw_example01" },
	{ "values of a name", NULL, "lw_values_X=A=1,B_2=0x10 names of x", NULL },
	{ "64 values, the most", NULL, "lw_values_X=" VALUES_64 " x", NULL },
	{ "65 values", NULL, "lw_values_X=" VALUES_64 ",A=1 x", "bad description lw_values_X" },
	{ "values without a placeholder", NULL, "lw_values_=A=1 x", "bad description lw_values_" },
	{ "values without text", NULL, "lw_values_X=A=1", "bad description lw_values_X" },
	{ "values empty", NULL, "lw_values_X=", "bad description lw_values_X" },
	{ "value without a number", NULL, "lw_values_X=A=1,B x", "bad description lw_values_X" },
	{ "value without a name", NULL, "lw_values_X==1 x", "bad description lw_values_X" },
	{ "value with a comma too much", NULL, "lw_values_X=A=1, x",
	  "bad description lw_values_X" },
	{ "value no number", NULL, "lw_values_X=A=1x x", "bad description lw_values_X" },
	{ "value negative", NULL, "lw_values_X=A=-1 x", "bad description lw_values_X" },
	{ "option without text", NULL, "lw_option02=pid p PID", "bad description lw_option02" },
	{ "option letter of two", NULL, "lw_option02=pid pp PID x", "bad description lw_option02" },
	{ "option letter odd", NULL, "lw_option02=pid ? PID x", "bad description lw_option02" },
	{ "option letter beyond ASCII", NULL, "lw_option02=pid \xe9 PID x",
	  "bad description lw_option02" },
};

static void bad_lines(void **state)
{
	const struct line_row *row = *state;
	char *path = tree_path(root, RELEASE, "systemtap", "killsnoop");
	struct outcome outcome;
	struct lines lines;

	lines_of(&lines, "killsnoop");
	if (row->drop)
		lines_drop(&lines, row->drop);
	if (row->set)
		lines_set(&lines, row->set);
	module_write(path, &lines);
	info_of("killsnoop", &outcome);
	assert_int_equal(outcome.code, row->message ? LW_REFUSED : LW_OK);
	assert_int_equal(outcome.err_lines, row->message ? 1 : 0);
	assert_true(text_says(outcome.err, row->message ? row->message : ""));
	outcome_free(&outcome);
	lines_free(&lines);
	free(path);
}

/* The greatest number of fields and options is taken; one more is refused. */
static void numbered_lines(const char *format, int n, int code)
{
	char *path = tree_path(root, RELEASE, "systemtap", "killsnoop"), line[64];
	struct outcome outcome;
	struct lines lines;
	int i;

	lines_of(&lines, "killsnoop");
	for (i = 1; i <= n; i++) {
		snprintf(line, sizeof(line), format, i, i);
		lines_set(&lines, line);
	}
	module_write(path, &lines);
	info_of("killsnoop", &outcome);
	assert_int_equal(outcome.code, code);
	outcome_free(&outcome);
	lines_free(&lines);
	free(path);
}

static void too_many_lines(void **state)
{
	(void)state;
	numbered_lines("lw_field%02d=f%d int - x", LW_MAX_FIELDS, LW_OK);
	numbered_lines("lw_field%02d=f%d int - x", LW_MAX_FIELDS + 1, LW_REFUSED);
	numbered_lines("lw_option%02d=o%d a - x", LW_MAX_OPTIONS, LW_OK);
	numbered_lines("lw_option%02d=o%d a - x", LW_MAX_OPTIONS + 1, LW_REFUSED);
	numbered_lines("lw_example%02d=x: %d", LW_MAX_EXAMPLES, LW_OK);
	numbered_lines("lw_example%02d=x: %d", LW_MAX_EXAMPLES + 1, LW_REFUSED);
}

static void no_fields(void **state)
{
	char *path = tree_path(root, RELEASE, "systemtap", "killsnoop"), key[24];
	struct outcome outcome;
	struct lines lines;
	int i;

	(void)state;
	lines_of(&lines, "killsnoop");
	for (i = 1; i <= 7; i++) {
		snprintf(key, sizeof(key), "lw_field%02d", i);
		lines_drop(&lines, key);
	}
	module_write(path, &lines);
	info_of("killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	assert_has(outcome.err, "does not describe itself");
	outcome_free(&outcome);
	lines_free(&lines);
	free(path);
}

/* ---- bad files ---- */

static void make_link(const char *path)
{
	char *target = tree_add(root, "opensnoop");

	assert_int_equal(symlink(target, path), 0);
	free(target);
}

static void make_dangling_link(const char *path)
{
	assert_int_equal(symlink("/nowhere", path), 0);
}

static void make_directory(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

/* Opening a FIFO without O_NONBLOCK would wait for a writer. */
static void make_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0644), 0);
}

static void make_empty(const char *path)
{
	file_write(path, "", 0);
}

static void make_text(const char *path)
{
	file_write(path, "lwtools=2\n", 10);
}

static void make_large(const char *path)
{
	make_empty(path);
	assert_int_equal(truncate(path, (16 << 20) + 1), 0);
}

static void write_real(const char *path)
{
	struct lines lines;

	lines_of(&lines, "killsnoop");
	module_write(path, &lines);
	lines_free(&lines);
}

static void make_group_writable(const char *path)
{
	write_real(path);
	assert_int_equal(chmod(path, 0664), 0);
}

static void make_world_writable(const char *path)
{
	write_real(path);
	assert_int_equal(chmod(path, 0646), 0);
}

static void make_foreign(const char *path)
{
	write_real(path);
	assert_int_equal(chown(path, 12345, 0), 0);
}

/* libkmod would unpack such a file, so that other bytes would be described than inserted. */
static void make_compressed(const char *path)
{
	char command[512];

	write_real(path);
	snprintf(command, sizeof(command), "xz '%s' && mv '%s.xz' '%s'", path, path, path);
	assert_int_equal(system(command), 0);
}

/* A whole module gets one byte before its section headers, which are at its end. */
static void make_misaligned(const char *path)
{
	Elf64_Ehdr *header;
	char *bytes;
	size_t size;

	write_real(path);
	bytes = file_read(path, &size);
	bytes = realloc(bytes, size + 1);
	assert_non_null(bytes);
	header = (Elf64_Ehdr *)bytes;
	memmove(bytes + header->e_shoff + 1, bytes + header->e_shoff, size - header->e_shoff);
	header->e_shoff++;
	file_write(path, bytes, size + 1);
	free(bytes);
}

static const struct file_row {
	const char *name;
	void (*make)(const char *path);
	const char *message;
	bool another_user; /* making it needs another user */
} file_rows[] = {
	{ "symbolic link", make_link, "is a symbolic link", false },
	{ "dangling link", make_dangling_link, "is a symbolic link", false },
	{ "directory", make_directory, "not a regular file", false },
	{ "fifo", make_fifo, "not a regular file", false },
	{ "empty file", make_empty, "kernel module*damaged", false },
	{ "text file", make_text, "kernel module*damaged", false },
	{ "too large", make_large, "too large (16777217 bytes, at most 16777216)", false },
	{ "group may write", make_group_writable, "others*(mode 0", false },
	{ "others may write", make_world_writable, "others*(mode 0", false },
	{ "another owner", make_foreign, "owned by uid 12345", true },
	{ "compressed", make_compressed, "kernel module*damaged", false },
	{ "misaligned", make_misaligned, "kernel module*damaged", false },
};

static void bad_file(void **state)
{
	const struct file_row *row = *state;
	struct outcome outcome;
	char *path;

	if (row->another_user)
		needs_another_user();
	path = tree_path(root, RELEASE, "systemtap", "killsnoop");
	row->make(path);
	info_of("killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	assert_int_equal(outcome.err_lines, 1);
	assert_true(text_says(outcome.err, row->message));
	assert_string_equal(outcome.out, "");
	outcome_free(&outcome);
	free(path);
}

/* A file that is refused is closed again: teardown() counts open files. */
static void file_is_refused(void **state)
{
	char *path = tree_path(root, RELEASE, "systemtap", "killsnoop");
	struct capture err;
	struct lw_tool *tool;

	(void)state;
	make_world_writable(path);
	capture_begin(&err, 2);
	assert_int_not_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	free(capture_end(&err, NULL));
	free(path);
}

/* A module that is cut off at each 512th byte is refused or read in full, without a crash. */
static void truncated(void **state)
{
	char *path = tree_add(root, "opensnoop");
	size_t size, length;
	char *bytes = file_read(path, &size);

	(void)state;
	assert_true(size > 16 * 512);
	for (length = 0; length < size; length += 512) {
		struct outcome outcome;

		file_write(path, bytes, length);
		info_of("opensnoop", &outcome);
		assert_true(outcome.code == LW_REFUSED || outcome.code == LW_OK);
		assert_int_equal(outcome.err_lines, outcome.code == LW_OK ? 0 : 1);
		if (outcome.code == LW_OK)
			assert_has(outcome.out, "vermagic:  " RELEASE);
		outcome_free(&outcome);
	}
	free(bytes);
	free(path);
}

/* One byte is wrong, anywhere that libkmod and the loader read. */
static int damaged_body(void *arg)
{
	struct lw_host host = { root, RELEASE };
	char *path = tree_path(root, RELEASE, "systemtap", "killsnoop");
	char *argv[] = { "info", "killsnoop", NULL };
	size_t size, code_end = 64 + MODULE_CODE;
	uint32_t seed = 3;
	char *bytes = file_read(path, &size);
	int round, code = 0;

	(void)arg;
	for (round = 0; round < 400 && !code; round++) {
		/* The code is left alone, since nobody reads it. */
		size_t at = round < 64 ? (size_t)round
				       : code_end + random_next(&seed) % (size - code_end);
		char was = bytes[at];

		bytes[at] ^= 1 << random_next(&seed) % 8;
		file_write(path, bytes, size);
		bytes[at] = was;
		code = lw_info(&host, 2, argv);
		if (code == LW_OK || code == LW_REFUSED)
			code = 0;
	}
	free(bytes);
	free(path);
	return code;
}

static void damaged(void **state)
{
	char *path = tree_add(root, "killsnoop");
	struct outcome outcome;

	(void)state;
	in_child(damaged_body, NULL, &outcome);
	assert_int_equal(outcome.code, 0);
	outcome_free(&outcome);
	free(path);
}

/* ---- verbs ---- */

static void info_prints(void **state)
{
	char *path = tree_add(root, "killsnoop");
	struct outcome outcome;

	(void)state;
	info_of("killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_has(outcome.out, "tool:      killsnoop\nsummary:   trace kill(2)");
	assert_has(outcome.out, "\nversion:   0.1\n");
	assert_has(outcome.out, path);
	assert_has(outcome.out, "\nkernel:    #1 SMP Debian 6.1.0-1 (2026-11-01)\n");
	assert_has(outcome.out, "\nbuffer:    1 MiB for each CPU\n");
	outcome_free(&outcome);
	free(path);
}

/* Makes the directory that the kernel makes in /sys/module when it inserts a module. */
static void make_inserted(const char *tool)
{
	char path[PATH_MAX];
	const char *const parts[] = { "/sys", "/sys/module", "/sys/module/lw_" };
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s%s", root, parts[i], i == 2 ? tool : "");
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
	}
}

static void list_prints(void **state)
{
	struct call call = { "list", RELEASE, lw_list };
	char *opensnoop = tree_add(root, "opensnoop"), *killsnoop = tree_add(root, "killsnoop");
	char *bad = tree_path(root, RELEASE, "systemtap", "execsnoop");
	struct outcome outcome;

	(void)state;
	in_child(call_body, &call, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(
		outcome.out,
		"opensnoop      ready    Files     trace open(2), openat(2), openat2(2) and creat(2): "
		"who opens what\n"
		"killsnoop      ready    Processes trace kill(2) and similar calls, pidfd_send_signal(2) and "
		"cgroup.kill: who signals whom\n");
	outcome_free(&outcome);
	make_inserted("opensnoop");
	in_child(call_body, &call, &outcome);
	assert_has(outcome.out, "killsnoop      ready  ");
	assert_has(outcome.out, "opensnoop      inserted Files     trace");
	outcome_free(&outcome);
	make_text(bad);
	tree_manifest(root, "missing\tfsslower\tit has no files\n");
	in_child(call_body, &call, &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	assert_int_equal(outcome.err_lines, 1);
	assert_has(outcome.out, "opensnoop ");
	assert_has(outcome.out, "\nfsslower       missing  -         it has no files\n");
	outcome_free(&outcome);
	free(opensnoop);
	free(killsnoop);
	free(bad);
}

static void fill(struct CMUnitTest *tests)
{
	size_t i;

	for (i = 0; i < COUNT(line_rows); i++)
		*tests++ = (struct CMUnitTest){ line_rows[i].name, bad_lines, setup, teardown,
						(void *)&line_rows[i] };
	for (i = 0; i < COUNT(file_rows); i++)
		*tests++ = (struct CMUnitTest){ file_rows[i].name, bad_file, setup, teardown,
						(void *)&file_rows[i] };
}

/* A writer cuts the file off after the loader has asked for its size. */
static void a_file_that_gets_shorter(void **state)
{
	struct lw_reason why = { "" };
	char *bytes;
	int fd = memfd_create("short", 0);

	(void)state;
	assert_int_equal(write(fd, "abc", 3), 3);
	lseek(fd, 0, SEEK_SET);
	assert_null(lw_trust_bytes(fd, "x.ko", 4, &why));
	assert_int_equal(errno, ENODATA);
	assert_true(text_says(why.text, "x.ko: shrank"));
	lseek(fd, 0, SEEK_SET);
	bytes = lw_trust_bytes(fd, "x.ko", 3, &why);
	assert_string_equal(bytes, "abc");
	free(bytes);
	close(fd);
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(names_of_tools),
		cmocka_unit_test(a_file_that_gets_shorter),
		WITH_TREE(description),
		WITH_TREE(description_with_reports),
		cmocka_unit_test(types),
		cmocka_unit_test(interval),
		WITH_TREE(image_is_the_file),
		WITH_TREE(kprobes),
		WITH_TREE(two_places),
		WITH_TREE(list_of_names),
		WITH_TREE(elsewhere),
		WITH_TREE(lock),
		WITH_TREE(lock_is_nobody_elses),
		WITH_TREE(compressed),
		cmocka_unit_test(identity),
		cmocka_unit_test(modversions),
		cmocka_unit_test(build_id),
		WITH_TREE(too_many_lines),
		WITH_TREE(no_fields),
		WITH_TREE(file_is_refused),
		WITH_TREE(truncated),
		WITH_TREE(damaged),
		WITH_TREE(info_prints),
		WITH_TREE(list_prints),
	};
	struct CMUnitTest tests[COUNT(fixed) + COUNT(line_rows) + COUNT(file_rows)];

	leaks_in_children_only();
	memcpy(tests, fixed, sizeof(fixed));
	fill(tests + COUNT(fixed));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
