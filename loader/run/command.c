// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/command.h"
#include "util/caller.h"
#include "util/exit.h"
#include "util/log.h"
#include "util/user.h"

#define NOT_BEGUN 126 /* as env(1) and timeout(1) */
#define START 0       /* asks the keeper; other bytes are signals for the command */

struct lw_command {
	const char *tool;
	char program[PATH_MAX];
	char *const *argv;
	struct lw_user *user; /* NULL: the caller */
	pid_t keeper;
	int socket; /* to the keeper */
	bool started;
};

/* The keeper says this when the command has ended. */
struct news {
	int error;  /* why it did not begin; 0: it did */
	int status; /* as wait(2) has it */
};

/* ---- the program ---- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static const char *caller_path(void)
{
	char **variable = lw_caller_environment();

	for (; variable && *variable; variable++)
		if (!strncmp(*variable, "PATH=", 5))
			return *variable + 5;
	return "/usr/sbin:/usr/bin:/sbin:/bin";
}

/* The search is that of execvp(3). EACCES is kept, and ENOENT is not. */
static int find_in_path(const char *name, char *program, size_t size)
{
	const char *path = caller_path();
	int n, err = -ENOENT;

	for (;; path += n + 1) {
		n = strcspn(path, ":");
		snprintf(program, size, "%.*s%s%s", n, path, n ? "/" : "", name);
		if (is_program(program))
			return 0;
		if (access(program, F_OK) == 0)
			err = -EACCES;
		if (!path[n])
			return err;
	}
}

static int find_program(struct lw_command *command)
{
	const char *name = command->argv[0];
	int err = 0;

	if (!strchr(name, '/')) {
		err = *name ? find_in_path(name, command->program, sizeof(command->program))
			    : -ENOENT;
	} else {
		snprintf(command->program, sizeof(command->program), "%s", name);
		if (!is_program(name))
			err = access(name, F_OK) ? -errno : -EACCES;
	}
	if (err)
		lw_error("%s: cannot run %s: %s", command->tool, name, strerror(-err));
	return err;
}

/* ---- the keeper ---- */

static const int kept_signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
#define NKEPT (sizeof(kept_signals) / sizeof(kept_signals[0]))

/* These signals are for the command. A terminal sends them to the keeper too, which ignores them. */
static void ignore_signals(struct sigaction *before)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	size_t i;

	for (i = 0; i < NKEPT; i++)
		sigaction(kept_signals[i], &ignore, &before[i]);
}

static void become_command(const struct lw_command *command, const struct sigaction *before,
			   const sigset_t *mask, int report)
{
	int err = 0;
	size_t i;

	for (i = 0; i < NKEPT; i++)
		sigaction(kept_signals[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	environ = lw_caller_environment();
	if (command->user)
		err = lw_user_become(command->user);
	if (!err) {
		execv(command->program, command->argv);
		err = errno;
	}
	while (write(report, &err, sizeof(err)) < 0 && errno == EINTR)
		;
	_exit(NOT_BEGUN);
}

/* Returns the process id of the command. An error before it began is in @news. */
static pid_t begin(const struct lw_command *command, const struct sigaction *before,
		   const sigset_t *mask, struct news *news)
{
	int report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		news->error = errno;
		return -1;
	}
	if (pid == 0)
		become_command(command, before, mask, report[1]);
	close(report[1]);
	if (read(report[0], &news->error, sizeof(news->error)) < 0)
		news->error = errno;
	close(report[0]);
	return pid;
}

/* Other processes that it has adopted end, too. */
static bool has_ended(pid_t pid, struct news *news)
{
	int status;
	pid_t ended;

	while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
		if (ended == pid) {
			news->status = status;
			return true;
		}
	return false;
}

/* Returns false if lwload has ended. */
static bool take_order(int socket, pid_t pid)
{
	unsigned char order;

	if (read(socket, &order, 1) != 1)
		return false;
	kill(pid, order);
	return true;
}

static void keep(const struct lw_command *command, int socket)
{
	struct sigaction before[NKEPT];
	struct news news = { 0 };
	struct pollfd fds[2];
	struct signalfd_siginfo info;
	unsigned char order;
	sigset_t child, mask;
	pid_t pid;

	ignore_signals(before);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &mask);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fds[0] = (struct pollfd){ .fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK),
				  .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = socket, .events = POLLIN };
	if (read(socket, &order, 1) != 1)
		_exit(0);
	news.error = fds[0].fd < 0 ? errno : 0;
	pid = news.error ? -1 : begin(command, before, &mask, &news);
	while (!news.error && !has_ended(pid, &news)) {
		if (poll(fds, 2, -1) < 0)
			continue;
		/* Several children may have ended for one of these. */
		if (fds[0].revents && read(fds[0].fd, &info, sizeof(info)) < 0 && errno != EAGAIN)
			_exit(NOT_BEGUN);
		if (fds[1].revents && !take_order(socket, pid))
			_exit(0);
	}
	/* The keeper stays until lwload has its last report, because it adopts the command's orphans. */
	if (write(socket, &news, sizeof(news)) == sizeof(news))
		while (read(socket, &order, 1) == 1)
			;
	_exit(0);
}

