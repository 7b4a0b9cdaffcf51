// SPDX-License-Identifier: GPL-2.0-only
/* test_check.c - lwload check: each rule, which kernels, exit codes */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/signature.h"
#include "verbs/lwload.h"
#include "fake.h"
#include "helper.h"

#define VERSION "proc/sys/kernel/version"
#define DISABLED "proc/sys/kernel/modules_disabled"
#define ENFORCE "sys/module/module/parameters/sig_enforce"
#define LOCKDOWN "sys/kernel/security/lockdown"
#define NOTES "sys/kernel/notes"
#define MAGIC "~Module signature appended~\n"
#define UTS "#1 SMP Debian 6.1.0-1 (2026-11-01)"

static char *root;

/* The build-id of lines_of(), as /sys/kernel/notes has it. */
static const char notes[] = "\x04\0\0\0\x08\0\0\0\x03\0\0\0GNU\0\x01\x23\x45\x67\x89\xab\xcd\xef";
static const char other_notes[] =
	"\x04\0\0\0\x08\0\0\0\x03\0\0\0GNU\0\x01\x23\x45\x67\x89\xab\xcd\xee";

/* A host on which killsnoop is ready. */
static int setup(void **state)
{
	(void)state;
	fake_reset();
	root = tree_new();
	tree_host(root);
	tree_text(root, VERSION, UTS "\n");
	tree_write(root, NOTES, notes, sizeof(notes) - 1);
	free(tree_add(root, "killsnoop"));
	/* For those who are not root. */
	return chmod(root, 0755);
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

/* ---- a command in a child ---- */

struct command {
	char *args[8];
	int (*before)(void);
};

static int command_body(void *arg)
{
	struct command *command = arg;
	struct lw_host host = { root, RELEASE };
	int argc;

	for (argc = 0; command->args[argc]; argc++)
		;
	if (command->before && command->before())
		return 97;
	return lw_check(&host, argc, command->args);
}

/* The command only reads: the kernel is the same afterwards. */
static void run(struct command *command, struct outcome *outcome)
{
	in_child(command_body, command, outcome);
	assert_int_equal(fake->calls, 0);
}

#define CHECK(...)                                       \
	&(struct command)                                \
	{                                                \
		{ "check", __VA_ARGS__ }, .before = NULL \
	}

static void put_hash(FILE *file, const char *release)
{
	char *path = tree_path(root, release, "systemtap", "killsnoop"), *bytes, hex[LW_HASH + 1];
	size_t size;

	bytes = file_read(path, &size);
	lw_hash(bytes, size, hex);
	fputs(hex, file);
	free(bytes);
	free(path);
}

/*
 * Returns the text with the releases for @ and %, the tree for ^, the hashes of the releases'
 * killsnoop for $ and &, and double quotes for single ones. Free it.
 */
static char *expand(const char *text)
{
	size_t size;
	char *out;
	FILE *file = open_memstream(&out, &size);

	for (; *text; text++) {
		if (*text == '@')
			fputs(RELEASE, file);
		else if (*text == '%')
			fputs(OTHER_RELEASE, file);
		else if (*text == '^')
			fputs(root, file);
		else if (*text == '$' || *text == '&')
			put_hash(file, *text == '$' ? RELEASE : OTHER_RELEASE);
		else
			fputc(*text == '\'' ? '"' : *text, file);
	}
	fclose(file);
	return out;
}

/* It prints this and nothing else. */
static void prints(struct command *command, int code, const char *text)
{
	struct outcome outcome;
	char *want;

	needs_root();
	want = expand(text);
	run(command, &outcome);
	assert_string_equal(outcome.err, "");
	assert_string_equal(outcome.out, want);
	assert_int_equal(outcome.code, code);
	outcome_free(&outcome);
	free(want);
}

/* Its output has this text, and stderr is empty. */
static void has(struct command *command, int code, const char *text)
{
	struct outcome outcome;
	char *want;

	needs_root();
	want = expand(text);
	run(command, &outcome);
	assert_string_equal(outcome.err, "");
	if (!text_says(outcome.out, want))
		fail_msg("no \"%s\" in:\n%s", want, outcome.out);
	assert_int_equal(outcome.code, code);
	outcome_free(&outcome);
	free(want);
}

/* ---- output ---- */

static void ready(void **state)
{
	(void)state;
	prints(CHECK("killsnoop"), LW_OK,
	       "@ killsnoop      installed  ok   ^/lib/modules/@/systemtap/lw_killsnoop.ko\n"
	       "@ killsnoop      trusted    ok   regular file of root, mode 0644, description "
	       "format 2\n"
	       "@ killsnoop      name       ok   lw_killsnoop\n"
	       "@ killsnoop      release    ok   @ SMP preempt mod_unload modversions \n"
	       "@ killsnoop      build      ok   the same build-id\n"
	       "@ killsnoop      symbols    skip the module has no symbol versions\n"
	       "@ killsnoop      user       ok   root with CAP_SYS_MODULE\n"
	       "@ killsnoop      proc       ok   /proc is mounted\n"
	       "@ killsnoop      modules    ok   kernel.modules_disabled is 0\n"
	       "@ killsnoop      lockdown   ok   none\n"
	       "@ killsnoop      secureboot ok   no EFI variable says that it is on\n"
	       "@ killsnoop      signature  ok   unsigned; this kernel takes it\n"
	       "@ killsnoop      mok        skip the machine was not booted by EFI\n"
	       "@ killsnoop      fips       ok   off\n"
	       "@ killsnoop      taint      ok   the kernel does not panic at an out-of-tree module\n"
	       "@ killsnoop      kprobes    ok   the module has none\n"
	       "@ killsnoop      ftrace     ok   the module has no kprobe\n"
	       "@ killsnoop      blacklist  ok   the module has no kprobe\n"
	       "@ killsnoop      addresses  ok   shown\n"
	       "@ killsnoop      running    ok   no\n"
	       "@ killsnoop      memory     ok   8 MiB wanted, 256 available\n"
	       "@ killsnoop      manifest   ok   lists it; version 0.1.0, SystemTap 5.6\n"
	       "@ killsnoop      signed     ok   by key test\n"
	       "@ killsnoop      hash       ok   $\n"
	       "@ killsnoop      serial     ok   1000, higher than any used on this host\n"
	       "1 of 1 tools ready for kernel @\n");
}

static void ready_json(void **state)
{
	(void)state;
	prints(CHECK("--json", "killsnoop"), LW_OK,
	       "{'kernel':'@','tool':'killsnoop','ready':true,'rules':["
	       "{'rule':'installed','result':'ok','text':"
	       "'^/lib/modules/@/systemtap/lw_killsnoop.ko'},"
	       "{'rule':'trusted','result':'ok','text':"
	       "'regular file of root, mode 0644, description format 2'},"
	       "{'rule':'name','result':'ok','text':'lw_killsnoop'},"
	       "{'rule':'release','result':'ok','text':"
	       "'@ SMP preempt mod_unload modversions '},"
	       "{'rule':'build','result':'ok','text':'the same build-id'},"
	       "{'rule':'symbols','result':'skip','text':'the module has no symbol versions'},"
	       "{'rule':'user','result':'ok','text':'root with CAP_SYS_MODULE'},"
	       "{'rule':'proc','result':'ok','text':'/proc is mounted'},"
	       "{'rule':'modules','result':'ok','text':'kernel.modules_disabled is 0'},"
	       "{'rule':'lockdown','result':'ok','text':'none'},"
	       "{'rule':'secureboot','result':'ok','text':'no EFI variable says that it is on'},"
	       "{'rule':'signature','result':'ok','text':'unsigned; this kernel takes it'},"
	       "{'rule':'mok','result':'skip','text':'the machine was not booted by EFI'},"
	       "{'rule':'fips','result':'ok','text':'off'},"
	       "{'rule':'taint','result':'ok','text':'the kernel does not panic at an out-of-tree module'},"
	       "{'rule':'kprobes','result':'ok','text':'the module has none'},"
	       "{'rule':'ftrace','result':'ok','text':'the module has no kprobe'},"
	       "{'rule':'blacklist','result':'ok','text':'the module has no kprobe'},"
	       "{'rule':'addresses','result':'ok','text':'shown'},"
	       "{'rule':'running','result':'ok','text':'no'},"
	       "{'rule':'memory','result':'ok','text':'8 MiB wanted, 256 available'},"
	       "{'rule':'manifest','result':'ok','text':'lists it; version 0.1.0, SystemTap 5.6'},"
	       "{'rule':'signed','result':'ok','text':'by key test'},"
	       "{'rule':'hash','result':'ok','text':'$'},"
	       "{'rule':'serial','result':'ok','text':'1000, higher than any used on this host'}]}\n");
}

static void not_ready_json(void **state)
{
	(void)state;
	tree_text(root, DISABLED, "1\n");
	has(CHECK("--json"), LW_REFUSED, "'tool':'killsnoop','ready':false,'rules':[{'rule':'inst");
	has(CHECK("--json"), LW_REFUSED, "{'rule':'modules','result':'fail','text':'kernel.mod");
}

/* A module's description can hold any bytes. */
static void strange_text(void **state)
{
	struct lines lines;
	char *path = tree_path(root, RELEASE, "systemtap", "killsnoop");

	(void)state;
	lines_of(&lines, "killsnoop");
	lines_set(&lines, "name=a\x1b[2J\"b");
	module_write(path, &lines);
	lines_free(&lines);
	free(path);
	has(CHECK("killsnoop"), LW_REFUSED, "the file holds module a\\x1b[2J'b, wanted");
	has(CHECK("killsnoop", "--json"), LW_REFUSED, "module a\\u001b[2J\\'b, wanted");
}

/* ---- rules ---- */

static char *module_path(void)
{
	return tree_path(root, RELEASE, "systemtap", "killsnoop");
}

static void edit_lines(void (*edit)(struct lines *lines, const char *text), const char *text)
{
	char *path = module_path();
	struct lines lines;

	lines_of(&lines, "killsnoop");
	edit(&lines, text);
	module_write(path, &lines);
	lines_free(&lines);
	free(path);
	tree_sign(root, RELEASE, "systemtap");
}

static void set_line(const char *line)
{
	edit_lines(lines_set, line);
}

static void drop_line(const char *key)
{
	edit_lines(lines_drop, key);
}

static void set_mode(const char *text)
{
	char *path = module_path();

	assert_int_equal(chmod(path, strtol(text, NULL, 8)), 0);
	free(path);
}

static void set_owner(const char *text)
{
	char *path = module_path();

	assert_int_equal(chown(path, atoi(text), 0), 0);
	free(path);
}

static void make_link(const char *target)
{
	char *path = module_path();

	assert_int_equal(remove(path) || symlink(target, path), 0);
	free(path);
}

static void append(const char *text)
{
	char *path = module_path();
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(path);
	tree_sign(root, RELEASE, "systemtap");
}

static void version(const char *text)
{
	tree_text(root, VERSION, text);
}

static void no_file(const char *path)
{
	char *file = tree_file(root, path);

	assert_int_equal(remove(file), 0);
	free(file);
}

static void other_build_id(const char *text)
{
	(void)text;
	tree_write(root, NOTES, other_notes, sizeof(other_notes) - 1);
}

/* No symbol has a CRC: vermagic alone ties the module to a kernel. */
static void no_modversions(const char *text)
{
	set_line("vermagic=" RELEASE " SMP preempt mod_unload ");
	if (text)
		version(text);
	else
		other_build_id(NULL);
}

static void neither_known(const char *text)
{
	no_modversions(text);
	no_file(NOTES);
	no_file(VERSION);
}

static void no_build_id(const char *text)
{
	no_file(NOTES);
	if (text)
		no_file(VERSION);
}

static void disabled(const char *text)
{
	tree_text(root, DISABLED, text);
}

static void enforce(const char *text)
{
	tree_text(root, ENFORCE, text);
}

static void enforce_signed(const char *text)
{
	append(text);
	tree_text(root, ENFORCE, "Y\n");
}

static void lockdown(const char *text)
{
	tree_text(root, LOCKDOWN, text);
}

static const struct row {
	const char *name;
	void (*change)(const char *arg);
	const char *arg;
	int code;
	const char *text;
} rows[] = {
	{ "mode", set_mode, "0664", LW_REFUSED,
	  "@ killsnoop      trusted    FAIL ^/lib/modules/@/systemtap/lw_killsnoop.ko: others*(mode 0664); chmod 644 it\n" },
	{ "mode: the rest is not looked at", set_mode, "0646", LW_REFUSED,
	  "@ killsnoop      name       skip not checked: the file is refused\n"
	  "@ killsnoop      release    skip not checked: the file is refused\n"
	  "@ killsnoop      build      skip not checked: the file is refused\n"
	  "@ killsnoop      symbols    skip not checked: the file is refused\n"
	  "@ killsnoop      user       ok   root with CAP_SYS_MODULE\n"
	  "@ killsnoop      proc       ok   /proc is mounted\n"
	  "@ killsnoop      modules    ok   kernel.modules_disabled is 0\n"
	  "@ killsnoop      lockdown   skip not checked: the file is refused\n"
	  "@ killsnoop      secureboot skip not checked: the file is refused\n"
	  "@ killsnoop      signature  skip not checked: the file is refused\n"
	  "@ killsnoop      mok        skip the machine was not booted by EFI\n"
	  "@ killsnoop      fips       ok   off\n"
	  "@ killsnoop      taint      ok   the kernel does not panic at an out-of-tree module\n"
	  "@ killsnoop      kprobes    skip not checked: the file is refused\n"
	  "@ killsnoop      ftrace     skip not checked: the file is refused\n"
	  "@ killsnoop      blacklist  skip not checked: the file is refused\n"
	  "@ killsnoop      addresses  skip not checked: the file is refused\n"
	  "@ killsnoop      running    ok   no\n"
	  "@ killsnoop      memory     skip not checked: the file is refused\n"
	  "@ killsnoop      manifest   skip not checked: the file is refused\n"
	  "@ killsnoop      signed     skip not checked: the file is refused\n"
	  "@ killsnoop      hash       skip not checked: the file is refused\n"
	  "@ killsnoop      serial     skip not checked: the file is refused\n"
	  "0 of 1 tools ready for kernel @\n" },
	{ "owner", set_owner, "12345", LW_REFUSED,
	  "trusted    FAIL ^/lib/modules/@/systemtap/"
	  "lw_killsnoop.ko: owned by uid 12345, not by" },
	{ "link", make_link, "/nowhere", LW_REFUSED, "lw_killsnoop.ko: is a symbolic link" },
	{ "format", set_line, "lwtools=3", LW_REFUSED, "trusted    FAIL ^/lib" },
	{ "name", set_line, "name=lw_opensnoop", LW_REFUSED,
	  "@ killsnoop      name       FAIL *lw_opensnoop*lw_killsnoop*\n" },
	{ "release", set_line, "vermagic=" OTHER_RELEASE " SMP ", LW_REFUSED,
	  "@ killsnoop      release    FAIL built for kernel %, this kernel is @; apt install "
	  "lwtools-modules-@\n" },
	{ "uname -v differs", version, "#2 SMP\n", LW_OK,
	  "@ killsnoop      build      warn built for another build of this release: " UTS
	  ", this one is #2 SMP\n" },
	{ "build-id differs", other_build_id, NULL, LW_OK,
	  "@ killsnoop      build      warn built for another build of this release: its build-id "
	  "is 0123456789abcdef\n" },
	{ "uname -v differs, no modversions", no_modversions, "#2 SMP\n", LW_REFUSED,
	  "@ killsnoop      build      FAIL built for another build of this release: " UTS
	  "*#2 SMP; *modversions*install" },
	{ "build-id differs, no modversions", no_modversions, NULL, LW_REFUSED,
	  "@ killsnoop      build      FAIL *another build*0123456789abcdef; *modversions*install" },
	{ "the same build, no modversions", no_modversions, UTS "\n", LW_OK,
	  "build      ok   the same build-id\n" },
	{ "neither, no modversions", neither_known, UTS "\n", LW_REFUSED,
	  "@ killsnoop      build      FAIL *build-id*uname -v*/proc/sys/kernel/version: No such file or directory; *modversions" },
	{ "a warning is ready", other_build_id, NULL, LW_OK, "1 of 1 tools ready" },
	{ "no build-id of the kernel", no_build_id, NULL, LW_OK,
	  "build      ok   *same uname -v*no build-id" },
	{ "no build-id of the module", drop_line, "lw_build_id", LW_OK,
	  "build      ok   *same uname -v*no build-id" },
	{ "no uname -v of the module", drop_line, "lw_uts", LW_OK,
	  "build      ok   the same build-id\n" },
	{ "neither", no_build_id, VERSION, LW_OK,
	  "build      skip neither build-id nor uname -v can be read: /proc/sys/kernel/version: No "
	  "such file or directory\n" },
	{ "modules disabled", disabled, "1\n", LW_REFUSED,
	  "@ killsnoop      modules    FAIL kernel.modules_disabled*1*\n" },
	{ "no modules", no_file, DISABLED, LW_REFUSED,
	  "@ killsnoop      modules    FAIL kernel.modules_disabled cannot be read: No such file "
	  "or directory\n" },
	{ "enforced", enforce, "Y\n", LW_REFUSED,
	  "@ killsnoop      signature  FAIL unsigned*module.sig_enforce" },
	{ "lockdown integrity", lockdown, "none [integrity] confidentiality\n", LW_REFUSED,
	  "@ killsnoop      signature  FAIL unsigned*lockdown" },
	{ "lockdown confidentiality", lockdown, "none integrity [confidentiality]\n", LW_REFUSED,
	  "signature  FAIL unsigned, and lockdown asks" },
	{ "no lockdown", no_file, LOCKDOWN, LW_OK, "signature  ok   unsigned; this kernel takes" },
	{ "no enforcement", no_file, ENFORCE, LW_OK,
	  "signature  ok   unsigned; this kernel takes" },
	{ "signed", append, MAGIC, LW_OK, "signature  ok   signed*takes" },
	{ "magic before the end", append, MAGIC "x", LW_OK, "signature  ok   unsigned;" },
	{ "signed and enforced", enforce_signed, MAGIC, LW_OK, "signature  ok   signed*key" },
};

static void rule(void **state)
{
	const struct row *row = *state;

	needs_root();
	if (row->change == set_owner)
		needs_another_user();
	row->change(row->arg);
	has(CHECK("killsnoop"), row->code, row->text);
}

static int become_nobody(void)
{
	int err = setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534);

	/* The sanitizer traces itself, which a process that has changed its user may not. */
	prctl(PR_SET_DUMPABLE, 1);
	return err;
}

