/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * serial.h - the highest serial of a manifest whose modules this host has run, of each
 * kernel release: an older one can be signed as well, and is what an attacker would bring
 * back to have its faults back
 *
 * Of each release, because the modules of a kernel that is not built for any more stay
 * what they are while those of another go on. It is in var/lib/lwtools/serial/RELEASE,
 * decimal.
 */
#ifndef LW_SERIAL_H
#define LW_SERIAL_H

#include <stdint.h>

#include "util/log.h"

#define LW_SERIALS "var/lib/lwtools/serial"

/*
 * lw_serial_seen - the highest so far, 0 if none
 * @root: directory that holds var, "" on a real host
 * Returns 0, or -errno with *why: what is there cannot be trusted, or read.
 */
int lw_serial_seen(const char *root, const char *release, uint64_t *serial, struct lw_reason *why);

/*
 * lw_serial_record - from now on this is the highest, unless a higher one is there
 *
 * The file is the old one or the new one, whatever happens, and only ever gets higher: of
 * two at once, one waits for the other by a lock (lw_lock_wait()). Returns 0, or -errno
 * with *why.
 */
int lw_serial_record(const char *root, const char *release, uint64_t serial, struct lw_reason *why);

#endif
