// SPDX-License-Identifier: GPL-2.0-only
/*
 * left.c - prints what a test must not leave: modules, processes, and complaints of the kernel
 *
 * usage: left            modules lw_*; processes lwload, staprun and stapio; complaints
 *        left kernel     complaints only
 *
 * The status is 0 if there was anything. It runs after each test, and is one program because lsmod, pgrep, dmesg and
 * grep together take most of a second under TCG.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

/* syslog(2) */
enum { READ_ALL = 3, SIZE = 10 };

static bool found;

static void say(const char *line)
{
	puts(line);
	found = true;
}

/* The file's first line, without its newline; "" if it cannot be read */
static void first_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(line, size, file))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
}

static void modules(void)
{
	FILE *file = fopen("/proc/modules", "re");
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "lw_", 3))
			say(line);
	}
	if (file)
		fclose(file);
}

static void process(const char *pid)
{
	static const char *const ours[] = { "lwload", "staprun", "stapio" };
	char path[300], comm[64];
	size_t i;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	first_line(path, comm, sizeof(comm));
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strcmp(comm, ours[i]))
			say(pid);
}

static void processes(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			process(entry->d_name);
	if (dir)
		closedir(dir);
}

/* The kernel's stalls are "rcu: INFO: rcu_sched self-detected stall" and the like. */
static bool is_complaint(const char *line)
{
	static const char *const words[] = {
		"BUG", "WARN", "Oops", "soft lockup", "general protection", "Call Trace"
	};
	const char *rcu = strstr(line, "rcu");
	size_t i;

	if (strstr(line, "Command line"))
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return true;
	return rcu && strstr(rcu, "stall");
}

static void complaints(void)
{
	int size = klogctl(SIZE, NULL, 0);
	char *text = malloc(size + 1), *rest = text, *line;

	size = text ? klogctl(READ_ALL, text, size) : -1;
	if (size < 0) {
		say("the kernel's log cannot be read");
		return;
	}
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (is_complaint(line))
			say(line);
	free(text);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		modules();
		processes();
	} else if (strcmp(argv[1], "kernel")) {
		fprintf(stderr, "usage: left [kernel]\n");
		return 2;
	}
	complaints();
	return !found;
}
