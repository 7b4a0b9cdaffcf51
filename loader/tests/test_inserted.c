// SPDX-License-Identifier: GPL-2.0-only
/* test_inserted.c - lwload status and stop, in front of a /proc of files */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/inserted.h"
#include "recorder/rendezvous.h"
#include "verbs/lwload.h"
#include "fake.h"
#include "helper.h"

static char *root;
static char modules[1024]; /* the text of /proc/modules */

/* ---- a host ---- */

static char *in_root(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *in_root(const char *format, ...)
{
	char *rest, *path;
	va_list args;

	va_start(args, format);
	assert_true(vasprintf(&rest, format, args) > 0);
	va_end(args);
	path = tree_file(root, rest);
	free(rest);
	return path;
}

static void list_module(const char *name, const char *users)
{
	size_t n = strlen(modules);

	snprintf(modules + n, sizeof(modules) - n, "%s 311296 %s - Live 0x0000000000000000 (OE)\n",
		 name, users);
	tree_text(root, "proc/modules", modules);
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	root = tree_new();
	modules[0] = '\0';
	/* Times of tables are local. */
	setenv("TZ", "XXX-05:30", 1);
	list_module("ext4", "3");
	list_module("lw_of_others", "0");
	tree_text(root, "sys/module/lw_of_others/refcnt", "0\n");
	tree_text(root, "proc/stat", "cpu  1 2 3\nintr 1 2 3\nbtime 1700000000\nprocesses 9\n");
	tree_text(root, "proc/self/stat", "");
	tree_text(root, "run/x", "");
	tree_text(root, "etc/passwd",
		  "root:x:0:0:root:/root:/bin/bash\n\nbad line\nalice:x:1000:1000::/:/bin/sh\n");
	return chmod(root, 0755);
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

/* Inserts the tool's module. Its directory is from the 60th second after the boot. */
static void insert(const char *tool, const char *users)
{
	const struct timespec times[] = { { 1700000060, 0 }, { 1700000060, 0 } };
	char *name, *directory = in_root("proc/systemtap/lw_%s", tool), *command, *module;

	assert_true(asprintf(&name, "lw_%s", tool) > 0);
	assert_true(asprintf(&command, "proc/systemtap/lw_%s/.cmd", tool) > 0);
	assert_true(asprintf(&module, "sys/module/lw_%s/refcnt", tool) > 0);
	list_module(name, users);
	tree_text(root, command, "");
	tree_text(root, module, users);
	assert_int_equal(utimensat(AT_FDCWD, directory, times, 0), 0);
	free(module);
	free(command);
	free(directory);
	free(name);
}

struct process {
	int pid;
	const char *comm, *holds, *loginuid, *cmdline;
	size_t size; /* bytes of cmdline */
};

static void put(int pid, const char *file, const char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/%s", pid, file);
	tree_write(root, path, text, size);
}

/* Begins this process in the 123rd second after the boot. */
static void begin(const struct process *process)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "%d (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 12345 20 21\n",
		 process->pid);
	put(process->pid, "stat", text, strlen(text));
	snprintf(text, sizeof(text), "Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t7\t7\t7\t7\n");
	put(process->pid, "status", text, strlen(text));
	snprintf(text, sizeof(text), "%s\n", process->comm);
	put(process->pid, "comm", text, strlen(text));
	put(process->pid, "loginuid", process->loginuid, strlen(process->loginuid));
	put(process->pid, "cmdline", process->cmdline, process->size);
	put(process->pid, "fd/0", "", 0);
	tree_holds(root, process->pid, process->holds);
}

#define CMDLINE(text) text, sizeof(text)
#define CMD(tool) "proc/systemtap/lw_" tool "/.cmd"

static const struct process runner = { 4242, "lwload", CMD("opensnoop"), "4294967295",
				       CMDLINE("lwload\0opensnoop\0-n\0a b") };

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	char *full = in_root("%s", path);

	nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(full);
}

/* ---- a command in a child ---- */

