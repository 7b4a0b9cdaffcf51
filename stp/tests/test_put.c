// SPDX-License-Identifier: GPL-2.0-only
/* test_put.c - text of records, as stp/kernel/put.c writes it into SystemTap's buffers */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/mman.h>

#include "shim.h"
#include "fields.h"
#include "interrupt.h"
#include "put.h"
#include "stap.h"
#include "put.c"
#include "record.h"

/* ---- a record, from its begin to what the relay has ---- */

static struct {
	char *packet, *text;
	size_t len;
	int n;
	struct field fields[RECORD_FIELDS];
} record;

static struct mm_struct mm;

static struct _stp_log *log_of_this_cpu(void)
{
	return raw_cpu_ptr(_stp_log_pcpu);
}

static void begin(void)
{
	preempt_disable();
	lw_put_begin(lw_log(), false);
}

/* As if this much of the buffer were full: text of the record's second field */
static void begin_with_room(int room)
{
	struct _stp_log *log = log_of_this_cpu();

	begin();
	while (lw_room(log) > room + 1)
		lw_put(log, "x", 1);
	lw_put_tab(log);
	assert_int_equal(lw_room(log), room);
}

static void put_user_string(const char *s)
{
	lw_put_user_string(lw_log(), s);
	lw_put_tab(lw_log());
}

static void put_comm(void)
{
	lw_put_comm(lw_log());
	lw_put_tab(lw_log());
}

/* The rest of the buffer, but for a mark and a tab, is for the fields that follow. */
static void expect_tail(void)
{
	assert_true(log_of_this_cpu()->len <= STP_BUFFER_SIZE - LW_TAIL + 3);
}

static void forget(void)
{
	free(record.packet);
	record.packet = NULL;
}

/* Ends the record, which is the only packet then, and reads it; true if it is one. */
static bool finish(void)
{
	struct _stp_trace trace;
	size_t len;

	lw_put_end(lw_log());
	preempt_enable();
	forget();
	record.packet = shim_take(0, &len);
	assert_true(len >= sizeof(trace));
	memcpy(&trace, record.packet, sizeof(trace));
	assert_memory_equal(trace.magic, STAP_TRACE_MAGIC, 4);
	assert_int_equal(len, sizeof(trace) + trace.pdu_len);
	record.text = record.packet + sizeof(trace);
	record.len = trace.pdu_len;
	record.n = record_read(record.text, record.len, record.fields);
	return record.n >= 0;
}

static void expect_bytes(int field, const char *bytes, size_t len)
{
	assert_true(field < record.n);
	assert_int_equal(record.fields[field].len, len);
	assert_memory_equal(record.fields[field].bytes, bytes, len);
}

/* Exactly this after the time, which is empty */
static void expect_text(const char *text)
{
	struct _stp_log *log = log_of_this_cpu();
	char *copy;

	copy = strndup(log->buf, log->len);
	assert_string_equal(copy, text);
	free(copy);
}

/* User memory is these bytes, which are to be freed, and no more. */
static char *user(const char *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	mm.there[0] = (struct shim_range){ (unsigned long)copy, (unsigned long)copy + len };
	return copy;
}

static int set_up(void **state)
{
	(void)state;
	current->mm = &mm;
	shim_cpus(1, 2);
	shim_stap();
	return lw_print_init();
}

static int tear_down(void **state)
{
	(void)state;
	forget();
	lw_print_cleanup();
	shim_stap_end();
	shim_kernel(NULL, NULL);
	mm = (struct mm_struct){ 0 };
	strcpy(current->comm, "test");
	shim_now = 0;
	return shim_allocated() != 0;
}

/* ---- numbers ---- */

static void expect_number(s64 v)
{
	char want[48];

	begin();
	lw_put_number(log_of_this_cpu(), v);
	lw_put_pair(log_of_this_cpu(), v, -v);
	snprintf(want, sizeof(want), "%lld", v);
	assert_true(finish());
	assert_int_equal(record.n, 4);
	expect_bytes(1, want, strlen(want));
	expect_bytes(2, want, strlen(want));
	snprintf(want, sizeof(want), "%lld", (s64) - (u64)v);
	expect_bytes(3, want, strlen(want));
}

static void numbers_of_all_lengths_and_signs(void **state)
{
	u64 power = 1;
	int i;

	(void)state;
	for (i = 0; i < 20; i++, power *= 10) {
		expect_number(power - 1);
		expect_number(power);
		expect_number(power + 1);
		expect_number(5 * power);
	}
	for (i = 0; i < 64; i++) {
		expect_number((1ULL << i) - 1);
		expect_number(1ULL << i);
		expect_number(-(1ULL << i) - 1);
	}
	for (i = 0; i < 100000; i++)
		expect_number(get_random_u64() >> get_random_u32() % 64);
}

static void numbers_in_a_row(void **state)
{
	(void)state;
	begin();
	lw_put_pair(lw_log(), 7, -12345678901);
	lw_put_number(lw_log(), 0);
	lw_emit_none(2);
	lw_put_number(lw_log(), 7);
	expect_text("\t7\t-12345678901\t0\t\t\t7\t");
	assert_true(finish());
	assert_int_equal(record.n, 7);
}

/* ---- strings ---- */

