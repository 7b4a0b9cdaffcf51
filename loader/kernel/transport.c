// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/file.h"
#include "kernel/kcore.h"
#include "kernel/transport.h"

/* ---- control channel ---- */

int lw_control_open(const char *module, struct lw_control *control)
{
	char path[128];
	int err;

	control->dir = -1;
	control->cmd = -1;
	snprintf(path, sizeof(path), "/proc/systemtap/%s", module);
	control->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (control->dir < 0)
		return -errno;
	control->cmd = openat(control->dir, ".cmd", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (control->cmd >= 0)
		return 0;
	err = -errno;
	lw_control_close(control);
	return err;
}

void lw_control_close(struct lw_control *control)
{
	if (control->cmd >= 0)
		close(control->cmd);
	if (control->dir >= 0)
		close(control->dir);
	control->cmd = -1;
	control->dir = -1;
}

static int send_message(const struct lw_control *control, uint32_t type, const void *payload,
			size_t len)
{
	char buf[512];

	memcpy(buf, &type, sizeof(type));
	memcpy(buf + sizeof(type), payload, len);
	return write(control->cmd, buf, sizeof(type) + len) < 0 ? -errno : 0;
}

static int send_relocation(const struct lw_control *control, const char *symbol, uint64_t address)
{
	struct {
		char module[128];
		char symbol[128];
		uint64_t address;
	} message = { .module = "kernel", .address = address };

	strncpy(message.symbol, symbol, sizeof(message.symbol) - 1);
	return send_message(control, LW_MSG_RELOCATION, &message, sizeof(message));
}

/* Kernel symbols a module cannot find by itself (PR26074 in runtime/sym.c). */
static const char *const symbols[] = { "_stext", "kallsyms_lookup_name" };
#define NSYMBOLS ((int)(sizeof(symbols) / sizeof(symbols[0])))

/*
 * A line of /proc/kallsyms: "ffffffff81000000 T _stext". There are thousands
 * before the last one wanted: sscanf(3) for each would be half of the time it takes
 * to start. Returns whether it is one of those wanted.
 */
static bool parse_symbol(char *line, uint64_t *addresses)
{
	char *end, *name = strchr(line, ' ');
	int i;

	if (!name || !name[1] || name[2] != ' ')
		return false;
	name += 3;
	if (name[0] != '_' && name[0] != 'k')
		return false;
	end = strpbrk(name, "\t\n");
	if (end)
		*end = '\0';
	for (i = 0; i < NSYMBOLS; i++) {
		if (!strcmp(name, symbols[i])) {
			addresses[i] = strtoull(line, NULL, 16);
			return true;
		}
	}
	return false;
}

/*
 * staprun also sends kallsyms_on_each_symbol and the section addresses of all
 * modules. Without the former the runtime leaves the lookup of probe points to
 * register_kprobe() (runtime/linux/kprobes.c) instead of walking all symbols of
 * the kernel; the latter are for probes by address, which need debuginfo.
 */
static int read_symbols(uint64_t *addresses, uint64_t lookup)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[256];
	/* _stext is among the first hundreds, the other comes after thousands. */
	int left = lookup ? 1 : NSYMBOLS;

	if (!file)
		return -errno;
	/* The kernel hands out a page at a time, stdio's own buffer takes a quarter. */
	setvbuf(file, NULL, _IOFBF, 4096);
	while (left && fgets(line, sizeof(line), file))
		left -= parse_symbol(line, addresses);
	fclose(file);
	if (lookup && addresses[0])
		addresses[1] = addresses[0] + lookup;
	return left ? -ENOENT : 0;
}

/*
 * What a debugger is told is short, and there also with kernel.kptr_restrict at 2, when even root reads zeroes
 * in the list. That is not lowered for a moment, as staprun does: who is killed in that moment leaves it so, and
 * of two at once the second takes for the host's own value what the first has set.
 */