typedef enum lw_exit verb(const struct lw_host *host, int argc, char **argv);

struct command {
	verb *verb;
	char *args[6];
	int (*before)(void);
};

static int command_body(void *arg)
{
	struct command *command = arg;
	struct lw_host host = { root, RELEASE };
	int argc, code;

	for (argc = 0; command->args[argc]; argc++)
		;
	if (command->before && command->before())
		return 97;
	code = command->verb(&host, argc, command->args);
	return fake->open_files ? 96 : code;
}

#define RUN(name, ...)                                            \
	&(struct command)                                         \
	{                                                         \
		lw_##name, { #name, __VA_ARGS__ }, .before = NULL \
	}

/* The command prints this on stdout, and one line on stderr that has the message. */
static void gives(struct command *command, int code, const char *out, const char *err)
{
	struct outcome outcome;

	in_child(command_body, command, &outcome);
	if (!text_says(outcome.err, err))
		fail_msg("no \"%s\" in: %s", err, outcome.err);
	assert_int_equal(outcome.err_lines, *err ? 1 : 0);
	assert_string_equal(outcome.out, out);
	assert_int_equal(outcome.code, code);
	outcome_free(&outcome);
}

/* ---- status ---- */

#define HEADING \
	"RUN            STATE         PID USER         SINCE                    KEPT COMMAND\n"

static void nothing_inserted(void **state)
{
	(void)state;
	gives(RUN(status, NULL), LW_OK, "", "");
	gives(RUN(status, "--json"), LW_OK, "", "");
	assert_int_equal(fake->calls, 0);
}

static void status_table(void **state)
{
	(void)state;
	insert("opensnoop", "1");
	insert("killsnoop", "0");
	begin(&runner);
	gives(RUN(status, NULL), LW_OK,
	      HEADING
	      "killsnoop      left            - -            2023-11-15 03:44:20         - -\n"
	      "opensnoop      running      4242 alice        2023-11-15 03:45:23         - lwload opensnoop "
	      "-n a b\n",
	      "");
	/* status attaches to no module. */
	assert_int_equal(fake->calls, 0);
}

static void status_json(void **state)
{
	(void)state;
	insert("opensnoop", "1");
	insert("killsnoop", "0");
	begin(&runner);
	gives(RUN(status, "--json"), LW_OK,
	      "{\"tool\":\"killsnoop\",\"run\":\"killsnoop\",\"state\":\"left\",\"pid\":null,\"uid\":null,\"user\":null,"
	      "\"since\":\"2023-11-14T22:14:20Z\",\"kept\":null,\"command\":[]}\n"
	      "{\"tool\":\"opensnoop\",\"run\":\"opensnoop\",\"state\":\"running\",\"pid\":4242,\"uid\":1000,\"user\":"
	      "\"alice\",\"since\":\"2023-11-14T22:15:23Z\",\"kept\":null,\"command\":[\"lwload\",\"opensnoop\","
	      "\"-n\",\"a b\"]}\n",
	      "");
}

/* status shows the user who logged in, as before sudo, or his number if passwd has no name. */
static void status_user(void **state)
{
	struct process process = runner;

	(void)state;
	insert("opensnoop", "1");
	process.loginuid = "1234";
	process.comm = "stapio";
	begin(&process);
	gives(RUN(status, NULL), LW_OK,
	      HEADING
	      "opensnoop      running      4242 1234         2023-11-15 03:45:23         - lwload opensnoop "
	      "-n a b\n",
	      "");
	put(4242, "loginuid", "0", 1);
	gives(RUN(status, NULL), LW_OK,
	      HEADING
	      "opensnoop      running      4242 root         2023-11-15 03:45:23         - lwload opensnoop "
	      "-n a b\n",
	      "");
	tree_text(root, "etc/passwd", "");
	gives(RUN(status, NULL), LW_OK,
	      HEADING
	      "opensnoop      running      4242 0            2023-11-15 03:45:23         - lwload opensnoop "
	      "-n a b\n",
	      "");
}

