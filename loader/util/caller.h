/* SPDX-License-Identifier: GPL-2.0-only */
/* caller.h - what the caller has left to lwload, before anything is done with it */
#ifndef LW_CALLER_H
#define LW_CALLER_H

/*
 * lw_caller - descriptors 0 to 2 that are closed become /dev/null, not to be read from or
 * written to, so that no file that is opened later is taken for one of them; the
 * environment is emptied; SIGCHLD, which a caller may have ignored (execve(2)), is not
 *
 * TZ stays, for times in tables, unless it names a file by its path, which libc would open
 * for the caller (tzset(3)). Nothing else has an effect on a run. Returns 0 or -errno.
 */
int lw_caller(void);

#endif
