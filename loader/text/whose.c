// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/cgroup.h"
#include "text/processes.h"
#include "text/values.h"
#include "text/whose.h"
#include "util/log.h"
#include "util/name.h"
#include "util/number.h"

#define PID_LIMIT 4194304 /* PID_MAX_LIMIT of linux/threads.h; namespaces' numbers are larger */
#define CGROUPS_LIMIT 16  /* LW_CGROUPS of stp/kernel/filter.h */

/* Places in the list below */
enum { CGROUP = 7, CONTAINER = 8 };

const struct lw_whose_option lw_whose_options[LW_NWHOSE] = {
	{ "pid", 'p', "PID", "only these processes", "pid" },
	{ "tid", 't', "TID", "only these threads", "tid" },
	{ "uid", 'u', "USER", "only these users, by name or number", "uid" },
	{ "process", 'n', "NAME", "only processes whose name contains one of these", "process" },
	{ "comm", 0, "NAME", "only threads whose name contains one of these", "comm" },
	{ "ppid", 0, "PID", "only children of these processes", "ppid" },
	{ "tree", 0, "PID", "only these processes and their descendants", "tree" },
	[CGROUP] = { "cgroup", 0, "PATH", "only in this control group or one below", "cgroup" },
	[CONTAINER] = { "container", 0, "ID", "only in this container, by id or name", "cgroup" },
	{ "pidns", 0, "NS", "only in this PID namespace, or that of a PID", "pidns" },
	{ "mntns", 0, "NS", "only in this mount namespace, or that of a PID", "mntns" },
};

int lw_whose_set(const struct lw_tool *tool, struct lw_whose *whose, int i, bool left_out,
		 const char *value)
{
	const char *not = left_out ? "not-" : "", *name = lw_whose_options[i].name;

	if (!tool->lists) {
		lw_error("%s: option --%s%s: its events have no process of their own", tool->name,
			 not, name);
		return -EINVAL;
	}
	/* The kernel would ignore a parameter that the module does not have. */
	if (!lw_name_in(tool->lists, lw_whose_options[i].param)) {
		lw_error("%s: option --%s%s: " LW_OLD_MODULE, tool->name, not, name);
		return -EINVAL;
	}
	if (whose->values[i][left_out]) {
		lw_error("%s: option --%s%s is given twice; give a list with commas", tool->name,
			 not, name);
		return -EINVAL;
	}
	whose->values[i][left_out] = value;
	return 0;
}

bool lw_whose_is_group(const struct lw_whose *whose)
{
	return whose->values[CGROUP][0] || whose->values[CONTAINER][0];
}

/* ---- lists that lwload looks up ---- */

struct lookup {
	const char *root;
	const struct lw_tool *tool;
	const struct lw_option *option;
	const char *controller; /* of the list's control groups; NULL: cgroup2 */
	int n;                  /* values of the list that have been found */
};

static int refuse(const struct lookup *lookup, const char *why)
{
	lw_error("%s: option %s: %s", lookup->tool->name, lookup->option->shown, why);
	return -EINVAL;
}

/* A number that is no PID is the namespace's own, as ls -i of /proc/PID/ns shows it. */
static int find_namespace(struct lookup *lookup, const char *value, uint64_t *id)
{
	unsigned long long number;
	struct lw_reason why;
	char path[PATH_MAX];
	struct stat st;

	if (!lw_parse_decimal(value, 1, UINT_MAX - 1, &number)) {
		lw_because(&why, "\"%.64s\" is not a PID or the number of a namespace", value);
		return refuse(lookup, why.text);
	}
	*id = number;
	if (number > PID_LIMIT)
		return 0;
	snprintf(path, sizeof(path), "%s/proc/%llu/ns/%s", lookup->root, number,
		 strstr(lookup->option->param, "pidns") ? "pid" : "mnt");
	if (stat(path, &st) < 0) {
		lw_because(&why, "no process %llu here", number);
		return refuse(lookup, why.text);
	}
	*id = st.st_ino;
	return 0;
}

