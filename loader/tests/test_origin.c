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

#include "fake.h"
#include "helper.h"
#include "rules/origin.h"
#include "module/serial.h"
#include "module/trust.h"

#define PLACE "lib/modules/" RELEASE "/systemtap"
#define MANIFEST PLACE "/lwtools.manifest"
#define SIGNATURE MANIFEST ".sig"
#define MODULE PLACE "/lw_killsnoop.ko"
#define KEYS "etc/lwtools/keys"
#define SEEN "var/lib/lwtools/serial/" RELEASE

enum { R_MANIFEST, R_SIGNED, R_HASH, R_SERIAL };

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

static char *in_tree(const char *path)
{
	char *whole;

	assert_true(asprintf(&whole, "%s/%s", root, path) > 0);
	return whole;
}

static void drop(const char *path)
{
	char *file = in_tree(path);

	assert_int_equal(remove(file), 0);
	free(file);
}

static void set_mode(const char *path, int mode)
{
	char *file = in_tree(path);

	assert_int_equal(chmod(file, mode), 0);
	free(file);
}

static void others_may_write(const char *path)
{
	struct stat st;
	char *file = in_tree(path);

	assert_int_equal(stat(file, &st), 0);
	set_mode(path, (st.st_mode & 0777) | 0002);
	free(file);
}

static void group_may_write(const char *path)
{
	struct stat st;
	char *file = in_tree(path);

	assert_int_equal(stat(file, &st), 0);
	set_mode(path, (st.st_mode & 0777) | 0020);
	free(file);
}

static void of_a_stranger(const char *path)
{
	char *file = in_tree(path);

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(file, 12345, 0), 0);
	free(file);
}

/* The same, behind a link. */
static void make_link(const char *path)
{
	char *file = in_tree(path), *moved = in_tree("moved");

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
	char *file = in_tree(path);

	assert_int_equal(truncate(file, (1 << 20) + 1), 0);
	free(file);
}

/* One more byte, which ELF does not mind. */
static void append(const char *path)
{
	char *file = in_tree(path);
	FILE *stream = fopen(file, "a");

	assert_non_null(stream);
	fputs("\n", stream);
	fclose(stream);
	free(file);
}

/* ---- manifests with other words, signed as they are ---- */

static void sign_manifest(const char *text, int key)
{
	char *signature = signature_text(key, text, strlen(text));

	tree_text(root, MANIFEST, text);
	tree_text(root, SIGNATURE, signature);
	free(signature);
}

static char *manifest_with_serial(unsigned long long serial)
{
	char *directory = in_tree(PLACE), *text = manifest_of(directory, RELEASE, serial);

	free(directory);
	return text;
}

/* @arg: "FROM|TO", the first FROM of the manifest becomes TO */
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

/* The module once more at its end, with another hash */
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

/* A key with the id of the one that signed, but another one. */
static void key_of_the_same_id(const char *path)
{
	char *one = key_text(KEY), *other = key_text(KEY + 1);

	/* "Ed" and the id end within the 14th character of base64: the key is behind it. */
	memcpy(strchr(one, '\n') + 1 + 16, strchr(other, '\n') + 1 + 16, 40);
	tree_text(root, path, one);
	free(one);
	free(other);
}