/* Each way to write a string field, one after the other */
static void emit_string(const char *s, int way)
{
	switch (way) {
	case 0:
		put_user_string(s);
		break;
	case 1:
		lw_emit_kernel_address(s);
		break;
	default:
		lw_emit_kernel_string(s);
		break;
	}
}

enum { WAYS = 3 };

static void expect_whole(const char *s, size_t len, int way)
{
	char *copy = user(s, len + 1), want[256];

	record_escape(want, s, len);
	begin();
	emit_string(copy, way);
	lw_put_number(lw_log(), 1);
	assert_true(finish());
	assert_int_equal(record.n, 3);
	expect_bytes(1, s, len);
	assert_false(record.fields[1].cut || record.fields[1].unreadable);
	free(copy);
}

static void every_byte_at_every_place(void **state)
{
	int way, len, at, c;
	char s[32];

	(void)state;
	for (way = 0; way < WAYS; way++)
		for (len = 1; len < 20; len += 6)
			for (at = 0; at < len; at++)
				for (c = 1; c < 256; c++) {
					memset(s, 'a', sizeof(s));
					s[at] = c;
					s[len] = '\0';
					expect_whole(s, len, way);
				}
}

static void strings_of_every_length(void **state)
{
	int way, len, i;
	char s[64];

	(void)state;
	for (way = 0; way < WAYS; way++)
		for (len = 0; len < 60; len++) {
			for (i = 0; i < len; i++)
				s[i] = 1 + get_random_u32() % 255;
			s[len] = '\0';
			expect_whole(s, len, way);
		}
}

static void escapes_are_those_of_the_page(void **state)
{
	static const char s[] = "\t\n\r\\\x01\x1f\x7f\x80\xff'\" ";
	char *copy = user(s, sizeof(s));

	(void)state;
	begin();
	put_user_string(copy);
	expect_text("\t\\t\\n\\r\\\\\\x01\\x1f\\x7f\x80\xff'\" \t");
	assert_true(finish());
	free(copy);
}

/* A string whose memory ends after each of its bytes */
static void user_strings_that_fault_at_each_offset(void **state)
{
	static const char s[] = "abcdefgh\tjklmnopqrstu";
	size_t there;
	char *copy;

	(void)state;
	for (there = 0; there <= sizeof(s); there++) {
		copy = user(s, there);
		begin();
		put_user_string(copy);
		lw_emit_none(1);
		assert_true(finish());
		assert_int_equal(record.n, 3);
		assert_int_equal(record.fields[1].unreadable, there < sizeof(s));
		expect_bytes(1, s, there < sizeof(s) ? 0 : sizeof(s) - 1);
		free(copy);
	}
}

static void expect_unreadable(unsigned long addr)
{
	begin();
	put_user_string((const char *)addr);
	expect_text("\t\\?\t");
	assert_true(finish());
}

static void addresses_that_are_no_users(void **state)
{
	(void)state;
	mm.there[0] = (struct shim_range){ 0, ULONG_MAX };
	expect_unreadable(TASK_SIZE_MAX);
	expect_unreadable(TASK_SIZE_MAX + 1);
	expect_unreadable(1UL << 63);
	expect_unreadable(ULONG_MAX - 7);
	expect_unreadable(ULONG_MAX);
	mm.there[0] = (struct shim_range){ 0 };
	expect_unreadable(0);
	expect_unreadable(TASK_SIZE_MAX - 1);
	current->mm = NULL;
	expect_unreadable((unsigned long)"abc");
	current->mm = &mm;
}

/* A string of the kernel is written as far as it can be read. */
static void kernel_strings_that_fault_at_each_offset(void **state)
{
	static const char s[] = "abcdefghijklmnopqrstu";
	size_t there;
	char *copy;

	(void)state;
	for (there = 0; there <= sizeof(s); there++) {
		copy = malloc(there + 1);
		memcpy(copy, s, there);
		shim_kernel(copy, copy + there);
		begin();
		lw_emit_kernel_address(copy);
		assert_true(finish());
		assert_int_equal(record.n, 2);
		expect_bytes(1, s, min(there, strlen(s)));
		free(copy);
	}
}

/* In whole words, what is after its end is no part of it. */
static void a_string_in_words_of_each_length(void **state)
{
	static const char s[] = "/etc/h\tstname/\x80\\klmnopqrstuvwxyz";
	u64 words[6];
	int n;

	(void)state;
	for (n = 1; n < sizeof(s); n++) {
		memset(words, '\n', sizeof(words));
		memcpy(words, s, n);
		((char *)words)[n] = '\0';
		begin();
		lw_put_words(log_of_this_cpu(), words, n);
		lw_emit_none(2);
		assert_true(finish());
		assert_int_equal(record.n, 3);
		expect_bytes(1, s, n);
	}
}

static void a_string_in_words_without_room(void **state)
{
	u64 words[3] = { 0 };
	int room;

	(void)state;
	memset(words, 'a', 16);
	for (room = 0; room < 20; room++) {
		begin_with_room(room);
		lw_put_words(log_of_this_cpu(), words, 16);
		lw_emit_none(2);
		assert_true(finish());
		assert_int_equal(record.fields[2].cut, room < 16);
	}
}

/* ---- the end of the buffer ---- */