/* A user who is not root may check what root will run. */
static void without_root(void **state)
{
	struct command command = { { "check", "killsnoop" }, become_nobody };

	(void)state;
	needs_another_user();
	has(&command, LW_OK, "1 of 1 tools ready");
	set_owner("65534");
	has(&command, LW_REFUSED, "lw_killsnoop.ko: *owned by root");
}

/* ---- kernels ---- */

static void add_other(const char *release, const char *line)
{
	char *path = tree_path(root, release, "systemtap", "killsnoop");
	struct lines lines;

	lines_of(&lines, "killsnoop");
	lines_set(&lines, line);
	module_write(path, &lines);
	lines_free(&lines);
	free(path);
	tree_sign(root, release, "systemtap");
}

static void other_kernel(void **state)
{
	(void)state;
	tree_text(root, DISABLED, "1\n");
	tree_text(root, ENFORCE, "Y\n");
	add_other(OTHER_RELEASE, "vermagic=" OTHER_RELEASE " SMP ");
	prints(CHECK("--kernel", OTHER_RELEASE), LW_OK,
	       "% killsnoop      installed  ok   ^/lib/modules/%/systemtap/lw_killsnoop.ko\n"
	       "% killsnoop      trusted    ok   regular file of root, mode 0644, description "
	       "format 2\n"
	       "% killsnoop      name       ok   lw_killsnoop\n"
	       "% killsnoop      release    ok   % SMP \n"
	       "% killsnoop      build      skip not the running kernel\n"
	       "% killsnoop      symbols    skip no modversions in its vermagic: symbols have no "
	       "CRCs\n"
	       "% killsnoop      user       skip not the running kernel\n"
	       "% killsnoop      proc       skip not the running kernel\n"
	       "% killsnoop      modules    skip not the running kernel\n"
	       "% killsnoop      lockdown   skip not the running kernel\n"
	       "% killsnoop      secureboot skip not the running kernel\n"
	       "% killsnoop      signature  skip unsigned; the requirements of that kernel are "
	       "not known here\n"
	       "% killsnoop      mok        skip not the running kernel\n"
	       "% killsnoop      fips       skip not the running kernel\n"
	       "% killsnoop      taint      skip not the running kernel\n"
	       "% killsnoop      kprobes    skip not the running kernel\n"
	       "% killsnoop      ftrace     skip not the running kernel\n"
	       "% killsnoop      blacklist  skip not the running kernel\n"
	       "% killsnoop      addresses  skip not the running kernel\n"
	       "% killsnoop      running    skip not the running kernel\n"
	       "% killsnoop      memory     skip not the running kernel\n"
	       "% killsnoop      manifest   ok   lists it; version 0.1.0, SystemTap 5.6\n"
	       "% killsnoop      signed     ok   by key test\n"
	       "% killsnoop      hash       ok   &\n"
	       "% killsnoop      serial     ok   1000, higher than any used on this host\n"
	       "1 of 1 tools ready for kernel %\n");
	has(CHECK("--kernel=" RELEASE), LW_REFUSED, "modules    FAIL");
	add_other(OTHER_RELEASE, "vermagic=" RELEASE " SMP ");
	has(CHECK("--kernel=" OTHER_RELEASE), LW_REFUSED,
	    "release    FAIL built for kernel @, this kernel is %; apt install lwtools-modules-%");
}

