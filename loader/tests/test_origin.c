// SPDX-License-Identifier: GPL-2.0-only
/* test_origin.c - manifests, signatures, keys, serials, and the directories they are in */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/serial.h"
#include "module/trust.h"
#include "rules/origin.h"
#include "fake.h"
#include "helper.h"

#define PLACE "lib/modules/" RELEASE "/systemtap"
#define MANIFEST PLACE "/lwtools.manifest"
#define SIGNATURE MANIFEST ".sig"
#define MODULE PLACE "/lw_killsnoop.ko"
#define KEYS "etc/lwtools/keys"
#define SEEN "var/lib/lwtools/serial/" RELEASE

static char *root;

/* A host on which killsnoop may run. */
static int setup(void **state)
{
	(void)state;
	fake_reset();
	root = tree_new();
	tree_host(root);
	free(tree_add(root, "killsnoop"));
	return chmod(root, 0755);
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

/* ---- the tree ---- */

static void drop(const char *path)
{
	char *file = tree_file(root, path);

	assert_int_equal(remove(file), 0);
	free(file);
}

static void set_mode(const char *path, int mode)
{
	char *file = tree_file(root, path);

	assert_int_equal(chmod(file, mode), 0);
	free(file);
}

static void others_may_write(const char *path)
{
	struct stat st;
	char *file = tree_file(root, path);

	assert_int_equal(stat(file, &st), 0);
	set_mode(path, (st.st_mode & 0777) | 0002);
	free(file);
}

static void group_may_write(const char *path)
{
	struct stat st;
	char *file = tree_file(root, path);

	assert_int_equal(stat(file, &st), 0);
	set_mode(path, (st.st_mode & 0777) | 0020);
	free(file);
}

static void of_a_stranger(const char *path)
{
	char *file;

	needs_another_user();
	file = tree_file(root, path);
	assert_int_equal(chown(file, 12345, 0), 0);
	free(file);
}

/* Replaces the file or directory by a link to it. */
static void make_link(const char *path)
{
	char *file = tree_file(root, path), *moved = tree_file(root, "moved");

	assert_int_equal(rename(file, moved), 0);
	assert_int_equal(symlink(moved, file), 0);
	free(moved);
	free(file);
}

static void empty(const char *path)
{
	tree_text(root, path, "");
}

static void nonsense(const char *path)
{
	tree_text(root, path, "untrusted comment: x\nRWQ=\n");
}

static void large(const char *path)
{
	char *file = tree_file(root, path);

	assert_int_equal(truncate(file, (1 << 20) + 1), 0);
	free(file);
}

/* Appends a byte, after which the file is still good ELF. */
static void append(const char *path)
{
	char *file = tree_file(root, path);
	FILE *stream = fopen(file, "a");

	assert_non_null(stream);
	fputs("\n", stream);
	fclose(stream);
	free(file);
}

/* ---- manifests with other texts, all rightly signed ---- */

static void sign_manifest(const char *text, int key)
{
	char *signature = signature_text(key, text, strlen(text));

	tree_text(root, MANIFEST, text);
	tree_text(root, SIGNATURE, signature);
	free(signature);
}

static char *manifest_with_serial(unsigned long long serial)
{
	char *directory = tree_file(root, PLACE), *text = manifest_of(directory, RELEASE, serial);

	free(directory);
	return text;
}

/* @arg: "FROM|TO"; the first FROM of the manifest becomes TO. */
static void edit(const char *arg)
{
	char *text = manifest_with_serial(1000), *whole, *at;
	const char *to = strchr(arg, '|') + 1;
	int n = to - arg - 1;
	char from[128];

	snprintf(from, sizeof(from), "%.*s", n, arg);
	at = strstr(text, from);
	assert_non_null(at);
	assert_true(asprintf(&whole, "%.*s%s%s", (int)(at - text), text, to, at + n) > 0);
	sign_manifest(whole, KEY);
	free(whole);
	free(text);
}

static void signed_by(const char *key)
{
	char *text = manifest_with_serial(1000);

	sign_manifest(text, atoi(key));
	free(text);
}

/* The manifest has the module a second time, with another hash. */
static void twice(const char *arg)
{
	static const char more[] =
		"lw_killsnoop\tlw_killsnoop.ko\t1\t"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"\t1\tsource\tsummary\n";
	char *text = manifest_with_serial(1000), *whole;

	(void)arg;
	assert_true(asprintf(&whole, "%s%s", text, more) > 0);
	sign_manifest(whole, KEY);
	free(whole);
	free(text);
}

static void no_signature_and_other_bytes(const char *arg)
{
	(void)arg;
	drop(SIGNATURE);
	append(MODULE);
}

static void no_key_and_other_bytes(const char *arg)
{
	(void)arg;
	drop(KEYS "/test.pub");
	append(MODULE);
}

/* Writes another key, which has the id of the key that signed. */
static void key_of_the_same_id(const char *path)
{
	char *one = key_text(KEY), *other = key_text(KEY + 1);

	/* "Ed" and the id end within the 14th character of base64; the key follows. */
	memcpy(strchr(one, '\n') + 1 + 16, strchr(other, '\n') + 1 + 16, 40);
	tree_text(root, path, one);
	free(one);
	free(other);
}

static void other_name(const char *path)
{
	char *from = tree_file(root, KEYS "/test.pub"), *to = tree_file(root, path);

	assert_int_equal(rename(from, to), 0);
	free(from);
	free(to);
}

static void seen(const char *serial)
{
	tree_text(root, SEEN, serial);
}

static void seen_then(const char *path, void (*change)(const char *path))
{
	seen("1\n");
	change(path);
}

static void seen_in_a_link(const char *arg)
{
	seen_then(arg, make_link);
}

static void seen_others_may_write(const char *arg)
{
	seen_then(arg, others_may_write);
}

/* ---- a run ---- */

struct command {
	const char *args[6];
	enum lw_exit (*verb)(const struct lw_host *host, int argc, char **argv);
	mode_t mask;
};

static int command_body(void *arg)
{
	struct command *command = arg;
	struct lw_host host = { root, RELEASE };
	int argc;

	for (argc = 0; command->args[argc]; argc++)
		;
	if (command->mask)
		umask(command->mask);
	return command->verb(&host, argc, (char **)command->args);
}

/* The tool runs, or nothing is inserted. Stderr has one line with this text; for "", none. */
static void run(const char *one, const char *two, int code, const char *text)
{
	struct command command = { { "killsnoop", "-d", "0.1", one, two }, lw_run, 0 };
	struct outcome outcome;

	needs_root();
	fake_reset();
	in_child(command_body, &command, &outcome);
	if (!text_says(outcome.err, text))
		fail_msg("no \"%s\" in:\n%s", text, outcome.err);
	assert_int_equal(outcome.err_lines, *text ? 1 : 0);
	assert_int_equal(outcome.code, code);
	assert_int_equal(fake->inserts, code == LW_OK);
	outcome_free(&outcome);
}

static void refused(const char *text)
{
	run(NULL, NULL, LW_REFUSED, text);
}

#define U "--unsigned"
#define O "--older"

static const struct row {
	const char *name;
	void (*change)(const char *arg);
	const char *arg;
	const char *waiver; /* the option that lets it pass; NULL: none does */
	const char *text;
} rows[] = {
	{ "no manifest", drop, MANIFEST, U, "refused: *lwtools.manifest beside it" },
	{ "no signature", drop, SIGNATURE, U, "refused: *lwtools.manifest.sig beside it" },
	{ "no key", drop, KEYS "/test.pub", U, "refused: signed by key 0101010101010101*not in " },
	{ "another key", signed_by, "7", U, "signed by key 0707070707070707*not in " },
	{ "key with another name", other_name, KEYS "/test.key", U, "signed by key*not in " },
	{ "hidden key", other_name, KEYS "/.test.pub", U, "signed by key*not in " },
	{ "key in a link", make_link, KEYS "/test.pub", U, "not used: /" /* the path */ },
	{ "key others may write", others_may_write, KEYS "/test.pub", U,
	  "/test.pub: others*(mode 0646); chmod 644 it" },
	{ "key of a stranger", of_a_stranger, KEYS "/test.pub", U, "owned by uid 12345, not by" },
	{ "text that is no key", nonsense, KEYS "/test.pub", U, "/test.pub: *public key" },
	{ "key that is empty", empty, KEYS "/test.pub", U, "/test.pub: *public key" },
	{ "key that is large", large, KEYS "/test.pub", U, "/test.pub: too large (" },
	{ "keys others may write", others_may_write, KEYS, U, "/keys: others" },
	{ "etc group may write", group_may_write, "etc", U, "/etc: others" },
	{ "keys of a stranger", of_a_stranger, KEYS, U, "/keys: owned by uid 12345, not by root" },
	{ "keys in a link", make_link, KEYS, U, "/keys: *symbolic link*not" },
	{ "key of the same id", key_of_the_same_id, KEYS "/test.pub", NULL,
	  "key test*signed*manifest*changed" },
	{ "manifest changed", append, MANIFEST, NULL, "key test has not signed this manifest" },
	{ "signature empty", empty, SIGNATURE, NULL, "signature*damaged" },
	{ "signature nonsense", nonsense, SIGNATURE, NULL, "signature*damaged" },
	{ "signature with more", append, SIGNATURE, NULL, "signature*damaged" },
	{ "signature in a link", make_link, SIGNATURE, NULL, ".sig: *symbolic link*install" },
	{ "signature others may write", others_may_write, SIGNATURE, NULL, ".sig: others than" },
	{ "manifest in a link", make_link, MANIFEST, NULL, "manifest: *symbolic link*install" },
	{ "manifest others may write", others_may_write, MANIFEST, NULL, "manifest: others than" },
	{ "manifest of a stranger", of_a_stranger, MANIFEST, NULL, "owned by uid 12345, not by" },
	{ "manifest large", large, MANIFEST, NULL, "too large (1048577 bytes, at most 1048576)" },
	{ "format 2", edit, "manifest 3|manifest 2", NULL,
	  "lwtools.manifest: *format*2*3; install" },
	{ "format 33", edit, "manifest 3|manifest 33", NULL, "its format is 33, this lwload" },
	{ "no manifest of ours", edit, "lwtools-|", NULL, "not a manifest of lwtools" },
	{ "another release", edit, "release " RELEASE "|release 9", NULL,
	  "lwtools.manifest is for kernel 9, this kernel is " RELEASE "; apt install" },
	{ "no release", edit, "release " RELEASE "\n|", NULL, "damaged at \"its end\"" },
	{ "no serial", edit, "serial 1000\n|", NULL, "damaged at \"its end\"" },
	{ "serial 0", edit, "serial 1000|serial 0", NULL, "damaged at \"serial" },
	{ "serial -1", edit, "serial 1000|serial -1", NULL, "damaged at \"serial" },
	{ "serial of 19 digits", edit, "serial 1000|serial 1000000000000000000", NULL, "damaged" },
	{ "word alone", edit, "serial 1000|serial", NULL, "damaged at \"serial\"" },
	{ "hash in capitals", edit, "ko\t|ko\tA\tA\t", NULL, "damaged at \"lw_killsnoop" },
	{ "module without a hash", edit, "lw_killsnoop\t|lw_x\tx\nlw_killsnoop\t", NULL,
	  "damaged at \"lw_x\"" },
	{ "not listed", edit, "lw_killsnoop\t|lw_other\t", U,
	  "lwtools.manifest does not list lw_killsnoop; reinstall" },
	{ "listed with another file", edit, "lw_killsnoop.ko|lw_other.ko", U, "does not list" },
	{ "listed as missing", edit, "lw_killsnoop\tlw_killsnoop.ko|missing\tlw_killsnoop", U,
	  "does not list" },
	{ "listed twice", twice, NULL, NULL, "damaged at \"lw_killsnoop\"" },
	{ "other bytes", append, MODULE, NULL, "refused: *manifest*hash" },
	{ "other bytes, no signature", no_signature_and_other_bytes, NULL, NULL, "its hash is" },
	{ "other bytes, no key", no_key_and_other_bytes, NULL, NULL, "its hash is" },
	{ "older", seen, "1001\n", O, "refused: 1000*1001*used on this host" },
	{ "much older", seen, "999999999999999999\n", O, "and 999999999999999999 has been" },
	{ "seen nothing", seen, "", NULL, "/serial/" RELEASE ": *no number; remove it" },
	{ "seen a word", seen, "x\n", NULL, "*no number; remove it" },
	{ "seen half a line", seen, "1001", NULL, "*no number; remove it" },
	{ "seen 19 digits", seen, "1000000000000000000\n", NULL, "*no number; remove it" },
	{ "seen in a link", seen_in_a_link, SEEN, NULL, "*symbolic link*install" },
	{ "seen others may write", seen_others_may_write, SEEN, NULL, "others than its owner" },
	{ "serials others may write", seen_others_may_write, "var/lib/lwtools/serial", NULL,
	  "/serial: others*(mode 0757); chmod 755 it" },
	{ "directory others may write", others_may_write, PLACE, NULL,
	  "systemtap: others*(mode 0757); chmod 755 it" },
	{ "directory group may write", group_may_write, PLACE, NULL, "(mode 0775); chmod 755 it" },
	{ "directory of a stranger", of_a_stranger, PLACE, NULL,
	  "systemtap: owned by uid 12345, not by root; chown it" },
	{ "its parent", others_may_write, "lib/modules/" RELEASE, NULL, RELEASE ": others than" },
	{ "modules", others_may_write, "lib/modules", NULL, "/lib/modules: others than its" },
	{ "lib", others_may_write, "lib", NULL, "/lib: others" },
	{ "the root", others_may_write, "", NULL, ": others" },
	{ "directory in a link", make_link, PLACE, NULL, "systemtap: *symbolic link*not" },
	{ "its parent in a link", make_link, "lib/modules/" RELEASE, NULL, "is a symbolic link" },
};

/* The reason is in the rule's refusal; with the option that lets it pass, in a warning. */
static void rule(void **state)
{
	const struct row *row = *state;
	const char *other = row->waiver && !strcmp(row->waiver, U) ? O : U;
	char warning[256];

	row->change(row->arg);
	refused(strcmp(row->text, "not used: /") ? row->text : "*symbolic link*install");
	if (!row->waiver) {
		run(U, O, LW_REFUSED, row->text);
		return;
	}
	run(other, NULL, LW_REFUSED, "refused: ");
	snprintf(warning, sizeof(warning), "lw_killsnoop.ko: *%s*: ", row->waiver);
	run(row->waiver, NULL, LW_OK, warning);
}

/* ---- good modules ---- */

static void holds(const char *path, const char *text)
{
	char *file = tree_file(root, path), *bytes = file_read(file, NULL);

	assert_string_equal(bytes, text);
	free(bytes);
	free(file);
}

static void has_mode(const char *path, int mode)
{
	char *file = tree_file(root, path);
	struct stat st;

	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	free(file);
}

static void use_serial(unsigned long long serial)
{
	char *text = manifest_with_serial(serial);

	sign_manifest(text, KEY);
	free(text);
}

/* The serial only grows: a run that is refused does not lower it, nor does one with --older. */
static void serial_is_remembered(void **state)
{
	(void)state;
	run(NULL, NULL, LW_OK, "");
	holds(SEEN, "1000\n");
	run(NULL, NULL, LW_OK, "");
	use_serial(2000);
	run(NULL, NULL, LW_OK, "");
	holds(SEEN, "2000\n");
	use_serial(1999);
	refused("refused: 1999*2000*used on this host");
	run(O, NULL, LW_OK, "*--older*: 1999, and 2000 has");
	holds(SEEN, "2000\n");
	use_serial(2000);
	run(NULL, NULL, LW_OK, "");
}

/* A serial does not count as used if the kernel refused the module, also that of a further run. */
static void serial_of_a_module_that_is_refused(void **state)
{
	struct command command = { { "killsnoop", "-d", "0.1" }, lw_run, 0 };
	struct outcome outcome;
	int i;

	(void)state;
	needs_root();
	seen("999\n");
	for (i = 0; i < 2; i++) {
		pid_t pid = i ? lock_elsewhere(root, "killsnoop") : 0;

		fake->inserts = 0;
		fake->insert_errno[0] = EKEYREJECTED;
		in_child(command_body, &command, &outcome);
		if (pid)
			lock_end(pid);
		assert_int_equal(outcome.code, LW_REFUSED);
		outcome_free(&outcome);
		holds(SEEN, "999\n");
	}
}

/* Remembers a serial that was accepted, in a child. */
static int remember_2000(void *arg)
{
	(void)arg;
	lw_origin_remember(root, RELEASE, 2000);
	return 0;
}

static pid_t remember_elsewhere(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(remember_2000(NULL));
	return pid;
}

/* The higher serial stays, whichever of two processes is the last to write. */
static void serial_only_gets_higher(void **state)
{
	struct lw_reason why;
	int status;
	pid_t other, pid;

	(void)state;
	needs_root();
	seen("1000\n");
	other = lock_elsewhere(root, ".serial");
	pid = remember_elsewhere();
	usleep(100000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	holds(SEEN, "1000\n");
	seen("3000\n");
	lock_end(other);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	holds(SEEN, "3000\n");
	assert_int_equal(lw_serial_record(root, RELEASE, 3001, &why), 0);
	holds(SEEN, "3001\n");
}

/* This takes five seconds of the real clock. */
static void serial_while_another_stands_still(void **state)
{
	pid_t other;
	struct outcome outcome;
	char want[128];

	(void)state;
	needs_root();
	other = lock_elsewhere(root, ".serial");
	snprintf(want, sizeof(want), "warning: *process %d ", other);
	in_child(remember_2000, NULL, &outcome);
	lock_end(other);
	assert_true(text_says(outcome.err, want));
	outcome_free(&outcome);
}

/* Every user can read the serial, as "lwload check" must, whatever root's umask is. */
static void serial_can_be_read(void **state)
{
	struct command command = { { "killsnoop", "-d", "0.1" }, lw_run, 077 };
	struct outcome outcome;

	(void)state;
	needs_root();
	in_child(command_body, &command, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	outcome_free(&outcome);
	has_mode(SEEN, 0644);
	has_mode("var/lib/lwtools", 0755);
	has_mode("var/lib/lwtools/serial", 0755);
}

/* A kernel that nobody builds for any more has an older serial: each kernel has its own. */
static void serial_of_each_release(void **state)
{
	(void)state;
	tree_text(root, "var/lib/lwtools/serial/" OTHER_RELEASE, "9000\n");
	run(NULL, NULL, LW_OK, "");
	holds(SEEN, "1000\n");
}

static void serial_that_cannot_be_remembered(void **state)
{
	(void)state;
	drop("var/lib/dpkg/status");
	drop("var/lib/dpkg");
	drop("var/lib");
	run(NULL, NULL, LW_OK, "warning: *older version*noticed: ");
	tree_text(root, "var/lib/lwtools", "");
	run(NULL, NULL, LW_OK, "warning: *older version*noticed: ");
}

/* The serial of an unsigned manifest is not remembered. */
static void serial_of_nobody(void **state)
{
	struct lw_reason why;
	uint64_t serial;

	(void)state;
	drop(SIGNATURE);
	run(U, NULL, LW_OK, "*--unsigned");
	assert_int_equal(lw_serial_seen(root, RELEASE, &serial, &why), 0);
	assert_int_equal(serial, 0);
}

static void two_keys(void **state)
{
	char *other = key_text(7);

	(void)state;
	tree_text(root, KEYS "/other.pub", other);
	tree_text(root, KEYS "/README", "not a key");
	run(NULL, NULL, LW_OK, "");
	signed_by("7");
	run(NULL, NULL, LW_OK, "");
	drop(KEYS "/test.pub");
	run(NULL, NULL, LW_OK, "");
	free(other);
}

/* Keys with the same id, before the right key and after it, do not hide it. */
static void keys_of_the_same_id(void **state)
{
	char path[64];
	int i;

	(void)state;
	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), KEYS "/%c.pub", 'a' + i);
		key_of_the_same_id(path);
	}
	run(NULL, NULL, LW_OK, "");
}

