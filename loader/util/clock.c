// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

#include "util/clock.h"

long long lw_clock_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