/* A command line can hold any bytes. */
static void status_escapes(void **state)
{
	struct process process = { 7, "lwload", CMD("opensnoop"), "0",
				   CMDLINE("lw\x1b[2J\0a\n\0\0\"\xff") };

	(void)state;
	insert("opensnoop", "1");
	begin(&process);
	gives(RUN(status, NULL), LW_OK,
	      HEADING "opensnoop      running         7 root         2023-11-15 03:45:23         - "
		      "lw\\x1b[2J a\\n  \"\\xff\n",
	      "");
	gives(RUN(status, "--json"), LW_OK,
	      "{\"tool\":\"opensnoop\",\"run\":\"opensnoop\",\"state\":\"running\",\"pid\":7,\"uid\":0,\"user\":\"root\","
	      "\"since\":\"2023-11-14T22:15:23Z\",\"kept\":null,\"command\":[\"lw\\u001b[2J\",\"a\\u000a\",\"\","
	      "\"\\\"\xef\xbf\xbd\"]}\n",
	      "");
}

/* A command line that is cut off at the buffer's end has no NUL after it. */
static void status_of_a_long_command(void **state)
{
	struct process process = runner;
	struct outcome outcome;
	char args[5000];

	(void)state;
	memset(args, 'x', sizeof(args));
	process.cmdline = args;
	process.size = sizeof(args);
	insert("opensnoop", "1");
	begin(&process);
	in_child(command_body, RUN(status, NULL), &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_int_equal(strlen(strstr(outcome.out, "xxx")), 4095 + 1);
	outcome_free(&outcome);
}

/* It cannot be seen who is attached to one module, and whether anybody is to another. */
static void status_of_the_unseen(void **state)
{
	(void)state;
	insert("opensnoop", "1");
	insert("killsnoop", "-");
	gives(RUN(status, NULL), LW_OK,
	      HEADING
	      "killsnoop      unknown         - -            2023-11-15 03:44:20         - -\n"
	      "opensnoop      running         - -            2023-11-15 03:44:20         - -\n",
	      "");
}

/* The process ended while lwload looked at it: unknown values are shown as such. */
static void status_of_the_vanished(void **state)
{
	(void)state;
	insert("opensnoop", "1");
	begin(&runner);
	remove_tree("proc/4242/stat");
	remove_tree("proc/4242/status");
	remove_tree("proc/4242/loginuid");
	remove_tree("proc/4242/cmdline");
	gives(RUN(status, NULL), LW_OK,
	      HEADING
	      "opensnoop      running      4242 -            -                           - -\n",
	      "");
}

/* The holder has this module's .cmd open: no other file of this name, no other of its files. */
static void holder(void **state)
{
	struct process process = runner;

	(void)state;
	insert("opensnoop", "1");
	insert("killsnoop", "1");
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 0);
	tree_text(root, "tmp/systemtap/lw_opensnoop/.cmd", "");
	process.pid = 11;
	process.holds = "tmp/systemtap/lw_opensnoop/.cmd";
	begin(&process);
	tree_text(root, "proc/systemtap/lw_opensnoop/trace0", "");
	process.pid = 12;
	process.holds = "proc/systemtap/lw_opensnoop/trace0";
	begin(&process);
	process.pid = 13;
	process.holds = CMD("killsnoop");
	begin(&process);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 0);
	assert_int_equal(lw_inserted_holder(root, "killsnoop"), 13);
	assert_int_equal(lw_inserted_holder(root, "nosuch"), 0);
	begin(&runner);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 4242);
}

/*
 * lwload does not call stat(2) on a file of another file system, whose server may never answer.
 * Here stat(2) would find the right file.
 */