/* However little room there is, the line has all its fields, and as much of the string as fits. */
static void expect_cut(const char *s, int room, int way)
{
	char *copy = user(s, strlen(s) + 1);
	struct field *field = &record.fields[2];
	size_t len = strlen(s), as_text;
	char text[256];

	begin_with_room(room);
	emit_string(copy, way);
	expect_tail();
	lw_put_pair(lw_log(), S64_MIN, S64_MIN);
	assert_true(finish());
	assert_int_equal(record.n, 5);
	assert_false(field->unreadable);
	assert_true(field->len <= len);
	expect_bytes(2, s, field->len);
	as_text = record_escape(text, s, field->len);
	assert_true(as_text <= (size_t)room);
	/* The next byte may be four with its escape. */
	if (field->cut)
		assert_true(as_text + 4 > (size_t)room);
	else
		assert_int_equal(field->len, len);
	expect_bytes(4, "-9223372036854775808", 20);
	free(copy);
}

static void strings_at_the_end_of_the_buffer(void **state)
{
	static const char *const strings[] = { "",
					       "a",
					       "abcdefg",
					       "abcdefgh",
					       "abcdefghi",
					       "abcdefghijklmnopqrstuvwxyz",
					       "\t",
					       "\x01",
					       "abc\x01",
					       "\x01\x02\x03\x04\x05\x06\x07",
					       "abcdefghijkl\\mnop\x7fqr",
					       "\n\n\n\n\n\n\n\n\n\n" };
	size_t i;
	int way, room;

	(void)state;
	for (way = 0; way < WAYS; way++)
		for (i = 0; i < ARRAY_SIZE(strings); i++)
			for (room = 0; room < 50; room++)
				expect_cut(strings[i], room, way);
}

static void strings_longer_than_the_buffer(void **state)
{
	static char s[3 * STP_BUFFER_SIZE];
	int way, c;

	(void)state;
	for (way = 0; way < WAYS; way++)
		for (c = 1; c < 256; c += 30) {
			memset(s, c, sizeof(s) - 1);
			mm.there[0] = (struct shim_range){ (unsigned long)s,
							   (unsigned long)s + sizeof(s) };
			begin();
			emit_string(s, way);
			lw_emit_none(1);
			assert_true(finish());
			assert_int_equal(record.n, 3);
			assert_true(record.fields[1].cut);
			expect_bytes(1, s, record.fields[1].len);
		}
}

/* As many fields as a tool can have */
static void fields_after_a_string_that_filled_the_record(void **state)
{
	int i;

	(void)state;
	begin_with_room(0);
	put_user_string("abc");
	for (i = 0; i < 29; i++)
		lw_put_number(lw_log(), S64_MIN);
	assert_true(finish());
	assert_int_equal(record.n, 32);
	expect_bytes(31, "-9223372036854775808", 20);
}

/* ---- command names ---- */

static void command_names(void **state)
{
	char comm[TASK_COMM_LEN];
	int len, c;

	(void)state;
	for (len = 0; len < TASK_COMM_LEN; len++)
		for (c = 1; c < 256; c++) {
			/* After its end there may be what an earlier name left. */
			memset(comm, '\t', sizeof(comm));
			memset(comm, c, len);
			comm[len] = '\0';
			memcpy(current->comm, comm, sizeof(comm));
			begin();
			put_comm();
			lw_emit_none(1);
			assert_true(finish());
			assert_int_equal(record.n, 3);
			expect_bytes(1, comm, len);
		}
}

static void command_names_at_the_end_of_the_buffer(void **state)
{
	int room;

	(void)state;
	strcpy(current->comm, "abcdefghijklmn\x01");
	for (room = 0; room < 40; room++) {
		begin_with_room(room);
		put_comm();
		lw_emit_none(1);
		assert_true(finish());
		assert_int_equal(record.n, 4);
		expect_bytes(2, current->comm, record.fields[2].len);
		assert_int_equal(record.fields[2].cut,
				 record.fields[2].len < strlen(current->comm));
		assert_int_equal(record.fields[2].cut, room < 18);
	}
}

static void a_task_is_three_fields(void **state)
{
	(void)state;
	current->uid.val = 4294967294;
	current->tgid = 123;
	strcpy(current->comm, "a\tb");
	begin();
	lw_put_task(lw_log());
	expect_text("\t4294967294\t123\ta\\tb\t");
	assert_true(finish());
	current->uid.val = 0;
}

static void expect_task(u32 uid, int tgid, const char *comm, const char *want)
{
	current->uid.val = uid;
	current->tgid = tgid;
	memset(current->comm, 0, sizeof(current->comm));
	strcpy(current->comm, comm);
	begin();
	lw_put_task(lw_log());
	expect_text(want);
	assert_true(finish());
}

/* The text of the last one is kept: with another id or name it is another. */
static void a_task_is_not_taken_for_the_one_before(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		expect_task(0, 123, "abc", "\t0\t123\tabc\t");
		expect_task(0, 123, "abc", "\t0\t123\tabc\t");
		expect_task(0, 124, "abc", "\t0\t124\tabc\t");
		expect_task(1, 124, "abc", "\t1\t124\tabc\t");
		expect_task(1, 124, "abd", "\t1\t124\tabd\t");
		expect_task(1, 124, "abdefghijklmnop", "\t1\t124\tabdefghijklmnop\t");
		expect_task(1, 124, "abdefghijklmnoq", "\t1\t124\tabdefghijklmnoq\t");
		expect_task(0, 0, "", "\t0\t0\t\t");
		expect_task(4294967294, 4194304, "123456789012345",
			    "\t4294967294\t4194304\t123456789012345\t");
		expect_task(0, 1, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
			    "\t0\t1\t\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\t");
	}
	current->uid.val = 0;
}