/* /lib may be a link to usr/lib or /usr/lib, as on Debian, and to nothing else. */
static void merged_usr(void **state)
{
	char *usr = tree_file(root, "usr"), *from = tree_file(root, "lib"),
	     *to = tree_file(root, "usr/lib");

	(void)state;
	assert_int_equal(mkdir(usr, 0755), 0);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(symlink("usr/lib", from), 0);
	run(NULL, NULL, LW_OK, "");
	assert_int_equal(remove(from), 0);
	assert_int_equal(symlink("/usr/lib", from), 0);
	run(NULL, NULL, LW_OK, "");
	others_may_write("usr");
	refused("/usr: others");
	set_mode("usr", 0755);
	assert_int_equal(remove(from), 0);
	assert_int_equal(symlink("usr/../usr/lib", from), 0);
	refused("/lib: *symbolic link*not");
	assert_int_equal(remove(from), 0);
	assert_int_equal(symlink("lib", from), 0);
	refused("/lib: *symbolic link*not");
	if (may_be_another_user()) {
		assert_int_equal(remove(from), 0);
		assert_int_equal(symlink("usr/lib", from), 0);
		assert_int_equal(lchown(from, 12345, 0), 0);
		refused("/lib: *symbolic link*not");
	}
	free(to);
	free(from);
	free(usr);
}