static void holder_of_another_mount(void **state)
{
	char *file = in_root(CMD("opensnoop"));
	struct stat st;

	(void)state;
	insert("opensnoop", "1");
	begin(&runner);
	assert_int_equal(stat(file, &st), 0);
	tree_fdinfo(root, 4242, 1, st.st_ino);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 0);
	tree_fdinfo(root, 4242, 1, 0);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 0);
	/* The process is in no mount of its own: 0 is no device. */
	tree_fdinfo(root, 4242, TREE_MOUNT + 1, st.st_ino);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 0);
	remove_tree("proc/4242/fdinfo/5");
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 0);
	tree_fdinfo(root, 4242, TREE_MOUNT, st.st_ino);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 4242);
	free(file);
}

/* Another file of proc is bound to such a path. fdinfo has no inode before Linux 5.14. */
static void holder_of_another_inode(void **state)
{
	struct process process = runner;

	(void)state;
	insert("opensnoop", "1");
	tree_text(root, "tmp/systemtap/lw_opensnoop/.cmd", "");
	process.holds = "tmp/systemtap/lw_opensnoop/.cmd";
	begin(&process);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 0);
	tree_fdinfo(root, 4242, TREE_MOUNT, 0);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 0);
	process.pid = 4343;
	process.holds = CMD("opensnoop");
	begin(&process);
	tree_fdinfo(root, 4343, TREE_MOUNT, 0);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 4343);
}

/* In a proc that is mounted nowhere, the path begins at its root. */
static void holder_of_a_detached_mount(void **state)
{
	char *link = in_root("proc/4242/fd/5");

	(void)state;
	insert("opensnoop", "1");
	begin(&runner);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("/systemtap/lw_opensnoop/.cmd", link), 0);
	assert_int_equal(lw_inserted_holder(root, "opensnoop"), 4242);
	free(link);
}

static void bad_status(void **state)
{
	(void)state;
	gives(RUN(status, "x"), LW_USAGE, "", "status: takes no argument \"x\"");
	gives(RUN(status, "--json", "x"), LW_USAGE, "", "status: takes no argument \"x\"");
	remove_tree("proc/modules");
	gives(RUN(status, NULL), LW_FAILED, "", "proc/modules cannot be read: No such file");
}

/* ---- stop ---- */

static void end_process(void)
{
	remove_tree("proc/4242");
	fake->process_gone = true;
}

static void end_run(void)
{
	end_process();
	remove_tree("proc/systemtap/lw_opensnoop");
	remove_tree("sys/module/lw_opensnoop");
}

static void stop_a_run(void **state)
{
	static const char *const names[] = { "lwload", "staprun", "stapio" };
	struct process process = runner;
	size_t i;

	(void)state;
	needs_root();
	for (i = 0; i < COUNT(names); i++) {
		fake_reset();
		fake->on_signal = end_run;
		insert("opensnoop", "1");
		process.comm = names[i];
		begin(&process);
		gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: stopped (pid 4242)\n", "");
		assert_int_equal(fake->opened_pid, 4242);
		assert_int_equal(fake->signal, SIGTERM);
		assert_int_equal(fake->removes, 0);
	}
}

static void exe_is(const char *target)
{
	char *exe = in_root("proc/4242/exe");

	remove(exe);
	assert_int_equal(symlink(target, exe), 0);
	free(exe);
}

/* lwload is known by its file: a thread can change its name, and an upgrade replaces the file. */
static void stop_by_the_file(void **state)
{
	struct process process = runner;

	(void)state;
	needs_root();
	insert("opensnoop", "1");
	process.comm = "renamed";
	begin(&process);
	exe_is("/usr/sbin/lwload2");
	gives(RUN(stop, "opensnoop"), LW_FAILED, "", "opensnoop: process 4242*attached*staprun");
	assert_int_equal(fake->signal, 0);
	fake->on_signal = end_run;
	exe_is("/usr/sbin/lwload (deleted)");
	gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: stopped (pid 4242)\n", "");
}

static void stop_a_leftover(void **state)
{
	(void)state;
	needs_root();
	fake->loaded = true;
	insert("opensnoop", "0");
	gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: removed what a killed run had left\n", "");
	assert_false(fake->loaded);
	assert_int_equal(fake->signal, 0);
}

