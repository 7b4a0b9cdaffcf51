// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "util/caller.h"
#include "util/log.h"
#include "verbs/lwload.h"

#ifndef LW_VERSION
#error "LW_VERSION comes from the Makefile"
#endif

static const struct verb {
	const char *name;
	enum lw_exit (*run)(const struct lw_host *host, int argc, char **argv);
	const char *args;
	const char *text;
} verbs[] = {
	{ "list", lw_list, "", "list the tools installed for this kernel" },
	{ "info", lw_info, " TOOL", "show what a tool's module says of itself" },
	{ "check", lw_check,
	  " [TOOL] [--kernel RELEASE | --all-installed] [--json | --metrics FILE]",
	  "is a kernel covered, and if not, which rule fails" },
	{ "status", lw_status, " [--json]", "show which modules are in the kernel, and whose" },
	{ "start", lw_start, " [--keep SIZE] TOOL [options]",
	  "run a tool in the background and keep its last records" },
	{ "attach", lw_attach, " TOOL|PID", "print what such a run records from now on" },
	{ "dump", lw_dump, " TOOL|PID", "print what such a run has kept" },
	{ "stop", lw_stop, " [--all] [TOOL|PID]...",
	  "end runs, and remove what killed ones have left" },
};
#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

static void usage(FILE *file)
{
	size_t i;
	int n;

	fprintf(file, "usage: lwload TOOL [options]   run a tool; TOOL --help has its options\n");
	for (i = 0; i < NVERBS; i++) {
		n = fprintf(file, "       lwload %s%s", verbs[i].name, verbs[i].args);
		/* The text has its column, and a line of its own if that is taken. */
		fprintf(file, "%s%*s%s\n", n <= 30 ? "" : "\n", n <= 30 ? 32 - n : 32, "",
			verbs[i].text);
	}
	fprintf(file, "       lwload --help | --version\n");
}

static enum lw_exit dispatch(const struct lw_host *host, int argc, char **argv)
{
	size_t i;

	for (i = 0; i < NVERBS; i++)
		if (!strcmp(argv[0], verbs[i].name))
			return verbs[i].run(host, argc, argv);
	return lw_run(host, argc, argv);
}

static enum lw_exit finish(enum lw_exit code)
{
	if (fflush(stdout) == 0 || errno == EPIPE)
		return code;
	lw_error("cannot write to stdout: %s", strerror(errno));
	return code == LW_OK ? LW_FAILED : code;
}

int main(int argc, char **argv)
{
	struct utsname uts;
	struct lw_host host = { "", uts.release };
	int err = lw_caller();

	if (err) {
		lw_error("cannot start: /dev/null: %s", strerror(-err));
		return LW_FAILED;
	}
	if (uname(&uts) < 0) {
		lw_error("cannot tell the kernel's release: %s", strerror(errno));
		return LW_FAILED;
	}
	if (argc < 2) {
		usage(stderr);
		return LW_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return finish(LW_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("lwload " LW_VERSION "\n");
		return finish(LW_OK);
	}
	return finish(dispatch(&host, argc - 1, argv + 1));
}