/* A field that was cut for lack of room is whole again in the next record. */
static void a_task_that_was_cut_is_not_kept(void **state)
{
	int room;

	(void)state;
	for (room = 0; room < 140; room++) {
		current->tgid = 1000 + room;
		strcpy(current->comm, "abcdefghijklmno");
		begin_with_room(room);
		lw_put_task(lw_log());
		assert_true(finish());
		begin();
		lw_put_task(lw_log());
		assert_true(finish());
		expect_bytes(3, current->comm, strlen(current->comm));
		assert_false(record.fields[3].cut);
	}
}

/* ---- arguments ---- */

static void expect_first_args(const char *bytes, size_t len, size_t there, int n, const char *want)
{
	char *copy = user(bytes, there);

	begin();
	lw_emit_args((unsigned long)copy, (unsigned long)copy + len, n);
	expect_text(want);
	assert_true(finish());
	assert_int_equal(record.n, 2);
	free(copy);
}

static void expect_args(const char *bytes, size_t len, size_t there, const char *want)
{
	expect_first_args(bytes, len, there, INT_MAX, want);
}

static void arguments_of_the_process(void **state)
{
	(void)state;
	expect_args("cat\0-n\0", 7, 7, "\tcat\\0-n\t");
	/* A process may have written over them. */
	expect_args("cat\0-n", 6, 6, "\tcat\\0-n\t");
	expect_args("\0\0", 2, 2, "\t\\0\t");
	expect_args("", 0, 0, "\t\\?\t");
	expect_args("cat", 3, 0, "\t\\?\t");
	/* Those before what cannot be read */
	expect_args("cat\0-n\0", 7, 5, "\tcat\\0-\\?\t");
}

/* The environment follows them. */
static void the_first_arguments_of_the_process(void **state)
{
	static char many[600], want[600] = "\t";

	(void)state;
	expect_first_args("cat\0-n\0PWD=/", 12, 12, 2, "\tcat\\0-n\t");
	expect_first_args("cat\0\0PWD=/", 10, 10, 2, "\tcat\\0\t");
	expect_first_args("cat\0-n\0PWD=/", 12, 12, 0, "\t\t");
	memset(many, 'a', sizeof(many));
	many[300] = '\0';
	memset(want + 1, 'a', 300);
	strcpy(want + 301, "\t");
	expect_first_args(many, 600, 600, 1, want);
}

/* NULs become two bytes each: whatever the room, the marks are whole. */
static void arguments_at_the_end_of_the_buffer(void **state)
{
	char *copy = user("ab\0\0\x01 cd\0e\0\0\0f", 14), text[64];
	size_t room, len;

	(void)state;
	for (room = 0; room < 40; room++) {
		begin_with_room(room);
		lw_emit_args((unsigned long)copy, (unsigned long)copy + 14, 9);
		expect_tail();
		lw_emit_none(1);
		assert_true(finish());
		assert_int_equal(record.n, 4);
		expect_bytes(2, copy, record.fields[2].len);
		assert_int_equal(record.fields[2].cut, record.fields[2].len < 14);
		/* As many as there is room for */
		len = record_escape(text, copy, record.fields[2].len);
		assert_true(!record.fields[2].cut || len + 4 > room);
	}
	free(copy);
}

/* ---- paths ---- */

static void expect_path(const char *name, int room, const char *want)
{
	char *copy;
	int n;

	begin_with_room(room);
	n = lw_put_path(lw_log(), &(struct path){ name });
	lw_put_tab(lw_log());
	copy = strndup(lw_put_at(lw_log()) - strlen(want) - 1, strlen(want));
	assert_string_equal(copy, want);
	free(copy);
	expect_tail();
	assert_true(finish());
	assert_int_equal(record.n, 3);
	assert_int_equal(n, record.fields[2].cut ? 0 : strlen(name));
}

static void paths(void **state)
{
	(void)state;
	expect_path("/", 100, "/");
	expect_path("/home/a\tb", 100, "/home/a\\tb");
	expect_path("/home/a\tb", 11, "/home/a\\tb");
	expect_path("/home/a\tb", 10, "/home/a\\tb");
	expect_path("/etc", 5, "/etc");
	/* There is no room for the name that d_path() writes. */
	expect_path("/etc", 4, "\\+");
	/* There is room for it, but for its escapes. */
	expect_path("/\n\n\n", 5, "/\\n\\n\\+");
}

/* ---- argv of a call ---- */

/* An array of pointers of this size in low memory, and the strings */
static struct argv {
	char text[64];
	union {
		u64 wide[8];
		u32 narrow[16];
	};
} * argv;