static void no_module(void **state)
{
	(void)state;
	prints(CHECK("killsnoop", "--kernel", "9.9.9"), LW_NO_MODULE,
	       "9.9.9 killsnoop      installed  FAIL no module in ^/lib/modules/9.9.9/systemtap "
	       "or updates/dkms; apt install lwtools-modules-9.9.9\n"
	       "0 of 1 tools ready for kernel 9.9.9\n");
	prints(CHECK("--kernel", "9.9.9"), LW_NO_MODULE,
	       "9.9.9 -              installed  FAIL no module in ^/lib/modules/9.9.9/systemtap "
	       "or updates/dkms; apt install lwtools-modules-9.9.9\n"
	       "0 of 0 tools ready for kernel 9.9.9\n");
	prints(CHECK("--json", "--kernel", "9.9.9"), LW_NO_MODULE,
	       "{'kernel':'9.9.9','tool':null,'ready':false,'rules':[{'rule':'installed',"
	       "'result':'fail','text':'no module in ^/lib/modules/9.9.9/systemtap or updates/dkms; "
	       "apt install lwtools-modules-9.9.9'}]}\n");
}

static void compressed_module(void **state)
{
	(void)state;
	tree_text(root, "lib/modules/9.9.9/systemtap/lw_killsnoop.ko.zst", "");
	prints(CHECK("killsnoop", "--kernel", "9.9.9"), LW_REFUSED,
	       "9.9.9 killsnoop      compressed FAIL ^/lib/modules/9.9.9/systemtap/"
	       "lw_killsnoop.ko.zst: compressed, and lwload takes only a module as it was built; "
	       "zstd -d it\n"
	       "0 of 1 tools ready for kernel 9.9.9\n");
	has(CHECK("--kernel", "9.9.9"), LW_REFUSED, "9.9.9 -              compressed FAIL ^/lib");
}

