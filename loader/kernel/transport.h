/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transport.h - the control channel and the relay streams of an inserted module
 *
 * The protocol is that of SystemTap 5.0 and later: message numbers and layouts
 * in runtime/transport/transport_msgs.h, files in runtime/transport/procfs.c.
 * Everything is in the host's byte order.
 */
#ifndef LW_TRANSPORT_H
#define LW_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages of the control channel (transport_msgs.h), those that are used. */
enum lw_message {
	LW_MSG_START = 0x50,
	LW_MSG_EXIT = 0x51,
	LW_MSG_OOB_DATA = 0x52,
	LW_MSG_SYSTEM = 0x53,
	LW_MSG_TRANSPORT = 0x54,
	LW_MSG_READY = 0x58,
	LW_MSG_RELOCATION = 0x59,
	LW_MSG_REQUEST_EXIT = 0x5d,
	LW_MSG_TZINFO = 0x5e,
	LW_MSG_PRIVILEGE = 0x5f,
};

/* ---- control channel ---- */

struct lw_control {
	int dir; /* /proc/systemtap/MODULE */
	int cmd; /* .cmd in it, for one process at a time */
};

struct lw_control_message {
	uint32_t type;
	char text[8192]; /* the payload and a NUL; control.c sends at most 384 bytes */
	size_t len;
};

/*
 * lw_control_open - returns 0, -EBUSY (another process is attached), -ENOENT
 * (no such module) or another -errno. lw_control_close() is fine after failure.
 */
int lw_control_open(const char *module, struct lw_control *control);
void lw_control_close(struct lw_control *control);

/*
 * lw_control_hello - what staprun tells a module before it may start:
 * privileges, kernel addresses, time zone. @lookup: how many bytes behind _stext
 * kallsyms_lookup_name() is in this very build of the kernel, which is moved as a
 * whole (CONFIG_RANDOMIZE_BASE); 0: not known, to be looked for. Returns 0, -ENODATA (the
 * kernel hides its addresses, see lw_host_addresses()) or another -errno.
 */
int lw_control_hello(const struct lw_control *control, uint64_t lookup);

/* lw_control_start, lw_control_exit - start the probes; run end probes and stop.
 * Both return when the module has done it, with 0 or -errno; the result comes as
 * a message. */
int lw_control_start(const struct lw_control *control);
int lw_control_exit(const struct lw_control *control);

/* lw_control_read - the next message; 1, 0 if there is none now, or -errno */
int lw_control_read(const struct lw_control *control, struct lw_control_message *message);

/* ---- relay streams ---- */

/*
 * A packet is what one probe hit printed (runtime/print_flush.c). Packets of all
 * CPUs are numbered from 1 in the order of their time; a number is taken only
 * when there is room in the buffer, right before the packet is written.
 * data: returns 0 to go on, anything else stops lw_relay_read().
 */
struct lw_relay_ops {
	int (*data)(void *context, const char *packet, size_t len);
	void *context;
};

struct lw_relay;

/*
 * lw_relay_open - open the streams of all CPUs. Buffers are allocated only for
 * CPUs online when the module was inserted. @control must not be closed before the
 * relay. Returns 0, -ENODEV if there is none, or -errno.
 */
int lw_relay_open(const struct lw_control *control, const struct lw_relay_ops *ops,
		  struct lw_relay **relay);
void lw_relay_close(struct lw_relay *relay);

/*
 * lw_relay_came - has a CPU come online since then? The module discards what happens there
 * (runtime/linux/runtime_context.h, print.c), and counts nothing; but the kernel makes a
 * file for such a CPU (kernel/relay.c, relay_prepare_cpu).
 */
bool lw_relay_came(const struct lw_relay *relay);

/* lw_relay_streams - number of streams; lw_relay_fd - descriptor i for poll(2) */
int lw_relay_streams(const struct lw_relay *relay);
int lw_relay_fd(const struct lw_relay *relay, int i);

/* lw_relay_mark - poll(2) says that stream i has data */
void lw_relay_mark(struct lw_relay *relay, int i);

/*
 * lw_relay_read - read marked streams (@all: every one) and deliver packets in
 * order. It may run on any CPU: the kernel side asks that of the stream for what is
 * whole (stp/kernel/relay.c).
 * @all waits for nothing: packets behind a gap are delivered as they come.
 * Returns 0, what ops->data returned if not 0, or -errno.
 */
int lw_relay_read(struct lw_relay *relay, bool all);

/* lw_relay_full - did the last read stop because a buffer was full? */
bool lw_relay_full(const struct lw_relay *relay);

/* lw_relay_waiting - are packets held back for one with a lower number? */
bool lw_relay_waiting(const struct lw_relay *relay);

/*
 * lw_relay_lost - packets whose number never came. Those that found no room have
 * no number: the module counts them and says so when it ends.
 */
unsigned long long lw_relay_lost(const struct lw_relay *relay);

/* ---- merging, apart from files so that it can be tested ---- */

struct lw_merge;

struct lw_merge *lw_merge_new(int streams, const struct lw_relay_ops *ops);
void lw_merge_free(struct lw_merge *merge);

/*
 * lw_merge_room - where to put the next bytes of stream i; *room is how many, 0
 * if it is full of packets that wait for one of another stream. lw_merge_fill -
 * that many were put there.
 */
char *lw_merge_room(struct lw_merge *merge, int i, size_t *room);
void lw_merge_fill(struct lw_merge *merge, int i, size_t len);

/*
 * lw_merge_run - deliver complete packets while the next number is there.
 * @force: if it is missing, count it as lost and go on with the lowest there is.
 * Returns 0 or what ops->data returned.
 */
int lw_merge_run(struct lw_merge *merge, bool force);
bool lw_merge_waiting(const struct lw_merge *merge);
/* lw_merge_next - the number that is waited for */
uint32_t lw_merge_next(const struct lw_merge *merge);
unsigned long long lw_merge_lost(const struct lw_merge *merge);

#endif