static int set_up_argv(void **state)
{
	argv = mmap(NULL, sizeof(*argv), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_true(argv != MAP_FAILED);
	return set_up(state);
}

static int tear_down_argv(void **state)
{
	munmap(argv, sizeof(*argv));
	return tear_down(state);
}

static void put_pointer(int i, u64 value, int size)
{
	if (size == 4)
		argv->narrow[i] = value;
	else
		argv->wide[i] = value;
}

static void expect_argv(int size, const char *want)
{
	begin();
	lw_emit_user_argv((unsigned long)argv->wide, size);
	expect_text(want);
	assert_true(finish());
	assert_int_equal(record.n, 2);
}

static void arguments_of_a_call(void **state)
{
	int size;

	(void)state;
	strcpy(argv->text, "ls");
	strcpy(argv->text + 3, "-\n");
	for (size = 4; size <= 8; size += 4) {
		mm.there[0] = (struct shim_range){ (unsigned long)argv, (unsigned long)(argv + 1) };
		put_pointer(0, 0, size);
		expect_argv(size, "\t\t");
		put_pointer(0, (unsigned long)argv->text, size);
		put_pointer(1, (unsigned long)argv->text + 3, size);
		put_pointer(2, (unsigned long)argv->text + 2, size);
		put_pointer(3, 0, size);
		expect_argv(size, "\tls\\0-\\n\\0\t");
		/* A string that cannot be read, and then one that can */
		put_pointer(1, 16, size);
		expect_argv(size, "\tls\\0\\?\\0\t");
		/* The array ends before the pointer. */
		mm.there[0].end = (unsigned long)argv->wide + size;
		expect_argv(size, "\tls\\0\\?\t");
		mm.there[0].end = (unsigned long)argv->wide;
		expect_argv(size, "\t\\?\t");
	}
}

static void arguments_of_a_call_at_the_end_of_the_buffer(void **state)
{
	int room, i;

	(void)state;
	strcpy(argv->text, "abc");
	mm.there[0] = (struct shim_range){ (unsigned long)argv, (unsigned long)(argv + 1) };
	for (i = 0; i < 7; i++)
		argv->wide[i] = (unsigned long)argv->text;
	argv->wide[7] = 0;
	for (room = 0; room < 60; room++) {
		begin_with_room(room);
		lw_emit_user_argv((unsigned long)argv->wide, 8);
		expect_tail();
		lw_emit_none(1);
		assert_true(finish());
		assert_int_equal(record.n, 4);
		expect_bytes(2, "abc\0abc\0abc\0abc\0abc\0abc\0abc", record.fields[2].len);
		/* A string that ends where the room does may have been longer. */
		assert_int_equal(record.fields[2].cut, room <= 33);
	}
}

static void no_more_than_60_arguments_of_a_call(void **state)
{
	u64 many[LW_ARGV + 2] = { 0 };
	int n, i;

	(void)state;
	strcpy(argv->text, "a");
	mm.there[0] = (struct shim_range){ (unsigned long)argv, (unsigned long)(argv + 1) };
	mm.there[1] =
		(struct shim_range){ (unsigned long)many, (unsigned long)(many + LW_ARGV + 2) };
	for (n = LW_ARGV; n <= LW_ARGV + 1; n++) {
		for (i = 0; i < n; i++)
			many[i] = (unsigned long)argv->text;
		begin();
		lw_emit_user_argv((unsigned long)many, 8);
		assert_true(finish());
		assert_int_equal(record.fields[1].len, 2 * LW_ARGV - 1);
		assert_int_equal(record.fields[1].cut, n > LW_ARGV);
	}
}

/* ---- the buffers ---- */

static void a_record_that_did_not_end_is_dropped(void **state)
{
	(void)state;
	begin();
	lw_put_pair(lw_log(), 1, 2);
	preempt_enable();
	begin();
	lw_put_number(lw_log(), 4);
	expect_text("\t4\t");
	assert_true(finish());
	assert_int_equal(record.n, 2);
}

static void expect_time(u64 ns, const char *format)
{
	char want[32];

	snprintf(want, sizeof(want), format, ns);
	shim_now = ns;
	preempt_disable();
	lw_put_begin(lw_log(), true);
	lw_emit_none(1);
	expect_text(want);
	assert_true(finish());
}

/* Each CPU remembers what the last one began with. */
static void the_time_is_the_first_field(void **state)
{
	u64 ns;
	int i;

	(void)state;
	expect_time(1, "%09llu\t\t");
	expect_time(99999999, "%09llu\t\t");
	for (i = 8, ns = 100000000; i < 19; i++, ns *= 10) {
		expect_time(ns, "%llu\t\t");
		expect_time(ns + 1, "%llu\t\t");
		expect_time(5 * ns - 1, "%llu\t\t");
		expect_time(ns - 1, i == 8 ? "%09llu\t\t" : "%llu\t\t");
	}
	expect_time(S64_MAX, "%llu\t\t");
	for (i = 0; i < 10000; i++) {
		expect_time(ns, "%llu\t\t");
		ns += get_random_u32() % 50000000;
	}
}

/* A time that needs more room than there is */
static void a_time_at_the_end_of_the_buffer(void **state)
{
	int room;

	(void)state;
	for (room = 0; room < 2 * LW_NUMBER; room++) {
		begin();
		while (log_of_this_cpu()->len < STP_BUFFER_SIZE - room)
			lw_put(lw_log(), "x", 1);
		lw_put_time(lw_log(), S64_MAX);
		assert_int_equal(log_of_this_cpu()->len,
				 STP_BUFFER_SIZE - room + (room < LW_NUMBER ? 0 : 20));
		log_of_this_cpu()->len = 0;
		preempt_enable();
	}
}

/* A record of this length where the sub-buffer has this much room; true if it went there itself. */
static bool write_to_relay(size_t room, size_t len)
{
	struct _stp_log *log = log_of_this_cpu();
	int slow = shim_flushed;

	shim_relay[0].offset = SHIM_SUBBUF - room;
	begin();
	while (log->len < len - 1)
		lw_put(log, "y", 1);
	if (log->len < len)
		lw_put_tab(log);
	lw_put_end(lw_log());
	preempt_enable();
	assert_int_equal(log->len, 0);
	return shim_flushed == slow;
}

/* Where a record does not fit, SystemTap's own flush takes over. */
static void the_relay_gets_whole_records(void **state)
{
	const size_t header = sizeof(struct _stp_trace);
	size_t room, len;
	char *start;

	(void)state;
	for (room = 0; room < 80; room++)
		for (len = 1; len < 40; len++) {
			/* It copies words. */
			if (!write_to_relay(room, len)) {
				assert_true(header + ALIGN(len, 8) > room);
				continue;
			}
			start = (char *)shim_relay[0].data + SHIM_SUBBUF - room;
			assert_int_equal(shim_relay[0].offset, SHIM_SUBBUF - room + header + len);
			assert_memory_equal(start, STAP_TRACE_MAGIC, 4);
			assert_int_equal(start[header + len - 1], '\n');
			assert_true(len < 2 || start[header + len - 2] == (len == 2 ? '\t' : 'y'));
		}
	/* All sub-buffers are full: the offset is one too many. */
	assert_false(write_to_relay(-1, 8));
}

/* The second word follows the first; neither need have a NUL. */
static void names_are_in_two_words(void **state)
{
	(void)state;
	begin();
	lw_emit_name(0, 0);
	lw_emit_name(0x6461, -1);
	lw_emit_name(0x6867666564636261, 0x6a69);
	lw_emit_name(0x6867666564636261, 0x706f6e6d6c6b6a69);
	expect_text("\t\tad\tabcdefghij\tabcdefghijklmnop\t");
	assert_true(finish());
}

static void a_reader_that_sleeps_is_woken_once(void **state)
{
	int woken = shim_woken;

	(void)state;
	write_to_relay(SHIM_SUBBUF, 10);
	assert_int_equal(shim_woken, woken);
	shim_relay[0].read_wait.active = true;
	write_to_relay(SHIM_SUBBUF, 10);
	assert_int_equal(shim_woken, ++woken);
	write_to_relay(SHIM_SUBBUF, 10);
	assert_int_equal(shim_woken, woken);
	/* Also by what SystemTap's own flush writes. */
	shim_relay[0].read_wait.active = true;
	assert_false(write_to_relay(8, 10));
	assert_int_equal(shim_woken, woken + 1);
}

static void only_whole_records_are_flushed(void **state)
{
	int slow = shim_flushed;
	struct _stp_log *log = log_of_this_cpu();

	(void)state;
	lw_flush();
	begin();
	lw_put_number(lw_log(), 1);
	lw_flush();
	assert_int_equal(shim_flushed, slow);
	expect_text("\t1\t");
	log->buf[log->len - 1] = '\n';
	lw_flush();
	assert_int_equal(shim_flushed, slow + 1);
	assert_int_equal(log->len, 0);
	preempt_enable();
}

/* ---- shares of the buffer ---- */

#define BUFFER (SHIM_SUBBUFS * SHIM_SUBBUF)

/*
 * Writes records of this length as this user until one is refused, or for twice the buffer.
 * Returns how many bytes were taken.
 */
static size_t fill(u32 uid, size_t len)
{
	struct _stp_log *log = log_of_this_cpu();
	size_t bytes = 0, packet = sizeof(struct _stp_trace) + len;
	bool written = true;

	current->uid.val = uid;
	while (written && bytes < 2 * BUFFER) {
		begin();
		while (log->len < len)
			lw_put(log, "y", 1);
		written = lw_put_end(log);
		preempt_enable();
		assert_int_equal(log->len, 0);
		bytes += written ? packet : 0;
	}
	current->uid.val = 0;
	return bytes;
}

/* All that is lost, as SystemTap tells it */
static int lost(void)
{
	lw_module_exit();
	return atomic_read(&_stp_transport_failures);
}

static int set_up_shares(void **state)
{
	lw_untold = 0;
	atomic_set(&_stp_transport_failures, 0);
	return set_up(state);
}

/* That a sub-buffer is the last is seen when the next begins. */
static void expect_share(size_t bytes, size_t share, size_t len)
{
	assert_in_range(bytes, share - SHIM_SUBBUF, share + SHIM_SUBBUF + 2 * len);
}

static void one_user_gets_half_of_the_buffer(void **state)
{
	static const size_t lengths[] = { 40, 200, 3000,
					  STP_BUFFER_SIZE - sizeof(struct _stp_trace) };
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		len = lengths[i];
		expect_share(fill(1000, len), BUFFER / 2, len);
		assert_int_equal(fill(1000, 40), 0);
		/* A user of another class */
		assert_true(fill(1001, 40) >= BUFFER / 8 - 2 * len);
		expect_share(fill(0, len), BUFFER / 4, len);
		assert_true(shim_relay[0].subbufs_produced - shim_relay[0].subbufs_consumed <
			    SHIM_SUBBUFS);
		shim_relay[0].subbufs_consumed = shim_relay[0].subbufs_produced;
	}
	assert_int_equal(lost(), 4 * ARRAY_SIZE(lengths));
}

