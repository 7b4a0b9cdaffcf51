// SPDX-License-Identifier: GPL-2.0-only
/* plain.c - what helper.c calls of a sanitizer, for tests that are built without one */
#include <sanitizer/lsan_interface.h>

void __lsan_disable(void)
{
}

void __lsan_enable(void)
{
}