/* DKMS's modules need a manifest in their own directory. */
static void dkms(void **state)
{
	char *from = tree_file(root, MODULE),
	     *to = tree_path(root, RELEASE, "updates/dkms", "killsnoop");

	(void)state;
	assert_int_equal(rename(from, to), 0);
	refused("updates/dkms/lw_killsnoop.ko: refused: *lwtools.manifest beside it");
	tree_sign(root, RELEASE, "updates/dkms");
	run(NULL, NULL, LW_OK, "");
	free(to);
	free(from);
}

/* ---- every byte ---- */

/* Reads the origin of killsnoop's module, in this process. */
static void read_origin(struct lw_origin *origin)
{
	struct lw_tool *tool;

	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	lw_origin_read(tool, root, RELEASE, origin);
	lw_tool_free(tool);
}

/* The rule fails, with an option that lets it pass or without. */
static bool fails(const struct lw_answer *answer)
{
	return answer->result == LW_RULE_FAIL || answer->result == LW_RULE_WAIVABLE;
}

static void signature_is(enum lw_result result)
{
	struct lw_origin origin;

	read_origin(&origin);
	assert_int_equal(origin.signed_rule.result, result);
	assert_int_equal(origin.signer.name[0] != '\0', result == LW_RULE_OK);
	lw_origin_free(&origin);
}

