/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.h - time that nobody sets */
#ifndef LW_CLOCK_H
#define LW_CLOCK_H

/* lw_clock_msec - milliseconds of CLOCK_MONOTONIC (clock_gettime(2)) */
long long lw_clock_msec(void);

#endif
