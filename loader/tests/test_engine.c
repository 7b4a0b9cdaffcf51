// SPDX-License-Identifier: GPL-2.0-only
/* test_engine.c - insert, handshake, relay, remove, against the kernel of fake.c */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/control.h"
#include "rules/rule.h"
#include "run/engine.h"
#include "util/signals.h"
#include "fake.h"
#include "helper.h"

static uint64_t lookup; /* the next run's kallsyms_lookup_name(), from _stext */
static char *const params[] = { "pid=5", "name=\"a b\"", "_stp_bufsize=2", NULL };
static char image[] = "the bytes of a module";

/* The things that the sink got */
static struct seen {
	char data[1 << 20];
	size_t len;
	char messages[1024];
	int inserted, started, flushes;
	int started_result, data_result, flush_result; /* the sink's answers */
	int flush_result_at_end;                       /* the same after EXIT was answered */
	unsigned long long barred;                     /* loss that is known at the start */
} seen;

static struct lw_loss loss;

static void on_refused(void *context, int error, struct lw_reason *why)
{
	(void)context;
	lw_because(why, "refused with %d", error);
}

/* The module has no probes in place yet, and was told nothing. */
static void on_inserted(void *context)
{
	(void)context;
	seen.inserted++;
	assert_true(fake->loaded);
	assert_int_equal(fake->nsent, 0);
}

static int on_started(void *context)
{
	(void)context;
	seen.started++;
	seen.barred = loss.barred;
	return seen.started_result;
}

static int on_data(void *context, const char *buf, size_t len)
{
	(void)context;
	if (seen.len + len < sizeof(seen.data)) {
		memcpy(seen.data + seen.len, buf, len);
		seen.len += len;
	}
	return seen.data_result;
}

static int on_flush(void *context)
{
	(void)context;
	seen.flushes++;
	if (fake->nsent && fake->sent[fake->nsent - 1].type == LW_MSG_EXIT)
		return seen.flush_result_at_end;
	return seen.flush_result;
}

static void on_message(void *context, int is_error, const char *text)
{
	size_t n = strlen(seen.messages);

	(void)context;
	snprintf(seen.messages + n, sizeof(seen.messages) - n, "%c:%s|", is_error ? 'E' : 'W',
		 text);
}

struct result {
	int err;
	struct lw_loss loss;
	char *text; /* stderr */
};

/* Ends a run; -1: nothing but its duration does */
static int until = -1;

/* A run of one fake second. */
static struct result run_module(const void *bytes, size_t size)
{
	struct lw_job job = {
		.name = "x",
		.module = "lw_x",
		.path = "/m/lw_x.ko",
		.image = bytes,
		.size = size,
		.params = params,
		.duration = 1,
		.lookup = lookup,
		.until = until,
		.out = STDOUT_FILENO,
		.sink = { on_refused, on_inserted, on_started, on_data, on_flush, on_message,
			  NULL },
	};
	struct result result;
	struct capture err;

	loss = (struct lw_loss){ .lost = 77, .missed = 77 };
	capture_begin(&err, 2);
	result.err = lw_engine_run(&job, &loss);
	result.loss = loss;
	result.text = capture_end(&err, NULL);
	/* This holds after any run. */
	assert_int_equal(fake->open_files, 0);
	return result;
}

static struct result run(void)
{
	return run_module(image, sizeof(image));
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(&seen, 0, sizeof(seen));
	lookup = 0;
	return 0;
}

