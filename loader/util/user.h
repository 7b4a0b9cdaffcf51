/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user.h - users of /etc/passwd and /etc/group
 *
 * getpwnam(3) and getgrouplist(3) are not used: a static program has none of the host's libraries that they
 * ask. So users of a directory service have no name here.
 */
#ifndef LW_USER_H
#define LW_USER_H

#include <stddef.h>
#include <sys/types.h>

struct lw_user;

/* @root in all of these: directory that holds etc, "" on a real host */

/* lw_user_id - returns a user's id; -1: no user has the name */
long long lw_user_id(const char *root, const char *name);

/* lw_user_name - writes a user's name; leaves it as it is if no user has the id */
void lw_user_name(const char *root, uid_t uid, char *name, size_t size);

/* lw_user_find - a user with all groups. Returns 0, -EINVAL (no such user) or -ENOMEM. */
int lw_user_find(const char *root, const char *name, struct lw_user **user);

/*
 * lw_user_become - gives this process the user's ids, groups, HOME, USER and LOGNAME, for good
 * Returns 0 or an errno, after which the process must end.
 */
int lw_user_become(const struct lw_user *user);

/* lw_user_free - frees a user; NULL is allowed */
void lw_user_free(struct lw_user *user);

#endif