static const char versions[] = "__versions=module_layout 0x1234";

/* Adds a module of the kernel itself: it has the CRCs of the kernel. */
static void add_kernel_module(const char *release, const char *line)
{
	char *path = tree_path(root, release, "kernel/net", "x");
	struct lines lines = { .n = 0 };

	lines_set(&lines, line);
	module_write(path, &lines);
	lines_free(&lines);
	free(path);
}

/* The rule works for a kernel that does not run, too, which is why it is there. */
static void symbols(void **state)
{
	(void)state;
	add_kernel_module(RELEASE, versions);
	add_kernel_module(OTHER_RELEASE, "__versions=module_layout 0x4321");
	edit_lines(lines_set, versions);
	has(CHECK("killsnoop"), LW_OK, "@ killsnoop      symbols    ok   1 of 1 symbols*same");
	add_other(OTHER_RELEASE, versions);
	has(CHECK("killsnoop", "--kernel", OTHER_RELEASE), LW_REFUSED,
	    "% killsnoop      symbols    FAIL *module_layout*0x00001234*0x00004321*lwtools-modules-%\n");
}

/* Rules about the moment only warn: they may hold when the tool runs. */
static void of_the_moment(void **state)
{
	(void)state;
	tree_text(root, "proc/modules", "lw_killsnoop 1 1 - Live 0x0\n");
	tree_text(root, "proc/systemtap/lw_killsnoop/.cmd", "");
	tree_text(root, "proc/meminfo", "MemFree: 1 kB\nMemAvailable: 1 kB\nBuffers: 0 kB\n");
	has(CHECK("killsnoop"), LW_OK, "killsnoop      running    ok   1 already (by ");
	has(CHECK("killsnoop"), LW_OK, "killsnoop      memory     warn 1 MiB");
}