static void stop_nothing(void **state)
{
	(void)state;
	needs_root();
	gives(RUN(stop, "opensnoop", "of_others"), LW_OK,
	      "opensnoop: not running\nof_others: not running\n", "");
	gives(RUN(stop, "--all"), LW_OK, "", "");
	assert_int_equal(fake->calls, 0);
}

static void stop_all(void **state)
{
	(void)state;
	needs_root();
	fake->on_signal = end_run;
	insert("opensnoop", "1");
	insert("killsnoop", "0");
	begin(&runner);
	gives(RUN(stop, "--all"), LW_OK,
	      "killsnoop: removed what a killed run had left\nopensnoop: stopped (pid 4242)\n", "");
	assert_int_equal(fake->removes, 1);
}

/* Stands in for the recorder of a run whose process had this number: answers every request with a farewell. */
static pid_t play_recorder(const char *run, pid_t number)
{
	struct lw_farewell farewell = { .ended = true, .pid = number };
	int fd, listener = lw_rendezvous_listen(root, run);
	char text[LW_FAREWELL_SIZE];
	pid_t pid;

	assert_true(listener >= 0);
	pid = fork();
	while (pid == 0) {
		poll(&(struct pollfd){ .fd = listener, .events = POLLIN }, 1, -1);
		fd = lw_rendezvous_accept(listener);
		/* The request: an end before it is read would be none. */
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
		if (read(fd, text, 1) > 0)
			write(fd, text, lw_rendezvous_write(text, &farewell));
		close(fd);
	}
	close(listener);
	return pid;
}