static void all_users_leave_root_a_quarter(void **state)
{
	size_t bytes = 0;
	u32 uid;

	(void)state;
	for (uid = 1; uid < 2 * LW_USERS; uid++)
		bytes += fill(uid, 100);
	assert_true(bytes <= BUFFER / 4 * 3);
	expect_share(fill(0, 100), BUFFER / 4, 100);
	assert_int_equal(lost(), 2 * LW_USERS);
}

static void interrupts_have_a_share_that_is_not_roots(void **state)
{
	(void)state;
	shim_softirq = true;
	expect_share(fill(0, 100), BUFFER / 2, 100);
	assert_int_equal(fill(1000, 100), 0);
	shim_softirq = false;
	expect_share(fill(0, 100), BUFFER / 8 * 3, 100);
}

static void root_alone_gets_nearly_all(void **state)
{
	(void)state;
	expect_share(fill(0, 100), BUFFER / 8 * 7, 100);
	assert_true(shim_relay[0].subbufs_produced - shim_relay[0].subbufs_consumed < SHIM_SUBBUFS);
}

/* But not before: what the reader takes is anybody's. */
static void shares_begin_anew_when_the_reader_has_come(void **state)
{
	struct rchan_buf *buf = &shim_relay[0];

	(void)state;
	fill(1000, 100);
	buf->subbufs_consumed = buf->subbufs_produced - SHIM_SUBBUFS / 4 - 1;
	assert_int_equal(fill(1000, 100), 0);
	buf->subbufs_consumed++;
	expect_share(fill(1000, 100), BUFFER / 4, 100);
	buf->subbufs_consumed = buf->subbufs_produced;
	expect_share(fill(1000, 100), BUFFER / 2, 100);
}