static void other_name(const char *path)
{
	char *from = in_tree(KEYS "/test.pub"), *to = in_tree(path);

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

/* It runs, or nothing is inserted; stderr has one line with this text, none for "". */
static void run(const char *one, const char *two, int code, const char *text)
{
	struct command command = { { "killsnoop", "-d", "0.1", one, two }, lw_run, 0 };
	struct outcome outcome;

	if (geteuid() != 0)
		skip();
	fake_reset();
	in_child(command_body, &command, &outcome);
	if (!strstr(outcome.err, text))
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
	const char *waiver; /* which option lets it pass, NULL: none */
	const char *text;
} rows[] = {
	{ "no manifest", drop, MANIFEST, U, "refused: no lwtools.manifest beside it to vouch" },
	{ "no signature", drop, SIGNATURE, U, "refused: no lwtools.manifest.sig beside it" },
	{ "no key", drop, KEYS "/test.pub", U,
	  "refused: signed by key 0101010101010101, which is not in " },
	{ "another key", signed_by, "7", U, "signed by key 0707070707070707, which is not in " },
	{ "key with another name", other_name, KEYS "/test.key", U, "which is not in " },
	{ "hidden key", other_name, KEYS "/.test.pub", U, "which is not in " },
	{ "key in a link", make_link, KEYS "/test.pub", U, "not used: /" /* the path */ },
	{ "key others may write", others_may_write, KEYS "/test.pub", U,
	  "/test.pub: others than its owner may write to it (mode 0646); chmod 644 it; install" },
	{ "key of a stranger", of_a_stranger, KEYS "/test.pub", U, "owned by uid 12345, not by" },
	{ "key that is none", nonsense, KEYS "/test.pub", U, "/test.pub: not a public key of" },
	{ "key that is empty", empty, KEYS "/test.pub", U, "/test.pub: not a public key of" },
	{ "key that is large", large, KEYS "/test.pub", U, "/test.pub: too large (" },
	{ "keys others may write", others_may_write, KEYS, U, "/keys: others than its owner may" },
	{ "etc group may write", group_may_write, "etc", U, "/etc: others than its owner may" },
	{ "keys of a stranger", of_a_stranger, KEYS, U, "/keys: owned by uid 12345, not by root" },
	{ "keys in a link", make_link, KEYS, U, "/keys: is a symbolic link, which is not" },
	{ "key of the same id", key_of_the_same_id, KEYS "/test.pub", NULL,
	  "key test has not signed this manifest: one of them was changed" },
	{ "manifest changed", append, MANIFEST, NULL, "key test has not signed this manifest" },
	{ "signature empty", empty, SIGNATURE, NULL, "the signature is damaged, or none of" },
	{ "signature nonsense", nonsense, SIGNATURE, NULL, "the signature is damaged, or none" },
	{ "signature with more", append, SIGNATURE, NULL, "the signature is damaged, or none" },
	{ "signature in a link", make_link, SIGNATURE, NULL, ".sig: is a symbolic link; install" },
	{ "signature others may write", others_may_write, SIGNATURE, NULL, ".sig: others than" },
	{ "manifest in a link", make_link, MANIFEST, NULL, "manifest: is a symbolic link; inst" },
	{ "manifest others may write", others_may_write, MANIFEST, NULL, "manifest: others than" },
	{ "manifest of a stranger", of_a_stranger, MANIFEST, NULL, "owned by uid 12345, not by" },
	{ "manifest large", large, MANIFEST, NULL, "too large (1048577 bytes, at most 1048576)" },
	{ "format 2", edit, "manifest 3|manifest 2", NULL,
	  "lwtools.manifest: its format is 2, this lwload reads 3; install lwtools and its" },
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
	{ "listed twice", twice, NULL, NULL, "damaged at \"lw_killsnoop\"" },
	{ "other bytes", append, MODULE, NULL,
	  "refused: the file is not the one of its manifest: its hash is " },
	{ "other bytes, no signature", no_signature_and_other_bytes, NULL, NULL, "its hash is" },
	{ "other bytes, no key", no_key_and_other_bytes, NULL, NULL, "its hash is" },
	{ "older", seen, "1001\n", O,
	  "refused: 1000, and 1001 has been used on this host: an older one may have been" },
	{ "much older", seen, "999999999999999999\n", O, "and 999999999999999999 has been" },
	{ "seen nothing", seen, "", NULL, "/serial/" RELEASE ": holds no number; remove it" },
	{ "seen a word", seen, "x\n", NULL, "holds no number; remove it" },
	{ "seen half a line", seen, "1001", NULL, "holds no number; remove it" },
	{ "seen 19 digits", seen, "1000000000000000000\n", NULL, "holds no number; remove it" },
	{ "seen in a link", seen_in_a_link, SEEN, NULL, "is a symbolic link; install the file" },
	{ "seen others may write", seen_others_may_write, SEEN, NULL, "others than its owner" },
	{ "serials others may write", seen_others_may_write, "var/lib/lwtools/serial", NULL,
	  "/serial: others than its owner may write to it (mode 0757); chmod 755 it" },
	{ "directory others may write", others_may_write, PLACE, NULL,
	  "systemtap: others than its owner may write to it (mode 0757); chmod 755 it" },
	{ "directory group may write", group_may_write, PLACE, NULL, "(mode 0775); chmod 755 it" },
	{ "directory of a stranger", of_a_stranger, PLACE, NULL,
	  "systemtap: owned by uid 12345, not by root; chown it" },
	{ "its parent", others_may_write, "lib/modules/" RELEASE, NULL, RELEASE ": others than" },
	{ "modules", others_may_write, "lib/modules", NULL, "/lib/modules: others than its" },
	{ "lib", others_may_write, "lib", NULL, "/lib: others than its owner may write" },
	{ "the root", others_may_write, "", NULL, ": others than its owner may write" },
	{ "directory in a link", make_link, PLACE, NULL,
	  "systemtap: is a symbolic link, which is not followed; install the directory itself" },
	{ "its parent in a link", make_link, "lib/modules/" RELEASE, NULL, "is a symbolic link" },
};

/* Which line says the reason: that of the rule, and with the options a warning. */
static void rule(void **state)
{
	const struct row *row = *state;
	const char *other = row->waiver && !strcmp(row->waiver, U) ? O : U;
	char warning[256];

	row->change(row->arg);
	refused(strcmp(row->text, "not used: /") ? row->text : "is a symbolic link; install the");
	if (!row->waiver) {
		run(U, O, LW_REFUSED, row->text);
		return;
	}
	run(other, NULL, LW_REFUSED, "refused: ");
	snprintf(warning, sizeof(warning), "lw_killsnoop.ko: taken, as %s says: ", row->waiver);
	run(row->waiver, NULL, LW_OK, warning);
}

/* ---- what is fine ---- */

static void holds(const char *path, const char *text)
{
	char *file = in_tree(path), *bytes = file_read(file, NULL);

	assert_string_equal(bytes, text);
	free(bytes);
	free(file);
}

static void has_mode(const char *path, int mode)
{
	char *file = in_tree(path);
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

/* It grows, and neither a run that is refused nor one that may be older makes it less. */
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
	refused("refused: 1999, and 2000 has been used on this host");
	run(O, NULL, LW_OK, "taken, as --older says: 1999, and 2000 has");
	holds(SEEN, "2000\n");
	use_serial(2000);
	run(NULL, NULL, LW_OK, "");
}

/* What the kernel has not taken has not been used. */
static void serial_of_a_module_that_is_refused(void **state)
{
	struct command command = { { "killsnoop", "-d", "0.1" }, lw_run, 0 };
	struct outcome outcome;
	int i;

	(void)state;
	if (geteuid() != 0)
		skip();
	seen("999\n");
	for (i = 0; i < 2; i++) {
		pid_t pid = i ? lock_elsewhere(root, "killsnoop") : 0;

		fake->insert_errno[0] = EKEYREJECTED;
		in_child(command_body, &command, &outcome);
		if (pid)
			lock_end(pid);
		assert_int_equal(outcome.code, i ? LW_FAILED : LW_REFUSED);
		outcome_free(&outcome);
		holds(SEEN, "999\n");
	}
}

/* The child's: one that has been decided on, and is to be remembered now. */
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

/* Whichever of two is the last to write it. */
static void serial_only_gets_higher(void **state)
{
	struct lw_reason why;
	int status;
	pid_t other, pid;

	(void)state;
	if (geteuid() != 0)
		skip();
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

/* It takes five seconds, of the real clock. */
static void serial_while_another_stands_still(void **state)
{
	pid_t other;
	struct outcome outcome;
	char want[128];

	(void)state;
	if (geteuid() != 0)
		skip();
	other = lock_elsewhere(root, ".serial");
	snprintf(want, sizeof(want), "would not be noticed: process %d holds ", other);
	in_child(remember_2000, NULL, &outcome);
	lock_end(other);
	assert_non_null(strstr(outcome.err, want));
	outcome_free(&outcome);
}

/* Whoever may ask "lwload check" can read it, whatever umask root has. */
static void serial_can_be_read(void **state)
{
	struct command command = { { "killsnoop", "-d", "0.1" }, lw_run, 077 };
	struct outcome outcome;

	(void)state;
	if (geteuid() != 0)
		skip();
	in_child(command_body, &command, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	outcome_free(&outcome);
	has_mode(SEEN, 0644);
	has_mode("var/lib/lwtools", 0755);
	has_mode("var/lib/lwtools/serial", 0755);
}

/* Another kernel's may be older: nobody builds for it any more. */
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
	run(NULL, NULL, LW_OK, "warning: an older version would not be noticed: ");
	tree_text(root, "var/lib/lwtools", "");
	run(NULL, NULL, LW_OK, "warning: an older version would not be noticed: ");
}

/* Nobody vouches for what an unsigned manifest says. */
static void serial_of_nobody(void **state)
{
	struct lw_reason why;
	uint64_t serial;

	(void)state;
	drop(SIGNATURE);
	run(U, NULL, LW_OK, "taken, as --unsigned says");
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

/* Those that have its id do not hide the one that signed, before it or behind it. */
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

/* Debian's lib, which is usr/lib: absolute, or not. */
static void merged_usr(void **state)
{
	char *usr = in_tree("usr"), *from = in_tree("lib"), *to = in_tree("usr/lib");

	(void)state;
	assert_int_equal(mkdir(usr, 0755), 0);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(symlink("usr/lib", from), 0);
	run(NULL, NULL, LW_OK, "");
	assert_int_equal(remove(from), 0);
	assert_int_equal(symlink("/usr/lib", from), 0);
	run(NULL, NULL, LW_OK, "");
	others_may_write("usr");
	refused("/usr: others than its owner may write");
	set_mode("usr", 0755);
	assert_int_equal(remove(from), 0);
	assert_int_equal(symlink("usr/../usr/lib", from), 0);
	refused("/lib: is a symbolic link, which is not followed");
	assert_int_equal(remove(from), 0);
	assert_int_equal(symlink("lib", from), 0);
	refused("/lib: is a symbolic link, which is not followed");
	if (geteuid() == 0) {
		assert_int_equal(remove(from), 0);
		assert_int_equal(symlink("usr/lib", from), 0);
		assert_int_equal(lchown(from, 12345, 0), 0);
		refused("/lib: is a symbolic link, which is not followed");
	}
	free(to);
	free(from);
	free(usr);
}

/* Its own manifest counts, not the other directory's. */
static void dkms(void **state)
{
	char *from = in_tree(MODULE), *to = tree_path(root, RELEASE, "updates/dkms", "killsnoop");

	(void)state;
	assert_int_equal(rename(from, to), 0);
	refused("updates/dkms/lw_killsnoop.ko: refused: no lwtools.manifest beside it");
	tree_sign(root, RELEASE, "updates/dkms");
	run(NULL, NULL, LW_OK, "");
	free(to);
	free(from);
}

/* ---- every byte ---- */

/* How the rules come out, in this process. */
static void read_origin(struct lw_origin *origin)
{
	struct lw_tool *tool;

	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	lw_origin_read(tool, root, RELEASE, origin);
	lw_tool_free(tool);
}

static void signature_is(enum lw_result result)
{
	struct lw_origin origin;

	read_origin(&origin);
	assert_int_equal(origin.rows[R_SIGNED].result, result);
	assert_int_equal(origin.rows[R_SIGNED].waiver, LW_NO_WAIVER);
	assert_int_equal(origin.signer.name[0] != '\0', result == LW_RULE_OK);
	lw_origin_free(&origin);
}

static void signature_cut_off_anywhere(void **state)
{
	char *file = in_tree(SIGNATURE), *bytes;
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

/* In its second line: the first is a comment, which nobody trusts. */
static void signature_with_a_wrong_bit(void **state)
{
	char *file = in_tree(SIGNATURE), *bytes;
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
			assert_int_equal(origin.rows[R_SIGNED].result, LW_RULE_FAIL);
			lw_origin_free(&origin);
		}
	}
	free(bytes);
	free(file);
}

static void manifest_with_a_wrong_bit(void **state)
{
	char *file = in_tree(MANIFEST), *bytes;
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

/* Signed as it is each time: what it says is not enough, or nothing. */
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
		assert_int_equal(origin.rows[R_SIGNED].result, LW_RULE_OK);
		assert_int_equal(origin.rows[R_MANIFEST].result, LW_RULE_FAIL);
		assert_int_equal(origin.rows[R_HASH].result, LW_RULE_SKIP);
		lw_origin_free(&origin);
	}
	free(text);
}

/* What is behind a NUL would be signed, and not read. */
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
	assert_int_equal(origin.rows[R_SIGNED].result, LW_RULE_OK);
	assert_int_equal(origin.rows[R_MANIFEST].result, LW_RULE_FAIL);
	lw_origin_free(&origin);
	free(signature);
	free(text);
}

