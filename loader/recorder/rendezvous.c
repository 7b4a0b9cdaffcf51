// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "recorder/rendezvous.h"
#include "util/name.h"
#include "util/place.h"

/* ---- farewells ---- */

/* A recorder lives on when lwload is upgraded: what came later stands last, and only if need be. */
#define BUSY "\nbusy"

size_t lw_rendezvous_write(char text[LW_FAREWELL_SIZE], const struct lw_farewell *farewell)
{
	text[0] = '\0';
	return 1 + snprintf(text + 1, LW_FAREWELL_SIZE - 1,
			    "ended %d\ncode %d\npid %d\nkept %zu\nkeep %zu\ndropped %llu%s\n\n%s",
			    farewell->ended, farewell->code, farewell->pid, farewell->kept,
			    farewell->keep, farewell->dropped, farewell->busy ? BUSY : "",
			    farewell->messages);
}

bool lw_rendezvous_read(const char *text, struct lw_farewell *farewell)
{
	int n = 0, ended = 0;

	memset(farewell, 0, sizeof(*farewell));
	sscanf(text, "ended %d\ncode %d\npid %d\nkept %zu\nkeep %zu\ndropped %llu%n", &ended,
	       &farewell->code, &farewell->pid, &farewell->kept, &farewell->keep,
	       &farewell->dropped, &n);
	if (!n)
		return false;
	text += n;
	farewell->busy = !strncmp(text, BUSY, strlen(BUSY));
	if (farewell->busy)
		text += strlen(BUSY);
	if (strncmp(text, "\n\n", 2))
		return false;
	farewell->ended = ended;
	snprintf(farewell->messages, sizeof(farewell->messages), "%s", text + 2);
	return true;
}

/* ---- the recorder's side ---- */

/* Returns false if the path is longer than a socket's can be. */
static bool address_of(const char *root, const char *run, struct sockaddr_un *address)
{
	int n = snprintf(address->sun_path, sizeof(address->sun_path), "%s" LW_PLACE "/%s.sock",
			 root, run);

	address->sun_family = AF_UNIX;
	return n < (int)sizeof(address->sun_path);
}

int lw_rendezvous_listen(const char *root, const char *run)
{
	struct sockaddr_un address;
	int fd, err, place = lw_place_open(root);

	if (place < 0)
		return place;
	close(place);
	if (!address_of(root, run, &address))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	unlink(address.sun_path);
	/* Its file gets that mode (net/unix/af_unix.c), whatever the umask is. */
	if (fchmod(fd, 0600) == 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, 8) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* A later recorder may have put its own there, before it told this one to go. */
void lw_rendezvous_remove(const char *root, const char *run, int listener)
{
	struct sockaddr_un address;
	int fd;

	if (!address_of(root, run, &address))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	close(listener);
	/* Nobody listens there any more. */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
	    errno == ECONNREFUSED)
		unlink(address.sun_path);
	if (fd >= 0)
		close(fd);
}

int lw_rendezvous_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid())
		return fd;
	close(fd);
	return -EPERM;
}

/* ---- the reader's side ---- */

pid_t lw_rendezvous_pid(int fd)
{
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

int lw_rendezvous_ask(const char *root, const char *run, enum lw_request request)
{
	/* The queue of a recorder that stands still may be full. */
	struct timeval patience = { LW_LOOK_SECONDS, 0 };
	struct sockaddr_un address;
	char byte = request;
	int fd, err;

	if (!address_of(root, run, &address))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(fd, &byte, 1, MSG_NOSIGNAL) == 1)
		return fd;
	err = errno == ECONNREFUSED ? -ENOENT : -errno;
	close(fd);
	return err;
}

/* All until its end, with a NUL after it. Returns its length or -errno. */
static ssize_t read_answer(int fd, int seconds, char *text, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	do {
		if (poll(&p, 1, seconds * 1000) == 0)
			return -ETIMEDOUT;
		n = read(fd, text + len, size - 1 - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? n : 0;
	} while (n);
	text[len] = '\0';
	return len;
}

int lw_rendezvous_answer(int fd, int seconds, struct lw_farewell *farewell)
{
	char text[LW_FAREWELL_SIZE];
	ssize_t n = read_answer(fd, seconds, text, sizeof(text));

	close(fd);
	if (n < 0)
		return n;
	return n > 0 && !text[0] && lw_rendezvous_read(text + 1, farewell) ? 0 : -EPROTO;
}

bool lw_rendezvous_look(const char *root, const char *run, struct lw_farewell *farewell)
{
	int fd = lw_rendezvous_ask(root, run, LW_REQUEST_STATUS);

	return fd >= 0 && !lw_rendezvous_answer(fd, LW_LOOK_SECONDS, farewell);
}

void lw_rendezvous_each(const char *root, void (*fn)(const char *run, void *arg), void *arg)
{
	char pattern[PATH_MAX], run[64];
	glob_t found = { 0 };
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s" LW_PLACE "/*.sock", root);
	glob(pattern, 0, NULL, &found);
	for (i = 0; i < found.gl_pathc; i++) {
		const char *base = strrchr(found.gl_pathv[i], '/') + 1;

		snprintf(run, sizeof(run), "%.*s", (int)strlen(base) - 5, base);
		if (lw_tool_name_ok(run))
			fn(run, arg);
	}
	globfree(&found);
}