/* The writer of the line reports the loss again. */
static void a_line_without_room_is_no_lost_record(void **state)
{
	struct _stp_log *log = log_of_this_cpu();

	(void)state;
	fill(0, 100);
	preempt_disable();
	lw_put(log, "#lost\t5\tx\n", 10);
	assert_false(lw_put_end(log));
	shim_relay[0].subbufs_consumed = shim_relay[0].subbufs_produced;
	lw_put(log, "#lost\t5\tx\n", 10);
	assert_true(lw_put_end(log));
	preempt_enable();
	assert_int_equal(lost(), 1);
}

static void more_losses_than_systemtap_counts(void **state)
{
	(void)state;
	lw_untold = 1ULL << 40;
	assert_int_equal(lost(), INT_MAX);
}

/* ---- fields that lwload adds ---- */

static struct cgroup group = { 1ULL << 40 | 5, 0, { &group } };

static void expect_fields(const char *const *want, int n)
{
	int i;

	assert_true(finish());
	assert_int_equal(record.n, n);
	for (i = 0; i < n; i++)
		expect_bytes(i, want[i], strlen(want[i]));
}

static void fields_of_the_task_follow_those_of_the_tool(void **state)
{
	static struct task_struct parent, leader;
	struct task_struct *task = current;

	(void)state;
	parent.tgid = 77;
	memcpy(leader.comm, "ja\tva", 6);
	task->group_leader = &leader;
	task->real_parent = &parent;
	task->cgroup = &group;
	task->thread_pid.level = 1;
	task->thread_pid.numbers[1].nr = 9;
	lw_asked = 15;
	begin();
	lw_put_number(lw_log(), 3);
	lw_emit_asked_of_current(lw_log());
	expect_fields((const char *[]){ "", "3", "ja\tva", "77", "9", "1099511627781" }, 6);
	lw_asked = 1 << LW_ASKED_PPID | 1 << LW_ASKED_CGROUP;
	begin();
	lw_emit_asked_of_current(lw_log());
	expect_fields((const char *[]){ "", "77", "1099511627781" }, 3);
	/* A task that exits has no number any more. */
	task->exits = true;
	lw_asked = 1 << LW_ASKED_NSPID;
	begin();
	lw_emit_asked_of_current(lw_log());
	expect_fields((const char *[]){ "", "0" }, 2);
	task->exits = false;
	/* A name without room is cut off, and the numbers after it are not. */
	lw_asked = 15;
	begin_with_room(3);
	lw_emit_asked_of_current(lw_log());
	assert_true(finish());
	assert_int_equal(record.n, 6);
	assert_true(record.fields[2].cut);
	expect_bytes(5, "1099511627781", 13);
	lw_asked = 0;
	task->thread_pid.level = 0;
	task->group_leader = task->real_parent = task;
}

/* ---- records of interrupts ---- */

/* Returns whether its record was written. */
static bool interrupt(u32 user, u64 number)
{
	struct lw_interrupted was;
	struct _stp_log *log = lw_log();
	bool written;

	if (!lw_interrupt_begins(&was, user))
		return false;
	lw_put_begin(log, true);
	lw_put_number(log, number);
	written = lw_put_end(log);
	lw_interrupt_ends(&was);
	return written;
}

/* The only packet is a record of this number, with the time. */
static void expect_interrupt(u64 number)
{
	unsigned long long time, got;
	size_t len;
	char *packet = shim_take(0, &len);

	assert_true(len > sizeof(struct _stp_trace));
	packet[len] = '\0';
	assert_int_equal(sscanf(packet + sizeof(struct _stp_trace), "%llu\t%llu\n", &time, &got),
			 2);
	assert_int_equal(got, number);
	assert_true(ktime_get_real_fast_ns() - time < 60 * NSEC_PER_SEC);
	free(packet);
}

