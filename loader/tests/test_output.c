// SPDX-License-Identifier: GPL-2.0-only
/* test_output.c - files of records: which files lwload takes, rotation, a full disk */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/output.h"
#include "helper.h"

static char *dir;
static char path[256];

static int open_before;

static int setup(void **state)
{
	(void)state;
	open_before = descriptors();
	dir = tree_new();
	snprintf(path, sizeof(path), "%s/out", dir);
	umask(022);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(dir);
	return descriptors() != open_before;
}

/* ---- which files are taken ---- */

static struct lw_output *open_output(unsigned long long rotate, int keep, bool blocks)
{
	struct lw_output_options options = { path, rotate, keep, blocks };
	struct lw_output *output;

	assert_int_equal(lw_output_open("x", &options, &output), 0);
	return output;
}

static void put(struct lw_output *output, const char *text)
{
	assert_int_equal(lw_output_write(output, text, strlen(text)), 0);
}

/* The file, or an older one with this end, has this text. */
static void holds(const char *end, const char *text)
{
	char name[300], *bytes;

	snprintf(name, sizeof(name), "%s%s", path, end);
	bytes = file_read(name, NULL);
	assert_string_equal(bytes, text);
	free(bytes);
}

static void is_not_there(const char *end)
{
	char name[300];

	snprintf(name, sizeof(name), "%s%s", path, end);
	assert_int_not_equal(access(name, F_OK), 0);
}

