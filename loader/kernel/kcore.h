/* SPDX-License-Identifier: GPL-2.0-only */
/* kcore.h - /proc/kcore: what the running kernel says of itself to a debugger */
#ifndef LW_KCORE_H
#define LW_KCORE_H

#include <stdint.h>

/*
 * lw_kcore_stext - where the running kernel's _stext is, whatever kernel.kptr_restrict is
 *
 * Of its note VMCOREINFO, which has a line "SYMBOL(_stext)=ADDRESS"
 * (Documentation/admin-guide/kdump/vmcoreinfo.rst), since Linux 4.19 in /proc/kcore as well
 * (get_kcore_size() and read_kcore() in fs/proc/kcore.c). Reads no memory. @root: directory that
 * holds proc, "" on a real host. Returns 0 or -errno: -EPERM without CAP_SYS_RAWIO or locked down for confidentiality, -ENOENT if it
 * is not built in, -ENODATA if that line is not there.
 */
int lw_kcore_stext(const char *root, uint64_t *address);

#endif