/* ---- the side of lwload ---- */

static int make_keeper(struct lw_command *command)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	fflush(NULL);
	command->keeper = fork();
	if (command->keeper < 0) {
		close(sockets[1]);
		close(sockets[0]);
		return -errno;
	}
	if (command->keeper == 0) {
		close(sockets[0]);
		keep(command, sockets[1]);
	}
	close(sockets[1]);
	command->socket = sockets[0];
	return 0;
}

static int find_user(struct lw_command *command, const char *root, const char *name)
{
	int err = name ? lw_user_find(root, name, &command->user) : 0;

	if (err)
		lw_error("%s: option --as: no user \"%.64s\" in /etc/passwd", command->tool, name);
	return err;
}

static void free_command(struct lw_command *command)
{
	lw_user_free(command->user);
	free(command);
}

int lw_command_new(const char *tool, const char *root, char *const *argv, const char *user,
		   struct lw_command **command)
{
	struct lw_command *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->tool = tool;
	new->argv = argv;
	err = find_program(new);
	if (!err)
		err = find_user(new, root, user);
	if (!err) {
		err = make_keeper(new);
		if (err)
			lw_error("%s: cannot run %s: %s", tool, argv[0], strerror(-err));
	}
	if (err)
		free_command(new);
	else
		*command = new;
	return err;
}

pid_t lw_command_keeper(const struct lw_command *command)
{
	return command->keeper;
}

int lw_command_fd(const struct lw_command *command)
{
	return command ? command->socket : -1;
}

static void order(const struct lw_command *command, unsigned char byte)
{
	/* A keeper that was killed has no command any more: then its end is what is read. */
	send(command->socket, &byte, 1, MSG_NOSIGNAL);
}

void lw_command_start(struct lw_command *command)
{
	command->started = true;
	order(command, START);
}

static int status_of(const struct lw_command *command, const struct news *news)
{
	if (news->error) {
		lw_error("%s: cannot run %s: %s", command->tool, command->argv[0],
			 strerror(news->error));
		return NOT_BEGUN;
	}
	return WIFSIGNALED(news->status) ? 128 + WTERMSIG(news->status) : WEXITSTATUS(news->status);
}

/* Somebody has killed it. So nothing is known of the command, and its orphans were not shown. */
static int keeper_ended(const struct lw_command *command)
{
	lw_error("%s: the process that kept %s was killed", command->tool, command->argv[0]);
	return LW_OWN_FAULT;
}

int lw_command_end(struct lw_command *command, int signal)
{
	struct news news;
	ssize_t n = -1;
	int status = -1;

	if (!command)
		return -1;
	if (command->started)
		n = recv(command->socket, &news, sizeof(news), MSG_DONTWAIT);
	if (n == sizeof(news))
		status = status_of(command, &news);
	else if (n == 0 || (command->started && errno != EAGAIN))
		status = keeper_ended(command);
	else if (command->started && signal)
		order(command, signal);
	close(command->socket);
	waitpid(command->keeper, NULL, 0);
	free_command(command);
	return status;
}
