/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control.h - the control channel of an inserted module
 *
 * It is the protocol of SystemTap 5.0 and later. Message numbers and layouts are from
 * runtime/transport/transport_msgs.h, files from runtime/transport/procfs.c. All numbers are in
 * the host's byte order.
 */
#ifndef LW_CONTROL_H
#define LW_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The messages of the control channel that lwload uses (transport_msgs.h) */
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

struct lw_control {
	int dir; /* /proc/systemtap/MODULE */
	int cmd; /* the file .cmd in it, which one process at a time can open */
};

struct lw_control_message {
	uint32_t type;
	char text[8192]; /* the payload and a NUL; control.c sends at most 384 bytes */
	size_t len;
};

/*
 * lw_control_open - attaches to a module. Returns 0, -EBUSY (another process is attached), -ENOENT
 * (no such module) or another -errno. lw_control_close() may be called after a failure.
 */
int lw_control_open(const char *module, struct lw_control *control);
void lw_control_close(struct lw_control *control);

/*
 * lw_control_hello - tells the module its privileges, kernel addresses and the time zone, as
 * staprun does; a module does not start without them
 * @lookup: address of kallsyms_lookup_name() less that of _stext. It is a constant of a build of
 * the kernel, which is moved as a whole (CONFIG_RANDOMIZE_BASE). 0: not known, so that it is looked
 * for.
 * Returns 0, -ENODATA (the kernel hides its addresses, see rule "addresses") or another -errno.
 */
int lw_control_hello(const struct lw_control *control, uint64_t lookup);

/*
 * lw_control_start - tells the module to start its probes; lw_control_exit - to run its end probes
 * and stop. Both return 0 or -errno when the module has done so. Its result is a message.
 */
int lw_control_start(const struct lw_control *control);
int lw_control_exit(const struct lw_control *control);

/*
 * lw_control_read - takes the next message. Returns 1, or 0 if there is no message yet, or -errno.
 */
int lw_control_read(const struct lw_control *control, struct lw_control_message *message);

#endif