/* The directory of DKMS is looked at, too. */
static void second_place(void **state)
{
	char *path = tree_path(root, "9.9.9", "updates/dkms", "killsnoop");
	struct lines lines;

	(void)state;
	lines_of(&lines, "killsnoop");
	lines_set(&lines, "vermagic=9.9.9 SMP ");
	module_write(path, &lines);
	lines_free(&lines);
	free(path);
	tree_sign(root, "9.9.9", "updates/dkms");
	has(CHECK("--kernel", "9.9.9"), LW_OK, "/9.9.9/updates/dkms/lw_killsnoop.ko\n");
}

/* A tool that this kernel cannot have fails only if the user names it. */
static void missing_for_a_reason(void **state)
{
	(void)state;
	tree_manifest(root, "missing\tfsslower\tit has no files\n");
	has(CHECK("--json"), LW_OK,
	    "\n{'kernel':'@','tool':'fsslower','ready':false,'rules':[{'rule':'installed',"
	    "'result':'skip','text':'not for this kernel: it has no files'}]}\n");
	has(CHECK(NULL), LW_OK,
	    "\n@ fsslower       installed  skip not for this kernel: it has no files\n"
	    "1 of 1 tools ready for kernel @\n");
	prints(CHECK("fsslower"), LW_NO_MODULE,
	       "@ fsslower       installed  FAIL not for this kernel: it has no files\n"
	       "0 of 1 tools ready for kernel @\n");
	/* If no kernel has it, the name is wrong. If another has it, the module is missing. */
	has(CHECK("opensnoop"), LW_USAGE, "opensnoop      installed  FAIL no such tool; ");
	add_other(OTHER_RELEASE, "vermagic=" OTHER_RELEASE " SMP ");
	has(CHECK("killsnoop", "--kernel", "9.9.9"), LW_NO_MODULE, "installed  FAIL no module in ");
}

