// SPDX-License-Identifier: GPL-2.0-only
/* test_cli.c - command lines and their results: exit code, stderr, what the kernel was told */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/control.h"
#include "recorder/rendezvous.h"
#include "util/log.h"
#include "verbs/lwload.h"
#include "fake.h"
#include "helper.h"

int lwload_main(int argc, char **argv);

#define X15 "123456789012345"
#define X50 "a1234567890123456789012345678901234567890123456789"
#define IDS_10 "4,4,4,4,4,4,4,4,4,4"
#define IDS_40 IDS_10 "," IDS_10 "," IDS_10 "," IDS_10
#define X600 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50
#define MAX_ARGS 12

static char *root;

/* The description of a tool that writes reports. */
static const char *const iolat[] = {
	"name=lw_iolat",
	"vermagic=" RELEASE " SMP modversions ",
	"lwtools=2",
	"lw_summary=how long disks take",
	"lw_field01=time time - when",
	"lw_field02=disk str:8 - which disk",
	"lw_field03=latency dist - how long",
	"lw_option01=per_disk D - by disk",
	"lw_option02=interval i N seconds between reports",
};

static void add_iolat(void)
{
	char *path = tree_path(root, RELEASE, "systemtap", "iolat");
	struct lines lines = { .n = 0 };
	size_t i;

	for (i = 0; i < COUNT(iolat); i++)
		lines_set(&lines, iolat[i]);
	module_write(path, &lines);
	lines_free(&lines);
	free(path);
	tree_sign(root, RELEASE, "systemtap");
}

/* All tests share one tree; those that change a file make a tree of their own. */
static int group_setup(void **state)
{
	static const char *const tools[] = { "opensnoop",  "execsnoop",    "killsnoop",
					     "biolatency", "syscallbypid", "accept2close" };
	size_t i;

	(void)state;
	root = tree_new();
	tree_host(root);
	for (i = 0; i < COUNT(tools); i++)
		free(tree_add(root, tools[i]));
	add_iolat();
	/* For those who are not root. */
	return chmod(root, 0755);
}

static int group_teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

/* ---- a command in a child ---- */

struct command {
	enum lw_exit (*verb)(const struct lw_host *host, int argc, char **argv);
	const char *root;
	const char *args[MAX_ARGS];
	int (*before)(void);
};

static int command_body(void *arg)
{
	const struct command *command = arg;
	struct lw_host host = { command->root, RELEASE };
	int argc;

	for (argc = 0; command->args[argc]; argc++)
		;
	if (command->before && command->before())
		return 97;
	return command->verb(&host, argc, (char **)command->args);
}

static void run_command(struct command *command, struct outcome *outcome)
{
	if (!command->root)
		command->root = root;
	in_child(command_body, command, outcome);
}

/* Stderr has these lines, and no others. */
static void stderr_says(const struct outcome *outcome, const char *pattern)
{
	int lines = 0;
	const char *p;

	for (p = pattern; *p; p++)
		lines += *p == '\n';
	if (outcome->err_lines != lines)
		fail_msg("%d lines:\n%s", outcome->err_lines, outcome->err);
	if (!text_says(outcome->err, pattern))
		fail_msg("no \"%s\" in:\n%s", pattern, outcome->err);
}

/* The command ends with this code and one line that has the message; the kernel is as before. */
static void is_refused(struct command *command, int code, const char *message)
{
	struct outcome outcome;

	run_command(command, &outcome);
	assert_int_equal(outcome.code, code);
	assert_int_equal(outcome.err_lines, 1);
	assert_memory_equal(outcome.err, "lwload: ", 8);
	if (!text_says(outcome.err, message))
		fail_msg("no \"%s\" in: %s", message, outcome.err);
	assert_string_equal(outcome.out, "");
	assert_int_equal(fake->calls, 0);
	assert_int_equal(fake->inserts, 0);
	outcome_free(&outcome);
}

/* ---- bad input ---- */