static void signature_cut_off_anywhere(void **state)
{
	char *file = tree_file(root, SIGNATURE), *bytes;
	size_t size, n;

	(void)state;
	bytes = file_read(file, &size);
	for (n = 0; n < size; n++) {
		file_write(file, bytes, n);
		signature_is(LW_RULE_FAIL);
	}
	file_write(file, bytes, size);
	signature_is(LW_RULE_OK);
	free(bytes);
	free(file);
}

/* The second line counts; the first is a comment. */
static void signature_with_a_wrong_bit(void **state)
{
	char *file = tree_file(root, SIGNATURE), *bytes;
	size_t size, at;
	int bit;

	(void)state;
	bytes = file_read(file, &size);
	for (at = strcspn(bytes, "\n"); at < size; at++) {
		for (bit = 0; bit < 8; bit++) {
			struct lw_origin origin;

			bytes[at] ^= 1 << bit;
			file_write(file, bytes, size);
			bytes[at] ^= 1 << bit;
			read_origin(&origin);
			assert_true(fails(&origin.signed_rule));
			lw_origin_free(&origin);
		}
	}
	free(bytes);
	free(file);
}

static void manifest_with_a_wrong_bit(void **state)
{
	char *file = tree_file(root, MANIFEST), *bytes;
	size_t size, at;

	(void)state;
	bytes = file_read(file, &size);
	for (at = 0; at < size; at++) {
		bytes[at] ^= 1 << at % 8;
		file_write(file, bytes, size);
		bytes[at] ^= 1 << at % 8;
		signature_is(LW_RULE_FAIL);
	}
	free(bytes);
	free(file);
}

