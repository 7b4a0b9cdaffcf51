// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_merge.c - packets of several CPUs to one order
 *
 * The input is a program: what CPUs write, what is read and when. Some packets get a
 * number and come late or never, some are cut short. All others must come out once, with
 * their bytes, those of one CPU in their order; and the count of those lost must be right.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "kernel/transport.h"

#define MAX_STREAMS 4
#define MAX_PACKETS 200
#define MAX_BYTES (192 << 10)

/* What an operation does: its lowest three bits; the next two say on which CPU. */
enum { WRITE, WRITE_LATE, LOSE, CUT, PAD, READ, MERGE, FORCE };
/* ... and whether a packet is a large one. */
#define LARGE 32

struct packet {
	int stream;
	size_t at, len; /* its payload in the stream's bytes */
	bool cut, done;
};

struct cpu {
	char bytes[MAX_BYTES];
	size_t written, read;
	uint32_t last_written, last_out; /* numbers of packets */
	bool cut;                        /* the packet written last is */
};

struct run {
	struct lw_merge *merge;
	int n;
	struct cpu *cpus;
	struct packet packets[MAX_PACKETS + 1]; /* by number, from 1; len 0: lost */
	uint32_t last, last_out;                /* numbers: taken, come out */
	bool forced, raw;
};

/* ---- what comes out ---- */

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
	/* Nothing is passed by before it is given up. */
	assert(run->forced || number > run->last_out);
	packet->done = true;
	run->cpus[packet->stream].last_out = number;
	run->last_out = number;
	return 0;
}

/* ---- what goes in ---- */

static void put(struct cpu *cpu, const void *bytes, size_t len)
{
	assert(cpu->written + len <= MAX_BYTES);
	memcpy(cpu->bytes + cpu->written, bytes, len);
	cpu->written += len;
}

/* Its number, and bytes of the input at its end: text without a NUL, and a newline. */
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

/* The lowest number that was lost, if this CPU can still have it; else 0. */
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

/* Behind a whole packet only: one is cut short when there is no next sub-buffer. */
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

/* A byte's worth of bytes, or all. */
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

/* Any bytes on one CPU: nothing can be said of them but that it ends well. */
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

/* ---- what must hold in the end ---- */

/* Until nothing comes out any more, for a full buffer takes no more in. */
static void read_rest(struct run *run)
{
	do
		merge(run, true);
	while (read_all(run));
}

/* One cut short can be told by the next packet only. */
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

/* The first byte: how many CPUs, or 128: bytes that need not be packets. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cpu cpus[MAX_STREAMS];
	struct input input = { data, size };
	uint8_t first = input_byte(&input);
	struct run run = { .n = 1 + first % MAX_STREAMS, .raw = first & 128, .cpus = cpus };
	struct lw_relay_ops ops = { deliver, &run };
	int i;

	for (i = 0; i < MAX_STREAMS; i++) {
		cpus[i].written = cpus[i].read = 0;
		cpus[i].last_written = cpus[i].last_out = 0;
		cpus[i].cut = false;
	}
	run.merge = lw_merge_new(run.n, &ops);
	assert(run.merge);
	while (input.left)
		run.raw ? step_raw(&run, &input) : step(&run, &input);
	read_rest(&run);
	if (!run.raw)
		check_end(&run);
	lw_merge_free(run.merge);
	return 0;
}
