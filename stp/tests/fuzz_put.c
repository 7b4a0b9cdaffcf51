// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_put.c - fields of records, as stp/kernel/put.c writes them
 *
 * An input gives the content of user and kernel memory, and the fields that a tool writes. For any
 * input, the output must be one line with all fields, each with its content as far as there is
 * room.
 */
#include "shim.h"
#include "put.h"
#include "stap.h"
#include "put.c"
#include "fuzz.h"
#include "record.h"

/* A tool has 32 with the time. */
#define FIELDS 31
#define STRINGS 6

/* The expected content of a field */
struct want {
	char bytes[2048];
	size_t len;
	/* Nothing is shown, unless the string is cut before its bad byte. */
	bool bad;
	bool number, unreadable;
	/* The harness wrote it itself. */
	bool filling;
};

static struct want want[FIELDS];
static int nwant;
static struct mm_struct mm;
static char *memory[FIELDS * STRINGS];
static int nmemory;

/* A copy in memory of its own, of which this many bytes are there for users. */
static char *give(const char *bytes, size_t len, size_t there)
{
	char *copy = malloc(there + 1);

	assert(copy && nmemory < FIELDS * STRINGS);
	memcpy(copy, bytes, min(len, there));
	memory[nmemory++] = copy;
	return copy;
}

static struct want *expect(void)
{
	struct want *w = &want[nwant++];

	*w = (struct want){ 0 };
	return w;
}