/* DKMS's manifest tells the same, unless others may write to it. */
static void missing_in_the_second_place(void **state)
{
	static const char file[] = "lib/modules/9.9.9/updates/dkms/lwtools.manifest";
	char *path;

	(void)state;
	tree_text(root, file, "missing\tfsslower\tit has no files\n");
	has(CHECK("fsslower", "--kernel", "9.9.9"), LW_NO_MODULE,
	    "FAIL not for this kernel: it has no files\n");
	path = tree_file(root, file);
	assert_int_equal(chmod(path, 0666), 0);
	free(path);
	has(CHECK("fsslower", "--kernel", "9.9.9"), LW_NO_MODULE, "FAIL no module in ");
}

/* A good tool does not hide a bad one. */
static void several_tools(void **state)
{
	(void)state;
	needs_root();
	free(tree_add(root, "opensnoop"));
	has(CHECK(NULL), LW_OK, "2 of 2 tools ready");
	set_mode("0666");
	has(CHECK(NULL), LW_REFUSED, "1 of 2 tools ready");
}

/* Kernels come in the order of their versions. 5.9 has an image alone, 5.7 cannot be booted. */
static void all_installed(void **state)
{
	(void)state;
	needs_root();
	add_other("6.1.0-9", "vermagic=6.1.0-9 SMP ");
	add_other("6.1.0-10", "vermagic=6.1.0-10 SMP ");
	add_other("5.9", "vermagic=5.9 SMP ");
	add_other("5.7", "vermagic=5.7 SMP ");
	tree_text(root, "lib/modules/6.1.0-9/modules.dep", "");
	tree_text(root, "lib/modules/6.1.0-10/modules.dep", "");
	tree_text(root, "lib/modules/6.1*/modules.dep", "");
	tree_text(root, "lib/modules/.hidden/modules.dep", "");
	tree_text(root, "boot/vmlinuz-5.9", "");
	tree_text(root, "boot/vmlinuz-5.6", "");
	has(CHECK("--all-installed", "--json"), LW_OK,
	    "{'kernel':'5.9','tool':'killsnoop','ready':true");
	has(CHECK("--all-installed"), LW_OK, "1 of 1 tools ready for kernel 5.9\n6.1.0-9 ");
	has(CHECK("--all-installed"), LW_OK, "1 of 1 tools ready for kernel 6.1.0-9\n6.1.0-10 ");
	has(CHECK("--all-installed"), LW_OK, "1 of 1 tools ready for kernel 6.1.0-10\n");
	/* One kernel refuses a module, another has none: the refusal gives the exit code. */
	tree_text(root, "lib/modules/4.1/modules.dep", "");
	has(CHECK("--all-installed"), LW_NO_MODULE, "0 of 0 tools ready for kernel 4.1\n5.9 ");
	add_other("6.1.0-9", "vermagic=6.1.0-1 SMP ");
	has(CHECK("killsnoop", "--all-installed"), LW_REFUSED,
	    "0 of 1 tools ready for kernel 4.1\n5.9 ");
	has(CHECK("--all-installed"), LW_REFUSED, "0 of 1 tools ready for kernel 6.1.0-9\n");
}