static void record_is_not_mixed_with_that_of_an_interrupt(void **state)
{
	struct lw_time *time;

	(void)state;
	begin();
	time = this_cpu_ptr(&lw_time);
	lw_put_number(lw_log(), 3);
	/* It comes when the digits of the time are half written. */
	time->high = ktime_get_real_fast_ns() / LW_EIGHT;
	time->n = lw_number(time->digits, 5) - time->digits;
	interrupt(LW_USERS, 7);
	assert_int_equal(time->digits[0], '5');
	expect_interrupt(7);
	lw_put_number(lw_log(), 4);
	expect_fields((const char *[]){ "", "3", "4" }, 3);
	time->high = 0;
}

/* A user cannot take the room for root's. */
static void record_of_an_interrupt_takes_its_owners_share(void **state)
{
	int mine = 0, roots = 0;

	(void)state;
	current->uid.val = 0;
	preempt_disable();
	while (interrupt(5, 1))
		mine++;
	assert_false(interrupt(5, 1));
	while (interrupt(0, 1))
		roots++;
	preempt_enable();
	/* The first quarter of the buffer is nobody's share; one of half of it, and root may take three quarters of half. */
	assert_in_range(roots, mine * 2 / 3, mine * 5 / 6);
	/* The share of the interrupted task is not touched. */
	shim_relay[0].subbufs_consumed = shim_relay[0].subbufs_produced;
	expect_share(fill(1000, 100), BUFFER / 2, 100);
	assert_int_equal(lost(), 4);
}

/* ---- */

static void write_everything(void *arg)
{
	(void)arg;
	current->mm = &mm;
	preempt_disable();
	lw_put_begin(lw_log(), true);
	lw_put_number(lw_log(), 1);
	lw_emit_none(1);
	lw_put_task(lw_log());
	put_comm();
	put_user_string("x");
	lw_emit_kernel_string("x");
	lw_emit_args(8, 16, 1);
	lw_emit_user_argv(8, 8);
	lw_put_end(lw_log());
	lw_flush();
	preempt_enable();
}

/* A line of a report's, after a probe of this CPU has failed in the middle of its record */
static void a_line_does_not_follow_half_a_record(void **state)
{
	struct _stp_log *log = log_of_this_cpu();

	(void)state;
	begin();
	lw_put(log, "half", 4);
	lw_put_fresh(log);
	assert_int_equal(log->len, 0);
	lw_put(log, "#end\n", 5);
	lw_put_fresh(log);
	assert_int_equal(log->len, 5);
	lw_put_end(log);
	preempt_enable();
}

/* It came online after the module was inserted. */
static void a_cpu_without_a_buffer_writes_nothing(void **state)
{
	(void)state;
	shim_join(shim_start(1, write_everything, NULL));
	assert_null(shim_relay[1].data);
	assert_int_equal(shim_relay[0].offset, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define share_test(name) cmocka_unit_test_setup_teardown(name, set_up_shares, tear_down)
#define argv_test(name) cmocka_unit_test_setup_teardown(name, set_up_argv, tear_down_argv)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(fields_of_the_task_follow_those_of_the_tool),
		test(numbers_of_all_lengths_and_signs),
		test(numbers_in_a_row),
		test(every_byte_at_every_place),
		test(strings_of_every_length),
		test(escapes_are_those_of_the_page),
		test(user_strings_that_fault_at_each_offset),
		test(addresses_that_are_no_users),
		test(kernel_strings_that_fault_at_each_offset),
		test(a_string_in_words_of_each_length),
		test(a_string_in_words_without_room),
		test(strings_at_the_end_of_the_buffer),
		test(strings_longer_than_the_buffer),
		test(fields_after_a_string_that_filled_the_record),
		test(command_names),
		test(command_names_at_the_end_of_the_buffer),
		test(a_task_is_three_fields),
		test(a_task_is_not_taken_for_the_one_before),
		test(a_task_that_was_cut_is_not_kept),
		test(arguments_of_the_process),
		test(the_first_arguments_of_the_process),
		test(arguments_at_the_end_of_the_buffer),
		test(paths),
		argv_test(arguments_of_a_call),
		argv_test(arguments_of_a_call_at_the_end_of_the_buffer),
		argv_test(no_more_than_60_arguments_of_a_call),
		test(a_record_that_did_not_end_is_dropped),
		test(the_time_is_the_first_field),
		test(a_time_at_the_end_of_the_buffer),
		test(the_relay_gets_whole_records),
		test(names_are_in_two_words),
		test(a_reader_that_sleeps_is_woken_once),
		test(only_whole_records_are_flushed),
		test(a_line_does_not_follow_half_a_record),
		test(a_cpu_without_a_buffer_writes_nothing),
		share_test(record_is_not_mixed_with_that_of_an_interrupt),
		share_test(record_of_an_interrupt_takes_its_owners_share),
		share_test(one_user_gets_half_of_the_buffer),
		share_test(all_users_leave_root_a_quarter),
		share_test(interrupts_have_a_share_that_is_not_roots),
		share_test(root_alone_gets_nearly_all),
		share_test(shares_begin_anew_when_the_reader_has_come),
		share_test(a_line_without_room_is_no_lost_record),
		share_test(more_losses_than_systemtap_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
