// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_merge.c - packets of several CPUs to one order
 *
 * The input is a program: CPUs write, and the loader reads. Some packets get a number and
 * come late or never, some are cut short. All others must come out once, with their bytes,
 * and in order for each CPU. The count of lost packets must be right.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/merge.h"
#include "fuzz.h"

#define MAX_STREAMS 4
#define MAX_PACKETS 200
#define MAX_BYTES (192 << 10)

/* An operation is in the lowest three bits of a byte, and its CPU in the next two. */
enum { WRITE, WRITE_LATE, LOSE, CUT, PAD, READ, MERGE, FORCE };
/* ... and whether a packet is a large one. */
#define LARGE 32

struct packet {
	int stream;
	size_t at, len; /* the payload in the stream's bytes */
	bool cut, done;
};

struct cpu {
	char bytes[MAX_BYTES];
	size_t written, read;
	uint32_t last_written, last_out; /* numbers of packets */
	bool cut;                        /* the packet written last is cut short */
};

struct run {
	struct lw_merge *merge;
	int n;
	struct cpu *cpus;
	struct packet packets[MAX_PACKETS + 1]; /* by number, from 1; len 0: lost */
	uint32_t last, last_out;                /* last numbers given to a packet, and come out */
	bool forced, raw;
};

/* ---- output ---- */

static int deliver(void *context, const char *bytes, size_t len)
{
	struct run *run = context;
	struct packet *packet;
	char text[9] = "", *end;
	uint32_t number;

	assert(len);
	if (run->raw)
		return 0;
	assert(len >= 9);
	number = strtoul(memcpy(text, bytes, 8), &end, 16);
	assert(end == text + 8);
	assert(number >= 1 && number <= run->last);
	packet = &run->packets[number];
	assert(packet->len && !packet->cut && !packet->done);
	assert(len == packet->len);
	assert(!memcmp(bytes, run->cpus[packet->stream].bytes + packet->at, len));
	assert(run->cpus[packet->stream].last_out < number);
	/* No number is skipped before the merge gives it up. */
	assert(run->forced || number > run->last_out);
	packet->done = true;
	run->cpus[packet->stream].last_out = number;
	run->last_out = number;
	return 0;
}

/* ---- input ---- */

static void put(struct cpu *cpu, const void *bytes, size_t len)
{
	assert(cpu->written + len <= MAX_BYTES);
	memcpy(cpu->bytes + cpu->written, bytes, len);
	cpu->written += len;
}

/* A payload is its number, text with bytes of the input at its end (no NUL), and a newline. */
static void put_payload(struct cpu *cpu, uint32_t number, struct input *input, size_t len)
{
	size_t given = len - 9 < 64 ? len - 9 : 64;
	char *p = cpu->bytes + cpu->written, *end = p + len - 1;

	snprintf(p, 9, "%08x", number);
	memset(p + 8, 'x', len - 9);
	for (p = end - given; p < end; p++) {
		*p = input_byte(input);
		if (!*p)
			*p = 'x';
	}
	*end = '\n';
	cpu->written += len;
}

static void write_packet(struct run *run, int i, uint32_t number, struct input *input, size_t len,
			 bool cut)
{
	struct packet *packet = &run->packets[number];
	struct cpu *cpu = &run->cpus[i];
	uint32_t header[2] = { number, len };

	put(cpu, "\xf0\x9f\xa9\xba", 4);
	put(cpu, header, sizeof(header));
	*packet = (struct packet){ i, cpu->written, len, cut, false };
	put_payload(cpu, number, input, len);
	cpu->last_written = number;
	cpu->cut = cut;
	if (cut)
		cpu->written = packet->at + input_byte(input) % len;
}

/* Returns the lowest lost number that this CPU can still write, or 0 if all were written. */
static uint32_t late_number(const struct run *run, int i)
{
	uint32_t number;

	for (number = run->cpus[i].last_written + 1; number <= run->last; number++)
		if (!run->packets[number].len)
			return number;
	return 0;
}

static void write_next(struct run *run, int i, struct input *input, int op)
{
	size_t len = 9 + input_byte(input) * (op & LARGE ? 32 : 1);
	uint32_t number = 0;

	if ((op & 7) == WRITE_LATE)
		number = late_number(run, i);
	else if (run->last < MAX_PACKETS)
		number = run->last + 1;
	if (!number || run->cpus[i].written + len + 12 > MAX_BYTES)
		return;
	if (number > run->last)
		run->last = number;
	write_packet(run, i, number, input, len, (op & 7) == CUT);
}

