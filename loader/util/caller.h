/* SPDX-License-Identifier: GPL-2.0-only */
/* caller.h - makes lwload independent of the descriptors and the environment that it was given */
#ifndef LW_CALLER_H
#define LW_CALLER_H

/*
 * lw_caller - makes descriptors, environment and SIGCHLD those that lwload needs
 *
 * Closed descriptors from 0 to 2 become /dev/null, which cannot be used in that direction: a file
 * that is opened later must not get such a number. The environment is emptied. SIGCHLD is not
 * ignored any more, as a caller may have left it (execve(2)).
 *
 * TZ stays, for times in tables. It goes if it is the path of a file, which libc would open for
 * the caller (tzset(3)). Returns 0 or -errno.
 */
int lw_caller(void);

/*
 * lw_caller_environment - returns the environment as the caller gave it, for a program that lwload runs for the
 * caller; that of this process, if lw_caller() was not called
 */
char **lw_caller_environment(void);

#endif
