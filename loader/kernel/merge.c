// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of one CPU are in order; those of all CPUs are merged by number. No
 * packet is copied or allocated: each stream has a buffer, and the one whose
 * head has the lowest number is next.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "kernel/merge.h"

/* struct _stp_trace of transport_msgs.h */
struct header {
	char magic[4];
	uint32_t sequence;
	uint32_t len;
};

static const char magic[4] = "\xf0\x9f\xa9\xba";

/* Room for the longest packet and more, so that a full one has a whole packet. */
#define STREAM_SIZE (128 << 10)
/* No packet is longer than the print buffer (STP_BUFFER_SIZE, 8 KiB). */
#define MAX_PACKET 0xffff
/* How far the numbers of two packets of one CPU can be apart, generously. */
#define MAX_AHEAD (1 << 24)

struct stream {
	char *buf;
	size_t start, end;
};

struct lw_merge {
	const struct lw_sink *sink;
	uint32_t next;
	unsigned long long lost;
	int n;
	struct stream streams[];
};

struct lw_merge *lw_merge_new(int streams, const struct lw_sink *sink)
{
	struct lw_merge *merge = calloc(1, sizeof(*merge) + streams * sizeof(merge->streams[0]));
	int i;

	if (!merge)
		return NULL;
	merge->sink = sink;
	merge->next = 1;
	merge->n = streams;
	for (i = 0; i < streams; i++) {
		merge->streams[i].buf = malloc(STREAM_SIZE);
		if (!merge->streams[i].buf) {
			lw_merge_free(merge);
			return NULL;
		}
	}
	return merge;
}

void lw_merge_free(struct lw_merge *merge)
{
	int i;

	if (!merge)
		return;
	for (i = 0; i < merge->n; i++)
		free(merge->streams[i].buf);
	free(merge);
}

char *lw_merge_room(struct lw_merge *merge, int i, size_t *room)
{
	struct stream *s = &merge->streams[i];

	if (s->start) {
		memmove(s->buf, s->buf + s->start, s->end - s->start);
		s->end -= s->start;
		s->start = 0;
	}
	*room = STREAM_SIZE - s->end;
	return s->buf + s->end;
}

void lw_merge_fill(struct lw_merge *merge, int i, size_t len)
{
	merge->streams[i].end += len;
}

static bool is_header(const struct header *h)
{
	return !memcmp(h->magic, magic, sizeof(magic)) && h->len && h->len <= MAX_PACKET;
}

/*
 * A packet whose tail found no room is cut short, and the next header begins
 * inside of what should be its payload. Records are text without a NUL, headers
 * have one, so no file name can look like a header. Returns the bytes before
 * that header, or the packet's length if it is whole, or -1 if that cannot be told
 * before more has arrived. @there: bytes that have arrived, which may be fewer than
 * the packet has, and more, for the header may end after it.
 */
static ssize_t payload(const struct header *own, const char *packet, size_t there)
{
	const char *p = packet, *end;
	bool unclear = there < own->len;
	struct header h;

	if (there > own->len + sizeof(h) - 1)
		there = own->len + sizeof(h) - 1;
	end = packet + there;
	/* In UTF-8 its first byte begins emoji and rare characters only. */
	while ((p = memchr(p, magic[0], end - p))) {
		size_t left = end - p, n = left < sizeof(magic) ? left : sizeof(magic);

		if (left < sizeof(h)) {
			/* This may be the start of a header, or of an emoji. */
			if (p < packet + own->len && !memcmp(p, magic, n))
				unclear = true;
			p++;
			continue;
		}
		memcpy(&h, p, sizeof(h));
		/* Part of this one's end and of the next header may look like one. */
		if (is_header(&h) && h.sequence - own->sequence - 1 < MAX_AHEAD)
			return p - packet;
		p++;
	}
	return unclear ? -1 : (ssize_t)own->len;
}

/*
 * Brings the next packet header of a stream to its start. It skips the rest of a
 * packet that found no room (print_flush.c), and zeroes that pad a sub-buffer. Returns
 * false if there is no packet that is whole or cut short.
 */
static bool head(struct stream *s, struct header *h)
{
	while (s->end - s->start >= sizeof(*h)) {
		const char *packet = s->buf + s->start + sizeof(*h);
		size_t there = s->buf + s->end - packet;

		memcpy(h, s->buf + s->start, sizeof(*h));
		if (is_header(h))
			return there >= h->len || payload(h, packet, there) >= 0;
		s->start++;
	}
	return false;
}

/*
 * A late packet, given up as lost before, must not turn the count back. Only
 * what is ahead moves it.
 */
static void count(struct lw_merge *merge, uint32_t sequence)
{
	if ((int32_t)(sequence - merge->next) >= 0) {
		merge->lost += sequence - merge->next;
		merge->next = sequence + 1;
	} else if (merge->lost) {
		merge->lost--;
	}
}

/* The stream whose packet has the lowest number, -1 if there is no packet. */
static int lowest(struct lw_merge *merge, struct header *found)
{
	struct header h;
	int i, best = -1;

	for (i = 0; i < merge->n; i++) {
		if (!head(&merge->streams[i], &h))
			continue;
		/* Numbers wrap. */
		if (best < 0 || (int32_t)(h.sequence - found->sequence) < 0) {
			*found = h;
			best = i;
		}
	}
	return best;
}

int lw_merge_run(struct lw_merge *merge, bool force)
{
	struct header h = { 0 };
	ssize_t len;
	int i, err;

	while ((i = lowest(merge, &h)) >= 0) {
		struct stream *s = &merge->streams[i];
		const char *packet = s->buf + s->start + sizeof(h);

		if ((int32_t)(h.sequence - merge->next) > 0 && !force)
			return 0;
		len = payload(&h, packet, s->buf + s->end - packet);
		if (len < 0 && !force)
			return 0;
		/* Nothing comes that could tell: it is as long as it says. */
		if (len < 0)
			len = h.len;
		count(merge, h.sequence);
		s->start += sizeof(h) + len;
		/* The kernel has counted a packet that was cut short. */
		err = len == h.len ? merge->sink->data(merge->sink->context, packet, len) : 0;
		if (err)
			return err;
	}
	return 0;
}

bool lw_merge_waiting(const struct lw_merge *merge)
{
	int i;

	for (i = 0; i < merge->n; i++)
		if (merge->streams[i].end - merge->streams[i].start >= sizeof(struct header))
			return true;
	return false;
}

uint32_t lw_merge_next(const struct lw_merge *merge)
{
	return merge->next;
}

unsigned long long lw_merge_lost(const struct lw_merge *merge)
{
	return merge->lost;
}
