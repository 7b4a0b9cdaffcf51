/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * command.h - a command whose events are shown: lwload TOOL -- COMMAND
 *
 * A keeper, a child of lwload, starts the command when lwload says so, and adopts the processes that lose
 * their parents (PR_SET_CHILD_SUBREAPER of prctl(2)). So the keeper's descendants are the command and all
 * that it started, daemons too. No process of lwload is among them.
 */
#ifndef LW_COMMAND_H
#define LW_COMMAND_H

#include <sys/types.h>

struct lw_command;

/*
 * lw_command_new - finds the program and makes the keeper
 * @tool: for messages
 * @root: directory that holds etc, "" on a real host
 * @argv: the command and its arguments, NULL at the end. A name without a slash is searched for in the caller's
 *        PATH. The program gets the caller's environment (caller.h).
 * @user: the command is to run as this user of /etc/passwd with that user's groups; NULL: the caller
 *
 * Call this before anything is opened, locked or caught that the command must not have. Prints errors. Returns
 * 0, -ENOENT (no such program), -EACCES (it may not be executed), -EINVAL (no such user) or another -errno.
 */
int lw_command_new(const char *tool, const char *root, char *const *argv, const char *user,
		   struct lw_command **command);

/* lw_command_keeper - returns the process id of the keeper; its descendants are the command's */
pid_t lw_command_keeper(const struct lw_command *command);

/* lw_command_fd - returns a descriptor that poll(2) shows as readable when the command has ended; -1: NULL */
int lw_command_fd(const struct lw_command *command);

/* lw_command_start - the keeper starts the command */
void lw_command_start(struct lw_command *command);

/*
 * lw_command_end - returns the command's exit status, or 128 and the number of the signal that killed it
 * @signal: is sent to a command that still runs; 0: none
 *
 * Returns -1 if the command still runs, was never started, or is NULL. A program that cannot begin has status
 * 126, and a keeper that was killed 125; prints the reason. Frees the command.
 */
int lw_command_end(struct lw_command *command, int signal);

#endif