/* The module follows one hierarchy upwards for a list. */
static int find_group(struct lookup *lookup, const char *value, uint64_t *id)
{
	bool path = !strcmp(lookup->option->arg, "PATH");
	const char *controller = NULL;
	struct lw_reason why;
	int err;

	err = path ? lw_cgroup_find(lookup->root, value, id, &controller, &why)
		   : lw_container_find(lookup->root, value, id, &controller, &why);
	if (err)
		return refuse(lookup, why.text);
	if (lookup->n && controller != lookup->controller)
		return refuse(lookup, "a list has control groups of one controller, or of cgroup2");
	lookup->controller = controller;
	return 0;
}

/* Replaces each value between commas by a number. */
static int look_up(struct lookup *lookup, const char *list, char **param)
{
	int (*find)(struct lookup *, const char *, uint64_t *) =
		strcmp(lookup->option->arg, "NS") ? find_group : find_namespace;
	char numbers[CGROUPS_LIMIT * 21 + 1] = "", *copy = strdup(list), *rest = copy, *value;
	int err = copy ? 0 : -ENOMEM;
	uint64_t id;

	while (!err && (value = strsep(&rest, ","))) {
		if (lookup->n == CGROUPS_LIMIT)
			err = refuse(lookup, "want a list of at most 16");
		else if (!*value)
			err = refuse(lookup, "a value of the list is empty");
		else
			err = find(lookup, value, &id);
		if (!err)
			sprintf(numbers + strlen(numbers), "%s%llu", lookup->n++ ? "," : "",
				(unsigned long long)id);
	}
	free(copy);
	if (!err && asprintf(param, "%s=%s%s%s", lookup->option->param, lookup->controller ?: "",
			     lookup->controller ? ":" : "", numbers) < 0)
		err = -ENOMEM;
	return err;
}

/* ---- parameters ---- */

static int make_param(const char *root, const struct lw_tool *tool, const struct lw_option *option,
		      bool left_out, const char *list, char **param)
{
	struct lookup lookup = { .root = root, .tool = tool, .option = option };
	int err;

	if (!strcmp(option->arg, "NS") || !strcmp(option->arg, "PATH") ||
	    !strcmp(option->arg, "ID"))
		return look_up(&lookup, list, param);
	err = lw_values_param(tool, option, list, param);
	if (!err && lw_processes_meant(option)) {
		err = lw_processes_check(root, tool, option, list, !left_out);
		if (err) {
			free(*param);
			*param = NULL;
		}
	}
	return err;
}

static int add_param(const char *root, const struct lw_tool *tool, int i, bool left_out,
		     const char *list, char **param)
{
	const struct lw_whose_option *whose = &lw_whose_options[i];
	struct lw_option option = { .arg = whose->arg };
	char name[32];

	snprintf(name, sizeof(name), "lw_%s_%s", left_out ? "not" : "only", whose->param);
	snprintf(option.shown, sizeof(option.shown), "--%s%s", left_out ? "not-" : "", whose->name);
	option.param = name;
	return make_param(root, tool, &option, left_out, list, param);
}

/* Both become a list of control groups, and a module has one. */
static int check_groups(const struct lw_tool *tool, const struct lw_whose *whose)
{
	int left_out;

	for (left_out = 0; left_out < 2; left_out++)
		if (whose->values[CGROUP][left_out] && whose->values[CONTAINER][left_out]) {
			lw_error("%s: options --cgroup and --container do not go together",
				 tool->name);
			return -EINVAL;
		}
	return 0;
}

int lw_whose_params(const char *root, const struct lw_tool *tool, const struct lw_whose *whose,
		    char **params, int *nparams)
{
	int i, left_out, err = check_groups(tool, whose);

	for (i = 0; i < 2 * LW_NWHOSE && !err; i++) {
		left_out = i % 2;
		if (!whose->values[i / 2][left_out])
			continue;
		err = add_param(root, tool, i / 2, left_out, whose->values[i / 2][left_out],
				&params[*nparams]);
		*nparams += !err;
	}
	return err;
}