/* Each part of the manifest is rightly signed, and lacks what the rule needs. */
static void manifest_cut_off_anywhere(void **state)
{
	char *text = manifest_with_serial(1000);
	struct lw_origin origin;
	size_t n;

	(void)state;
	for (n = strlen(text) - 1; n > 0; n--) {
		text[n] = '\0';
		sign_manifest(text, KEY);
		read_origin(&origin);
		assert_int_equal(origin.signed_rule.result, LW_RULE_OK);
		assert_true(fails(&origin.manifest_rule));
		assert_int_equal(origin.hash_rule.result, LW_RULE_SKIP);
		lw_origin_free(&origin);
	}
	free(text);
}

/* Text after a NUL would be signed, but not read. */
static void manifest_with_a_nul(void **state)
{
	char *text = manifest_with_serial(1000), *signature;
	size_t size = strlen(text) + 1;
	struct lw_origin origin;

	(void)state;
	signature = signature_text(KEY, text, size);
	tree_write(root, MANIFEST, text, size);
	tree_text(root, SIGNATURE, signature);
	read_origin(&origin);
	assert_int_equal(origin.signed_rule.result, LW_RULE_OK);
	assert_true(fails(&origin.manifest_rule));
	lw_origin_free(&origin);
	free(signature);
	free(text);
}

