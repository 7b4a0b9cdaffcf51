// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "util/nearest.h"

#define LONGEST 63

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* Rows of the table of distances: that of this letter, of the one before, and of the one before that */
struct rows {
	int now[LONGEST + 2], before[LONGEST + 2], earlier[LONGEST + 2];
};

static void next_row(struct rows *rows, const char *a, int i, const char *b, int len)
{
	int j;

	memcpy(rows->earlier, rows->before, sizeof(rows->before));
	memcpy(rows->before, rows->now, sizeof(rows->now));
	rows->now[0] = i;
	for (j = 1; j <= len; j++) {
		int d = rows->before[j - 1] + (a[i - 1] != b[j - 1]);

		d = least(d, 1 + least(rows->before[j], rows->now[j - 1]));
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
			d = least(d, rows->earlier[j - 2] + 1);
		rows->now[j] = d;
	}
}

static int errors(const char *typed, int length, const char *word)
{
	struct rows rows = { 0 };
	int i, len = strlen(word);

	if (len > LONGEST)
		return LONGEST;
	for (i = 0; i <= len; i++)
		rows.now[i] = i;
	for (i = 1; i <= length; i++)
		next_row(&rows, typed, i, word, len);
	return rows.now[len];
}

const char *lw_nearest(const char *typed, const char *const *words, int n)
{
	int i, found, length = strnlen(typed, LONGEST + 1);
	int most = length < 7 ? 1 : (length + 1) / 4;
	const char *nearest = NULL;

	for (i = 0; length <= LONGEST && i < n; i++) {
		found = errors(typed, length, words[i]);
		if (found <= most) {
			nearest = words[i];
			most = found - 1;
		}
	}
	return nearest;
}