static const struct row {
	const char *name;
	const char *args[MAX_ARGS];
	const char *message;
} rows[] = {
	{ "mistyped tool", { "opensnop" }, "opensnop: *opensnoop?" },
	{ "unknown tool", { "nosuch" }, "nosuch: no such tool; \"lwload list\" shows" },
	{ "parent directory", { "../x" }, "\"../x\"*name" },
	{ "path", { "/etc/passwd" }, "\"/etc/passwd\"*name" },
	{ "empty name", { "" }, "\"\"*name" },
	{ "overlong name", { X600 }, "\"" X50 "a1234567890123\"*name" },
	{ "longest name", { X50 }, X50 ": no such tool" },
	{ "name with a newline", { "a\nb" }, "\"a\\x0ab\"*name" },
	{ "name with a pattern", { "open*" }, "*name" },
	{ "unknown option", { "opensnoop", "-Z" }, "opensnoop: option -Z is unknown" },
	{ "unknown option in a cluster", { "opensnoop", "-xZ" }, "option -Z is unknown" },
	{ "unknown option before others",
	  { "opensnoop", "--json", "-Zx" },
	  "option -Z is unknown" },
	{ "option of another tool", { "killsnoop", "-f", "O_RDWR" }, "option -f is unknown" },
	{ "option beyond ASCII", { "opensnoop", "-\xc3\xa9" }, "option -\\xc3 is unknown" },
	{ "terminal control in an option",
	  { "opensnoop", "--\x9b"
			 "2J" },
	  "option --\\x9b2J is" },
	{ "mistyped long option", { "opensnoop", "--faild" }, "--faild*unknown*--failed?" },
	{ "mistyped long option with a value",
	  { "opensnoop", "--bufer=4" },
	  "--bufer=4*unknown*--buffer?" },
	{ "unknown long option", { "opensnoop", "--nosuch" }, "option --nosuch is unknown" },
	{ "ambiguous long option", { "opensnoop", "--f" }, "option --f" },
	{ "long option with a value too much", { "opensnoop", "--json=3" }, "option --json=3" },
	{ "-p without value", { "opensnoop", "-p" }, "option -p needs a value" },
	{ "--pid without value", { "opensnoop", "--pid" }, "option --pid needs a value" },
	{ "-p abc", { "opensnoop", "-p", "abc" }, "option -p: \"abc\" is not a process id" },
	{ "-p 5abc", { "opensnoop", "-p", "5abc" }, "\"5abc\" is not a process id" },
	{ "-p -1", { "opensnoop", "-p", "-1" }, "\"-1\" is not a process id" },
	{ "-p 0", { "opensnoop", "-p", "0" }, "\"0\" is not a process id" },
	{ "-p empty", { "opensnoop", "-p", "" }, "\"\" is not a process id" },
	{ "-p 1.5", { "opensnoop", "-p", "1.5" }, "\"1.5\" is not a process id" },
	{ "-p with 20 digits",
	  { "opensnoop", "-p", "99999999999999999999" },
	  "\"99999999999999999999\" is not a process id, 1 to 4194304" },
	{ "-p 4194305", { "opensnoop", "-p", "4194305" }, "\"4194305\" is not a process id" },
	{ "-p 4294967297", { "opensnoop", "-p", "4294967297" }, "is not a process id" },
	{ "-p twice", { "opensnoop", "-p", "1", "-p", "2" }, "option -p is given twice" },
	{ "-p and --pid", { "opensnoop", "-p", "1", "--pid=1" }, "option -p is given twice" },
	{ "-t 4194305", { "opensnoop", "-t", "4194305" }, "is not a thread id" },
	{ "-u -1", { "opensnoop", "-u", "-1" }, "\"-1\" is not a user" },
	{ "-u 4294967295", { "opensnoop", "-u", "4294967295" }, "\"4294967295\" is not a user" },
	{ "-u name", { "opensnoop", "-u", "no-such" }, "\"no-such\" is not a user" },
	{ "-n with 16 bytes", { "opensnoop", "-n", X15 "6" }, X15 "6\" is not a command name of" },
	{ "-n with 600 bytes", { "opensnoop", "-n", X600 }, "is not a command name of 1 to 15" },
	{ "-n with a quote", { "opensnoop", "-n", "a\"b" }, "\"a\"b\"*quote" },
	{ "-n with a newline", { "opensnoop", "-n", "a\nb" }, "\"a\\x0ab\" has a control" },
	{ "-n with DEL", { "opensnoop", "-n", "a\x7f" }, "has a control character" },
	{ "-n empty", { "opensnoop", "-n", "" }, "option -n: \"\" is not a command name of 1 to" },
	{ "-p with an empty value",
	  { "opensnoop", "-p", "1,,2" },
	  "option -p: \"\" in \"1,,2\" is not a process id, 1 to 4194304" },
	{ "-p with a comma after it",
	  { "opensnoop", "-p", "1," },
	  "\"\" in \"1,\" is not a process" },
	{ "-p with a comma before",
	  { "opensnoop", "-p", ",1" },
	  "\"\" in \",1\" is not a process" },
	{ "-p with a comma alone", { "opensnoop", "-p", "," }, "\"\" in \",\" is not a process" },
	{ "-p 1,x",
	  { "opensnoop", "-p", "1,x" },
	  "option -p: \"x\" in \"1,x\" is not a process id" },
	{ "-p 1, 2", { "opensnoop", "-p", "1, 2" }, "\" 2\" in \"1, 2\" is not a process id" },
	{ "-p 1,0", { "opensnoop", "-p", "1,0" }, "\"0\" in \"1,0\" is not a process id" },
	{ "-p 1,4194305", { "opensnoop", "-p", "1,4194305" }, "\"4194305\" in \"1,4194305\" is" },
	{ "-p 1,2^64+1",
	  { "opensnoop", "-p", "1,18446744073709551617" },
	  "\"18446744073709551617\" in \"1,18446744073709551617\" is not a process id" },
	{ "-p with 41 values",
	  { "opensnoop", "-p", IDS_40 ",4" },
	  "opensnoop: *-p: *list*40*41\n" },
	{ "-p with 41 values, the last of them bad",
	  { "opensnoop", "-p", IDS_40 ",x" },
	  "option -p: \"x\" in \"4,4,4,4,4,4,4,4," },
	{ "-t 1,x", { "killsnoop", "-t", "1,x" }, "option -t: \"x\" in \"1,x\" is not a process" },
	{ "-u 0,name", { "opensnoop", "-u", "0,no-such" }, "\"no-such\" in \"0,no-such\" is not" },
	{ "-n a,,b", { "opensnoop", "-n", "a,,b" }, "\"\" in \"a,,b\" is not a command name" },
	{ "-n a,16 bytes", { "opensnoop", "-n", "a," X15 "6" }, X15 "6\" in \"a," X15 "6\" is" },
	{ "-n a,with a quote", { "opensnoop", "-n", "a,\"" }, "\"a,\"\"*quote" },
	{ "-n with 17 names",
	  { "opensnoop", "-n", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q" },
	  "opensnoop: *-n: *list*16*17\n" },
	{ "-f O_BOGUS", { "opensnoop", "-f", "O_BOGUS" }, "\"O_BOGUS\" is not names of open(2)" },
	{ "-f empty", { "opensnoop", "-f", "" }, "\"\" is not names of open(2) flags" },
	{ "-f with a comma too much", { "opensnoop", "-f", "O_CREAT," }, "\"O_CREAT,\" is not" },
	{ "-f number", { "opensnoop", "-f", "64" }, "\"64\" is not names of open(2) flags" },
	{ "-f half a name", { "opensnoop", "-f", "O_CREA" }, "\"O_CREA\" is not names" },
	{ "-s 65", { "killsnoop", "-s", "65" }, "\"65\" is not a signal number, 0 to 64" },
	{ "-s NOPE", { "killsnoop", "-s", "NOPE" }, "\"NOPE\" is not a signal number" },
	{ "-s SIG", { "killsnoop", "-s", "SIG" }, "\"SIG\" is not a signal number" },
	{ "-s -1", { "killsnoop", "-s", "-1" }, "\"-1\" is not a signal number" },
	{ "-m 2^31",
	  { "accept2close", "-m", "2147483648" },
	  "option -m: \"2147483648\" is not a number, 0 to 2147483647\n" },
	{ "-m 2^63 - 1",
	  { "accept2close", "--min=9223372036854775807" },
	  "option -m: \"9223372036854775807\" is not a number, 0 to 2147483647\n" },
	{ "-T 2^31", { "syscallbypid", "-T", "2147483648" }, "\"2147483648\" is not a number, 0" },
	{ "-T -1", { "syscallbypid", "-T", "-1" }, "\"-1\" is not a number, 0" },
	{ "-P 0", { "accept2close", "-P", "0" }, "option -P: \"0\" is not a port, 1 to 65535\n" },
	{ "-P 65536", { "accept2close", "-P", "65536" }, "\"65536\" is not a port, 1 to 65535\n" },
	{ "extra argument", { "opensnoop", "extra" }, "takes no argument \"extra\"" },
	{ "-d 0", { "opensnoop", "-d", "0" }, "option --duration: \"0\" is not a number" },
	{ "-d abc", { "opensnoop", "-d", "abc" }, "\"abc\" is not a number of seconds" },
	{ "-d -1", { "opensnoop", "-d", "-1" }, "\"-1\" is not a number of seconds" },
	{ "-d 1e9", { "opensnoop", "-d", "1e9" }, "\"1e9\" is not a number of seconds" },
	{ "-d nan", { "opensnoop", "-d", "nan" }, "\"nan\" is not a number of seconds" },
	{ "-d inf", { "opensnoop", "-d", "inf" }, "\"inf\" is not a number of seconds" },
	{ "-d 1.2.3", { "opensnoop", "-d", "1.2.3" }, "\"1.2.3\" is not a number of seconds" },
	{ "-d .", { "opensnoop", "-d", "." }, "\".\" is not a number of seconds" },
	{ "-d empty", { "opensnoop", "-d", "" }, "\"\" is not a number of seconds" },
	{ "-d a year and a second", { "opensnoop", "-d", "31536001" }, "up to a year" },
	{ "-c 0", { "opensnoop", "-c", "0" }, "option --count: \"0\" is not a number of records" },
	{ "-c -5", { "opensnoop", "-c", "-5" }, "\"-5\" is not a number of records" },
	{ "-c 2^63", { "opensnoop", "-c", "9223372036854775808" }, "is not a number of records" },
	{ "--buffer 0", { "opensnoop", "--buffer", "0" }, "\"0\" is not a number of MiB" },
	{ "--buffer 5000", { "opensnoop", "--buffer", "5000" }, "\"5000\" is not a number of MiB" },
	{ "--buffer 1M", { "opensnoop", "--buffer=1M" }, "\"1M\" is not a number of MiB" },
	{ "--summary of a table", { "opensnoop", "--summary" }, "--summary*--json" },
	{ "--rotate without --output",
	  { "opensnoop", "--rotate=1M" },
	  "--rotate goes with --output" },
	{ "--metrics of a tool without reports",
	  { "opensnoop", "--metrics=x.prom" },
	  "option --metrics needs a tool that writes reports and has --interval" },
	{ "--metrics x", { "iolat", "--metrics=x" }, "\"x\"*file*.prom" },
	{ "--metrics .prom", { "iolat", "--metrics=/a/.prom" }, "*file*.prom" },
	{ "--metrics and --output",
	  { "iolat", "--metrics=x.prom", "--output=x" },
	  "option --metrics writes no records; leave out --output" },
	{ "--metrics and --fields",
	  { "iolat", "--metrics=x.prom", "--fields=disk" },
	  "option --metrics writes no records; leave out --fields" },
	{ "--fields of another tool",
	  { "killsnoop", "--fields=disk" },
	  "option --fields: field \"disk\" is unknown" },
	{ "--metrics and --json",
	  { "iolat", "--metrics=x.prom", "--json" },
	  "option --metrics writes no records; leave out --json" },
	{ "--metrics and --count",
	  { "iolat", "--metrics=x.prom", "-c5" },
	  "option --metrics prints no reports to count; use --duration" },
	{ "--metrics and COUNT", { "iolat", "1", "5", "--metrics=x.prom" }, "no reports to count" },
	{ "--metrics and -m",
	  { "biolatency", "-m", "--metrics=x.prom" },
	  "option --metrics writes seconds; leave out --milliseconds" },
	{ "--metrics of the highest counts",
	  { "syscallbypid", "--metrics=x.prom" },
	  "option --metrics needs --top 0: the highest counts alone cannot be added up" },
	{ "--metrics of the 10 highest counts",
	  { "syscallbypid", "-T10", "--metrics=x.prom" },
	  "option --metrics needs --top 0" },
	{ "--by of the highest counts",
	  { "syscallbypid", "--by=container" },
	  "syscallbypid: option --by container needs --top 0" },
	{ "--by of another thing", { "syscallbypid", "--by", "pod" }, "\"pod\" *container" },
	{ "--by of a tool without reports",
	  { "killsnoop", "--by", "user" },
	  "option --by: *reports" },
	{ "--where of a field of a process with --by",
	  { "syscallbypid", "--by=user", "--where=pid=0" },
	  "option --where: with --by, rows have no pid" },
	{ "--fields of a process with --by",
	  { "syscallbypid", "--by=process", "--fields=comm" },
	  "option --fields: with --by, rows have no comm" },
	{ "--sort by what --by would fill",
	  { "syscallbypid", "--sort=user", "--by=cgroup" },
	  "option --sort: field user needs --by user" },
	{ "--metrics and --sort",
	  { "iolat", "--metrics=x.prom", "--sort=disk" },
	  "option --metrics adds up all counts; leave out --sort" },
	{ "--metrics and --top",
	  { "iolat", "--metrics=x.prom", "--top=3" },
	  "option --metrics adds up all counts; leave out --sort" },
	{ "--top 0", { "iolat", "--top=0" }, "\"0\" is not a number of records" },
	{ "--top 10001", { "iolat", "--top=10001" }, "\"10001\" is not a number of records" },
	{ "--top without an order", { "killsnoop", "--top=3" }, "option --top: *--sort result" },
	{ "--sort of records that come one by one",
	  { "killsnoop", "--sort=pid" },
	  "killsnoop: option --sort needs --top N" },
	{ "--sort of another field", { "iolat", "--sort=disc" }, "\"disc\" is unknown*disk?" },
	{ "--rotate 0", { "opensnoop", "--output=x", "--rotate=0" }, "\"0\"*size*4K" },
	{ "--rotate 4095", { "opensnoop", "--rotate=4095" }, "\"4095\"*size*4K" },
	{ "--rotate 1T", { "opensnoop", "--rotate=1T" }, "\"1T\"*size*4K" },
	{ "--rotate 1MB", { "opensnoop", "--rotate=1MB" }, "\"1MB\"*size*4K" },
	{ "--rotate M", { "opensnoop", "--rotate=M" }, "\"M\"*size*4K" },
	{ "--rotate empty", { "opensnoop", "--rotate=" }, "\"\"*size*4K" },
	{ "--rotate of 2^64", { "opensnoop", "--rotate=17179869184G" }, "*size*4K" },
	{ "--rotate 1M,0", { "opensnoop", "--rotate=1M,0" }, "\"1M,0\" is not SIZE,N" },
	{ "--rotate 1M,", { "opensnoop", "--rotate=1M," }, "\"1M,\" is not SIZE,N" },
	{ "--rotate 1M,1000", { "opensnoop", "--rotate=1M,1000" }, "\"1M,1000\" is not SIZE,N" },
	{ "--max-rate 0", { "opensnoop", "--max-rate=0" }, "\"0\" is not a number of records" },
	{ "--where without a value", { "opensnoop", "--where=pid" }, "not a field" },
	{ "--where of an option's field",
	  { "killsnoop", "--where=nothing=1" },
	  "\"nothing\" is unknown" },
	{ "--where nine times",
	  { "killsnoop", "--where=pid=1", "--where=pid=2", "--where=pid=3", "--where=pid=4",
	    "--where=pid=5", "--where=pid=6", "--where=pid=7", "--where=pid=8", "--where=pid=9" },
	  "more than 8 times" },
	{ "--pid of a tool without tasks", { "biolatency", "--pid=1" }, "--pid*process" },
	{ "--not-tree of such a tool", { "biolatency", "--not-tree=1" }, "--not-tree*process" },
	{ "-p of such a tool", { "biolatency", "-p1" }, "option -p is unknown" },
	{ "--not-pid twice",
	  { "opensnoop", "--not-pid=1", "--not-pid=2" },
	  "--not-pid is given twice" },
	{ "--ppid and no number", { "opensnoop", "--ppid=x" }, "option --ppid: \"x\"" },
	{ "--not-uid and no user",
	  { "killsnoop", "--not-uid=no-such" },
	  "option --not-uid: \"no-such" },
	{ "--comm with 16 bytes", { "killsnoop", "--comm=" X15 "6" }, "option --comm: " },
	{ "--tree and no such process", { "killsnoop", "--tree=4194304" }, "--tree*4194304 here" },
	{ "--pidns and no such process",
	  { "killsnoop", "--pidns=4194304" },
	  "--pidns*4194304 here" },
	{ "--mntns and no number", { "killsnoop", "--mntns=x" }, "--mntns*\"x\"*PID" },
	{ "--cgroup empty", { "killsnoop", "--cgroup=" }, "--cgroup*empty" },
	{ "--not-container with a comma too much",
	  { "killsnoop", "--not-container=a," },
	  "--not-container" },
	{ "--cgroup and --container",
	  { "killsnoop", "--cgroup=/", "--container=x" },
	  "--cgroup*--container" },
	{ "--as without a command", { "killsnoop", "--as=root" }, "--as*command" },
	{ "--max-rate of reports", { "iolat", "--max-rate=5" }, "--max-rate=5 is unknown" },
	{ "number for a tool without reports", { "opensnoop", "5" }, "takes no argument \"5\"" },
	{ "number before an option", { "opensnoop", "5", "-Z" }, "takes no argument \"5\"" },
	{ "INTERVAL 0",
	  { "iolat", "0" },
	  "iolat: INTERVAL: \"0\" is not a number of seconds, 1 to 3600\n" },
	{ "INTERVAL 3601", { "iolat", "3601" }, "INTERVAL: \"3601\" is not a number of seconds" },
	{ "INTERVAL 1.5", { "iolat", "1.5" }, "INTERVAL: \"1.5\" is not a number of seconds" },
	{ "INTERVAL 1s", { "iolat", "1s", "2" }, "INTERVAL: \"1s\" is not a number of seconds" },
	{ "INTERVAL empty", { "iolat", "" }, "INTERVAL: \"\" is not a number of seconds" },
	{ "INTERVAL -5", { "iolat", "-5" }, "option -5 is unknown" },
	{ "COUNT 0",
	  { "iolat", "1", "0" },
	  "iolat: COUNT: \"0\" is not a number of reports, 1 or more\n" },
	{ "COUNT x", { "iolat", "1", "x" }, "COUNT: \"x\" is not a number of reports" },
	{ "COUNT 2^63", { "iolat", "1", "9223372036854775808" }, "is not a number of reports" },
	{ "argument after COUNT", { "iolat", "1", "2", "3" }, "iolat: takes no argument \"3\"" },
	{ "option after INTERVAL", { "iolat", "1", "-Z" }, "iolat: option -Z is unknown" },
	{ "long option after INTERVAL", { "iolat", "1", "--nosuch" }, "--nosuch is unknown" },
	{ "-i 0",
	  { "iolat", "-i", "0" },
	  "option -i: \"0\" is not a number of seconds, 1 to 3600" },
	{ "-i 3601", { "iolat", "--interval=3601" }, "option -i: \"3601\" is not a number of" },
	{ "-i twice", { "iolat", "-i", "1", "--interval=1" }, "option -i is given twice" },
	{ "-i and INTERVAL", { "iolat", "-i", "1", "2" }, "iolat: *interval*twice*-i*\"2\"\n" },
	{ "INTERVAL and --interval", { "iolat", "1", "--interval=2" }, "option -i and as \"1\"\n" },
	{ "--count and COUNT",
	  { "iolat", "--count", "1", "2", "3" },
	  "iolat: *count*twice*--count*\"3\"\n" },
	{ "COUNT and -c", { "iolat", "1", "2", "-c", "3" }, "option --count and as \"2\"\n" },
	{ "-c 0 of reports", { "iolat", "-c", "0" }, "--count: \"0\" is not a number of reports" },
};

static void bad_input(void **state)
{
	const struct row *row = *state;
	struct command command = { .verb = lw_run };

	memcpy(command.args, row->args, sizeof(row->args));
	is_refused(&command, LW_USAGE, row->message);
}

static void bad_verbs(void **state)
{
	(void)state;
	is_refused(&(struct command){ lw_list, NULL, { "list", "x" }, NULL }, LW_USAGE,
		   "list: takes no argument \"x\"");
	is_refused(&(struct command){ lw_info, NULL, { "info" }, NULL }, LW_USAGE,
		   "info: *name*one");
	is_refused(&(struct command){ lw_info, NULL, { "info", "a", "b" }, NULL }, LW_USAGE,
		   "info: *name*one");
	is_refused(&(struct command){ lw_info, NULL, { "info", "../x" }, NULL }, LW_USAGE,
		   "\"../x\"*name");
	is_refused(&(struct command){ lw_info, NULL, { "info", "nosuch" }, NULL }, LW_USAGE,
		   "nosuch: no such tool");
	is_refused(&(struct command){ lw_start, NULL, { "start" }, NULL }, LW_USAGE,
		   "start: *name");
	is_refused(&(struct command){ lw_start, NULL, { "start", "-Z", "x" }, NULL }, LW_USAGE,
		   "start: *name");
	is_refused(&(struct command){ lw_start, NULL, { "start", "../x" }, NULL }, LW_USAGE,
		   "\"../x\"*name");
	is_refused(&(struct command){ lw_start, NULL, { "start", "x", "--keep", "1T" }, NULL },
		   LW_USAGE, "\"1T\"*size*64K to 1G");
	is_refused(&(struct command){ lw_start, NULL, { "start", "x", "--keep" }, NULL }, LW_USAGE,
		   "\"\"*size*64K to 1G");
	is_refused(&(struct command){ lw_dump, NULL, { "dump" }, NULL }, LW_USAGE, "dump: *name");
	is_refused(&(struct command){ lw_attach, NULL, { "attach", "a", "b" }, NULL }, LW_USAGE,
		   "attach: takes no argument \"b\"");
}

/* ---- where it must not run ---- */

static int become_nobody(void)
{
	int err = setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534);

	/* The sanitizer traces itself, which a process that has changed its user may not. */
	prctl(PR_SET_DUMPABLE, 1);
	return err;
}