/* Only a whole packet can be padded: a packet is cut short if there is no next sub-buffer. */
static void pad(struct cpu *cpu, size_t len)
{
	static const char zeroes[256];

	if (!cpu->cut && cpu->written + len <= MAX_BYTES)
		put(cpu, zeroes, len);
}

static bool read_some(struct run *run, int i, size_t most)
{
	struct cpu *cpu = &run->cpus[i];
	size_t room, n = cpu->written - cpu->read;
	char *to = lw_merge_room(run->merge, i, &room);

	n = n < most ? n : most;
	n = n < room ? n : room;
	memcpy(to, cpu->bytes + cpu->read, n);
	lw_merge_fill(run->merge, i, n);
	cpu->read += n;
	return n;
}

static bool read_all(struct run *run)
{
	bool more = false;
	int i;

	for (i = 0; i < run->n; i++)
		more |= read_some(run, i, MAX_BYTES);
	return more;
}

/* A gap is given up only when nothing has come for a while (lw_relay_read()). */
static void merge(struct run *run, bool force)
{
	while (force && read_all(run))
		assert(lw_merge_run(run->merge, false) == 0);
	run->forced |= force;
	assert(lw_merge_run(run->merge, force) == 0);
}

/* Takes a number of bytes from the input; 255 stands for all. */
static size_t amount(struct input *input)
{
	uint8_t n = input_byte(input);

	return n == 255 ? MAX_BYTES : n;
}

static void step(struct run *run, struct input *input)
{
	uint8_t op = input_byte(input);
	int i = (op >> 3) % run->n;

	switch (op & 7) {
	case WRITE:
	case WRITE_LATE:
	case CUT:
		write_next(run, i, input, op);
		break;
	case LOSE:
		run->last += run->last < MAX_PACKETS;
		break;
	case PAD:
		pad(&run->cpus[i], input_byte(input));
		break;
	case READ:
		read_some(run, i, amount(input));
		break;
	default:
		merge(run, (op & 7) == FORCE);
		break;
	}
}

/* One CPU writes any bytes. Only crashes and endless loops can be found so. */
static void step_raw(struct run *run, struct input *input)
{
	size_t n = input_byte(input);

	n = n < input->left ? n : input->left;
	if (run->cpus[0].written + n <= MAX_BYTES)
		put(&run->cpus[0], input->data, n);
	input->data += n;
	input->left -= n;
	read_some(run, 0, amount(input));
	merge(run, input_byte(input) & 1);
}

/* ---- the result ---- */

/* Reads until nothing comes out any more, since a full buffer takes nothing in. */
static void read_rest(struct run *run)
{
	do
		merge(run, true);
	while (read_all(run));
}

/* A packet that was cut short is noticed only if another follows. */
static bool was_told(const struct run *run, uint32_t number)
{
	uint32_t i;

	for (i = number + 1; i <= run->last; i++)
		if (run->packets[i].len && run->packets[i].stream == run->packets[number].stream)
			return true;
	return false;
}

static void check_end(const struct run *run)
{
	uint32_t i, came = 0, last = 0;

	for (i = 1; i <= run->last; i++) {
		const struct packet *packet = &run->packets[i];

		if (!packet->len || (packet->cut && !was_told(run, i)))
			continue;
		assert(packet->done == !packet->cut);
		came++;
		last = i;
	}
	assert(lw_merge_next(run->merge) == last + 1);
	assert(lw_merge_lost(run->merge) == last - came);
}

/* The first byte has the number of CPUs; its highest bit means bytes that need not be packets. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cpu cpus[MAX_STREAMS];
	struct input input = { data, size };
	uint8_t first = input_byte(&input);
	struct run run = { .n = 1 + first % MAX_STREAMS, .raw = first & 128, .cpus = cpus };
	struct lw_sink sink = { .data = deliver, .context = &run };
	int i;

	for (i = 0; i < MAX_STREAMS; i++) {
		cpus[i].written = cpus[i].read = 0;
		cpus[i].last_written = cpus[i].last_out = 0;
		cpus[i].cut = false;
	}
	run.merge = lw_merge_new(run.n, &sink);
	assert(run.merge);
	while (input.left)
		run.raw ? step_raw(&run, &input) : step(&run, &input);
	read_rest(&run);
	if (!run.raw)
		check_end(&run);
	lw_merge_free(run.merge);
	return 0;
}
