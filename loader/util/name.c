// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <string.h>

#include "util/name.h"

bool lw_tool_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= 50 && islower((unsigned char)name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}