static void not_root(void **state)
{
	struct command command = { lw_run, NULL, { "killsnoop" }, NULL };

	(void)state;
	if (geteuid() == 0) {
		needs_another_user();
		command.before = become_nobody;
	}
	is_refused(&command, LW_REFUSED, "*root*uid ");
}

static int close_stdout(void)
{
	return close(STDOUT_FILENO);
}

static int read_only_stdout(void)
{
	return dup2(open("/dev/null", O_RDONLY), STDOUT_FILENO) < 0;
}

static void stdout_not_for_writing(void **state)
{
	(void)state;
	needs_root();
	is_refused(&(struct command){ lw_run, NULL, { "killsnoop" }, close_stdout }, LW_FAILED,
		   "killsnoop: stdout*open");
	is_refused(&(struct command){ lw_run, NULL, { "killsnoop" }, read_only_stdout }, LW_FAILED,
		   "killsnoop: stdout*open");
}

/* The kernel's own signature, of no bytes: file_append() would not fit a hash any more. */
static void sign_for_the_kernel(const char *tree, const char *path)
{
	static const char end[] = "\0\0\2\0\0\0\0\0\0\0\0\0~Module signature appended~\n";
	FILE *file = fopen(path, "ae");

	assert_non_null(file);
	assert_int_equal(fwrite(end, sizeof(end) - 1, 1, file), 1);
	assert_int_equal(fclose(file), 0);
	tree_sign(tree, RELEASE, "systemtap");
}

/* Another run begins, and the kernel asks for a signature, which no further run has. */
static void already_running(void **state)
{
	char *path, *tree = tree_new();
	pid_t pid;

	(void)state;
	needs_root();
	tree_host(tree);
	tree_text(tree, "run/x", "");
	tree_text(tree, "sys/module/module/parameters/sig_enforce", "Y\n");
	path = tree_add(tree, "killsnoop");
	sign_for_the_kernel(tree, path);
	pid = lock_elsewhere(tree, "killsnoop");
	is_refused(&(struct command){ lw_run, tree, { "killsnoop" }, NULL }, LW_FAILED,
		   "killsnoop: running: *another lwload");
	lock_end(pid);
	free(path);
	tree_free(tree);
}

static void chown_in(const char *tree, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", tree, name) > 0);
	assert_int_equal(chown(path, 12345, 0), 0);
	free(path);
}

/* Only root makes the lock's directory, so that nobody else can. */
static void lock_of_a_stranger(void **state)
{
	char *tree = tree_new();

	(void)state;
	needs_another_user();
	tree_host(tree);
	free(tree_add(tree, "killsnoop"));
	tree_text(tree, "run/lwtools/x", "");
	assert_int_equal(chmod(tree, 0755), 0);
	chown_in(tree, "run/lwtools");
	is_refused(&(struct command){ lw_run, tree, { "killsnoop" }, NULL }, LW_FAILED,
		   "killsnoop: cannot lock /run/lwtools/lock/killsnoop: Operation not permitted");
	tree_free(tree);
}

/* ---- modules that do not fit ---- */

/* Returns a new tree with killsnoop's module, one line of which is another. */
static char *changed_tree(const char *line)
{
	char *tree = tree_new();
	char *path = tree_path(tree, RELEASE, "systemtap", "killsnoop");
	struct lines lines;

	lines_of(&lines, "killsnoop");
	lines_set(&lines, line);
	module_write(path, &lines);
	lines_free(&lines);
	free(path);
	assert_int_equal(chmod(tree, 0755), 0);
	return tree;
}

static void wrong_module(const char *line, const char *message)
{
	char *tree = changed_tree(line);
	struct command command = { lw_run, tree, { "killsnoop" }, NULL };
	struct command info = { lw_info, tree, { "info", "killsnoop" }, NULL };
	struct outcome outcome;

	is_refused(&command, LW_REFUSED, message);
	/* info shows the module, and says that it is refused. */
	run_command(&info, &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	outcome_free(&outcome);
	tree_free(tree);
}

static void other_release(void **state)
{
	(void)state;
	wrong_module("vermagic=" OTHER_RELEASE " SMP mod_unload ",
		     "refused: built for kernel " OTHER_RELEASE ", this kernel is " RELEASE);
	wrong_module("vermagic=" RELEASE "-rt SMP mod_unload ", "this kernel is " RELEASE);
}

/* Returns a tree with killsnoop for another build of the kernel; its vermagic is this. */
static char *other_build_tree(const char *vermagic)
{
	char *tree = changed_tree(vermagic);

	tree_host(tree);
	tree_text(tree, "proc/sys/kernel/version", "#2 SMP\n");
	tree_sign(tree, RELEASE, "systemtap");
	return tree;
}

/* No option lets a module of another build pass, however well it is signed. */
static void other_build(void **state)
{
	static const char vermagic[] = "vermagic=" RELEASE " SMP mod_unload ";
	static const char message[] = "refused: built for another build of this release: #1 SMP";
	char *tree = other_build_tree(vermagic);
	struct command plain = { lw_run, tree, { "killsnoop" }, NULL };
	struct command older = { lw_run, tree, { "killsnoop", "--unsigned", "--older" }, NULL };
	struct command list = { lw_list, tree, { "list" }, NULL };

	(void)state;
	is_refused(&plain, LW_REFUSED, message);
	is_refused(&older, LW_REFUSED, message);
	is_refused(&list, LW_REFUSED, message);
	tree_free(tree);
}

/* No option lets it pass either if the kernel's build is unknown. */
static void unknown_build(void **state)
{
	static const char message[] =
		"refused: neither build-id nor uname -v can be read: /proc/sys/";
	char *tree = other_build_tree("vermagic=" RELEASE " SMP mod_unload "), *version;
	struct command plain = { lw_run, tree, { "killsnoop" }, NULL };
	struct command older = { lw_run, tree, { "killsnoop", "--unsigned", "--older" }, NULL };

	(void)state;
	assert_true(asprintf(&version, "%s/proc/sys/kernel/version", tree) > 0);
	assert_int_equal(unlink(version), 0);
	is_refused(&plain, LW_REFUSED, message);
	is_refused(&older, LW_REFUSED, message);
	free(version);
	tree_free(tree);
}

/* With modversions the kernel decides. */
static void other_build_with_modversions(void **state)
{
	char *tree = other_build_tree("vermagic=" RELEASE " SMP mod_unload modversions ");
	struct command command = { lw_run, tree, { "killsnoop", "-d", "1" }, NULL };
	struct outcome outcome;

	(void)state;
	run_command(&command, &outcome);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.code, LW_OK);
	assert_int_equal(fake->inserts, 1);
	outcome_free(&outcome);
	tree_free(tree);
}

static void renamed_file(void **state)
{
	(void)state;
	wrong_module("name=lw_opensnoop",
		     "refused: the file holds module lw_opensnoop, wanted lw_killsnoop");
}

static void wrong_format(void **state)
{
	(void)state;
	wrong_module("lwtools=3", "its description has format 3, this lwload reads 2");
}

/* ---- no module ---- */

static void no_modules_at_all(void **state)
{
	char *tree = tree_new();

	(void)state;
	is_refused(&(struct command){ lw_run, tree, { "killsnoop" }, NULL }, LW_NO_MODULE,
		   "killsnoop: *kernel " RELEASE " (looked in ");
	is_refused(&(struct command){ lw_info, tree, { "info", "killsnoop" }, NULL }, LW_NO_MODULE,
		   "apt install lwtools-modules-" RELEASE ")");
	is_refused(&(struct command){ lw_list, tree, { "list" }, NULL }, LW_NO_MODULE,
		   "no modules for kernel " RELEASE);
	tree_free(tree);
}

#define MANIFEST                                                                \
	"lwtools-manifest 1\nmissing\nmissing\t../x\twhy\nmissing\tkillsnoop\n" \
	"missing\tfsslower\tit has no files\nmissing\tfsslow\tno"

/* The manifest can say that the tool does not work here. */
static void missing_for_a_reason(void **state)
{
	char *tree = tree_new(), *opensnoop = tree_add(tree, "opensnoop");

	(void)state;
	tree_manifest(tree, MANIFEST);
	is_refused(&(struct command){ lw_run, tree, { "fsslower" }, NULL }, LW_NO_MODULE,
		   "fsslower: *kernel: it has no files");
	is_refused(&(struct command){ lw_run, tree, { "killsnoop" }, NULL }, LW_USAGE,
		   "killsnoop: no such tool");
	free(opensnoop);
	tree_free(tree);
}

static void compressed_module(void **state)
{
	static const struct {
		const char *end, *command;
	} forms[] = { { "xz", "xz -d it" }, { "zst", "zstd -d it" }, { "gz", "gzip -d it" } };
	char path[128], message[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(forms); i++) {
		char *tree = tree_new();

		snprintf(path, sizeof(path),
			 "lib/modules/" RELEASE "/updates/dkms/lw_killsnoop.ko.%s", forms[i].end);
		tree_text(tree, path, "");
		snprintf(message, sizeof(message), "/lw_killsnoop.ko.%s: compressed*; %s\n",
			 forms[i].end, forms[i].command);
		is_refused(&(struct command){ lw_run, tree, { "killsnoop" }, NULL }, LW_REFUSED,
			   message);
		is_refused(&(struct command){ lw_list, tree, { "list" }, NULL }, LW_REFUSED,
			   message);
		tree_free(tree);
	}
}

/* A name that another kernel's module has is not mistyped. */
static void only_for_another_kernel(void **state)
{
	static const char *const places[] = { "systemtap", "updates/dkms" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(places); i++) {
		char *tree = tree_new(), *opensnoop = tree_add(tree, "opensnoop");
		char *path = tree_path(tree, OTHER_RELEASE, places[i], "killsnoop");

		file_write(path, "", 0);
		is_refused(&(struct command){ lw_run, tree, { "killsnoop" }, NULL }, LW_NO_MODULE,
			   "killsnoop: *kernel " RELEASE);
		is_refused(&(struct command){ lw_run, tree, { "killsnoo" }, NULL }, LW_USAGE,
			   "killsnoo: no such tool");
		free(opensnoop);
		free(path);
		tree_free(tree);
	}
}