static void created(void **state)
{
	struct lw_output *output;
	struct stat st;

	(void)state;
	umask(0);
	output = open_output(0, 0, false);
	put(output, "one\n");
	put(output, "two\nthree\n");
	assert_int_equal(lw_output_pipe(output), -1);
	assert_int_equal(lw_output_close(output), 0);
	holds("", "one\ntwo\nthree\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void appended(void **state)
{
	struct lw_output *output;
	struct stat st;

	(void)state;
	file_write(path, "old\n", 4);
	output = open_output(0, 0, false);
	put(output, "new\n");
	assert_int_equal(lw_output_close(output), 0);
	holds("", "old\nnew\n");
	/* The file's mode stays as its owner chose it. */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void is_refused(const char *message)
{
	struct lw_output_options options = { .path = path };
	struct lw_output *output;
	struct capture err;
	char *text;

	capture_begin(&err, 2);
	assert_true(lw_output_open("x", &options, &output) < 0);
	text = capture_end(&err, NULL);
	assert_int_equal(lw_output_close(output), 0);
	assert_has(text, message);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

static void symbolic_links(void **state)
{
	char target[256];

	(void)state;
	snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(symlink(target, path), 0);
	is_refused("it is a symbolic link");
	assert_int_not_equal(access(target, F_OK), 0);
	file_write(target, "", 0);
	is_refused("it is a symbolic link");
}

static void other_kinds(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	is_refused("cannot open");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	is_refused("Is a directory");
	rmdir(path);
	snprintf(path, sizeof(path), "/dev/null");
	is_refused("it is no regular file");
	snprintf(path, sizeof(path), "%s/none/out", dir);
	is_refused("cannot open the directory of");
	snprintf(path, sizeof(path), "%s/", dir);
	is_refused("cannot open");
}

/* A FIFO that somebody reads can be opened. */
static void read_fifo(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	is_refused("it is no regular file");
	close(fd);
}

static void another_name(void **state)
{
	char other[300];

	(void)state;
	file_write(path, "", 0);
	snprintf(other, sizeof(other), "%s.other", path);
	assert_int_equal(link(path, other), 0);
	is_refused("it has another name, too");
}

static void another_user(void **state)
{
	(void)state;
	needs_another_user();
	file_write(path, "", 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	is_refused("it is another user's");
}

static void another_writer(void **state)
{
	struct lw_output *output;

	(void)state;
	output = open_output(0, 0, false);
	is_refused("another process has locked it");
	assert_int_equal(lw_output_close(output), 0);
	output = open_output(0, 0, false);
	assert_int_equal(lw_output_close(output), 0);
}

/* ---- rotation ---- */

static void whole_lines_in_each_file(void **state)
{
	struct lw_output *output = open_output(10, 2, false);

	(void)state;
	put(output, "11111\n222\n33333\n");
	holds(".1", "11111\n222\n");
	holds("", "33333\n");
	put(output, "4444444444444\n");
	holds(".2", "11111\n222\n");
	holds(".1", "33333\n");
	holds("", "4444444444444\n");
	put(output, "5\n6\n");
	holds(".2", "33333\n");
	holds(".1", "4444444444444\n");
	holds("", "5\n6\n");
	is_not_there(".3");
	assert_int_equal(lw_output_close(output), 0);
}

static void heading_in_each_file(void **state)
{
	struct lw_output *output = open_output(10, 9, false);

	(void)state;
	assert_int_equal(lw_output_heading(output, "HEAD\n", 5), 0);
	/* The first heading comes with the records. */
	put(output, "HEAD\n1234\n1\n2\n12345678\n3\n");
	holds(".3", "HEAD\n1234\n");
	holds(".2", "HEAD\n1\n2\n");
	/* A heading is never alone in a file, whatever the size is. */
	holds(".1", "HEAD\n12345678\n");
	holds("", "HEAD\n3\n");
	assert_int_equal(lw_output_close(output), 0);
}

static void blocks_are_whole(void **state)
{
	struct lw_output *output = open_output(10, 9, true);

	(void)state;
	put(output, "1\n2\n3\n");
	put(output, "4\n5\n");
	holds("", "1\n2\n3\n4\n5\n");
	put(output, "6\n7\n8\n9\na\nb\nc\n");
	put(output, "d\n");
	holds(".2", "1\n2\n3\n4\n5\n");
	holds(".1", "6\n7\n8\n9\na\nb\nc\n");
	holds("", "d\n");
	assert_int_equal(lw_output_close(output), 0);
}

/* Bytes that were there before count. */
static void file_that_is_too_large(void **state)
{
	struct lw_output *output;

	(void)state;
	file_write(path, "12345678901\n", 12);
	output = open_output(10, 1, false);
	put(output, "1\n");
	holds(".1", "12345678901\n");
	holds("", "1\n");
	assert_int_equal(lw_output_close(output), 0);
}

/* Files are moved in the directory that was opened, and links there are not followed. */
static void moved_meanwhile(void **state)
{
	char target[300], link[300], moved[256], *bytes;
	struct lw_output *output = open_output(10, 2, false);

	(void)state;
	put(output, "11111\n");
	snprintf(target, sizeof(target), "%s/target", dir);
	file_write(target, "safe", 4);
	snprintf(link, sizeof(link), "%s.1", path);
	assert_int_equal(symlink(target, link), 0);
	snprintf(moved, sizeof(moved), "%s.moved", dir);
	assert_int_equal(rename(dir, moved), 0);
	put(output, "22222\n");
	assert_int_equal(rename(moved, dir), 0);
	holds(".1", "11111\n");
	holds("", "22222\n");
	bytes = file_read(target, NULL);
	assert_string_equal(bytes, "safe");
	free(bytes);
	assert_int_equal(lw_output_close(output), 0);
}

static void cannot_rotate(void **state)
{
	struct lw_output *output = open_output(10, 1, false);
	struct capture err;
	char name[300], *text;

	(void)state;
	snprintf(name, sizeof(name), "%s.1", path);
	assert_int_equal(mkdir(name, 0700), 0);
	capture_begin(&err, 2);
	assert_int_equal(lw_output_write(output, "11111\n22222\n", 12), -EISDIR);
	/* The second failure prints nothing. */
	assert_int_equal(lw_output_write(output, "3\n", 2), -EISDIR);
	text = capture_end(&err, NULL);
	assert_has(text, "x: cannot rotate ");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	assert_int_equal(lw_output_close(output), 0);
}

/* ---- a file that others move away ---- */

static void move_away(const char *end)
{
	char name[300];

	snprintf(name, sizeof(name), "%s%s", path, end);
	assert_int_equal(rename(path, name), 0);
}

static void new_file_after_a_move(void **state)
{
	struct lw_output *output = open_output(10, 9, false);

	(void)state;
	assert_int_equal(lw_output_heading(output, "HEAD\n", 5), 0);
	put(output, "HEAD\n1\n");
	move_away(".old");
	put(output, "2\n");
	assert_int_equal(lw_output_reopen(output), 0);
	holds("", "HEAD\n");
	holds(".old", "HEAD\n1\n2\n");
	/* A file that has only its heading is not rotated. */
	put(output, "12345678\n");
	holds("", "HEAD\n12345678\n");
	is_not_there(".1");
	assert_int_equal(lw_output_close(output), 0);
}

/* The file was not moved: lwload goes on, also if somebody has emptied it. */
static void same_file_after_a_hangup(void **state)
{
	struct lw_output *output = open_output(0, 0, false);

	(void)state;
	assert_int_equal(lw_output_heading(output, "HEAD\n", 5), 0);
	put(output, "1\n");
	assert_int_equal(lw_output_reopen(output), 0);
	put(output, "2\n");
	holds("", "1\n2\n");
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(lw_output_reopen(output), 0);
	put(output, "3\n");
	holds("", "3\n");
	assert_int_equal(lw_output_close(output), 0);
}

/* logrotate(8) makes such a file. */
static void file_of_another_after_a_move(void **state)
{
	struct lw_output *output = open_output(0, 0, false);

	(void)state;
	assert_int_equal(lw_output_heading(output, "HEAD\n", 5), 0);
	move_away(".old");
	file_write(path, "theirs\n", 7);
	assert_int_equal(lw_output_reopen(output), 0);
	put(output, "1\n");
	holds("", "theirs\n1\n");
	assert_int_equal(lw_output_close(output), 0);
}

static void link_after_a_move(void **state)
{
	struct lw_output *output = open_output(0, 0, false);
	struct capture err;
	char *text;

	(void)state;
	move_away(".old");
	assert_int_equal(symlink("target", path), 0);
	capture_begin(&err, 2);
	assert_int_equal(lw_output_reopen(output), -EINVAL);
	assert_int_equal(lw_output_reopen(output), -EINVAL);
	assert_int_equal(lw_output_write(output, "1\n", 2), -EINVAL);
	text = capture_end(&err, NULL);
	assert_has(text, "it is a symbolic link");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	assert_int_equal(lw_output_close(output), 0);
}

/* ---- a full disk ---- */

/* Bytes of the first line, and the most that a file of this process can have */
#define FIRST 992
#define MOST (FIRST + 10)

static int limited(void *arg)
{
	struct rlimit limit = { MOST, MOST };
	struct lw_output *output = open_output(0, 0, *(bool *)arg);
	char first[FIRST + 1];
	int err;

	memset(first, '1', FIRST);
	strcpy(first + FIRST - 1, "\n");
	signal(SIGXFSZ, SIG_IGN);
	if (lw_output_write(output, first, FIRST) || setrlimit(RLIMIT_FSIZE, &limit))
		return 1;
	err = lw_output_write(output, "222\n333\n444\n", 12);
	if (lw_output_write(output, "5\n", 2) != err)
		return 2;
	lw_output_close(output);
	return -err;
}

static void full(bool blocks, const char *end)
{
	struct outcome outcome;
	char *bytes;

	unlink(path);
	in_child(limited, &blocks, &outcome);
	assert_int_equal(outcome.code, EFBIG);
	assert_int_equal(outcome.err_lines, 1);
	assert_has(outcome.err, "x: cannot write to ");
	assert_has(outcome.err, "out: File too large");
	outcome_free(&outcome);
	bytes = file_read(path, NULL);
	assert_string_equal(bytes + FIRST, end);
	free(bytes);
}

/* Nothing half-written stays. */
static void full_disk(void **state)
{
	(void)state;
	full(false, "222\n333\n");
	full(true, "");
}

/* The next byte after those that stdout takes ends a line, too. Returns the lines that were taken. */
static int to_a_full_stdout(void *arg)
{
	struct rlimit limit = { FIRST + 4, FIRST + 4 };
	struct lw_output_options options = { NULL, 0, 0, false };
	static char first[FIRST + 1];
	struct lw_output *output;

	(void)arg;
	memset(first, '1', FIRST);
	signal(SIGXFSZ, SIG_IGN);
	if (lw_output_open("x", &options, &output) || lw_output_write(output, first, FIRST) ||
	    setrlimit(RLIMIT_FSIZE, &limit) || lw_output_write(output, "222\n\n3\n", 7) != -EFBIG)
		return 90;
	return lw_output_partly(output);
}

static void lines_that_stdout_has_taken(void **state)
{
	struct outcome outcome;

	(void)state;
	in_child(to_a_full_stdout, NULL, &outcome);
	assert_int_equal(outcome.code, 1);
	assert_string_equal(outcome.err, "lwload: x: cannot write to stdout: File too large\n");
	outcome_free(&outcome);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(created),
		FRESH(appended),
		FRESH(symbolic_links),
		FRESH(other_kinds),
		FRESH(read_fifo),
		FRESH(another_name),
		FRESH(another_user),
		FRESH(another_writer),
		FRESH(whole_lines_in_each_file),
		FRESH(heading_in_each_file),
		FRESH(blocks_are_whole),
		FRESH(file_that_is_too_large),
		FRESH(moved_meanwhile),
		FRESH(cannot_rotate),
		FRESH(new_file_after_a_move),
		FRESH(same_file_after_a_hangup),
		FRESH(file_of_another_after_a_move),
		FRESH(link_after_a_move),
		FRESH(full_disk),
		FRESH(lines_that_stdout_has_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
