/* SPDX-License-Identifier: GPL-2.0-only */
/* notes.h - ELF notes of the running kernel. Its memory is not read. */
#ifndef LW_NOTES_H
#define LW_NOTES_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that are read of /sys/kernel/notes, which has some hundred */
#define LW_NOTES_LIMIT 4096

/*
 * lw_notes_build_id - reads the build-id of the running kernel from /sys/kernel/notes
 * @root: directory that holds sys, "" on a real host
 * @len: set to the number of bytes in @id
 * Returns 0, -ENODATA (the kernel has no build-id) or another -errno.
 */
int lw_notes_build_id(const char *root, unsigned char id[LW_NOTES_LIMIT], size_t *len);

/*
 * lw_kcore_stext - finds the running kernel's _stext, whatever kernel.kptr_restrict is
 *
 * @root: directory that holds proc, "" on a real host
 *
 * The kernel's note VMCOREINFO has a line "SYMBOL(_stext)=ADDRESS"
 * (Documentation/admin-guide/kdump/vmcoreinfo.rst). Since Linux 4.19 it is in /proc/kcore as well
 * (get_kcore_size() and read_kcore() in fs/proc/kcore.c). Returns 0 or -errno: -EPERM without
 * CAP_SYS_RAWIO or if the kernel is locked down for confidentiality, -ENOENT if it has no
 * /proc/kcore, -ENODATA if the line is missing.
 */
int lw_kcore_stext(const char *root, uint64_t *address);

#endif