static int lines_in(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* A run ended with this error and one line that has this text; nothing is left. */
static void ends_with(struct result result, int err, const char *message)
{
	assert_int_equal(result.err, err);
	assert_int_equal(lines_in(result.text), 1);
	assert_true(text_says(result.text, message));
	assert_false(fake->loaded);
	free(result.text);
}

static void is_fine(struct result result)
{
	assert_int_equal(result.err, 0);
	assert_string_equal(result.text, "");
	assert_false(fake->loaded);
	free(result.text);
}

/* ---- a run without trouble ---- */

static void print_some(void)
{
	fake_print(0, "one\n");
	fake_print(1, "two\n");
	fake_print(0, "three\n");
}

static void print_at_end(void)
{
	fake_print(1, "four\n");
	fake_print(2, "five\n");
}

static void whole_run(void **state)
{
	struct result result;

	(void)state;
	fake->on_start = print_some;
	fake->on_exit = print_at_end;
	result = run();
	assert_int_equal(result.loss.lost, 0);
	is_fine(result);
	assert_string_equal(seen.data, "one\ntwo\nthree\nfour\nfive\n");
	assert_int_equal(seen.inserted, 1);
	assert_int_equal(seen.started, 1);
	assert_int_equal(fake->inserts, 1);
	assert_int_equal(fake->removes, 1);
	assert_int_equal(fake->image_size, sizeof(image));
	assert_memory_equal(fake->image, image, sizeof(image));
	assert_string_equal(fake->params, "pid=5 name=\"a b\" _stp_bufsize=2");
	/* The run took its duration: it does not wait at the end. */
	assert_int_equal((fake->clock - 1000000000000LL) / 1000000, 1000);
}

/* Such as the end of a command: what the module has written until then is shown. */
static void until_ends_a_run(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	until = ends[0];
	fake->on_start = print_some;
	fake->on_exit = print_at_end;
	is_fine(run());
	assert_int_equal((fake->clock - 1000000000000LL) / 1000000, 1000);
	assert_int_equal(write(ends[1], "x", 1), 1);
	setup(state);
	fake->on_start = print_some;
	fake->on_exit = print_at_end;
	is_fine(run());
	until = -1;
	close(ends[1]);
	close(ends[0]);
	assert_string_equal(seen.data, "one\ntwo\nthree\nfour\nfive\n");
	assert_true(fake->clock - 1000000000000LL < 1000000000);
}

/* The module must get these messages, in this order. */
static void handshake(void **state)
{
	static const uint32_t order[] = {
		LW_MSG_PRIVILEGE, LW_MSG_RELOCATION, LW_MSG_RELOCATION, LW_MSG_TZINFO,
		LW_MSG_READY,     LW_MSG_START,      LW_MSG_EXIT,
	};
	size_t i;

	(void)state;
	is_fine(run());
	assert_int_equal(fake->nsent, COUNT(order));
	for (i = 0; i < COUNT(order); i++)
		assert_int_equal(fake->sent[i].type, order[i]);
}

static void check_relocation(const struct fake_message *message, const char *symbol,
			     uint64_t address)
{
	uint64_t got;

	assert_int_equal(message->len, 128 + 128 + 8);
	assert_string_equal(message->payload, "kernel");
	assert_string_equal(message->payload + 128, symbol);
	memcpy(&got, message->payload + 256, sizeof(got));
	assert_true(got == address);
}

static void payloads(void **state)
{
	int32_t privileges;
	int64_t offset;

	(void)state;
	setenv("TZ", "ABC-02:00", 1);
	tzset();
	is_fine(run());
	assert_int_equal(fake->sent[0].len, 4);
	memcpy(&privileges, fake->sent[0].payload, 4);
	assert_int_equal(privileges, 0xe);
	check_relocation(&fake->sent[1], "_stext", FAKE_STEXT);
	check_relocation(&fake->sent[2], "kallsyms_lookup_name", FAKE_LOOKUP);
	assert_int_equal(fake->sent[3].len, 8 + 64);
	memcpy(&offset, fake->sent[3].payload, 8);
	assert_int_equal(offset, -7200);
	assert_string_equal(fake->sent[3].payload + 8, "ABC");
	assert_int_equal(fake->sent[4].len, 0);
	assert_int_equal(fake->sent[5].len, 8);
	assert_memory_equal(fake->sent[5].payload, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(fake->sent[6].len, 0);
}

/* The bytes that were checked are inserted, even if the file is another by now. */
static void file_is_replaced(void **state)
{
	char *root = tree_new(), *path = tree_add(root, "killsnoop"), *bytes;
	struct lw_tool *tool;
	struct result result;
	size_t size;

	(void)state;
	bytes = file_read(path, &size);
	assert_int_equal(lw_tool_open(root, RELEASE, "killsnoop", &tool), 0);
	/* First the bytes change in place, then another file has the name. */
	file_write(path, "evil", 4);
	assert_int_equal(unlink(path), 0);
	file_write(path, "worse", 5);
	result = run_module(tool->image, tool->size);
	is_fine(result);
	assert_int_equal(fake->image_size, size);
	assert_memory_equal(fake->image, bytes, size);
	lw_tool_free(tool);
	free(bytes);
	free(path);
	tree_free(root);
}

static void offline_cpu(void **state)
{
	(void)state;
	fake->no_cpu[1] = true;
	fake->on_start = print_some;
	is_fine(run());
	assert_string_equal(seen.data, "one\nthree\n");
	assert_string_equal(seen.messages, "");
}

static void cpu_comes(int round)
{
	(void)round;
	fake->no_cpu[1] = false;
}

static void a_cpu_that_comes_online_is_told(void **state)
{
	struct result result;

	(void)state;
	fake->no_cpu[1] = true;
	fake->on_start = print_some;
	fake->on_poll = cpu_comes;
	result = run();
	/* At least one call was missed. */
	assert_int_equal(result.loss.missed, 1);
	is_fine(result);
	assert_string_equal(seen.data, "one\nthree\n");
	assert_has(seen.messages, "W:a processor came online after the tool began");
}

/* ---- ways to end ---- */

static void ask_to_exit(void)
{
	fake_say(LW_MSG_REQUEST_EXIT, "", 0);
}

static void exit_in_round_3(int round)
{
	if (round == 3)
		ask_to_exit();
}

static long long seconds_run(void)
{
	return (fake->clock - 1000000000000LL) / 1000000000;
}

static struct result run_for_ever(void)
{
	struct lw_job job = {
		.name = "x",
		.module = "lw_x",
		.path = "/m/lw_x.ko",
		.image = image,
		.size = sizeof(image),
		.params = params,
		.until = -1,
		.out = STDOUT_FILENO,
		.sink = { on_refused, on_inserted, on_started, on_data, on_flush, on_message,
			  NULL },
	};
	struct result result;
	struct capture err;

	capture_begin(&err, 2);
	result.err = lw_engine_run(&job, &result.loss);
	result.text = capture_end(&err, NULL);
	return result;
}

static void script_exits(void **state)
{
	(void)state;
	fake->on_poll = exit_in_round_3;
	fake->on_exit = print_at_end;
	is_fine(run_for_ever());
	assert_int_equal(fake->rounds, 3);
	assert_string_equal(seen.data, "four\nfive\n");
}

/* A begin probe calls exit(): the module asks to end before it answers START. */
static int body_exits_at_once(void *arg)
{
	struct result result;

	(void)arg;
	fake->on_start = ask_to_exit;
	result = run_for_ever();
	free(result.text);
	return result.err || seconds_run() > 5;
}

static void script_exits_at_once(void **state)
{
	struct outcome outcome;

	(void)state;
	/* A run that misses the request never ends, therefore a child. */
	in_child(body_exits_at_once, NULL, &outcome);
	assert_int_equal(outcome.code, 0);
	assert_false(fake->loaded);
	outcome_free(&outcome);
}

static int body_signal(void *arg)
{
	struct result result;

	/* The tests may have been started with the signal ignored, as by nohup(1). */
	signal(SIGHUP, SIG_DFL);
	lw_signals_catch();
	kill(getpid(), *(int *)arg);
	result = run_for_ever();
	fputs(result.text, stderr);
	free(result.text);
	return -result.err;
}

/* Signals are blocked until the module can be removed again, and none is lost. */
static void signals_end_a_run(void **state)
{
	static int signals[] = { SIGINT, SIGTERM, SIGHUP };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(signals); i++) {
		struct outcome outcome;

		fake_reset();
		in_child(body_signal, &signals[i], &outcome);
		assert_string_equal(outcome.err, "");
		assert_int_equal(outcome.code, 0);
		assert_int_equal(fake->inserts, 1);
		assert_int_equal(fake->removes, 1);
		assert_false(fake->loaded);
		outcome_free(&outcome);
	}
}

static int body_ignored_hangup(void *arg)
{
	struct result result;

	(void)arg;
	signal(SIGHUP, SIG_IGN);
	lw_signals_catch();
	kill(getpid(), SIGHUP);
	fake->on_poll = exit_in_round_3;
	result = run_for_ever();
	free(result.text);
	return result.err || fake->rounds != 3 || lw_signals_stop();
}

/* SIGHUP is ignored, as under nohup(1). */
static void ignored_hangup(void **state)
{
	struct outcome outcome;

	(void)state;
	in_child(body_ignored_hangup, NULL, &outcome);
	assert_int_equal(outcome.code, 0);
	outcome_free(&outcome);
}

static void sink_has_enough(void **state)
{
	(void)state;
	fake->on_start = print_some;
	seen.data_result = 1;
	is_fine(run());
	assert_int_equal(seconds_run(), 0);
	assert_false(fake->loaded);
}

static void reader_gone(void **state)
{
	struct result result;

	(void)state;
	fake->reader_gone = true;
	result = run();
	assert_int_equal(result.err, -EPIPE);
	assert_string_equal(result.text, "");
	assert_int_equal(fake->rounds, 1);
	assert_false(fake->loaded);
	free(result.text);
}

/* The sink prints its own errors; the engine prints nothing and returns them. */
static void sink_fails(int err)
{
	struct result result;

	fake->on_start = print_some;
	result = run();
	assert_int_equal(result.err, err);
	assert_string_equal(result.text, "");
	assert_false(fake->loaded);
	free(result.text);
}

static void sink_fails_to_start(void **state)
{
	(void)state;
	seen.started_result = -ENOSPC;
	sink_fails(-ENOSPC);
}

static void sink_fails_on_data(void **state)
{
	(void)state;
	seen.data_result = -EPROTO;
	sink_fails(-EPROTO);
}

static void sink_fails_to_flush(void **state)
{
	(void)state;
	seen.flush_result = -ENOSPC;
	sink_fails(-ENOSPC);
}

/* A disk that is full at the very end is an error, and no reader who has gone. */
static void sink_fails_at_the_end(void **state)
{
	(void)state;
	seen.flush_result_at_end = -ENOSPC;
	sink_fails(-ENOSPC);
}

/* ---- messages ---- */

static void say_things(void)
{
	fake_text("WARNING: mind the gap\n");
	fake_text("plain\n\n");
	fake_text("\n");
	fake_say(LW_MSG_SYSTEM, "reboot", 7);
	fake_say(0x99, "", 0);
}

static void warnings(void **state)
{
	struct result result;

	(void)state;
	fake->on_start = say_things;
	result = run();
	assert_int_equal(result.err, 0);
	assert_string_equal(seen.messages, "W:mind the gap|W:plain|");
	assert_int_equal(lines_in(result.text), 1);
	assert_true(text_says(result.text, "warning: x: *command*ignored"));
	free(result.text);
}

static void say_error(void)
{
	fake_text("ERROR: read fault at 0x0\n");
}

static void module_error(void **state)
{
	struct result result;

	(void)state;
	fake->on_exit = say_error;
	result = run();
	assert_int_equal(result.err, -EIO);
	assert_string_equal(seen.messages, "E:it stopped: it met memory that cannot be read; "
					   "please report this (SystemTap: read fault at 0x0)|");
	assert_false(fake->loaded);
	free(result.text);
}

static void say_barred(void)
{
	fake_text(
		"WARNING: probe kprobe.function(\"do_int3\") (do_int3+0) registration error (rc -22)\n");
}

/* The sink knows of the probe when it starts, and decides whether the run goes on. */
static void probe_on_the_blacklist(void **state)
{
	struct result result;

	(void)state;
	fake->on_start = say_barred;
	seen.started_result = -EPERM;
	result = run();
	assert_int_equal(result.err, -EPERM);
	/* The sink has printed the reason. */
	assert_string_equal(result.text, "");
	assert_int_equal(seen.barred, 1);
	assert_int_equal(fake->removes, 1);
	free(result.text);
	setup(NULL);
	fake->on_start = say_barred;
	is_fine(run());
	assert_has(seen.messages, "W:the kernel did not take one of its probes");
}

static void say_lost(void)
{
	fake_text("WARNING: There were 23 transport failures.\n");
}

static void transport_failures(void **state)
{
	struct result result;

	(void)state;
	fake->on_exit = say_lost;
	result = run();
	assert_int_equal(result.err, 0);
	assert_int_equal(result.loss.lost, 23);
	assert_int_equal(result.loss.missed, 0);
	assert_string_equal(seen.messages, "");
	free(result.text);
}

static void say_missed(void)
{
	fake_text("WARNING: Number of errors: 0, skipped probes: 7\n");
}

static void missed_calls(void **state)
{
	struct result result;

	(void)state;
	fake->on_exit = say_missed;
	result = run();
	assert_int_equal(result.err, 0);
	assert_int_equal(result.loss.missed, 7);
	assert_has(seen.messages, "W:7 calls were missed");
	free(result.text);
}

static void lose_number_2(void)
{
	fake_packet(0, 1, "one\n");
	fake_packet(0, 4, "four\n");
}

/* The run waits for a missing packet, but not for ever. */
static void missing_packets(void **state)
{
	struct result result;

	(void)state;
	fake->on_start = lose_number_2;
	result = run();
	assert_int_equal(result.loss.lost, 2);
	is_fine(result);
	assert_string_equal(seen.data, "one\nfour\n");
}

/* ---- relay streams ---- */

static void late_in_round(int round)
{
	if (round == 1) {
		fake_packet(0, 2, "two\n");
	} else if (round == 4) {
		assert_string_equal(seen.data, "");
		fake_packet(1, 1, "one\n");
	}
}

static void late_packet_is_waited_for(void **state)
{
	struct result result;

	(void)state;
	fake->on_poll = late_in_round;
	result = run();
	assert_int_equal(result.loss.lost, 0);
	is_fine(result);
	assert_string_equal(seen.data, "one\ntwo\n");
}

/*
 * Two CPUs work steadily: while one stream is read, the other grows. After each read a packet
 * is missing, and the next read brings it. This is no loss, however long it goes on.
 */
static void busy_cpus(int cpu)
{
	char text[32];
	int other = !cpu;

	if (fake->sequence > 600 || cpu > 1)
		return;
	snprintf(text, sizeof(text), "%u\n", fake->sequence + 1);
	fake_print(other, text);
	snprintf(text, sizeof(text), "%u\n", fake->sequence + 1);
	fake_print(cpu, text);
	fake->clock += 1000000;
}

static void busy_start(void)
{
	fake_print(0, "1\n");
	fake_print(1, "2\n");
}

/* Each line is its packet's number: all are there and in order. */
static void all_in_order(void)
{
	const char *p = seen.data;
	uint32_t want = 1, n;

	while (sscanf(p, "%u", &n) == 1) {
		assert_int_equal(n, want);
		want++;
		p = strchr(p, '\n') + 1;
	}
	assert_int_equal(want - 1, fake->sequence);
}

static void steady_work_keeps_order(void **state)
{
	struct result result;

	(void)state;
	fake->on_start = busy_start;
	fake->before_read = busy_cpus;
	result = run();
	all_in_order();
	assert_true(fake->sequence > 600);
	assert_int_equal(result.loss.lost, 0);
	is_fine(result);
}

/*
 * One CPU works more than the other, and there is much to read. One read's packets of the
 * busy CPU end long before those of the other, which are not lost for that reason.
 */
static void print_unevenly(void)
{
	char text[128];
	int i;

	for (i = 1; i <= 9000; i++) {
		snprintf(text, sizeof(text), "%d %72s\n", i, "and some text to fill it");
		fake_print(i % 5 ? 1 : 0, text);
	}
}

static void uneven(bool at_end)
{
	struct result result;

	setup(NULL);
	if (at_end)
		fake->on_exit = print_unevenly;
	else
		fake->on_start = print_unevenly;
	result = run();
	all_in_order();
	assert_int_equal(result.loss.lost, 0);
	is_fine(result);
}

static void uneven_work_keeps_order(void **state)
{
	(void)state;
	uneven(false);
	uneven(true);
}

/* The first packet never comes; those after it are more than any buffer holds. */
static void print_without_first(void)
{
	char text[128];
	int i;

	fake->sequence = 1;
	for (i = 2; i <= 5000; i++) {
		snprintf(text, sizeof(text), "%d %72s\n", i, "and some text to fill it");
		fake_print(0, text);
	}
}

static void first_packet_missing(bool at_end)
{
	struct result result;

	setup(NULL);
	if (at_end)
		fake->on_exit = print_without_first;
	else
		fake->on_start = print_without_first;
	result = run();
	assert_memory_equal(seen.data, "2 ", 2);
	assert_int_equal(result.loss.lost, 1);
	assert_int_equal(fake->streams[0].pos, fake->streams[0].len);
	is_fine(result);
}

static void missing_packet_with_full_buffer(void **state)
{
	(void)state;
	first_packet_missing(false);
	first_packet_missing(true);
}

static void print_much(void)
{
	char text[64];
	int i;

	for (i = 1; i <= 3000; i++) {
		snprintf(text, sizeof(text), "%d of many, with some text to fill it\n", i);
		fake_print(i % FAKE_STREAMS, text);
	}
}

/* At the end there is more than one read takes: all is read, and in order. */
static void drain_takes_all(void **state)
{
	struct result result;

	(void)state;
	fake->on_exit = print_much;
	result = run();
	assert_int_equal(result.loss.lost, 0);
	is_fine(result);
	all_in_order();
}

/* ---- refusals ---- */

static void insertion_refused(void **state)
{
	static const struct {
		int error, err;
		const char *message;
	} rows[] = {
		{ ENOEXEC, -EPERM, "/m/lw_x.ko: *insert*damaged*another kernel" },
		{ EKEYREJECTED, -EPERM, "cannot insert it: refused with 129" },
		{ ENOKEY, -EPERM, "cannot insert it: refused with 126" },
		{ EPERM, -EPERM, "cannot insert it: refused with 1" },
		{ EBADMSG, -EPERM, "cannot insert it: refused with 74" },
		{ EACCES, -EPERM, "cannot insert it: refused with 13" },
		{ ENOMEM, -ENOMEM, "try a smaller --buffer" },
		{ ENOENT, -ENOENT, "symbol" },
		{ EINVAL, -EINVAL, "cannot insert it: Invalid argument" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		setup(NULL);
		fake->insert_errno[0] = rows[i].error;
		ends_with(run(), rows[i].err, rows[i].message);
		assert_int_equal(fake->inserts, 1);
		assert_int_equal(fake->removes, 0);
		assert_int_equal(fake->nsent, 0);
		assert_int_equal(seen.inserted, 0);
	}
}

static void leftover_is_removed(void **state)
{
	struct result result;

	(void)state;
	fake->loaded = true;
	fake->insert_errno[0] = EEXIST;
	result = run();
	assert_int_equal(result.err, 0);
	assert_int_equal(lines_in(result.text), 1);
	assert_has(result.text, "warning: x: removed module lw_x");
	assert_int_equal(fake->inserts, 2);
	assert_int_equal(fake->removes, 2);
	assert_int_equal(seen.started, 1);
	assert_false(fake->loaded);
	free(result.text);
}

static void retried_once_only(void **state)
{
	struct result result;

	(void)state;
	fake->insert_errno[0] = EEXIST;
	fake->insert_errno[1] = EEXIST;
	result = run();
	assert_int_equal(result.err, -EEXIST);
	assert_has(result.text, "in use by another program");
	assert_int_equal(fake->inserts, 2);
	assert_int_equal(fake->removes, 1);
	free(result.text);
}

/* The module stays if somebody is attached, or if this cannot be seen. */
static void other_is_not_removed(const char *call, int error)
{
	struct result result;

	fake->loaded = true;
	fake->insert_errno[0] = EEXIST;
	fake->fail_call = call;
	fake->fail_errno = error;
	result = run();
	assert_int_equal(result.err, -EEXIST);
	assert_int_equal(lines_in(result.text), 1);
	assert_has(result.text, "in use by another program");
	assert_int_equal(fake->inserts, 1);
	assert_int_equal(fake->removes, 0);
	assert_true(fake->loaded);
	free(result.text);
}

static void other_is_attached(void **state)
{
	(void)state;
	other_is_not_removed("openat .cmd", EBUSY);
}

static void other_cannot_be_told(void **state)
{
	(void)state;
	other_is_not_removed("openat .cmd", EMFILE);
}

/* A module has this name, but it is not SystemTap's. */
static void other_is_foreign(void **state)
{
	(void)state;
	other_is_not_removed("open dir", ENOENT);
}

/* ---- failures ---- */

static void no_transport(void **state)
{
	(void)state;
	fake->silent_ready = true;
	ends_with(run(), -ETIMEDOUT, "cannot get its first answer: Connection timed out");
	assert_int_equal(fake->removes, 1);
	assert_int_equal(seen.started, 0);
}

static void start_fails(void **state)
{
	(void)state;
	fake->start_result = -EINVAL;
	ends_with(run(), -EINVAL, "cannot start its probes: Invalid argument");
	assert_int_equal(fake->removes, 1);
	assert_int_equal(seen.started, 0);
}

static void start_never_answered(void **state)
{
	(void)state;
	fake->silent_start = true;
	ends_with(run(), -ETIMEDOUT, "cannot start its probes: Connection timed out");
	assert_int_equal(fake->removes, 1);
}

static void exit_never_answered(void **state)
{
	(void)state;
	fake->silent_exit = true;
	ends_with(run(), -ETIMEDOUT, "module lw_x does not end: Connection timed out");
	assert_int_equal(fake->removes, 1);
}

static void no_streams(void **state)
{
	(void)state;
	fake->no_cpu[0] = fake->no_cpu[1] = fake->no_cpu[2] = true;
	ends_with(run(), -ENODEV, "cannot open its output");
}

static void calls_fail(void **state)
{
	static const struct {
		const char *call, *message;
	} rows[] = {
		{ "open dir", "cannot attach to it" },
		{ "openat .cmd", "cannot attach to it" },
		{ "fopen kallsyms", "cannot tell it the kernel's addresses" },
		{ "write", "cannot tell it the kernel's addresses" },
		{ "read .cmd", "cannot get its first answer" },
		{ "openat trace", "cannot open its output" },
		{ "read trace", "" },
		{ "ppoll", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		setup(NULL);
		fake->on_start = print_some;
		fake->fail_call = rows[i].call;
		ends_with(run(), -EIO, rows[i].message);
		assert_int_equal(fake->removes, 1);
	}
}

/*
 * Each call of a whole run fails in turn. The run fails, prints a message, and removes the
 * module, unless the removal is what failed.
 */
static void every_call_fails_in_turn(void **state)
{
	int n;

	(void)state;
	for (n = 1; n < 200; n++) {
		struct result result;

		setup(NULL);
		fake->on_start = print_some;
		fake->on_exit = print_at_end;
		fake->fail_at = n;
		result = run();
		if (!fake->failures) {
			free(result.text);
			break;
		}
		assert_true(result.err < 0);
		assert_true(lines_in(result.text) >= 1);
		if (fake->inserts && fake->image_size)
			assert_true(fake->removes > 0);
		/* The last call of all is delete_module(). */
		assert_true(!fake->loaded || strstr(result.text, "cannot be removed"));
		free(result.text);
	}
	/* A run makes at least 30 calls, and the loop came to its end. */
	assert_in_range(n, 30, 199);
}

static void removal_is_tried_again(void **state)
{
	(void)state;
	fake->removes_refused = 20;
	is_fine(run());
	assert_int_equal(fake->removes, 21);
}

static void removal_fails(void **state)
{
	static const int errors[] = { EAGAIN, EBUSY, EPERM };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(errors); i++) {
		struct result result;

		setup(NULL);
		fake->remove_errno = errors[i];
		result = run();
		assert_true(result.err < 0);
		assert_has(result.text, "try rmmod lw_x");
		assert_int_equal(lines_in(result.text), 1);
		/* EAGAIN and EBUSY may pass: the run tries for some seconds, not for ever. */
		assert_in_range(fake->removes, errors[i] == EPERM ? 1 : 100, 1000);
		free(result.text);
	}
}

/* That the reader has gone is no failure of a run, but this is. */
static void removal_fails_after_the_reader_has_gone(void **state)
{
	struct result result;

	(void)state;
	fake->reader_gone = true;
	fake->remove_errno = EPERM;
	result = run();
	assert_int_equal(result.err, -EBUSY);
	assert_has(result.text, "try rmmod lw_x");
	free(result.text);
}

static void removed_by_another(void **state)
{
	struct result result;

	(void)state;
	fake->remove_errno = ENOENT;
	result = run();
	assert_int_equal(result.err, 0);
	assert_string_equal(result.text, "");
	free(result.text);
}

/* ---- kernel addresses ---- */

#define VMCOREINFO "OSRELEASE=6.1.0\nSYMBOL(_stext_not)=1\nSYMBOL(_stext)=ffffffffa1000000\nX=1\n"

/* _stext and an offset suffice: the list is not read further, and with kcore not at all. */
static void lookup_by_offset(void **state)
{
	(void)state;
	lookup = 0x1234;
	fake->fail_call = "fopen kallsyms";
	fake->fail_errno = EIO;
	fake->vmcoreinfo = VMCOREINFO;
	is_fine(run());
	setup(NULL);
	lookup = 0x1234;
	is_fine(run());
	check_relocation(&fake->sent[1], "_stext", FAKE_STEXT);
	check_relocation(&fake->sent[2], "kallsyms_lookup_name", FAKE_STEXT + 0x1234);
}

/* With kernel.kptr_restrict at 2, which stays so, kcore's note for debuggers has the address. */
static void hidden_addresses(void **state)
{
	(void)state;
	lookup = 0x1234;
	fake->kallsyms_hidden = true;
	fake->vmcoreinfo = VMCOREINFO;
	is_fine(run());
	check_relocation(&fake->sent[1], "_stext", 0xffffffffa1000000);
	check_relocation(&fake->sent[2], "kallsyms_lookup_name", 0xffffffffa1001234);
}

/* A module must not get zero as an address, since it would jump there. */
static void addresses_stay_hidden(void **state)
{
	static const struct {
		uint64_t lookup;
		const char *vmcoreinfo, *owner;
	} rows[] = {
		{ 0x1234, NULL, NULL },
		/* For another build, the function's offset is unknown. */
		{ 0, VMCOREINFO, NULL },
		{ 0x1234, VMCOREINFO, "VMCOREINFx" },
		{ 0x1234, "", NULL },
		{ 0x1234, "SYMBOL(_stext)=ffffffffa1000000\n", NULL },
		{ 0x1234, "X=1\nSYMBOL(_stext)=", NULL },
		{ 0x1234, "X=1\nSYMBOL(_stext)=0\n", NULL },
		{ 0x1234, "X=1\nSYMBOL(_stext)=x\n", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		setup(NULL);
		lookup = rows[i].lookup;
		fake->kallsyms_hidden = true;
		fake->vmcoreinfo = rows[i].vmcoreinfo;
		fake->vmcoreinfo_of = rows[i].owner;
		ends_with(run(), -ENODATA, "cannot tell it the kernel's addresses: No data");
	}
}

#define FRESH(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(whole_run),
		FRESH(until_ends_a_run),
		FRESH(handshake),
		FRESH(payloads),
		FRESH(file_is_replaced),
		FRESH(offline_cpu),
		FRESH(a_cpu_that_comes_online_is_told),
		FRESH(script_exits),
		FRESH(script_exits_at_once),
		FRESH(signals_end_a_run),
		FRESH(ignored_hangup),
		FRESH(sink_has_enough),
		FRESH(reader_gone),
		FRESH(sink_fails_to_start),
		FRESH(sink_fails_on_data),
		FRESH(sink_fails_to_flush),
		FRESH(sink_fails_at_the_end),
		FRESH(warnings),
		FRESH(probe_on_the_blacklist),
		FRESH(module_error),
		FRESH(transport_failures),
		FRESH(missed_calls),
		FRESH(missing_packets),
		FRESH(late_packet_is_waited_for),
		FRESH(steady_work_keeps_order),
		FRESH(uneven_work_keeps_order),
		FRESH(missing_packet_with_full_buffer),
		FRESH(drain_takes_all),
		FRESH(insertion_refused),
		FRESH(leftover_is_removed),
		FRESH(retried_once_only),
		FRESH(other_is_attached),
		FRESH(other_cannot_be_told),
		FRESH(other_is_foreign),
		FRESH(no_transport),
		FRESH(start_fails),
		FRESH(start_never_answered),
		FRESH(exit_never_answered),
		FRESH(no_streams),
		FRESH(calls_fail),
		FRESH(every_call_fails_in_turn),
		FRESH(removal_is_tried_again),
		FRESH(removal_fails),
		FRESH(removal_fails_after_the_reader_has_gone),
		FRESH(removed_by_another),
		FRESH(lookup_by_offset),
		FRESH(hidden_addresses),
		FRESH(addresses_stay_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