/* ---- bad input ---- */

static void refuses(struct command *command, int code, const char *message)
{
	struct outcome outcome;

	run(command, &outcome);
	assert_int_equal(outcome.code, code);
	assert_int_equal(outcome.err_lines, 1);
	assert_memory_equal(outcome.err, "lwload: ", 8);
	assert_true(text_says(outcome.err, message));
	assert_string_equal(outcome.out, "");
	outcome_free(&outcome);
}

static void no_kernel_installed(void **state)
{
	(void)state;
	refuses(CHECK("--all-installed"), LW_NO_MODULE, "check: no kernel");
}

static char file[300];

/* Here "lwload check --all-installed" prints nothing. */
static void metrics_are(int code, const char *text)
{
	struct outcome outcome;
	char *want = expand(text), *bytes;

	snprintf(file, sizeof(file), "%s/lwtools-check.prom", root);
	run(CHECK("--all-installed", "--metrics", file), &outcome);
	assert_string_equal(outcome.err, "");
	assert_string_equal(outcome.out, "");
	assert_int_equal(outcome.code, code);
	bytes = file_read(file, NULL);
	assert_string_equal(bytes, want);
	free(bytes);
	free(want);
	outcome_free(&outcome);
}

#define READY                                                                     \
	"# HELP lwtools_ready 1 if the tool is ready for the kernel, 0 if not.\n" \
	"# TYPE lwtools_ready gauge\n"
#define KERNELS                                                        \
	"# HELP lwtools_kernel 1 for each kernel that is installed.\n" \
	"# TYPE lwtools_kernel gauge\n"

