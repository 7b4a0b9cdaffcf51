/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rendezvous.h - where recorders (flight.h) and those who read them meet: the socket
 * TOOL.sock in the directory of place.h, for its owner only
 *
 * A reader sends one byte, a request. The answer is records, then a NUL, which no record
 * has, and a farewell of lines KEY VALUE; behind an empty line comes what the run has said
 * on stderr. @root: directory that holds run, "" on a real host.
 */
#ifndef LW_RENDEZVOUS_H
#define LW_RENDEZVOUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum lw_request {
	LW_REQUEST_STATUS = 'i', /* the farewell at once */
	LW_REQUEST_DUMP = 'd',   /* what is kept, oldest first */
	LW_REQUEST_ATTACH = 'a', /* what comes from now on, until the reader shuts its side down */
	LW_REQUEST_STOP = 's',   /* the farewell, when the run has ended and the recorder will */
};

struct lw_farewell {
	bool ended;                 /* the run has */
	bool busy;                  /* no records, as others are given them: as many as can be */
	int code;                   /* its exit code if so */
	pid_t pid;                  /* of the process that is attached to the module */
	size_t kept;                /* bytes */
	size_t keep;                /* how many it may be */
	unsigned long long dropped; /* lines that made room before they were sent */
	char messages[16 << 10];    /* of the run, as much as there is room for, the last ones */
};

/*
 * lw_rendezvous_write - a farewell as text, its NUL in front and another one behind;
 * returns its length without that. lw_rendezvous_read - what it says, without the one in
 * front; false if it is none.
 */
#define LW_FAREWELL_SIZE (17 << 10)
size_t lw_rendezvous_write(char text[LW_FAREWELL_SIZE], const struct lw_farewell *farewell);
bool lw_rendezvous_read(const char *text, struct lw_farewell *farewell);

/*
 * lw_rendezvous_listen - make the socket, in the place of any that is there
 *
 * The caller holds the tool's lock (tool.h), so that no other recorder does the same.
 * Returns a descriptor that does not block, or -errno.
 */
int lw_rendezvous_listen(const char *root, const char *tool);

/* lw_rendezvous_remove - remove it, if it is the one of that descriptor */
void lw_rendezvous_remove(const char *root, const char *tool, int listener);

/*
 * lw_rendezvous_accept - the next who wants something. Returns a descriptor that does not
 * block, -EAGAIN, -EPERM (another user; turned away) or another -errno.
 */
int lw_rendezvous_accept(int listener);

/*
 * lw_rendezvous_ask - connect to a tool's recorder and send a request. Returns a descriptor,
 * -ENOENT (there is none, or it was killed), -EAGAIN (it stands still, and as many wait for
 * it as can) or another -errno.
 */
int lw_rendezvous_ask(const char *root, const char *tool, enum lw_request request);
/* What to say of -EAGAIN, with the tool. */
#define LW_RENDEZVOUS_AGAIN \
	"%s: its recorder stands still and takes no request; pgrep -a lwload shows it, end it"

/*
 * lw_rendezvous_pid - the process that keeps the records, which began to listen
 * (SO_PEERCRED); 0: not known, such as of another PID namespace, never to be shown as one
 * to kill
 */
pid_t lw_rendezvous_pid(int fd);

/*
 * lw_rendezvous_answer - the farewell to a request that has no records. @seconds: how long
 * to wait for it. Returns 0, -ETIMEDOUT or another -errno; closes the descriptor.
 */
int lw_rendezvous_answer(int fd, int seconds, struct lw_farewell *farewell);

/* lw_rendezvous_look - how a tool's recorder is; false if there is none that answers */
bool lw_rendezvous_look(const char *root, const char *tool, struct lw_farewell *farewell);

/* lw_rendezvous_each - call fn for each tool that may have a recorder, by name */
void lw_rendezvous_each(const char *root, void (*fn)(const char *tool, void *arg), void *arg);

#endif
