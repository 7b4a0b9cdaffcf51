// SPDX-License-Identifier: GPL-2.0-only
/* plain.c - the sanitizer's functions that helper.c calls, for tests built without a sanitizer */
#include <sanitizer/lsan_interface.h>

void __lsan_disable(void)
{
}

void __lsan_enable(void)
{
}
