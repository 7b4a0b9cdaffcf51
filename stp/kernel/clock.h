#pragma once

#include <linux/timekeeping.h>
#include <linux/types.h>

/*
 * Nanoseconds since this reading of ktime_get_mono_fast_ns(), of whatever CPU; 0 if the clock went
 * back, as it may during an update (kernel/time/timekeeping.c). From any context.
 */
static __always_inline u64 lw_since(u64 began)
{
	s64 took = ktime_get_mono_fast_ns() - began;

	return took > 0 ? took : 0;
}