/* ---- runs ---- */

#define HEADER                                                                             \
	"#lwtools\t1\tkillsnoop\ttime=time\tuid=int\tpid=int\tcomm=str\tsig=int\ttpid=int" \
	"\tresult=int\n"
#define HEADING "   UID     PID COMM              SIG    TPID  RESULT\n"

static void print_records(void)
{
	fake_print(0, HEADER);
	fake_print(1, "\t0\t11\tkill\t15\t42\t0\n");
	fake_print(0, "\t0\t12\tkill\t9\t43\t-3\n");
	fake_print(2, "\t0\t13\tkill\t9\t44\t0\n");
}

static void run_killsnoop(const char *const *args, int (*before)(void), struct outcome *outcome)
{
	struct command command = { lw_run, NULL, { "killsnoop" }, before };
	int i;

	needs_root();
	for (i = 0; args[i]; i++)
		command.args[i + 1] = args[i];
	if (!fake->on_start)
		fake->on_start = print_records;
	run_command(&command, outcome);
}

#define ARGS(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static void gives(const char *const *args, const char *out)
{
	struct outcome outcome;

	run_killsnoop(args, NULL, &outcome);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(outcome.out, out);
	assert_int_equal(fake->inserts, 1);
	assert_false(fake->loaded);
	outcome_free(&outcome);
}

static void table(void **state)
{
	(void)state;
	gives(ARGS("-d", "1"), HEADING "     0      11 kill               15      42       0\n"
				       "     0      12 kill                9      43      -3\n"
				       "     0      13 kill                9      44       0\n");
	assert_string_equal(fake->params, "_stp_bufsize=1");
}

/* The run shows this number of records, though more came in the same read. */
static void count(void **state)
{
	(void)state;
	gives(ARGS("-c", "2"), HEADING "     0      11 kill               15      42       0\n"
				       "     0      12 kill                9      43      -3\n");
}

/* The last record ends the run, which does not wait for another. */
static void count_of_all(void **state)
{
	(void)state;
	gives(ARGS("-c", "3"), HEADING "     0      11 kill               15      42       0\n"
				       "     0      12 kill                9      43      -3\n"
				       "     0      13 kill                9      44       0\n");
	assert_true(fake->clock < 1001000000000LL);
}

static void json(void **state)
{
	(void)state;
	gives(ARGS("--json", "-c", "1"),
	      "{\"time\":null,\"uid\":0,\"pid\":11,\"comm\":\"kill\",\"sig\":15,\"tpid\":42,"
	      "\"result\":0}\n");
	assert_string_equal(fake->params, "timestamp=1 _stp_bufsize=1");
}

static void parameters(void **state)
{
	(void)state;
	gives(ARGS("-d", "1", "-p", "7", "-s", "TERM", "--buffer=64"),
	      HEADING "     0      11 kill               15      42       0\n"
		      "     0      12 kill                9      43      -3\n"
		      "     0      13 kill                9      44       0\n");
	assert_string_equal(fake->params, "pid=7 sig=15 _stp_bufsize=64");
}

static void verbose(void **state)
{
	struct outcome outcome;

	(void)state;
	run_killsnoop(ARGS("-v", "-d", "1"), NULL, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	stderr_says(&outcome, "lwload: killsnoop: tracing*\n");
	outcome_free(&outcome);
}

/* The run ends with this code and one line that has the message; the module is removed. */
static void ends(const char *const *args, int (*before)(void), int code, const char *message)
{
	struct outcome outcome;

	run_killsnoop(args, before, &outcome);
	assert_int_equal(outcome.code, code);
	assert_int_equal(outcome.err_lines, *message ? 1 : 0);
	assert_true(text_says(outcome.err, message));
	assert_false(fake->loaded);
	outcome_free(&outcome);
}

static void print_other_header(void)
{
	/* The record is in the same piece as the header, and is not read. */
	fake_print(0, "#lwtools\t1\topensnoop\ttime=time\n\t0\t11\tkill\t15\t42\t0\n");
}

static void wrong_header(void **state)
{
	(void)state;
	fake->on_start = print_other_header;
	ends(ARGS("-d", "1"), NULL, LW_FAILED, "output*description");
}

static void print_with_loss(void)
{
	print_records();
	fake_print(0, "no record\n");
	fake_packet(0, 9, "\t0\t14\tkill\t9\t44\t0\n");
}

/* One bad line, and three packets that never came. */
static void loss(void **state)
{
	(void)state;
	fake->on_start = print_with_loss;
	ends(ARGS("-d", "1"), NULL, LW_LOST, "warning: killsnoop: 4 records*lost, 4 shown");
}

static void say_missed(void)
{
	print_records();
	fake_text("WARNING: Number of errors: 0, skipped probes: 3\n");
}

static void missed_calls(void **state)
{
	(void)state;
	fake->on_start = say_missed;
	ends(ARGS("-d", "1"), NULL, LW_LOST, "killsnoop: the module reports: 3 calls were missed");
}

/* Writes after the end of the ELF file; lwload looks for probe points there as well. */
static void add_probe_point(const char *function)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/lib/modules/" RELEASE "/systemtap/lw_killsnoop.ko", root);
	file = fopen(path, "a");
	assert_non_null(file);
	fprintf(file, "kprobe.function(\"%s\")", function);
	fclose(file);
	tree_sign(root, RELEASE, "systemtap");
}

static void say_barred(void)
{
	print_records();
	fake_text(
		"WARNING: probe kprobe.function(\"do_int3\") (do_int3+0) registration error (rc -22)\n");
}

/* The kernel refused a probe. The run ends only if the kernel never takes this probe. */
static void probe_on_the_blacklist(void **state)
{
	struct outcome outcome;

	(void)state;
	tree_text(root, "sys/kernel/debug/kprobes/blacklist", "0x1-0x2\tdo_int3\n");
	fake->on_start = say_barred;
	ends(ARGS("-d", "1"), NULL, LW_LOST, "the kernel did not take one of its probes");
	fake_reset();
	add_probe_point("do_int3");
	fake->on_start = say_barred;
	run_killsnoop(ARGS("-d", "1"), NULL, &outcome);
	assert_int_equal(outcome.code, LW_REFUSED);
	assert_string_equal(outcome.out, "");
	assert_int_equal(outcome.err_lines, 2);
	assert_true(text_says(outcome.err, "\nlwload: killsnoop: blacklist: *do_int3"));
	assert_false(fake->loaded);
	outcome_free(&outcome);
}

static void say_uncounted(void)
{
	print_records();
	fake_print(0, "#lost\t2\tno \"room\"\n");
}

static void uncounted_events(void **state)
{
	(void)state;
	fake->on_start = say_uncounted;
	ends(ARGS("-d", "1"), NULL, LW_LOST, "killsnoop: 2 events*: no \"room\"");
}

static void say_last_uncounted(void)
{
	fake_print(1, "#lost\t1\ttoo many\n");
}

static void say_more_uncounted(int round)
{
	if (round <= 3)
		fake_print(round % 2, "#lost\t2\ttoo many\n");
}

/* A run may last for days: it tells each growth at once, and at the end only the last one. */
static void uncounted_events_as_they_grow(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_poll = say_more_uncounted;
	fake->on_exit = say_last_uncounted;
	run_killsnoop(ARGS("-d", "1"), NULL, &outcome);
	assert_int_equal(outcome.code, LW_LOST);
	assert_true(text_says(outcome.err, "killsnoop: 2 events*: too many"));
	assert_true(text_says(outcome.err, "killsnoop: 7 events*: too many"));
	outcome_free(&outcome);
}

static void say_lost_and_fail(void)
{
	print_with_loss();
	fake_text("ERROR: bad\n");
}

/* ---- with a command ---- */

/* A fresh run with a command ends with this code; stderr has the pattern's lines. */
static void command_ends(const char *const *args, void (*on_start)(void), int code,
			 const char *message)
{
	struct outcome outcome;

	fake_reset();
	fake->on_start = on_start;
	run_killsnoop(args, NULL, &outcome);
	stderr_says(&outcome, message);
	assert_int_equal(outcome.code, code);
	assert_false(fake->loaded);
	outcome_free(&outcome);
}

static void status_of_a_command(void **state)
{
	int keeper;

	(void)state;
	command_ends(ARGS("--", "sh", "-c", "exit 7"), NULL, 7, "");
	assert_int_equal(fake->inserts, 1);
	assert_int_equal(sscanf(fake->params, "_stp_bufsize=1 lw_only_below=%d", &keeper), 1);
	assert_true(keeper > 1);
	command_ends(ARGS("--not-comm=x", "--", "true"), NULL, LW_OK, "");
	assert_has(fake->params, "_stp_bufsize=1 lw_not_comm=\"x\" lw_only_below=");
	command_ends(ARGS("--", "sh", "-c", "kill -9 $$"), NULL, 137, "");
	command_ends(ARGS("--", "sh", "-c", "exit 6"), print_with_loss, 6,
		     "lwload: warning: *lost*\n");
}

/* The run ends before its command, which goes on until a file is there. */
static void a_run_that_ends_first(void **state)
{
	char *file = tree_file(root, "end"), *done = tree_file(root, "done"), script[512];
	int i;

	(void)state;
	snprintf(script, sizeof(script), "until test -e %s; do sleep 0.01; done; : > %s", file,
		 done);
	command_ends(ARGS("-c", "1", "--", "sh", "-c", script), NULL, LW_OK, "");
	assert_int_equal(access(done, F_OK), -1);
	tree_text(root, "end", "");
	for (i = 0; i < PATIENCE && access(done, F_OK); i++)
		usleep(10000);
	assert_true(i < PATIENCE);
	unlink(file);
	unlink(done);
	free(file);
	free(done);
}

static void faults_of_lwload_with_a_command(void **state)
{
	(void)state;
	command_ends(ARGS("--", "/no/such"), NULL, LW_OWN_FAULT, "killsnoop: *run /no/such*\n");
	command_ends(ARGS("-p", "x", "--", "true"), NULL, LW_OWN_FAULT, "option -p*\n");
	command_ends(ARGS("--staprun", "--", "true"), NULL, LW_OWN_FAULT,
		     "killsnoop: *--staprun*command\n");
	command_ends(ARGS("--"), NULL, LW_OWN_FAULT, "killsnoop: no command*\n");
	is_refused(&(struct command){ lw_run, NULL, { "nosuch", "--", "true" }, NULL },
		   LW_OWN_FAULT, "nosuch: no such tool");
	assert_int_equal(fake->inserts, 0);
	command_ends(ARGS("--", "true"), say_lost_and_fail, LW_OWN_FAULT, "reports*\n*lost*\n");
}

/* A failure and a refusal come before a loss. */
static void loss_and_failure(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_start = say_lost_and_fail;
	run_killsnoop(ARGS("-d", "1"), NULL, &outcome);
	assert_int_equal(outcome.code, LW_FAILED);
	assert_int_equal(outcome.err_lines, 2);
	assert_true(text_says(outcome.err, "4 records*lost"));
	outcome_free(&outcome);
}

/* A reader who goes makes no loss; what was lost before remains one. */
static void loss_and_reader_gone(void **state)
{
	(void)state;
	fake->reader_gone = true;
	fake->on_start = print_with_loss;
	fake->on_exit = say_missed;
	ends(ARGS("-d", "9"), NULL, LW_LOST, "3 calls were missed");
}

/* The last line of a run with --summary. */
static void summary_is(void (*on_start)(void), const char *const *args, int code,
		       const char *summary)
{
	struct outcome outcome;
	char *last;

	setup(NULL);
	fake->on_start = on_start;
	run_killsnoop(args, NULL, &outcome);
	assert_int_equal(outcome.code, code);
	last = strrchr(outcome.out, '\n');
	assert_non_null(last);
	*last = '\0';
	last = strrchr(outcome.out, '\n');
	assert_string_equal(last ? last + 1 : outcome.out, summary);
	outcome_free(&outcome);
}

