// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kernel/words.h"
#include "util/number.h"

enum counter { NOTHING, LOST, MISSED, ONE_MISSED, BARRED };

#define FILTER "; a filter may help"
#define SHORTER "; a filter or a shorter interval may help"
#define FAULT "; please report this"

/*
 * The first row that is how the message begins is the one. In there, # stands for a
 * number, and @ for the one that matters.
 */
static const struct row {
	const char *begin;
	enum counter counter;
	bool quote;        /* the message itself is printed after the words */
	const char *words; /* NULL: nothing is printed; %llu is the number */
} rows[] = {
	{ "There were @ transport failures", LOST, false, NULL },
	/* stapio's, of what lw_relay_lost() counts here */
	{ "There were @ lost messages", LOST, false, NULL },
	/* A probe that is hit while one is at work on the same processor is counted nowhere. */
	{ "Number of errors: 0, skipped probes: 0", ONE_MISSED, false,
	  "calls were missed: they came while another was being recorded" },
	{ "Number of errors: 0, skipped probes: @", MISSED, false,
	  "%llu calls were missed: too many were under way at once" FILTER },
	{ "Number of errors: #, skipped probes: 0", NOTHING, false, NULL },
	{ "Number of errors: #, skipped probes: @", MISSED, false,
	  "%llu calls were missed before it ended" },
	{ "Skipped too many probes", ONE_MISSED, true,
	  "it stopped: too many calls were missed, with too many under way at once" FILTER },
	{ "MAXACTION exceeded", NOTHING, true,
	  "it stopped: one of its probes took more steps than it may" SHORTER },
	{ "MAXNESTING exceeded", NOTHING, true,
	  "it stopped: one of its functions called itself too often" FAULT },
	{ "Array overflow, check size limit (@)", ONE_MISSED, true,
	  "it stopped: one of its tables has room for %llu entries only" SHORTER },
	{ "aggregation overflow", ONE_MISSED, true,
	  "it stopped: one of its tables is full" SHORTER },
	{ "read fault", NOTHING, true, "it stopped: it met memory that cannot be read" FAULT },
	{ "kernel fault", NOTHING, true, "it stopped: it met memory that cannot be read" FAULT },
	{ "division by 0", NOTHING, true, "it stopped by a fault of its own" FAULT },
	{ "empty aggregate", NOTHING, true, "it stopped by a fault of its own" FAULT },
};

/* Behind "probe NAME (ADDRESS) ", so that it has no row. */
static const char not_placed[] = " registration error ";
static const struct row not_placed_row = {
	"probe ", BARRED, true,
	"the kernel did not take one of its probes, and what that would show is missing; see dmesg"
};

static bool begins(const char *text, const char *begin, unsigned long long *value)
{
	unsigned long long other;

	for (; *begin && text; begin++) {
		if (*begin == '@' || *begin == '#')
			text = lw_decimal(text, ULLONG_MAX, *begin == '@' ? value : &other);
		else if (*begin != *text++)
			return false;
	}
	return text;
}

static const struct row *find(const char *text, unsigned long long *value)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (begins(text, rows[i].begin, value))
			return &rows[i];
	if (begins(text, not_placed_row.begin, value) && strstr(text, not_placed))
		return &not_placed_row;
	return NULL;
}

static void count(enum counter counter, unsigned long long value, struct lw_loss *loss)
{
	if (counter == LOST)
		loss->lost += value;
	else if (counter == MISSED)
		loss->missed += value;
	else if (counter == ONE_MISSED || counter == BARRED)
		loss->missed++;
	loss->barred += counter == BARRED;
}

/* @words: has %llu for the number, or nothing of that kind */
static void put(char *buf, size_t size, const char *words, unsigned long long value)
{
	const char *mark = strstr(words, "%llu");

	if (mark)
		snprintf(buf, size, "%.*s%llu%s", (int)(mark - words), words, value, mark + 4);
	else
		snprintf(buf, size, "%s", words);
}

const char *lw_words(const char *text, struct lw_loss *loss, char *buf, size_t size)
{
	unsigned long long value = 0;
	const struct row *row = find(text, &value);
	size_t n;

	if (!row)
		return *text ? text : NULL;
	count(row->counter, value, loss);
	if (!row->words)
		return NULL;
	put(buf, size, row->words, value);
	n = strlen(buf);
	if (row->quote)
		snprintf(buf + n, size - n, " (SystemTap: %s)", text);
	return buf;
}
