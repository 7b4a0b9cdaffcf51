/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rendezvous.h - the socket at which recorders (flight.h) and their readers meet: RUN.sock in the
 * directory of place.h (runs.h has the names of runs), for its owner only
 *
 * A reader sends one byte, a request. The answer is records, then a NUL, which no record
 * has, and a farewell of lines KEY VALUE. After an empty line come the run's messages on
 * stderr. @root: directory that holds run, "" on a real host.
 */
#ifndef LW_RENDEZVOUS_H
#define LW_RENDEZVOUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum lw_request {
	LW_REQUEST_STATUS = 'i', /* a farewell at once */
	LW_REQUEST_DUMP = 'd',   /* records that are kept, oldest first */
	LW_REQUEST_ATTACH = 'a', /* new records, until the reader shuts its side down */
	LW_REQUEST_STOP = 's',   /* a farewell, after the run's end and before the recorder's */
};

struct lw_farewell {
	bool ended;                 /* the run has ended */
	bool busy;                  /* no records were sent: too many others read them */
	int code;                   /* exit code of a run that has ended */
	pid_t pid;                  /* process that is attached to the module */
	size_t kept;                /* bytes of records */
	size_t keep;                /* the most that may be kept */
	unsigned long long dropped; /* lines that were dropped before they were sent */
	char messages[16 << 10];    /* the end of the run's messages */
};

#define LW_FAREWELL_SIZE (17 << 10)
/* How long a reader waits for one: a recorder answers at once, unless it is stopped. */
#define LW_LOOK_SECONDS 2

/*
 * lw_rendezvous_write - writes a farewell as text, with a NUL before and after it. Returns its
 * length without the last NUL. lw_rendezvous_read - reads it, from after the first NUL; false if it
 * is no farewell.
 */
size_t lw_rendezvous_write(char text[LW_FAREWELL_SIZE], const struct lw_farewell *farewell);
bool lw_rendezvous_read(const char *text, struct lw_farewell *farewell);

/*
 * lw_rendezvous_listen - makes the socket; an old one is replaced
 *
 * The caller holds the run's lock (place.h), so that no other recorder does the same.
 * Returns a descriptor that does not block, or -errno.
 */
int lw_rendezvous_listen(const char *root, const char *run);

/* lw_rendezvous_remove - removes the socket, if it is this descriptor's */
void lw_rendezvous_remove(const char *root, const char *run, int listener);

/*
 * lw_rendezvous_accept - takes the next connection. Returns a descriptor that does not block,
 * -EAGAIN, -EPERM (another user, who is turned away) or another -errno.
 */
int lw_rendezvous_accept(int listener);

/*
 * lw_rendezvous_ask - connects to a run's recorder and sends a request. Returns a descriptor,
 * -ENOENT (there is no recorder, or it was killed), -EAGAIN (it stands still, and its queue is
 * full) or another -errno.
 */
int lw_rendezvous_ask(const char *root, const char *run, enum lw_request request);
/* The message for -EAGAIN, with the run's name. */
#define LW_RENDEZVOUS_AGAIN \
	"%s: its recorder stands still and takes no request; pgrep -a lwload shows it, end it"

/*
 * lw_rendezvous_pid - returns the process that keeps the records: it began to listen (SO_PEERCRED).
 * Returns 0 if it is not known, as in another PID namespace; no message may tell to kill that.
 */
pid_t lw_rendezvous_pid(int fd);

/*
 * lw_rendezvous_answer - reads the farewell to a request that has no records, and closes the
 * descriptor. @seconds: how long it waits. Returns 0, -ETIMEDOUT or another -errno.
 */
int lw_rendezvous_answer(int fd, int seconds, struct lw_farewell *farewell);

/* lw_rendezvous_look - asks a run's recorder for its state; false if none answers */
bool lw_rendezvous_look(const char *root, const char *run, struct lw_farewell *farewell);

/* lw_rendezvous_each - calls fn for each run that may have a recorder, by name */
void lw_rendezvous_each(const char *root, void (*fn)(const char *run, void *arg), void *arg);

#endif