/* RFC 7693 has "abc" with 64 bytes of hash; b2sum -l 256 writes these 32. */
static void hash(void **state)
{
	char hex[LW_HASH + 1];

	(void)state;
	lw_hash("abc", 3, hex);
	assert_string_equal(hex,
			    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

/* OpenBSD's own signify made these for a file that says hello. */
static void files_of_signify(void **state)
{
	static const char key[] = "untrusted comment: lwtools public key\n"
				  "RWQ8645zDSyW9ZBnMI21pn8XiEZ1+UN8XCSaYE8r6gWcIHSELnfy17dQ\n";
	static const char signature[] =
		"untrusted comment: verify with lwtools.pub\n"
		"RWQ8645zDSyW9b2QuITCKNOxC4+cFYiSvqGGCx8kOWXxQ8ZClwA8Ix8HrXkjN4yeAZWAly0h7UD/Ye46RXMQf3QwEWWOXhNh4w0=\n";
	struct lw_signer signer;
	struct lw_reason why;

	(void)state;
	tree_text(root, KEYS "/lwtools.pub", key);
	assert_int_equal(
		lw_signature_check(root, "hello\n", 6, signature, strlen(signature), &signer, &why),
		0);
	assert_string_equal(signer.name, "lwtools");
	assert_string_equal(why.text, "by key lwtools");
	assert_int_equal(
		lw_signature_check(root, "hellO\n", 6, signature, strlen(signature), &signer, &why),
		-EKEYREJECTED);
}

/* ---- other verbs ---- */

static void verb(enum lw_exit (*verb)(const struct lw_host *host, int argc, char **argv),
		 const char *name, const char *arg, struct outcome *outcome)
{
	struct command command = { { name, arg }, verb, 0 };

	in_child(command_body, &command, outcome);
	assert_int_equal(fake->inserts, 0);
}

static void list_is_what_would_run(void **state)
{
	struct outcome outcome;

	(void)state;
	verb(lw_list, "list", NULL, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_memory_equal(outcome.out, "killsnoop      ready ", 21);
	outcome_free(&outcome);
	drop(SIGNATURE);
	verb(lw_list, "list", NULL, &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	assert_string_equal(outcome.out, "");
	assert_true(text_says(outcome.err, "lw_killsnoop.ko: refused: *lwtools.manifest.sig"));
	outcome_free(&outcome);
}

static void info_says_who_signed(void **state)
{
	struct outcome outcome;

	(void)state;
	verb(lw_info, "info", "killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_true(text_says(outcome.out, "\nsystemtap: 5.6\nserial:    1000\nsigned by: test\n"));
	outcome_free(&outcome);
	drop(MANIFEST);
	verb(lw_info, "info", "killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_true(text_says(outcome.out, "\nsystemtap: unknown\nserial:    unknown\n"
					   "signed by: nobody known here\n"));
	outcome_free(&outcome);
}

/* "lwload check" never raises the serial. */
static void check_remembers_nothing(void **state)
{
	struct outcome outcome;
	struct lw_reason why;
	uint64_t serial;

	(void)state;
	verb(lw_check, "check", "killsnoop", &outcome);
	assert_true(text_says(outcome.out, "serial     ok   1000, higher"));
	outcome_free(&outcome);
	assert_int_equal(lw_serial_seen(root, RELEASE, &serial, &why), 0);
	assert_int_equal(serial, 0);
	seen("1000\n");
	verb(lw_check, "check", "killsnoop", &outcome);
	assert_true(text_says(outcome.out, "serial     ok   1000, the highest"));
	outcome_free(&outcome);
	seen("1001\n");
	verb(lw_check, "check", "killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	assert_true(text_says(outcome.out, "serial     FAIL 1000*1001"));
	outcome_free(&outcome);
}

/* Two rules fail that options can let pass: the first of the table is told. */
static void two_options(void **state)
{
	(void)state;
	seen("2000\n");
	edit("lw_killsnoop\tlw_killsnoop.ko|lw_other\tlw_other.ko");
	refused("lwtools.manifest does not list lw_killsnoop; reinstall");
	run(U, NULL, LW_REFUSED, "refused: 1000*2000*used on this host");
	run(O, NULL, LW_REFUSED, "lwtools.manifest does not list lw_killsnoop; reinstall");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		FRESH(serial_is_remembered),
		FRESH(serial_of_a_module_that_is_refused),
		FRESH(serial_only_gets_higher),
		FRESH(serial_while_another_stands_still),
		FRESH(serial_can_be_read),
		FRESH(serial_of_each_release),
		FRESH(serial_that_cannot_be_remembered),
		FRESH(serial_of_nobody),
		FRESH(two_options),
		FRESH(two_keys),
		FRESH(keys_of_the_same_id),
		FRESH(merged_usr),
		FRESH(dkms),
		FRESH(signature_cut_off_anywhere),
		FRESH(signature_with_a_wrong_bit),
		FRESH(manifest_with_a_wrong_bit),
		FRESH(manifest_cut_off_anywhere),
		FRESH(manifest_with_a_nul),
		cmocka_unit_test(hash),
		FRESH(files_of_signify),
		FRESH(list_is_what_would_run),
		FRESH(info_says_who_signed),
		FRESH(check_remembers_nothing),
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