static void recorder_goes(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* ---- several runs of a tool ---- */

/* The first was killed, the second and the third run. */
static void insert_three(void)
{
	static const struct process second = { 4242, "lwload", CMD("opensnoop_2"), "1000",
					       CMDLINE("lwload\0opensnoop") };
	static const struct process third = { 4243, "lwload", CMD("opensnoop_3"), "1000",
					      CMDLINE("lwload\0opensnoop") };

	insert("opensnoop", "0");
	insert("opensnoop_2", "1");
	insert("opensnoop_3", "1");
	insert("opensnooper", "0");
	begin(&second);
	begin(&third);
}

static void status_of_several_runs(void **state)
{
	(void)state;
	insert_three();
	gives(RUN(status, NULL), LW_OK,
	      HEADING
	      "opensnoop      left            - -            2023-11-15 03:44:20         - -\n"
	      "opensnoop_2    running      4242 alice        2023-11-15 03:45:23         - lwload opensnoop\n"
	      "opensnoop_3    running      4243 alice        2023-11-15 03:45:23         - lwload opensnoop\n"
	      "opensnooper    left            - -            2023-11-15 03:44:20         - -\n",
	      "");
	remove_tree("proc/systemtap/lw_opensnoop");
	remove_tree("proc/systemtap/lw_opensnooper");
	remove_tree("proc/systemtap/lw_opensnoop_3");
	gives(RUN(status, "--json"), LW_OK,
	      "{\"tool\":\"opensnoop\",\"run\":\"opensnoop_2\",\"state\":\"running\",\"pid\":4242,\"uid\":1000,"
	      "\"user\":\"alice\",\"since\":\"2023-11-14T22:15:23Z\",\"kept\":null,\"command\":[\"lwload\","
	      "\"opensnoop\"]}\n",
	      "");
}

static void end_second(void)
{
	remove_tree("proc/4242");
	remove_tree("proc/systemtap/lw_opensnoop_2");
	remove_tree("sys/module/lw_opensnoop_2");
	fake->process_gone = true;
}

/* A tool's name means its run only if it has one. */
static void stop_one_of_several(void **state)
{
	(void)state;
	needs_root();
	insert_three();
	gives(RUN(stop, "killsnoop", "opensnoop"), LW_USAGE, "",
	      "stop: opensnoop has 3 runs: opensnoop_1, opensnoop_2 (pid 4242), opensnoop_3 (pid 4243); *pid");
	gives(RUN(stop, "opensnoop_4"), LW_OK, "opensnoop_4: not running\n", "");
	assert_int_equal(fake->calls, 0);
	fake->on_signal = end_second;
	gives(RUN(stop, "4242"), LW_OK, "opensnoop_2: stopped (pid 4242)\n", "");
	assert_int_equal(fake->opened_pid, 4242);
}

static void stop_by_the_run_s_name(void **state)
{
	(void)state;
	needs_root();
	insert_three();
	fake->on_signal = end_second;
	gives(RUN(stop, "opensnoop_2"), LW_OK, "opensnoop_2: stopped (pid 4242)\n", "");
	assert_int_equal(fake->opened_pid, 4242);
}

/* The tool's name alone would be all of its runs. */
static void stop_the_first_run(void **state)
{
	(void)state;
	needs_root();
	insert_three();
	gives(RUN(stop, "opensnoop_1"), LW_OK, "opensnoop: removed what a killed run had left\n",
	      "");
	assert_int_equal(fake->removes, 1);
	assert_int_equal(fake->signal, 0);
	remove_tree("proc/systemtap/lw_opensnoop");
	remove_tree("sys/module/lw_opensnoop");
	gives(RUN(stop, "opensnoop_1"), LW_OK, "opensnoop_1: not running\n", "");
}

/* The recorder of the process 4711 has ended, and another run has its name. */
static void stop_one_of_two_that_share_a_name(void **state)
{
	pid_t pid;

	(void)state;
	needs_root();
	insert("opensnoop", "1");
	begin(&runner);
	pid = play_recorder("opensnoop", 4711);
	fake->on_signal = end_run;
	gives(RUN(stop, "4711"), LW_OK, "opensnoop: recorder stopped (pid 4711)\n", "");
	assert_int_equal(fake->signal, 0);
	gives(RUN(stop, "4242"), LW_OK, "opensnoop: stopped (pid 4242)\n", "");
	recorder_goes(pid);
}

static void stop_all_of_a_tool(void **state)
{
	(void)state;
	needs_root();
	insert_three();
	remove_tree("proc/systemtap/lw_opensnoop_3");
	remove_tree("sys/module/lw_opensnoop_3");
	fake->on_signal = end_second;
	gives(RUN(stop, "--all", "killsnoop", "opensnoop"), LW_OK,
	      "killsnoop: not running\nopensnoop: removed what a killed run had left\n"
	      "opensnoop_2: stopped (pid 4242)\n",
	      "");
	assert_int_equal(fake->removes, 1);
}

static void dump_one_of_several(void **state)
{
	pid_t first, second, third;

	(void)state;
	needs_root();
	first = play_recorder("opensnoop", 4711);
	second = play_recorder("opensnoop_2", 4712);
	third = play_recorder("opensnoop_3", 4713);
	recorder_goes(third);
	gives(RUN(dump, "opensnoop"), LW_USAGE, "",
	      "dump: opensnoop has 2 runs: opensnoop_1 (pid 4711), opensnoop_2 (pid 4712); *pid");
	gives(RUN(dump, "4712"), LW_OK, "", "opensnoop_2: *ended");
	gives(RUN(dump, "4713"), LW_USAGE, "", "dump: process 4713 *run");
	recorder_goes(second);
	gives(RUN(dump, "opensnoop"), LW_OK, "", "opensnoop: *ended");
	gives(RUN(stop, "4711"), LW_OK, "opensnoop: recorder stopped (pid 4711)\n", "");
	recorder_goes(first);
}

/* A recorder whose run has ended is in no list of modules. */
static void stop_all_with_a_recorder(void **state)
{
	pid_t pid;

	(void)state;
	needs_root();
	insert("killsnoop", "0");
	pid = play_recorder("opensnoop", 4711);
	gives(RUN(stop, "--all"), LW_OK,
	      "killsnoop: removed what a killed run had left\n"
	      "opensnoop: recorder stopped (pid 4711)\n",
	      "");
	recorder_goes(pid);
}

/* The module can remain after the process has ended, as when stapio finds no shell in PATH. */
static void stop_and_remove(void **state)
{
	(void)state;
	needs_root();
	fake->on_signal = end_process;
	insert("opensnoop", "1");
	begin(&runner);
	gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: stopped (pid 4242)\n", "");
	assert_int_equal(fake->removes, 1);
}

static void end_run_only(void)
{
	end_run();
	fake->process_gone = false;
}

/* stop waits for the process, which has a lock that the next run wants. */
static void stop_waits_for_the_process(void **state)
{
	(void)state;
	needs_root();
	fake->on_signal = end_run_only;
	insert("opensnoop", "1");
	begin(&runner);
	gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: stopped (pid 4242)\n", "");
	assert_in_range(fake->clock, 1010000000000LL, 1011000000000LL);
}

static void start_again(void)
{
	struct process process = runner;

	end_process();
	process.pid = 4343;
	begin(&process);
}

/* stop does not end a run that begins after this one. */
static void stop_leaves_the_next_run(void **state)
{
	(void)state;
	needs_root();
	fake->on_signal = start_again;
	insert("opensnoop", "1");
	begin(&runner);
	gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: stopped (pid 4242)\n", "");
	assert_int_equal(fake->opened_pid, 4242);
	assert_int_equal(fake->removes, 0);
}

/* stop waits for ten seconds and no longer, whatever holds the module. */
static void stop_takes_too_long(void **state)
{
	(void)state;
	needs_root();
	insert("opensnoop", "1");
	begin(&runner);
	gives(RUN(stop, "opensnoop"), LW_FAILED, "",
	      "opensnoop: process 4242*ended*kill -KILL 4242*lwload stop opensnoop");
	assert_in_range(fake->clock, 1010000000000LL, 1011000000000LL);
	assert_int_equal(fake->removes, 0);
	end_process();
	fake->fail_call = "openat .cmd";
	fake->fail_errno = EBUSY;
	gives(RUN(stop, "opensnoop"), LW_FAILED, "", "opensnoop: *lw_opensnoop*in use");
	assert_int_equal(fake->removes, 0);
}

static void stop_tries_again(void **state)
{
	(void)state;
	needs_root();
	fake->removes_refused = 20;
	insert("opensnoop", "0");
	gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: removed what a killed run had left\n", "");
	assert_int_equal(fake->removes, 21);
}

static void stop_fails(void **state)
{
	static const char *const calls[] = { "pidfd_open", "pidfd_send_signal" };
	size_t i;

	(void)state;
	needs_root();
	insert("killsnoop", "0");
	fake->remove_errno = EPERM;
	gives(RUN(stop, "killsnoop"), LW_FAILED, "",
	      "killsnoop: module lw_killsnoop cannot be removed: Operation not permitted; try rmmod");
	insert("opensnoop", "1");
	begin(&runner);
	for (i = 0; i < COUNT(calls); i++) {
		fake->fail_call = calls[i];
		gives(RUN(stop, "opensnoop"), LW_FAILED, "",
		      "opensnoop: cannot signal process 4242: Input/output error");
	}
	assert_int_equal(fake->signal, 0);
}

/* After a tool that cannot be stopped, stop goes on with the others. */
static void stop_goes_on(void **state)
{
	(void)state;
	needs_root();
	insert("opensnoop", "1");
	insert("killsnoop", "0");
	begin(&runner);
	fake->fail_call = "pidfd_open";
	gives(RUN(stop, "opensnoop", "killsnoop"), LW_FAILED,
	      "killsnoop: removed what a killed run had left\n", "opensnoop: cannot signal");
	gives(RUN(stop, "--all"), LW_FAILED, "killsnoop: removed what a killed run had left\n",
	      "opensnoop: cannot signal");
}

/* The process ended before it was signalled: its number may be another's. */
static void stop_hits_nobody_else(void **state)
{
	(void)state;
	needs_root();
	insert("opensnoop", "1");
	begin(&runner);
	fake->on_process = end_run;
	gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: not running\n", "");
	assert_int_equal(fake->opened_pid, 4242);
	assert_int_equal(fake->signal, 0);
}

/* Another lwload has the tool's lock and is about to attach: the module stays. */
static void stop_waits_for_the_lock(void **state)
{
	pid_t pid;

	(void)state;
	needs_root();
	insert("opensnoop", "0");
	pid = lock_elsewhere(root, "opensnoop");
	gives(RUN(stop, "opensnoop"), LW_FAILED, "",
	      " holds /run/lwtools/lock/opensnoop; try kill");
	assert_int_equal(fake->removes, 0);
	lock_end(pid);
	gives(RUN(stop, "opensnoop"), LW_OK, "opensnoop: removed what a killed run had left\n", "");
}

static int become_nobody(void)
{
	int err = setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534);

	/* The sanitizer traces itself, which a process that has changed its user may not. */
	prctl(PR_SET_DUMPABLE, 1);
	return err;
}