/* The last packet's number is one of those that were missing. */
static void say_everything(void)
{
	print_with_loss();
	fake_text("WARNING: Number of errors: 0, skipped probes: 3\n");
	fake_print(0, "#lost\t2\tno \"room\"\n");
}

#define ALL_SHOWN "\"shed\":0,\"unmatched\":0,\"below\":0,"
#define SUMMARY(ended, rest) \
	"{\"lwload\":{\"tool\":\"killsnoop\",\"ended\":\"" ended "\"," rest "}}"

static void summaries(void **state)
{
	(void)state;
	summary_is(print_records, ARGS("--json", "--summary", "-d", "1"), LW_OK,
		   SUMMARY("duration",
			   "\"records\":3,\"shown\":3," ALL_SHOWN "\"lost\":0,\"missed\":0,"
			   "\"uncounted\":[]"));
	summary_is(print_records, ARGS("--json", "--summary", "-c", "2"), LW_OK,
		   SUMMARY("count",
			   "\"records\":2,\"shown\":2," ALL_SHOWN "\"lost\":0,\"missed\":0,"
			   "\"uncounted\":[]"));
	summary_is(say_everything, ARGS("--json", "--summary", "-d", "1"), LW_LOST,
		   SUMMARY("duration",
			   "\"records\":4,\"shown\":4," ALL_SHOWN "\"lost\":3,\"missed\":3,"
			   "\"uncounted\":[{\"events\":2,\"why\":\"no \\\"room\\\"\"}]"));
	summary_is(say_lost_and_fail, ARGS("--json", "--summary", "-d", "1"), LW_FAILED,
		   SUMMARY("error",
			   "\"records\":4,\"shown\":4," ALL_SHOWN "\"lost\":4,\"missed\":0,"
			   "\"uncounted\":[]"));
}

/* Prints ten records in each of three fake seconds. */
static void print_ten(int round)
{
	int i;

	/* While records come, there are two more rounds before the next are read. */
	if (round > 7 || round % 3 != 1)
		return;
	for (i = 0; i < 10; i++)
		fake_print(0, "\t0\t11\tkill\t15\t42\t0\n");
	fake->clock += 1000000000;
}

static void print_header(void)
{
	fake_print(0, HEADER);
}