static void metrics(void **state)
{
	(void)state;
	needs_root();
	tree_text(root, "lib/modules/" RELEASE "/modules.dep", "");
	metrics_are(LW_OK, READY "lwtools_ready{kernel='@',tool='killsnoop'} 1\n" KERNELS
				 "lwtools_kernel{kernel='@',running='1',newest='1'} 1\n");
	/* One kernel has no tools, and another has a tool that is not for it. */
	tree_text(root, "lib/modules/6.1.0-100-test/modules.dep", "");
	tree_manifest(root, "missing\tfsslower\tit has no files\n");
	set_mode("0666");
	metrics_are(LW_REFUSED,
		    READY "lwtools_ready{kernel='@',tool='killsnoop'} 0\n"
			  "lwtools_ready{kernel='6.1.0-100-test',tool=''} 0\n" KERNELS
			  "lwtools_kernel{kernel='@',running='1',newest='0'} 1\n"
			  "lwtools_kernel{kernel='6.1.0-100-test',running='0',newest='1'} 1\n");
}

static void metrics_that_cannot_be_written(void **state)
{
	(void)state;
	needs_root();
	snprintf(file, sizeof(file), "%s/lwtools-check.prom", root);
	/* If the check itself fails, the old file stays. */
	refuses(CHECK("--all-installed", "--metrics", file), LW_NO_MODULE,
		"no kernel is installed");
	assert_int_not_equal(access(file, F_OK), 0);
	tree_text(root, "lib/modules/" RELEASE "/modules.dep", "");
	file_write(file, "x", 1);
	refuses(CHECK("--all-installed", "--metrics", file), LW_FAILED, "check: *write to ");
}

#define X65 "12345678901234567890123456789012345678901234567890123456789012345"

static void bad_arguments(void **state)
{
	static char *const releases[] = { "",   ".",   "..",  ".x",  "a/b",  "../x",     "*",
					  "a?", "[6]", "a b", "a\n", "a\\b", "\xc3\xa9", X65 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(releases); i++)
		refuses(CHECK("--kernel", releases[i]), LW_USAGE,
			"check: *--kernel*release, such as " RELEASE);
	refuses(CHECK("--kernel"), LW_USAGE, "--kernel*release");
	refuses(CHECK("--kernel="), LW_USAGE, "--kernel*release");
	refuses(CHECK("--kernel=1", "--kernel=1"), LW_USAGE, "--kernel*twice");
	refuses(CHECK("--kernel=1", "--all-installed"), LW_USAGE, "exclude each other");
	refuses(CHECK("--all-installed", "--kernel", "1"), LW_USAGE, "exclude each other");
	refuses(CHECK("--metrics"), LW_USAGE, "--metrics*file*name");
	refuses(CHECK("--metrics", "x"), LW_USAGE, "--metrics*file*name");
	refuses(CHECK("--metrics=x.prom"), LW_USAGE, "--metrics needs --all-installed, and takes");
	refuses(CHECK("--metrics=x.prom", "--all-installed", "killsnoop"), LW_USAGE,
		"--metrics needs --all-installed, and takes no tool");
	refuses(CHECK("--metrics=x.prom", "--all-installed", "--json"), LW_USAGE,
		"--metrics and --json exclude each other");
	refuses(CHECK("--kernels"), LW_USAGE, "check: takes no argument \"--kernels\"");
	refuses(CHECK("killsnoop", "opensnoop"), LW_USAGE,
		"check: takes no argument \"opensnoop\"");
	refuses(CHECK("../x"), LW_USAGE, "\"../x\" *name");
	refuses(CHECK(""), LW_USAGE, "\"\" *name");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		FRESH(ready),
		FRESH(ready_json),
		FRESH(not_ready_json),
		FRESH(strange_text),
		FRESH(without_root),
		FRESH(other_kernel),
		FRESH(no_module),
		FRESH(second_place),
		FRESH(missing_for_a_reason),
		FRESH(missing_in_the_second_place),
		FRESH(compressed_module),
		FRESH(symbols),
		FRESH(of_the_moment),
		FRESH(several_tools),
		FRESH(all_installed),
		FRESH(no_kernel_installed),
		FRESH(metrics),
		FRESH(metrics_that_cannot_be_written),
		FRESH(bad_arguments),
	};
	struct CMUnitTest tests[COUNT(fixed) + COUNT(rows)];
	size_t i;

	leaks_in_children_only();
	memcpy(tests, fixed, sizeof(fixed));
	for (i = 0; i < COUNT(rows); i++)
		tests[COUNT(fixed) + i] = (struct CMUnitTest){ rows[i].name, rule, setup, teardown,
							       (void *)&rows[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
