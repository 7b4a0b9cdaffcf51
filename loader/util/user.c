// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/user.h"

#define GROUPS 1024 /* more than users have; NGROUPS_MAX is 65536 */

struct lw_user {
	char *name, *home;
	uid_t uid;
	gid_t gid, groups[GROUPS];
	int ngroups;
};

static FILE *open_in(const char *root, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/etc/%s", root, file);
	return fopen(path, "re");
}

/* The first entry of a name, or with NULL of a user id: fgetpwent(3)'s own memory. NULL: no user has it. */
static const struct passwd *find_entry(const char *root, const char *name, uid_t uid)
{
	FILE *file = open_in(root, "passwd");
	struct passwd *entry = NULL;

	while (file && (entry = fgetpwent(file)))
		if (name ? !strcmp(entry->pw_name, name) : entry->pw_uid == uid)
			break;
	if (file)
		fclose(file);
	return entry;
}

long long lw_user_id(const char *root, const char *name)
{
	const struct passwd *entry = find_entry(root, name, 0);

	return entry ? (long long)entry->pw_uid : -1;
}

void lw_user_name(const char *root, uid_t uid, char *name, size_t size)
{
	const struct passwd *entry = find_entry(root, NULL, uid);

	if (entry)
		snprintf(name, size, "%s", entry->pw_name);
}

static void add_groups(const char *root, struct lw_user *user)
{
	FILE *file = open_in(root, "group");
	struct group *entry;
	char **member;

	while (file && (entry = fgetgrent(file)))
		for (member = entry->gr_mem; *member; member++)
			if (!strcmp(*member, user->name) && user->ngroups < GROUPS)
				user->groups[user->ngroups++] = entry->gr_gid;
	if (file)
		fclose(file);
}

int lw_user_find(const char *root, const char *name, struct lw_user **user)
{
	const struct passwd *entry = find_entry(root, name, 0);
	struct lw_user *new;

	if (!entry)
		return -EINVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->name = strdup(entry->pw_name);
	new->home = strdup(entry->pw_dir);
	if (!new->name || !new->home) {
		lw_user_free(new);
		return -ENOMEM;
	}
	new->uid = entry->pw_uid;
	new->gid = new->groups[new->ngroups++] = entry->pw_gid;
	add_groups(root, new);
	*user = new;
	return 0;
}

int lw_user_become(const struct lw_user *user)
{
	if (setgroups(user->ngroups, user->groups) < 0 || setgid(user->gid) < 0 ||
	    setuid(user->uid) < 0)
		return errno;
	if (setenv("HOME", user->home, 1) < 0 || setenv("USER", user->name, 1) < 0 ||
	    setenv("LOGNAME", user->name, 1) < 0)
		return errno;
	return 0;
}

void lw_user_free(struct lw_user *user)
{
	if (!user)
		return;
	free(user->name);
	free(user->home);
	free(user);
}
