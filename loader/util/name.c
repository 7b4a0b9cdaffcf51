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

bool lw_name_in(const char *words, const char *name)
{
	size_t n;

	for (; *words; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		if (n == strlen(name) && !strncmp(words, name, n))
			return true;
	}
	return false;
}