static void stop_needs_root(void **state)
{
	struct command command = { lw_stop, { "stop", "opensnoop" }, NULL };

	(void)state;
	if (geteuid() == 0) {
		needs_another_user();
		command.before = become_nobody;
	}
	insert("opensnoop", "0");
	gives(&command, LW_REFUSED, "", "stop: *root*sudo lwload stop opensnoop");
	assert_int_equal(fake->calls, 0);
}

static void bad_stop(void **state)
{
	(void)state;
	needs_root();
	gives(RUN(stop, NULL), LW_USAGE, "", "stop: *--all");
	gives(RUN(stop, "--json"), LW_USAGE, "", "stop: *--all");
	gives(RUN(stop, "--all", "--all"), LW_USAGE, "", "stop: *--all");
	gives(RUN(stop, "x", "--all"), LW_USAGE, "", "\"--all\" *name");
	gives(RUN(stop, "x", "../x"), LW_USAGE, "", "\"../x\" *name");
	gives(RUN(stop, "4242"), LW_USAGE, "", "stop: process 4242 *run");
	gives(RUN(stop, "0"), LW_USAGE, "", "\"0\" *process");
	gives(RUN(stop, "42x"), LW_USAGE, "", "\"42x\" *process");
	assert_int_equal(fake->calls, 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(nothing_inserted),
		FRESH(status_table),
		FRESH(status_json),
		FRESH(status_user),
		FRESH(status_escapes),
		FRESH(status_of_a_long_command),
		FRESH(status_of_the_unseen),
		FRESH(status_of_the_vanished),
		FRESH(holder),
		FRESH(holder_of_another_mount),
		FRESH(holder_of_another_inode),
		FRESH(holder_of_a_detached_mount),
		FRESH(bad_status),
		FRESH(stop_a_run),
		FRESH(stop_by_the_file),
		FRESH(stop_a_leftover),
		FRESH(stop_nothing),
		FRESH(stop_all),
		FRESH(status_of_several_runs),
		FRESH(stop_one_of_several),
		FRESH(stop_by_the_run_s_name),
		FRESH(stop_the_first_run),
		FRESH(stop_one_of_two_that_share_a_name),
		FRESH(stop_all_of_a_tool),
		FRESH(dump_one_of_several),
		FRESH(stop_all_with_a_recorder),
		FRESH(stop_and_remove),
		FRESH(stop_waits_for_the_process),
		FRESH(stop_leaves_the_next_run),
		FRESH(stop_takes_too_long),
		FRESH(stop_tries_again),
		FRESH(stop_fails),
		FRESH(stop_goes_on),
		FRESH(stop_hits_nobody_else),
		FRESH(stop_waits_for_the_lock),
		FRESH(stop_needs_root),
		FRESH(bad_stop),
	};

	leaks_in_children_only();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