/* RFC 7693 has "abc" for 64 bytes; of 32 it is what b2sum -l 256 writes. */
static void hash(void **state)
{
	char hex[LW_HASH + 1];

	(void)state;
	lw_hash("abc", 3, hex);
	assert_string_equal(hex,
			    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

/* What OpenBSD's own tool has made of a file that says hello */
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
	assert_non_null(strstr(outcome.err, "lw_killsnoop.ko: refused: no lwtools.manifest.sig"));
	outcome_free(&outcome);
}

static void info_says_who_signed(void **state)
{
	struct outcome outcome;

	(void)state;
	verb(lw_info, "info", "killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_non_null(
		strstr(outcome.out, "\nsystemtap: 5.6\nserial:    1000\nsigned by: test\n"));
	outcome_free(&outcome);
	drop(MANIFEST);
	verb(lw_info, "info", "killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_non_null(strstr(outcome.out, "\nsystemtap: unknown\nserial:    unknown\n"
					    "signed by: nobody known here\n"));
	outcome_free(&outcome);
}

/* Nothing that "check" does raises the serial. */
static void check_remembers_nothing(void **state)
{
	struct outcome outcome;
	struct lw_reason why;
	uint64_t serial;

	(void)state;
	verb(lw_check, "check", "killsnoop", &outcome);
	assert_non_null(
		strstr(outcome.out, "serial     ok   1000, higher than any used on this host\n"));
	outcome_free(&outcome);
	assert_int_equal(lw_serial_seen(root, RELEASE, &serial, &why), 0);
	assert_int_equal(serial, 0);
	seen("1000\n");
	verb(lw_check, "check", "killsnoop", &outcome);
	assert_non_null(
		strstr(outcome.out, "serial     ok   1000, the highest used on this host\n"));
	outcome_free(&outcome);
	seen("1001\n");
	verb(lw_check, "check", "killsnoop", &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	assert_non_null(strstr(outcome.out, "serial     FAIL 1000, and 1001 has been used"));
	outcome_free(&outcome);
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