/* Not inline: gcc does not see that the length is checked. */
static noinline void add(struct want *w, const char *bytes, size_t len)
{
	assert(w->len + len <= sizeof(w->bytes));
	memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

/* ---- taking the input apart ---- */

static u64 input_number(struct input *input, int bytes)
{
	u64 v = 0;

	while (bytes--)
		v = v << 8 | input_byte(input);
	return v;
}

/* Up to @most bytes; a NUL where @nul is false becomes an x. */
static size_t input_bytes(struct input *input, char *out, size_t most, bool nul)
{
	size_t len = input_byte(input), i;

	len = min(min(len, most), input->left);
	for (i = 0; i < len; i++) {
		out[i] = input_byte(input);
		if (!out[i] && !nul)
			out[i] = 'x';
	}
	return len;
}

/* ---- fields ---- */

static void emit_numbers(struct input *input)
{
	s64 v = input_number(input, input_byte(input) % 9);
	struct want *w = expect();

	v = v < 0 || input_byte(input) & 1 ? -(u64)v : v;
	w->number = true;
	w->len = snprintf(w->bytes, sizeof(w->bytes), "%lld", v);
	lw_put_number(lw_log(), v);
}

static void emit_comm(struct input *input)
{
	struct want *w = expect();
	char text[TASK_COMM_LEN] = { 0 };

	w->len = input_bytes(input, text, TASK_COMM_LEN - 1, false);
	memcpy(w->bytes, text, w->len);
	/* After its end there may be anything. */
	text[w->len] = '\0';
	memcpy(current->comm, text, sizeof(text));
	lw_put_comm(lw_log());
	lw_put_tab(lw_log());
}

/* A string in user memory that ends before all of it was read, or not */
static void emit_user_string(struct input *input)
{
	char text[257];
	size_t len = input_bytes(input, text, 255, false), there;
	struct want *w = expect();
	char *s;

	text[len] = '\0';
	there = input_byte(input) & 3 ? len + 1 : input_byte(input) % (len + 2);
	w->unreadable = w->bad = there <= len;
	add(w, text, min(len, there));
	s = give(text, len + 1, there);
	mm.there[0] = (struct shim_range){ (unsigned long)s, (unsigned long)s + there };
	lw_put_user_string(lw_log(), s);
	lw_put_tab(lw_log());
}

static void emit_kernel_string(struct input *input)
{
	char text[257];
	size_t len = input_bytes(input, text, 255, false), there;
	char *s;

	text[len] = '\0';
	there = input_byte(input) & 3 ? len + 1 : input_byte(input) % (len + 2);
	add(expect(), text, min(len, there));
	s = give(text, len + 1, there);
	shim_kernel(s, s + there);
	if (there > len && input_byte(input) & 1)
		lw_emit_kernel_string(s);
	else
		lw_emit_kernel_address(s);
	shim_kernel(NULL, NULL);
}

static void emit_args(struct input *input)
{
	char text[512];
	size_t len = input_bytes(input, text, 255, true);
	struct want *w = expect();
	char *s;

	if (len && input_byte(input) & 1)
		len += input_bytes(input, text + len, 255, true);
	s = give(text, len, len);
	mm.there[0] = (struct shim_range){ (unsigned long)s, (unsigned long)s + len };
	w->unreadable = !len;
	/* The last NUL ends the last argument. */
	add(w, text, len && !text[len - 1] ? len - 1 : len);
	lw_emit_args((unsigned long)s, (unsigned long)s + len, INT_MAX);
}

static void emit_argv(struct input *input)
{
	int n = input_byte(input) % STRINGS, i;
	struct want *w = expect();
	u64 array[STRINGS] = { 0 };
	char text[65], *s;
	size_t len;

	for (i = 0; i < n; i++) {
		len = input_bytes(input, text, 64, false);
		text[len] = '\0';
		if (i)
			add(w, "", 1);
		/* One address in four is nobody's. */
		if (!(input_byte(input) & 3)) {
			array[i] = 16;
			w->unreadable = true;
			continue;
		}
		add(w, text, len);
		s = give(text, len + 1, len + 1);
		mm.there[i] = (struct shim_range){ (unsigned long)s, (unsigned long)s + len + 1 };
		array[i] = (unsigned long)s;
	}
	mm.there[STRINGS] =
		(struct shim_range){ (unsigned long)array, (unsigned long)(array + STRINGS) };
	lw_emit_user_argv((unsigned long)array, 8);
}

static void emit_none(struct input *input)
{
	expect();
	lw_emit_none(1);
}

/* A long string, so that the next ones come to the end of the buffer. */
static void emit_filling(struct input *input)
{
	struct _stp_log *log = raw_cpu_ptr(_stp_log_pcpu);
	int room = input_byte(input);

	expect()->filling = true;
	while (lw_room(log) > room)
		lw_put(log, "f", 1);
	lw_put_tab(log);
}

static void emit_field(struct input *input)
{
	static void (*const emitters[])(struct input *) = {
		emit_numbers, emit_comm, emit_user_string, emit_kernel_string,
		emit_args,    emit_argv, emit_none,        emit_filling,
	};

	memset(mm.there, 0, sizeof(mm.there));
	emitters[input_byte(input) % COUNT(emitters)](input);
}

/* ---- what came out ---- */

static void check_field(const struct field *field, const struct want *w)
{
	if (w->filling)
		return;
	assert(field->len <= w->len && !memcmp(field->bytes, w->bytes, field->len));
	assert(field->cut || field->len == (w->bad ? 0 : w->len));
	assert(!field->unreadable || w->unreadable);
	assert(field->cut || field->unreadable == w->unreadable);
	assert(!w->number || !field->cut);
}

static void check_record(void)
{
	static struct field fields[RECORD_FIELDS];
	size_t len, header = sizeof(struct _stp_trace);
	struct _stp_trace trace;
	char *packet = shim_take(0, &len);
	int n, i;

	memcpy(&trace, packet, header);
	assert(len == header + trace.pdu_len && trace.pdu_len <= STP_BUFFER_SIZE);
	assert(!memchr(packet + header, '\n', trace.pdu_len - 1));
	n = record_read(packet + header, trace.pdu_len, fields);
	assert(n == nwant + 1 && !fields[0].len);
	for (i = 0; i < nwant; i++)
		check_field(&fields[i + 1], &want[i]);
	free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };

	if (!_stp_log_pcpu) {
		shim_stap();
		lw_print_init();
	}
	current->mm = &mm;
	nwant = nmemory = 0;
	preempt_disable();
	lw_put_begin(lw_log(), false);
	while (input.left && nwant < FIELDS)
		emit_field(&input);
	lw_put_end(lw_log());
	lw_flush();
	preempt_enable();
	check_record();
	while (nmemory)
		free(memory[--nmemory]);
	return 0;
}
