#pragma once

#include <linux/compiler.h>
#include <linux/types.h>

/* ids.h - lists of numbers, as options have them */

/* This number fits SystemTap's strings of 511 bytes, with ten digits each. */
#define LW_IDS 40

/* At least 1 if the list was given */
struct lw_ids {
	u32 n;
	u32 id[LW_IDS];
};

/*
 * Returns whether the list has the id. It reads LW_IDS places at most. An index would be compared with the
 * array's size each time (CONFIG_UBSAN_BOUNDS); parsing has made sure of the number.
 */
static __always_inline bool lw_listed(const struct lw_ids *ids, u32 id)
{
	const u32 *at = ids->id, *end = at + ids->n;

	do {
		if (*at == id)
			return true;
	} while (++at < end);
	return false;
}

/*
 * lw_parse_ids - decimal numbers from least to most, with commas between
 *
 * Returns whether it is such a list, of LW_IDS at most.
 */
static bool lw_parse_ids(struct lw_ids *ids, const char *list, u32 least, u32 most)
{
	u32 n = 0;

	do {
		const char *digits = list;
		u64 id = 0;

		for (; *list >= '0' && *list <= '9' && id <= most; list++)
			id = 10 * id + *list - '0';
		if (list == digits || id < least || id > most || (*list && *list != ','))
			return false;
		if (n == LW_IDS)
			return false;
		ids->id[n++] = id;
	} while (*list++);
	ids->n = n;
	return true;
}
