// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rules/table.h"
#include "util/file.h"
#include "util/reason.h"

/*
 * KiB that a tool takes beside its buffers: for SystemTap and what is under way, measured; for each
 * processor the halves of its table (stp/kernel/dist.h, which has the largest); and for each possible
 * processor the arrays of what is under way, from Linux 6.7 on (stp/kernel/call.h; rwtime has most)
 */
#define REST_KIB (5 << 10)
#define TABLE_KIB 340
#define POOL_KIB 192

/* "0-3,5" are five. Returns 0 if it cannot be read. @which: "online" or "possible" */
static int processors_of(const char *root, const char *which)
{
	char text[1024], *word, *rest = text;
	int first, last, n = 0;

	lw_file_read(text, sizeof(text), "%s/sys/devices/system/cpu/%s", root, which);
	while ((word = strsep(&rest, ","))) {
		switch (sscanf(word, "%d-%d", &first, &last)) {
		case 2:
			n += last - first + 1;
			break;
		case 1:
			n++;
		}
	}
	return n;
}

/* KiB, as fs/proc/meminfo.c prints them; -1 if it is not there */
static long long meminfo(const char *text, const char *key)
{
	const char *line = strstr(text, key);
	long long kib;

	return line && sscanf(line + strlen(key), ": %lld kB", &kib) == 1 ? kib : -1;
}

/*
 * memory - is there enough for the buffers of all processors that are online? The module
 * itself asks for so much free or buffered (_stp_transport_data_fs_init() in SystemTap's
 * runtime/transport/relay_v2.c); the rest of it took 3 MiB, measured.
 */
enum lw_result lw_rule_memory(const struct lw_subject *subject, struct lw_reason *why)
{
	int processors = processors_of(subject->root, "online");
	long long wanted = ((long long)subject->buffer << 10) * processors;
	long long rest = REST_KIB + (long long)TABLE_KIB * processors +
			 (long long)POOL_KIB * processors_of(subject->root, "possible");
	long long available, unused;
	char text[4096];

	lw_file_read(text, sizeof(text), "%s/proc/meminfo", subject->root);
	available = meminfo(text, "MemAvailable");
	unused = meminfo(text, "MemFree") + meminfo(text, "Buffers");
	if (available < 0 || unused < 0 || !processors) {
		lw_because(why, "the free memory or the number of processors cannot be read");
		return LW_RULE_SKIP;
	}
	if (wanted + rest > available || wanted > unused) {
		lw_because(
			why,
			"%d MiB of buffer for each of %d processors and %lld MiB are more than there is: %lld MiB available, %lld free; try a smaller --buffer",
			subject->buffer, processors, rest >> 10, available >> 10, unused >> 10);
		return subject->run ? LW_RULE_FAIL : LW_RULE_WARN;
	}
	lw_because(why, "%lld MiB wanted, %lld available", (wanted + rest) >> 10, available >> 10);
	return LW_RULE_OK;
}