/* Records over --max-rate are not lost: the user did not want them. */
static void max_rate(void **state)
{
	static const struct {
		const char *rate, *message;
		int shown;
	} expected[] = {
		{ "1", "killsnoop: 27 records*--max-rate, 3 shown\n", 3 },
		{ "4", "killsnoop: 18 records*--max-rate, 12 shown\n", 12 },
		{ "9", "killsnoop: 3 records*--max-rate, 27 shown\n", 27 },
		{ "10", "", 30 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(expected); i++) {
		struct outcome outcome;
		int lines = 0;
		char *p;

		setup(NULL);
		fake->on_start = print_header;
		fake->on_poll = print_ten;
		run_killsnoop(ARGS("--json", "-d", "9", "--max-rate", expected[i].rate), NULL,
			      &outcome);
		assert_int_equal(outcome.code, LW_OK);
		assert_true(text_says(outcome.err, expected[i].message));
		assert_int_equal(outcome.err_lines, *expected[i].message ? 1 : 0);
		for (p = outcome.out; *p; p++)
			lines += *p == '\n';
		assert_int_equal(lines, expected[i].shown);
		outcome_free(&outcome);
	}
}

static void max_rate_in_summary(void **state)
{
	(void)state;
	summary_is(
		print_records, ARGS("--json", "--summary", "-d", "1", "--max-rate=1"), LW_OK,
		SUMMARY("duration",
			"\"records\":3,\"shown\":1,\"shed\":2,\"unmatched\":0,\"below\":0,\"lost\":0,"
			"\"missed\":0,\"uncounted\":[]"));
}

/* A record that does not meet it is not lost, and counts neither for --count nor for --max-rate. */
static void where(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_start = print_records;
	run_killsnoop(ARGS("-c", "1", "--max-rate=1", "--where=sig=9", "--where", "result>=0"),
		      NULL, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_has(outcome.out, " 13 ");
	assert_null(strstr(outcome.out, " 11 "));
	assert_null(strstr(outcome.out, " 12 "));
	assert_has(outcome.err, "2 records did not meet --where, 1 shown");
	outcome_free(&outcome);
}

static void fields(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_start = print_records;
	run_killsnoop(ARGS("-c", "1", "--fields", "sig,pid"), NULL, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(outcome.out, " SIG     PID\n  15      11\n");
	outcome_free(&outcome);
}

/* The first of the order are shown at the end, whatever ends the run; the others are no loss. */
static void top(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_start = print_records;
	run_killsnoop(ARGS("-d", "1", "--sort=-pid", "--top=2"), NULL, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(outcome.out,
			    HEADING "     0      13 kill                9      44       0\n"
				    "     0      12 kill                9      43      -3\n");
	assert_has(outcome.err, "1 records were left out by --top, 2 shown");
	outcome_free(&outcome);
	fake_reset();
	fake->on_start = print_records;
	run_killsnoop(ARGS("-c", "2", "--top=1", "--sort=+tpid"), NULL, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(outcome.out,
			    HEADING "     0      11 kill               15      42       0\n");
	outcome_free(&outcome);
}

static void top_in_summary(void **state)
{
	(void)state;
	summary_is(print_records,
		   ARGS("--json", "--summary", "-d", "1", "--where=sig=9", "--top=1", "--sort=pid"),
		   LW_OK,
		   SUMMARY("duration", "\"records\":3,\"shown\":1,\"shed\":0,\"unmatched\":1,"
				       "\"below\":1,\"lost\":0,\"missed\":0,\"uncounted\":[]"));
}

static void where_in_summary(void **state)
{
	(void)state;
	summary_is(print_records, ARGS("--json", "--summary", "-d", "1", "--where=pid=12"), LW_OK,
		   SUMMARY("duration",
			   "\"records\":3,\"shown\":1,\"shed\":0,\"unmatched\":2,\"below\":0,"
			   "\"lost\":0,\"missed\":0,\"uncounted\":[]"));
}

/* Without --summary, only records are printed. */
static void no_summary(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_start = say_everything;
	run_killsnoop(ARGS("--json", "-d", "1"), NULL, &outcome);
	assert_null(strstr(outcome.out, "lwload"));
	outcome_free(&outcome);
	/* Nobody would read it. */
	fake_reset();
	fake->reader_gone = true;
	run_killsnoop(ARGS("--json", "--summary", "-d", "1"), NULL, &outcome);
	assert_string_equal(outcome.out, "");
	outcome_free(&outcome);
}

static int stdout_to_full(void)
{
	return dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO) < 0;
}

/* JSON has no heading, so that the first write is that of records. */
static void full_disk(void **state)
{
	(void)state;
	ends(ARGS("-d", "1"), stdout_to_full, LW_FAILED, "cannot write to stdout: No space");
	setup(NULL);
	ends(ARGS("--json", "-d", "1"), stdout_to_full, LW_FAILED, "cannot write to stdout: No");
	setup(NULL);
	ends(ARGS("--json", "-c", "3"), stdout_to_full, LW_FAILED, "cannot write to stdout: No");
}

static void ask_to_exit(void)
{
	print_records();
	fake_say(LW_MSG_REQUEST_EXIT, "", 0);
}

/* The records are written after the script has ended, so that only this last write can fail. */
static void full_disk_at_the_end(void **state)
{
	(void)state;
	fake->on_start = ask_to_exit;
	ends(ARGS("--json"), stdout_to_full, LW_FAILED, "cannot write to stdout: No space");
}

static void reader_gone(void **state)
{
	(void)state;
	fake->reader_gone = true;
	ends(ARGS("-d", "100"), NULL, LW_OK, "");
}

static char file[256];

static const char *new_file(void)
{
	snprintf(file, sizeof(file), "%s/out", root);
	unlink(file);
	return file;
}

static void file_holds(const char *text)
{
	char *bytes = file_read(file, NULL);

	assert_string_equal(bytes, text);
	free(bytes);
}

#define RECORD_11 "     0      11 kill               15      42       0\n"
#define RECORD_12 "     0      12 kill                9      43      -3\n"

static void to_a_file(void **state)
{
	(void)state;
	gives(ARGS("-c", "2", "--output", new_file()), "");
	file_holds(HEADING RECORD_11 RECORD_12);
	setup(NULL);
	gives(ARGS("-c", "1", "--output", file), "");
	file_holds(HEADING RECORD_11 RECORD_12 HEADING RECORD_11);
}

/* A run with --output does not use stdout. */
static void to_a_file_without_stdout(void **state)
{
	(void)state;
	fake->reader_gone = true;
	ends(ARGS("-c", "1", "--output", new_file()), close_stdout, LW_OK, "");
	file_holds(HEADING RECORD_11);
}

/* Moves the file away and sends SIGHUP, before any record has come. */
static void move_file(int round)
{
	char old[300];

	snprintf(old, sizeof(old), "%s.old", file);
	if (round == 1) {
		rename(file, old);
		raise(SIGHUP);
	} else if (round == 4) {
		/* The new file is there, though no record has come. */
		fake_print(0, access(file, F_OK) ? "gone\n" : HEADER "\t0\t11\tkill\t15\t42\t0\n");
	}
}

static int ignore_hangup(void)
{
	return signal(SIGHUP, SIG_IGN) == SIG_ERR;
}

static void nothing(void)
{
}

static void hangup_to_a_file(void **state)
{
	int (*before[])(void) = { NULL, ignore_hangup };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(before); i++) {
		fake->on_start = nothing;
		fake->on_poll = move_file;
		ends(ARGS("-c", "1", "--output", new_file()), before[i], LW_OK, "");
		file_holds(HEADING RECORD_11);
		setup(NULL);
	}
}

static int only_hangup(void)
{
	return signal(SIGHUP, SIG_DFL) == SIG_ERR;
}

static void hang_up(int round)
{
	if (round == 2)
		raise(SIGHUP);
}

static void hangup_without_a_file(void **state)
{
	(void)state;
	fake->on_poll = hang_up;
	ends(ARGS("--json"), only_hangup, LW_OK, "");
	assert_in_range(fake->rounds, 2, 5);
}

static int terminal; /* the end of it that a window would have */

static int get_terminal(void)
{
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	return only_hangup() || setsid() < 0 || grantpt(terminal) || unlockpt(terminal) ||
	       open(ptsname(terminal), O_RDWR | O_CLOEXEC) < 0;
}

static int get_terminal_by_nohup(void)
{
	return get_terminal() || ignore_hangup();
}

static void lose_terminal(int round)
{
	if (round == 2)
		close(terminal);
}

/* Nobody can end the run by Ctrl-C any more. */
static void terminal_gone(void **state)
{
	(void)state;
	fake->on_poll = lose_terminal;
	ends(ARGS("--output", new_file()), get_terminal, LW_OK, "");
	assert_in_range(fake->rounds, 2, 5);
	setup(NULL);
	fake->on_poll = lose_terminal;
	ends(ARGS("-d", "3600", "--output", new_file()), get_terminal_by_nohup, LW_OK, "");
	assert_true(fake->rounds > 5);
}

static void print_many(void)
{
	int i;

	fake_print(0, HEADER);
	for (i = 0; i < 300; i++)
		fake_print(0, "\t0\t11\tkill\t15\t42\t0\n");
}

static void rotated_table(void **state)
{
	char old[300], *bytes;
	size_t size;

	(void)state;
	fake->on_start = print_many;
	gives(ARGS("-c", "300", "--rotate", "4K,1", "--output", new_file()), "");
	snprintf(old, sizeof(old), "%s.1", file);
	bytes = file_read(old, &size);
	assert_in_range(size, 4096 - strlen(RECORD_11), 4096);
	assert_memory_equal(bytes, HEADING RECORD_11, strlen(HEADING RECORD_11));
	free(bytes);
	unlink(old);
	bytes = file_read(file, NULL);
	assert_memory_equal(bytes, HEADING RECORD_11, strlen(HEADING RECORD_11));
	free(bytes);
}

/* The file is refused before anything reaches the kernel. */
static void file_that_is_refused(void **state)
{
	(void)state;
	assert_int_equal(symlink("/nowhere", new_file()), 0);
	needs_root();
	is_refused(&(struct command){ lw_run, NULL, { "killsnoop", "--output", file }, NULL },
		   LW_FAILED, "killsnoop: *write to ");
	unlink(file);
}

static void kernel_refuses(void **state)
{
	(void)state;
	fake->insert_errno[0] = EKEYREJECTED;
	ends(ARGS("-d", "1"), NULL, LW_REFUSED, "no key");
	setup(NULL);
	fake->insert_errno[0] = ENOMEM;
	ends(ARGS("-d", "1"), NULL, LW_FAILED, "try a smaller --buffer");
}

/* A write to stdout gives EPERM, as for an immutable file. */
static int seal_stdout(void)
{
	int fd = memfd_create("out", MFD_ALLOW_SEALING);

	return fd < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0 || dup2(fd, STDOUT_FILENO) < 0;
}

/* EPERM from stdout is a failure; the module was not refused. */
static void output_is_not_permitted(void **state)
{
	(void)state;
	ends(ARGS("-d", "1"), seal_stdout, LW_FAILED,
	     "killsnoop: *stdout: Operation not permitted\n");
}

static void say_error(void)
{
	print_records();
	fake_text("ERROR: \x1b[2J bad\n");
}

/* A module's message can hold any bytes. */
static void module_error(void **state)
{
	(void)state;
	fake->on_start = say_error;
	ends(ARGS("-d", "1"), NULL, LW_FAILED, "killsnoop: the module reports: \\x1b[2J bad\n");
}

/* ---- reports ---- */

#define IOLAT_HEADER "#lwtools\t1\tiolat\ttime=time\tdisk=str\tlatency=dist\n"
/* TZ is UTC for these tests. */
#define REPORT(second, records) "#report\t170000000" second "123456789\n" records "#end\n"
#define CLOCK(second) "22:13:2" second ".123\n"
#define USECS "     usecs               : count    distribution\n"
#define STARS "****************************************"
#define ONE USECS "         0 -> 1          : 1        |" STARS "|\n\n"

static int utc(void)
{
	return setenv("TZ", "UTC", 1);
}

static void print_iolat_header(void)
{
	fake_print(0, IOLAT_HEADER);
}

/* Three reports: two records in three packets, one record in one packet, none in one packet. */
static void print_report(int round)
{
	if (round == 1) {
		fake_print(1, "#report\t1700000000123456789\n");
		fake_print(0, "\tsda\tusecs 1 1 0:1\n");
		fake_print(2, "\tsdb\tusecs 1 1 0:1\n#end\n");
	} else if (round == 2) {
		fake_print(1, REPORT("1", "\tsdc\tusecs 1 1 0:1\n"));
	} else if (round == 3) {
		fake_print(1, REPORT("2", ""));
	}
}

/* The end probe writes a report, then the lost events. */
static void print_last_report(void)
{
	fake_print(0, REPORT("3", "\tsdd\tusecs 1 1 0:1\n"));
	fake_print(1, "#lost\t12\tno room for more disks\n");
	fake_print(1, "#lost\t3\ttoo late\n");
	fake_print(1, "#lost\t30\tno room for more disks\n");
}

#define LOST                                                           \
	"lwload: warning: iolat: 42 events*: no room for more disks\n" \
	"lwload: warning: iolat: 3 events*: too late\n"

static void run_iolat(const char *const *args, int code, struct outcome *outcome)
{
	struct command command = { lw_run, NULL, { "iolat" }, utc };
	int i;

	needs_root();
	for (i = 0; args[i]; i++)
		command.args[i + 1] = args[i];
	fake->on_start = print_iolat_header;
	run_command(&command, outcome);
	assert_int_equal(outcome->code, code);
	assert_false(fake->loaded);
}

static void reports_give(const char *const *args, const char *out, const char *err)
{
	struct outcome outcome;

	setup(NULL);
	fake->on_poll = print_report;
	fake->on_exit = print_last_report;
	run_iolat(args, LW_LOST, &outcome);
	stderr_says(&outcome, err);
	assert_string_equal(outcome.out, out);
	outcome_free(&outcome);
}

#define FIRST CLOCK("0") "disk = sda\n" ONE "disk = sdb\n" ONE
#define SECOND CLOCK("1") "disk = sdc\n" ONE
#define THIRD CLOCK("2")
#define LAST CLOCK("3") "disk = sdd\n" ONE

/* Each report has an order of its own, and so many records. */
static void reports_in_order(void **state)
{
	(void)state;
	reports_give(ARGS("5", "-d", "9", "--sort=-disk"),
		     CLOCK("0") "disk = sdb\n" ONE "disk = sda\n" ONE SECOND THIRD "\n" LAST, LOST);
	reports_give(ARGS("5", "-d", "9", "--top=1"),
		     CLOCK("0") "disk = sda\n" ONE SECOND THIRD "\n" LAST,
		     LOST "lwload: iolat: 1 records were left out by --top, 3 shown\n");
}

static void press_ctrl_c(int round)
{
	if (round == 1)
		kill(getpid(), SIGINT);
}

static void at_a_terminal(const char *const *args, const char *err)
{
	struct outcome outcome;

	setup(NULL);
	fake->terminal = true;
	fake->on_poll = press_ctrl_c;
	run_iolat(args, LW_OK, &outcome);
	stderr_says(&outcome, err);
	outcome_free(&outcome);
}

static void silence_at_a_terminal_is_told(void **state)
{
	(void)state;
	at_a_terminal(ARGS(NULL), "lwload: iolat: tracing*\n");
	at_a_terminal(ARGS("5"), "");
	at_a_terminal(ARGS("-d", "5"), "");
}

/* COUNT is a number of reports. The end's report is not one of them. */
static void counted_reports(void **state)
{
	(void)state;
	reports_give(ARGS("5", "1"), FIRST, LOST);
	assert_string_equal(fake->params, "interval=5 _stp_bufsize=1");
	reports_give(ARGS("-i", "5", "-c", "2"), FIRST SECOND, LOST);
	assert_string_equal(fake->params, "interval=5 _stp_bufsize=1");
	reports_give(ARGS("5", "3"), FIRST SECOND THIRD, LOST);
	/* The last report ends the run, which does not wait for another. */
	assert_true(fake->clock < 1001000000000LL);
}

/* The end's report is shown if there is no count, or if the run has not reached it. */
static void last_report(void **state)
{
	(void)state;
	reports_give(ARGS("5", "-d", "9"), FIRST SECOND THIRD "\n" LAST, LOST);
	reports_give(ARGS("5", "5", "-d", "9"), FIRST SECOND THIRD "\n" LAST, LOST);
	reports_give(ARGS("5", "4", "-d", "9"), FIRST SECOND THIRD "\n" LAST, LOST);
}

static void json_reports(void **state)
{
	(void)state;
	reports_give(ARGS("5", "2", "--json"),
		     "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"disk\":\"sda\",\"latency\":"
		     "{\"unit\":\"usecs\",\"count\":1,\"sum\":1,\"buckets\":"
		     "[{\"low\":0,\"high\":1,\"count\":1}]}}\n"
		     "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"disk\":\"sdb\",\"latency\":"
		     "{\"unit\":\"usecs\",\"count\":1,\"sum\":1,\"buckets\":"
		     "[{\"low\":0,\"high\":1,\"count\":1}]}}\n"
		     "{\"time\":\"2023-11-14T22:13:21.123456Z\",\"disk\":\"sdc\",\"latency\":"
		     "{\"unit\":\"usecs\",\"count\":1,\"sum\":1,\"buckets\":"
		     "[{\"low\":0,\"high\":1,\"count\":1}]}}\n",
		     LOST);
}

/* One packet has the last report that was asked for, and more. */
static void print_reports_at_once(int round)
{
	if (round == 1)
		fake_print(0, REPORT("0", "") REPORT("1", "") REPORT("2", "")
				      REPORT("3", "") "\tsda\tusecs 1 1 0:1\nbad line\n");
}

static void reports_in_one_packet(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_poll = print_reports_at_once;
	run_iolat(ARGS("1", "2"), LW_LOST, &outcome);
	assert_string_equal(outcome.out, CLOCK("0") "\n" CLOCK("1"));
	assert_true(text_says(outcome.err, "1 records*lost, 0 shown"));
	outcome_free(&outcome);
}

static void print_record_after_report(int round)
{
	if (round == 1)
		fake_print(0, REPORT("0", "") "\tsda\tusecs 1 1 0:1\n");
}

static void record_after_report(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_poll = print_record_after_report;
	run_iolat(ARGS("5", "-d", "1"), LW_OK, &outcome);
	assert_string_equal(outcome.out, CLOCK("0") "\ndisk = sda\n" ONE);
	outcome_free(&outcome);
}

/* At the second read after the module's end, the report of the first read is out. */
static void look_at_stdout(int cpu)
{
	struct stat st;

	if (cpu == 0 && fstat(STDOUT_FILENO, &st) == 0 && st.st_size > 0)
		lw_note("there is output");
}

static void report_at_exit(void)
{
	fake_print(0, REPORT("0", ""));
	fake->before_read = look_at_stdout;
}

static void report_is_flushed(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_exit = report_at_exit;
	run_iolat(ARGS("5", "-d", "1"), LW_OK, &outcome);
	assert_string_equal(outcome.out, CLOCK("0"));
	assert_memory_equal(outcome.err, "lwload: there is output\n", 24);
	outcome_free(&outcome);
}

static void print_iolat_report(void)
{
	fake_print(0, IOLAT_HEADER REPORT("0", "\tsda\tusecs 1 1 0:1\n"));
}

static void full_disk_at_a_report(void **state)
{
	struct command command = { lw_run, NULL, { "iolat", "5" }, stdout_to_full };
	struct outcome outcome;

	(void)state;
	needs_root();
	fake->on_start = print_iolat_report;
	run_command(&command, &outcome);
	assert_int_equal(outcome.code, LW_FAILED);
	assert_int_equal(outcome.err_lines, 1);
	assert_true(text_says(outcome.err, "iolat: *stdout: No space"));
	assert_false(fake->loaded);
	outcome_free(&outcome);
}

static void interrupt_self(void)
{
	kill(getpid(), SIGINT);
}

#define PIPE_PAGE 4096

/* Makes stdout a full pipe. Returns the end that reads. */
static int full_stdout(void)
{
	static const char text[PIPE_PAGE];
	int fds[2];

	if (pipe(fds) || dup2(fds[1], STDOUT_FILENO) < 0 ||
	    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK))
		return -1;
	while (write(STDOUT_FILENO, text, sizeof(text)) > 0)
		;
	return fcntl(STDOUT_FILENO, F_SETFL, 0) ? -1 : fds[0];
}

/* Stdout is a full pipe, and nobody reads it. */
static int stdout_stands_still(void)
{
	return full_stdout() < 0 ? -1 : 0;
}

static int stdout_takes_a_page(void)
{
	char text[PIPE_PAGE];
	int reader = full_stdout();

	return reader >= 0 && read(reader, text, sizeof(text)) == sizeof(text) ? 0 : -1;
}

#define MANY 400

static void print_many_and_interrupt(void)
{
	int i;

	fake_print(0, HEADER);
	for (i = 0; i < MANY; i++)
		fake_print(0, "\t0\t11\tkill\t15\t42\t0\n");
	kill(getpid(), SIGINT);
}

/* The record that was cut off is lost; those before it are not. */
static void records_that_are_taken_in_part(void **state)
{
	struct outcome outcome;
	char want[100];
	int shown;

	(void)state;
	needs_root();
	fake->on_start = print_many_and_interrupt;
	run_killsnoop(ARGS("--json"), NULL, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	shown = PIPE_PAGE / (strlen(outcome.out) / MANY);
	outcome_free(&outcome);
	assert_in_range(shown, 1, MANY - 1);
	fake_reset();
	fake->on_start = print_many_and_interrupt;
	snprintf(want, sizeof(want), "%d records*lost, %d shown", MANY - shown, shown);
	ends(ARGS("--json"), stdout_takes_a_page, LW_LOST, want);
}

/* The run also warns if stdout did not take a line that is no record. */
static void last_lines_are_not_taken(void **state)
{
	static const char *const args[][4] = { { "killsnoop" },
					       { "killsnoop", "--json", "--summary" } };
	size_t i;

	(void)state;
	needs_root();
	for (i = 0; i < COUNT(args); i++) {
		struct command command = { .verb = lw_run, .before = stdout_stands_still };
		struct outcome outcome;

		fake_reset();
		fake->on_start = interrupt_self;
		memcpy(command.args, args[i], sizeof(args[i]));
		run_command(&command, &outcome);
		stderr_says(&outcome, "lwload: warning: killsnoop: stdout*last lines\n");
		assert_int_equal(outcome.code, LW_LOST);
		assert_false(fake->loaded);
		outcome_free(&outcome);
	}
}

/* ---- metrics ---- */

static char seen[300];

static const char *new_prom_file(void)
{
	snprintf(file, sizeof(file), "%s/lwtools-iolat.prom", root);
	snprintf(seen, sizeof(seen), "%s.seen", file);
	unlink(seen);
	return file;
}

/* Keeps the present file by a link: a later one replaces the name, and not the bytes. */
static void look_at_file(void)
{
	unlink(seen);
	(void)!link(file, seen);
}

static void print_and_look(int round)
{
	if (round == 4)
		look_at_file();
	print_report(round);
}

static void seen_has(const char *text)
{
	char *bytes = file_read(seen, NULL);

	if (!strstr(bytes, text))
		fail_msg("no \"%s\" in:\n%s", text, bytes);
	free(bytes);
}

#define IOLAT_COUNT(disk, n) "\nlwtools_iolat_latency_seconds_count{disk=\"" disk "\"} " n "\n"

static void metrics(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_poll = print_and_look;
	fake->on_exit = print_last_report;
	/* The run does not write to stdout, and does not end when nobody reads that. */
	fake->reader_gone = true;
	run_iolat(ARGS("--metrics", new_prom_file(), "-d", "9"), LW_LOST, &outcome);
	assert_string_equal(outcome.out, "");
	stderr_says(&outcome, LOST);
	outcome_free(&outcome);
	seen_has(IOLAT_COUNT("sda", "1"));
	seen_has(IOLAT_COUNT("sdb", "1"));
	seen_has(IOLAT_COUNT("sdc", "1"));
	seen_has("\nlwtools_up{tool=\"iolat\"} 1\n");
	seen_has("\nlwtools_info{tool=\"iolat\",version=\"\",kernel=\"" RELEASE "\"} 1\n");
	assert_int_not_equal(access(file, F_OK), 0);
	/* The interval of Prometheus is the default. */
	assert_string_equal(fake->params, "interval=15 _stp_bufsize=1");
}

static void look_before_the_first(int round)
{
	if (round == 1)
		look_at_file();
}

static void metrics_before_the_first_report(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_poll = look_before_the_first;
	run_iolat(ARGS("-i5", "--metrics", new_prom_file(), "-d", "9"), LW_OK, &outcome);
	assert_string_equal(outcome.err, "");
	outcome_free(&outcome);
	seen_has("\nlwtools_up{tool=\"iolat\"} 1\n");
	assert_string_equal(fake->params, "interval=5 _stp_bufsize=1");
}

/* Two losses that are known during the run: a missing packet, and a line that is no record. */
static void print_with_losses(int round)
{
	if (round == 1) {
		fake_packet(
			0, 5,
			"\tsda\tusecs 1 1 0:1\nrubbish\n\tsda\tpages 1 1 0:1\n#lost\t7\tno room\n#end\n");
		fake_text("WARNING: Number of errors: 0, skipped probes: 3\n");
	} else if (round > 2) {
		look_at_file();
	}
}

static void metrics_of_losses(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_poll = print_with_losses;
	run_iolat(ARGS("1", "--metrics", new_prom_file(), "-d", "9"), LW_LOST, &outcome);
	assert_true(text_says(outcome.err, "iolat: 5 records*lost, 1 shown"));
	outcome_free(&outcome);
	seen_has("\nlwtools_lost_records_total{tool=\"iolat\"} 5\n");
	seen_has("\nlwtools_missed_calls_total{tool=\"iolat\"} 3\n");
	seen_has("\nlwtools_uncounted_events_total{tool=\"iolat\",reason=\"no room\"} 7\n");
}

static void make_directory(int round)
{
	print_report(round);
	/* It has the name of the new file. */
	if (round == 1) {
		snprintf(seen, sizeof(seen), "%s.new", file);
		mkdir(seen, 0700);
	}
}

/* The run goes on after the error, which it prints once. */
static void metrics_cannot_be_written(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_poll = make_directory;
	run_iolat(ARGS("1", "--metrics", new_prom_file(), "-d", "9"), LW_LOST, &outcome);
	rmdir(seen);
	assert_int_equal(outcome.err_lines, 1);
	assert_memory_equal(outcome.err, "lwload: iolat: cannot write to ", 31);
	assert_true(text_says(outcome.err, "lwtools-iolat.prom: File exists\n"));
	outcome_free(&outcome);
	/* The run lasted for its whole duration, by the fake kernel's clock. */
	assert_in_range(fake->clock / 1000000000, 1009, 1010);
	assert_int_not_equal(access(file, F_OK), 0);
}

/* The file is refused before anything reaches the kernel. */
static void metrics_that_are_refused(void **state)
{
	struct command command = { lw_run, NULL, { "iolat", "--metrics", new_prom_file() }, NULL };
	char other[4200];
	pid_t pid;

	(void)state;
	needs_root();
	file_write(file, "x", 1);
	is_refused(&command, LW_FAILED, "*there*lwload*write*another file");
	unlink(file);
	command.verb = lw_start;
	memmove(&command.args[1], &command.args[0], 3 * sizeof(command.args[0]));
	command.args[0] = "start";
	is_refused(&command, LW_USAGE, "iolat: *recorder*memory*--metrics");
	snprintf(other, sizeof(other), "%s/other.prom", root);
	command = (struct command){ lw_run, NULL, { "iolat", "--metrics", other }, NULL };
	pid = lock_elsewhere(root, ".metrics.iolat");
	is_refused(&command, LW_FAILED, "iolat: another run *metrics (pid *");
	lock_end(pid);
}

static void print_records_in_reports(void)
{
	fake_print(0, HEADER "#report\t1\n#end\n#report\t1\n#end\n");
	fake_print(1, "\t0\t11\tkill\t15\t42\t0\n\t0\t12\tkill\t9\t43\t-3\n");
	fake_print(0, "\t0\t13\tkill\t9\t44\t0\n#lost\t1\tx\n");
}

/* For a tool without an interval, COUNT is a number of records, even if it writes reports. */
static void count_without_interval(void **state)
{
	struct outcome outcome;

	(void)state;
	fake->on_start = print_records_in_reports;
	run_killsnoop(ARGS("-c", "2", "--json"), NULL, &outcome);
	/* The module tells its losses last; they may concern these two records. */
	assert_int_equal(outcome.code, LW_LOST);
	assert_has(outcome.out, "\"pid\":12");
	assert_null(strstr(outcome.out, "\"pid\":13"));
	outcome_free(&outcome);
}

static void help_with_interval(void **state)
{
	struct command command = { lw_run, NULL, { "iolat", "5", "--help" }, NULL };
	struct outcome outcome;

	(void)state;
	run_command(&command, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_has(outcome.out, "usage: lwload iolat [options] [INTERVAL [COUNT]]\n");
	assert_int_equal(fake->calls, 0);
	outcome_free(&outcome);
}

static void help(void **state)
{
	struct command command = { lw_run, NULL, { "killsnoop", "--help" }, NULL };
	struct outcome outcome;

	(void)state;
	run_command(&command, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(outcome.err, "");
	assert_has(outcome.out, "usage: lwload killsnoop [options] [-- COMMAND");
	assert_int_equal(fake->calls, 0);
	outcome_free(&outcome);
}

/* ---- recorders ---- */

/* A recorder's run takes real time, so that other processes can talk to it. */
static void take_time(int round)
{
	(void)round;
	usleep(1000);
}

static void lose_some(void)
{
	fake_print(0, "no record\n");
}

/* Ends the recorder of a test that failed. */
static int end_recorder(void **state)
{
	struct lw_farewell farewell;
	int fd = lw_rendezvous_ask(root, "killsnoop", LW_REQUEST_STOP);

	(void)state;
	return fd >= 0 ? lw_rendezvous_answer(fd, 5, &farewell) : 0;
}

static void verb(enum lw_exit (*run)(const struct lw_host *, int, char **), const char *const *args,
		 struct outcome *outcome)
{
	struct command command = { .verb = run };
	int i;

	for (i = 0; args[i]; i++)
		command.args[i] = args[i];
	run_command(&command, outcome);
}

static void verb_gives(enum lw_exit (*run)(const struct lw_host *, int, char **),
		       const char *const *args, int code, const char *out, const char *err)
{
	struct outcome outcome;

	verb(run, args, &outcome);
	stderr_says(&outcome, err);
	assert_string_equal(outcome.out, out);
	assert_int_equal(outcome.code, code);
	outcome_free(&outcome);
}

static void recorder_is_started(const char *const *args)
{
	struct outcome outcome;

	needs_root();
	tree_text(root, "run/x", "");
	tree_text(root, "proc/modules", "");
	fake->on_start = print_records;
	fake->on_poll = take_time;
	fake->on_exit = lose_some;
	verb(lw_start, args, &outcome);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.code, LW_OK);
	assert_memory_equal(outcome.out, "killsnoop: recording (pid ", 26);
	outcome_free(&outcome);
}

#define RECORDS RECORD_11 RECORD_12 "     0      13 kill                9      44       0\n"

/* The records come a moment after the heading. */
static void wait_for_records(void)
{
	struct outcome outcome;
	int i, there = 0;

	for (i = 0; i < PATIENCE && !there; i++) {
		verb(lw_dump, ARGS("dump", "killsnoop"), &outcome);
		there = strstr(outcome.out, "44") != NULL;
		outcome_free(&outcome);
		usleep(10000);
	}
	assert_true(there);
}

static void a_recorder(void **state)
{
	struct outcome outcome;

	(void)state;
	recorder_is_started(ARGS("start", "killsnoop", "--keep", "64K"));
	wait_for_records();
	assert_true(fake->loaded);
	verb_gives(lw_dump, ARGS("dump", "killsnoop"), LW_OK, HEADING RECORDS, "");
	verb(lw_stop, ARGS("stop", "killsnoop"), &outcome);
	assert_int_equal(outcome.code, LW_LOST);
	stderr_says(&outcome, "lwload: warning: killsnoop: 1 records*lost, 3 shown*\n");
	assert_memory_equal(outcome.out, "killsnoop: recorder stopped (pid ", 33);
	assert_false(fake->loaded);
	outcome_free(&outcome);
	verb_gives(lw_stop, ARGS("stop", "killsnoop"), LW_OK, "killsnoop: not running\n", "");
}

static const char *inserted_name(void)
{
	const char *name = memmem(fake->image, fake->image_size, "lw_killsnoop_", 13);

	return name ? name : "lw_killsnoop";
}

/* The second run inserts the same module by another name; its records are as ever. */
static void a_further_run(void **state)
{
	pid_t first, second;

	(void)state;
	needs_root();
	first = lock_elsewhere(root, "killsnoop");
	gives(ARGS("-d", "1"), HEADING RECORDS);
	assert_string_equal(inserted_name(), "lw_killsnoop_2");
	second = lock_elsewhere(root, "killsnoop_2");
	fake_reset();
	gives(ARGS("-d", "1"), HEADING RECORDS);
	assert_string_equal(inserted_name(), "lw_killsnoop_3");
	lock_end(first);
	fake_reset();
	gives(ARGS("-d", "1"), HEADING RECORDS);
	assert_string_equal(inserted_name(), "lw_killsnoop");
	lock_end(second);
}

/* A run by staprun has no lock, but a process that is attached. */
static void a_run_beside_staprun(void **state)
{
	struct command command = { lw_run, NULL, { "killsnoop", "-d", "1" }, NULL };
	char *path, *tree = tree_new();
	struct outcome outcome;

	(void)state;
	needs_root();
	tree_host(tree);
	path = tree_add(tree, "killsnoop");
	tree_text(tree, "run/x", "");
	tree_text(tree, "proc/modules", "lw_killsnoop 1 1 - Live 0x0\n");
	tree_text(tree, "proc/systemtap/lw_killsnoop/.cmd", "");
	command.root = tree;
	fake->on_start = print_records;
	run_command(&command, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(outcome.out, HEADING RECORDS);
	assert_string_equal(inserted_name(), "lw_killsnoop_2");
	outcome_free(&outcome);
	free(path);
	tree_free(tree);
}

static void a_further_recorder(void **state)
{
	struct outcome outcome;
	pid_t first;

	(void)state;
	needs_root();
	first = lock_elsewhere(root, "killsnoop");
	fake->on_start = print_records;
	fake->on_poll = take_time;
	verb(lw_start, ARGS("start", "killsnoop"), &outcome);
	assert_string_equal(outcome.err, "");
	assert_memory_equal(outcome.out, "killsnoop_2: recording (pid ", 28);
	outcome_free(&outcome);
	lock_end(first);
	/* The only one of the tool */
	wait_for_records();
	verb_gives(lw_dump, ARGS("dump", "killsnoop_2"), LW_OK, HEADING RECORDS, "");
	verb(lw_stop, ARGS("stop", "killsnoop"), &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_memory_equal(outcome.out, "killsnoop_2: recorder stopped (pid ", 35);
	outcome_free(&outcome);
}

static void a_recorder_of_json(void **state)
{
	struct outcome outcome;

	(void)state;
	recorder_is_started(ARGS("start", "--keep=1G", "killsnoop", "--json"));
	wait_for_records();
	verb(lw_dump, ARGS("dump", "killsnoop"), &outcome);
	assert_memory_equal(outcome.out, "{\"time\":", 8);
	outcome_free(&outcome);
	verb(lw_stop, ARGS("stop", "--all"), &outcome);
	assert_int_equal(outcome.code, LW_LOST);
	assert_memory_equal(outcome.out, "killsnoop: recorder stopped (pid ", 33);
	outcome_free(&outcome);
}

static int interrupt_once(void)
{
	return interrupt_soon(1);
}

static void attached_until_interrupted(void **state)
{
	struct command command = { lw_attach, NULL, { "attach", "killsnoop" }, interrupt_once };
	struct outcome outcome;

	(void)state;
	recorder_is_started(ARGS("start", "killsnoop"));
	wait_for_records();
	run_command(&command, &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(outcome.err, "");
	assert_string_equal(outcome.out, HEADING);
	outcome_free(&outcome);
	verb(lw_stop, ARGS("stop", "killsnoop"), &outcome);
	outcome_free(&outcome);
}

static void a_recorder_with_many_readers(void **state)
{
	struct outcome outcome;
	int i, fds[8];

	(void)state;
	recorder_is_started(ARGS("start", "killsnoop"));
	wait_for_records();
	for (i = 0; i < 8; i++)
		fds[i] = lw_rendezvous_ask(root, "killsnoop", LW_REQUEST_ATTACH);
	verb_gives(lw_dump, ARGS("dump", "killsnoop"), LW_FAILED, "",
		   "lwload: killsnoop: *recorder*another reader*\n");
	verb(lw_stop, ARGS("stop", "killsnoop"), &outcome);
	assert_int_equal(outcome.code, LW_LOST);
	outcome_free(&outcome);
	for (i = 0; i < 8; i++)
		close(fds[i]);
}

/* The line after the second record is no record, which is a loss. */
#define LOST_ONE "lwload: warning: killsnoop: 1 records*lost, 2 shown*\n"

static void a_run_that_ends(void **state)
{
	struct outcome outcome;

	(void)state;
	recorder_is_started(ARGS("start", "killsnoop", "-c", "2"));
	do {
		usleep(10000);
		verb(lw_status, ARGS("status"), &outcome);
		/* The tree has no proc/systemtap, so that a run that goes on looks ended as well. */
	} while ((fake->loaded || !strstr(outcome.out, "ended")) && (outcome_free(&outcome), true));
	assert_has(outcome.out, "\nkillsnoop      ended           - -            -");
	outcome_free(&outcome);
	verb_gives(lw_dump, ARGS("dump", "killsnoop"), LW_OK, HEADING RECORD_11 RECORD_12,
		   "lwload: killsnoop: *ended*lwload stop killsnoop*\n" LOST_ONE);
	verb(lw_stop, ARGS("stop", "--all"), &outcome);
	assert_int_equal(outcome.code, LW_LOST);
	outcome_free(&outcome);
	verb_gives(lw_status, ARGS("status"), LW_OK, "", "");
}

static void no_recorder(void **state)
{
	struct outcome outcome;

	(void)state;
	needs_another_user();
	verb_gives(
		lw_dump, ARGS("dump", "killsnoop"), LW_FAILED, "",
		"lwload: killsnoop: *records*(No such file or directory)*lwload start killsnoop*\n");
	is_refused(&(struct command){ lw_start, NULL, { "start", "killsnoop", "-Z" }, NULL },
		   LW_USAGE, "killsnoop: option -Z is unknown");
	is_refused(&(struct command){ lw_start, NULL, { "start", "nosuch" }, NULL }, LW_USAGE,
		   "nosuch: no such tool");
	is_refused(
		&(struct command){ lw_start, NULL, { "start", "killsnoop", "--output=x" }, NULL },
		LW_USAGE, "killsnoop: *recorder*memory");
	is_refused(
		&(struct command){
			lw_start, NULL, { "start", "killsnoop", "--top=3", "--sort=pid" }, NULL },
		LW_USAGE, "killsnoop: *recorder*--top*--duration");
	is_refused(&(struct command){ lw_dump, NULL, { "dump", "killsnoop" }, close_stdout },
		   LW_FAILED, "killsnoop: stdout*open");
	is_refused(&(struct command){ lw_dump, NULL, { "dump", "killsnoop" }, become_nobody },
		   LW_REFUSED, "dump: *root*sudo lwload dump killsnoop");
	is_refused(&(struct command){ lw_start, NULL, { "start", "killsnoop" }, become_nobody },
		   LW_REFUSED, "start: *root*sudo lwload start killsnoop");
	verb(lw_start, ARGS("start", "killsnoop", "--help", "--keep", "1M"), &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_memory_equal(outcome.out, "usage: lwload killsnoop", 23);
	outcome_free(&outcome);
}

/* ---- main() ---- */

static int main_body(void *arg)
{
	char **argv = arg;
	int argc;

	for (argc = 0; argv[argc]; argc++)
		;
	return lwload_main(argc, argv);
}

static void run_main(const char *arg, struct outcome *outcome)
{
	char *argv[] = { "lwload", (char *)arg, NULL };

	in_child(main_body, argv, outcome);
	assert_int_equal(fake->calls, 0);
}

static void main_usage(void **state)
{
	struct outcome none, asked;

	(void)state;
	run_main(NULL, &none);
	run_main("--help", &asked);
	assert_int_equal(none.code, LW_USAGE);
	assert_string_equal(none.out, "");
	assert_memory_equal(none.err, "usage: lwload TOOL", 18);
	assert_has(none.err, "lwload info TOOL         show what");
	assert_has(none.err, "lwload check [TOOL] [--kernel RELEASE | --all-installed] "
			     "[--json | --metrics FILE]\n"
			     "                                is a kernel");
	assert_has(none.err, "lwload status [--json]   show which");
	assert_has(none.err, "lwload stop [--all] [TOOL|PID]...\n");
	assert_int_equal(asked.code, LW_OK);
	assert_string_equal(asked.out, none.err);
	outcome_free(&none);
	outcome_free(&asked);
}

static void main_version(void **state)
{
	struct outcome outcome;

	(void)state;
	run_main("--version", &outcome);
	assert_int_equal(outcome.code, LW_OK);
	assert_string_equal(outcome.out, "lwload test\n");
	outcome_free(&outcome);
}

/* Verbs come before tools, and a verb gets the arguments after its name. */
static void main_verbs(void **state)
{
	struct outcome outcome;

	(void)state;
	run_main("info", &outcome);
	assert_int_equal(outcome.code, LW_USAGE);
	assert_true(text_says(outcome.err, "info: *name*one"));
	outcome_free(&outcome);
	run_main("stop", &outcome);
	assert_int_equal(outcome.code, LW_USAGE);
	assert_true(text_says(outcome.err, "stop: *--all"));
	outcome_free(&outcome);
	run_main("../list", &outcome);
	assert_int_equal(outcome.code, LW_USAGE);
	assert_true(text_says(outcome.err, "*name"));
	outcome_free(&outcome);
}

#define FRESH(test) cmocka_unit_test_setup(test, setup)
#define RECORDER(test) cmocka_unit_test_setup_teardown(test, setup, end_recorder)

static const struct CMUnitTest fixed[] = {
	FRESH(bad_verbs),
	FRESH(not_root),
	FRESH(stdout_not_for_writing),
	FRESH(already_running),
	FRESH(lock_of_a_stranger),
	FRESH(other_release),
	FRESH(renamed_file),
	FRESH(other_build),
	FRESH(unknown_build),
	FRESH(other_build_with_modversions),
	FRESH(wrong_format),
	FRESH(no_modules_at_all),
	FRESH(only_for_another_kernel),
	FRESH(compressed_module),
	FRESH(missing_for_a_reason),
	FRESH(table),
	FRESH(count),
	FRESH(count_of_all),
	FRESH(json),
	FRESH(parameters),
	FRESH(verbose),
	FRESH(status_of_a_command),
	FRESH(a_run_that_ends_first),
	FRESH(faults_of_lwload_with_a_command),
	FRESH(silence_at_a_terminal_is_told),
	FRESH(wrong_header),
	FRESH(loss),
	FRESH(missed_calls),
	FRESH(probe_on_the_blacklist),
	FRESH(uncounted_events),
	FRESH(uncounted_events_as_they_grow),
	FRESH(loss_and_failure),
	FRESH(loss_and_reader_gone),
	FRESH(summaries),
	FRESH(no_summary),
	FRESH(max_rate),
	FRESH(max_rate_in_summary),
	FRESH(where),
	FRESH(where_in_summary),
	FRESH(top),
	FRESH(top_in_summary),
	FRESH(reports_in_order),
	FRESH(fields),
	FRESH(full_disk),
	FRESH(full_disk_at_the_end),
	FRESH(reader_gone),
	FRESH(to_a_file),
	FRESH(to_a_file_without_stdout),
	FRESH(hangup_to_a_file),
	FRESH(hangup_without_a_file),
	FRESH(terminal_gone),
	FRESH(rotated_table),
	FRESH(file_that_is_refused),
	FRESH(kernel_refuses),
	FRESH(output_is_not_permitted),
	FRESH(module_error),
	FRESH(counted_reports),
	FRESH(last_report),
	FRESH(json_reports),
	FRESH(reports_in_one_packet),
	FRESH(record_after_report),
	FRESH(report_is_flushed),
	FRESH(full_disk_at_a_report),
	FRESH(last_lines_are_not_taken),
	FRESH(records_that_are_taken_in_part),
	FRESH(metrics),
	FRESH(metrics_before_the_first_report),
	FRESH(metrics_of_losses),
	FRESH(metrics_cannot_be_written),
	FRESH(metrics_that_are_refused),
	FRESH(count_without_interval),
	FRESH(help_with_interval),
	FRESH(help),
	RECORDER(a_recorder),
	FRESH(a_further_run),
	FRESH(a_run_beside_staprun),
	RECORDER(a_further_recorder),
	RECORDER(a_recorder_of_json),
	RECORDER(attached_until_interrupted),
	RECORDER(a_recorder_with_many_readers),
	RECORDER(a_run_that_ends),
	RECORDER(no_recorder),
	FRESH(main_usage),
	FRESH(main_version),
	FRESH(main_verbs),
};

int main(void)
{
	struct CMUnitTest tests[COUNT(fixed) + COUNT(rows)];
	size_t i;

	leaks_in_children_only();
	memcpy(tests, fixed, sizeof(fixed));
	for (i = 0; i < COUNT(rows); i++)
		tests[COUNT(fixed) + i] = (struct CMUnitTest){ rows[i].name, bad_input, setup, NULL,
							       (void *)&rows[i] };
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