static int find_symbols(uint64_t *addresses, uint64_t lookup)
{
	int err;

	if (lookup && lw_kcore_stext("", &addresses[0]) == 0) {
		addresses[1] = addresses[0] + lookup;
		return 0;
	}
	err = read_symbols(addresses, lookup);
	return err || addresses[1] ? err : -ENODATA;
}

static int send_symbols(const struct lw_control *control, uint64_t lookup)
{
	uint64_t addresses[NSYMBOLS] = { 0 };
	int i, err = find_symbols(addresses, lookup);

	for (i = 0; !err && i < NSYMBOLS; i++)
		err = send_relocation(control, symbols[i], addresses[i]);
	return err;
}

static int send_time_zone(const struct lw_control *control)
{
	struct {
		int64_t offset;
		char name[64];
	} message = { 0 };
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	message.offset = -tm.tm_gmtoff;
	strncpy(message.name, tm.tm_zone, sizeof(message.name) - 1);
	return send_message(control, LW_MSG_TZINFO, &message, sizeof(message));
}

int lw_control_hello(const struct lw_control *control, uint64_t lookup)
{
	int32_t privileges = 0xe; /* pr_all of systemtap's privilege.h */
	int err = send_message(control, LW_MSG_PRIVILEGE, &privileges, sizeof(privileges));

	if (!err)
		err = send_symbols(control, lookup);
	if (!err)
		err = send_time_zone(control);
	if (!err)
		err = send_message(control, LW_MSG_READY, "", 0);
	return err;
}

int lw_control_start(const struct lw_control *control)
{
	struct {
		int32_t target, result;
	} message = { 0, 0 };

	return send_message(control, LW_MSG_START, &message, sizeof(message));
}

int lw_control_exit(const struct lw_control *control)
{
	return send_message(control, LW_MSG_EXIT, "", 0);
}

int lw_control_read(const struct lw_control *control, struct lw_control_message *message)
{
	char buf[sizeof(message->text) + sizeof(message->type) - 1];
	ssize_t n = read(control->cmd, buf, sizeof(buf));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n < (ssize_t)sizeof(message->type))
		return -EPROTO;
	memcpy(&message->type, buf, sizeof(message->type));
	message->len = n - sizeof(message->type);
	memcpy(message->text, buf + sizeof(message->type), message->len);
	message->text[message->len] = '\0';
	return 1;
}

/* ---- relay streams ---- */

/* How long a missing number may come late; it is written within microseconds. */
#define GAP_NSEC 50000000LL

struct stream {
	int fd;
	int cpu;
	bool marked;
};

struct lw_relay {
	struct lw_relay_ops ops;
	struct lw_merge *merge;
	int dir;             /* of the control channel, not ours to close */
	int possible;        /* CPUs that the kernel has room for */
	bool full;           /* the last read left data behind */
	long long gap_since; /* nanoseconds, 0: no gap */
	uint32_t gap_next;   /* the number waited for since then */
	int n;
	struct stream streams[];
};

/* "0-3" in sys/devices/system/cpu/possible (Documentation/admin-guide/cputopology.rst) */
static int possible_cpus(void)
{
	const char *last;
	char text[64];

	if (lw_file_read(text, sizeof(text), "/sys/devices/system/cpu/possible") <= 0)
		return sysconf(_SC_NPROCESSORS_CONF);
	last = strrchr(text, '-');
	return atoi(last ? last + 1 : text) + 1;
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

int lw_relay_open(const struct lw_control *control, const struct lw_relay_ops *ops,
		  struct lw_relay **out)
{
	int err, cpus = possible_cpus();
	struct lw_relay *relay = calloc(1, sizeof(*relay) + cpus * sizeof(relay->streams[0]));

	*out = NULL;
	if (!relay)
		return -ENOMEM;
	relay->ops = *ops;
	relay->dir = control->dir;
	relay->possible = cpus;
	err = open_streams(relay);
	if (!err)
		relay->merge = lw_merge_new(relay->n, &relay->ops);
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
		if (!err)
			err = lw_merge_run(relay->merge, all ? !got : gap_is_old(relay));
		note_gap(relay);
	} while (!err && more && all);
	return err;
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
