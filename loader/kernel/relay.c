// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/relay.h"
#include "util/file.h"
#include "util/number.h"

/* How long a missing number may come late; it is written within microseconds. */
#define GAP_NSEC 50000000LL

struct stream {
	int fd;
	int cpu;
	bool marked;
};

struct lw_relay {
	struct lw_merge *merge;
	int dir;             /* of the control channel, not ours to close */
	int possible;        /* CPUs that the kernel has room for */
	bool full;           /* the last read left data there */
	bool failed;         /* the last read failed, not the sink */
	long long gap_since; /* nanoseconds, 0: no gap */
	uint32_t gap_next;   /* the number waited for since then */
	int n;
	struct stream streams[];
};

/* "0-3" in sys/devices/system/cpu/possible (Documentation/admin-guide/cputopology.rst) */
static int possible_cpus(void)
{
	unsigned long long last;
	const char *dash;
	char text[64];

	lw_file_read(text, sizeof(text), "/sys/devices/system/cpu/possible");
	dash = strrchr(text, '-');
	if (!lw_decimal(dash ? dash + 1 : text, INT_MAX - 1, &last))
		return sysconf(_SC_NPROCESSORS_CONF);
	return last + 1;
}

static int open_streams(struct lw_relay *relay)
{
	char name[32];
	int cpu, fd;

	for (cpu = 0; cpu < relay->possible; cpu++) {
		snprintf(name, sizeof(name), "trace%d", cpu);
		fd = openat(relay->dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0)
			relay->streams[relay->n++] = (struct stream){ .fd = fd, .cpu = cpu };
		else if (errno != ENOENT)
			return -errno;
	}
	return relay->n ? 0 : -ENODEV;
}

int lw_relay_open(const struct lw_control *control, const struct lw_sink *sink,
		  struct lw_relay **out)
{
	int err, cpus = possible_cpus();
	struct lw_relay *relay = calloc(1, sizeof(*relay) + cpus * sizeof(relay->streams[0]));

	*out = NULL;
	if (!relay)
		return -ENOMEM;
	relay->dir = control->dir;
	relay->possible = cpus;
	err = open_streams(relay);
	if (!err)
		relay->merge = lw_merge_new(relay->n, sink);
	if (err || !relay->merge) {
		lw_relay_close(relay);
		return err ? err : -ENOMEM;
	}
	*out = relay;
	return 0;
}

static bool has_stream(const struct lw_relay *relay, int cpu)
{
	int i;

	for (i = 0; i < relay->n; i++)
		if (relay->streams[i].cpu == cpu)
			return true;
	return false;
}

bool lw_relay_came(const struct lw_relay *relay)
{
	char name[32];
	int cpu, fd = -1;

	for (cpu = 0; cpu < relay->possible && relay->n < relay->possible && fd < 0; cpu++) {
		snprintf(name, sizeof(name), "trace%d", cpu);
		if (!has_stream(relay, cpu))
			fd = openat(relay->dir, name, O_PATH | O_CLOEXEC);
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void lw_relay_close(struct lw_relay *relay)
{
	int i;

	if (!relay)
		return;
	for (i = 0; i < relay->n; i++)
		close(relay->streams[i].fd);
	lw_merge_free(relay->merge);
	free(relay);
}

int lw_relay_streams(const struct lw_relay *relay)
{
	return relay->n;
}

int lw_relay_fd(const struct lw_relay *relay, int i)
{
	return relay->streams[i].fd;
}

void lw_relay_mark(struct lw_relay *relay, int i)
{
	relay->streams[i].marked = true;
}

/*
 * One read takes at most what the merge buffer holds. Returns 1 if there may be
 * more. *got: something was read.
 */
static int read_stream(struct lw_relay *relay, int i, bool *got)
{
	struct stream *s = &relay->streams[i];
	size_t room;
	char *buf = lw_merge_room(relay->merge, i, &room);
	ssize_t n;

	if (!room)
		return 1;
	n = read(s->fd, buf, room);
	if (n < 0 && errno == EINTR)
		return 1;
	/* ENODATA: the stream is empty (relay_v2.c). */
	if (n < 0 && errno != EAGAIN && errno != ENODATA)
		return -errno;
	if (n <= 0)
		return 0;
	lw_merge_fill(relay->merge, i, n);
	*got = true;
	if ((size_t)n == room)
		relay->full = true;
	return 1;
}

static long long now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static bool gap_is_old(struct lw_relay *relay)
{
	return relay->gap_since && now_nsec() - relay->gap_since > GAP_NSEC;
}

/*
 * Busy CPUs leave a gap after nearly every read, which the next one fills: only
 * the same gap can grow old.
 */
static void note_gap(struct lw_relay *relay)
{
	uint32_t next = lw_merge_next(relay->merge);

	if (!lw_merge_waiting(relay->merge))
		relay->gap_since = 0;
	else if (!relay->gap_since || next != relay->gap_next)
		relay->gap_since = now_nsec();
	relay->gap_next = next;
}

static int read_marked(struct lw_relay *relay, bool all, bool *more, bool *got)
{
	int i, err;

	for (i = 0; i < relay->n; i++) {
		struct stream *s = &relay->streams[i];

		if (!s->marked && !all)
			continue;
		err = read_stream(relay, i, got);
		if (err < 0)
			return err;
		s->marked = false;
		*more |= err > 0;
	}
	return 0;
}

/*
 * CPUs work at different rates, so a stream can be full of packets that wait for
 * those of another whose rest has not been read yet. As long as anything comes,
 * nothing is missing.
 */
int lw_relay_read(struct lw_relay *relay, bool all)
{
	bool more, got;
	int err;

	do {
		more = got = relay->full = false;
		err = read_marked(relay, all, &more, &got);
		relay->failed = err < 0;
		if (!err)
			err = lw_merge_run(relay->merge, all ? !got : gap_is_old(relay));
		note_gap(relay);
	} while (!err && more && all);
	return err;
}

bool lw_relay_failed(const struct lw_relay *relay)
{
	return relay->failed;
}

bool lw_relay_full(const struct lw_relay *relay)
{
	return relay->full;
}

bool lw_relay_waiting(const struct lw_relay *relay)
{
	return relay->gap_since != 0;
}

unsigned long long lw_relay_lost(const struct lw_relay *relay)
{
	return lw_merge_lost(relay->merge);
}
