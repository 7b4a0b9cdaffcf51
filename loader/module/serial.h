/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * serial.h - for each kernel release, the highest serial of a manifest whose modules this
 * host has run
 *
 * An old manifest is signed as well, so that an attacker could install old modules for their
 * faults. Each release has its own serial, since modules for one kernel may end while others go on.
 * The serial is a decimal number in var/lib/lwtools/serial/RELEASE.
 */
#ifndef LW_SERIAL_H
#define LW_SERIAL_H

#include <stdint.h>

#include "util/reason.h"

#define LW_SERIALS "var/lib/lwtools/serial"

/*
 * lw_serial_seen - reads the highest serial so far; 0: no run has left one
 * @root: directory that holds var, "" on a real host
 * Returns 0, or -errno with *why: the file cannot be trusted, or read.
 */
int lw_serial_seen(const char *root, const char *release, uint64_t *serial, struct lw_reason *why);

/*
 * lw_serial_record - makes this the highest serial, unless a higher one is there
 *
 * The file is always whole, the old one or the new one. The serial never gets lower: of two
 * processes, one waits for the other by a lock (lw_lock_wait()). Returns 0, or -errno with *why.
 */
int lw_serial_record(const char *root, const char *release, uint64_t serial, struct lw_reason *why);

#endif
