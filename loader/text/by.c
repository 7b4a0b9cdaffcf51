// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/by.h"
#include "util/log.h"
#include "util/user.h"

/* So many names of users are kept, so that /etc/passwd is not read for each row. */
#define USERS 64

static const char *why_not(const struct lw_tool *tool)
{
	if (!lw_tool_interval(tool))
		return "the tool writes no reports; leave it out";
	return tool->lists ? "the tool, or its module, cannot count by that; lwload(8) has a list"
			   : "the tool does not count by task; leave it out";
}

int lw_by_field(const struct lw_tool *tool, const char *word)
{
	int i;

	if (!tool->by || !lw_tool_interval(tool)) {
		lw_error("%s: option --by: %s", tool->name, why_not(tool));
		return -EINVAL;
	}
	for (i = tool->nfields - tool->nmore; i < tool->nfields; i++)
		if (!strcmp(tool->fields[i].name, word))
			return i;
	lw_error("%s: option --by: \"%.64s\" is not container, cgroup, user, process or tree",
		 tool->name, word);
	return -EINVAL;
}

const char *lw_by_param(enum lw_more more)
{
	switch (more) {
	case LW_USER:
		return "lw_by=user";
	case LW_PROCESS:
		return "lw_by=process";
	case LW_TREE:
		return "lw_by=tree";
	default:
		return "lw_by=cgroup";
	}
}

bool lw_by_named(enum lw_more more)
{
	return more == LW_PROCESS || more == LW_TREE;
}

/* ---- texts ---- */

struct lw_by {
	const char *root;
	enum lw_more more;
	struct lw_groups *groups; /* NULL: not needed */
	char text[64];
	struct {
		bool known;
		uint64_t id;
		char name[40];
	} users[USERS];
};

struct lw_by *lw_by_new(const char *root, enum lw_more more)
{
	struct lw_by *by = calloc(1, sizeof(*by));

	if (!by)
		return NULL;
	by->root = root;
	by->more = more;
	if (more != LW_CONTAINER && more != LW_CGROUP)
		return by;
	by->groups = lw_groups_new(root);
	if (by->groups)
		return by;
	free(by);
	return NULL;
}

void lw_by_free(struct lw_by *by)
{
	if (!by)
		return;
	lw_groups_free(by->groups);
	free(by);
}

static const char *user_of(struct lw_by *by, uint64_t id)
{
	typeof(by->users[0]) *user = &by->users[id % USERS];

	if (!user->known || user->id != id) {
		user->known = true;
		user->id = id;
		snprintf(user->name, sizeof(user->name), "%llu", (unsigned long long)id);
		lw_user_name(by->root, id, user->name, sizeof(user->name));
	}
	return user->name;
}

static const char *group_of(struct lw_by *by, uint64_t id)
{
	const struct lw_group *group = lw_groups_find(by->groups, id);

	/* A group that has gone is a number, which must not count as the host. */
	if (by->more == LW_CGROUP || *group->path != '/')
		return group->path;
	return group->container;
}

/* A name may have any bytes. The kernel's have 15 at most. Returns the length. */
static size_t put_process(struct lw_by *by, uint64_t pid, const char *name, size_t len)
{
	size_t n = snprintf(by->text, sizeof(by->text), "%llu%s", (unsigned long long)pid,
			    len ? "/" : "");

	len = len < sizeof(by->text) - n ? len : sizeof(by->text) - n;
	memcpy(by->text + n, name, len);
	return n + len;
}

const char *lw_by_text(struct lw_by *by, uint64_t number, const char *name, size_t len, size_t *n)
{
	const char *text;

	if (lw_by_named(by->more)) {
		*n = put_process(by, number, name, len);
		return by->text;
	}
	text = by->more == LW_USER ? user_of(by, number) : group_of(by, number);
	*n = strlen(text);
	return text;
}
