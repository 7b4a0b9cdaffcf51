// SPDX-License-Identifier: GPL-2.0-only
/* test_staprun.c - how staprun is started, and what its end means */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/staprun.h"
#include "util/signals.h"
#include "fake.h"
#include "helper.h"

static char output[256];
static int data_result; /* the sink's answer */

static int inserted, started;
static struct lw_loss loss;
static int stop_at_flush; /* the how-manyth, which says so */
static int signal_at_start;
static unsigned long long missed_by_then; /* the missed calls known at the last flush */

static void on_inserted(void *context)
{
	(void)context;
	assert_int_equal(started, 0);
	inserted++;
}

static int on_started(void *context)
{
	(void)context;
	started++;
	return signal_at_start ? raise(signal_at_start) : 0;
}

static int on_data(void *context, const char *buf, size_t len)
{
	(void)context;
	strncat(output, buf, len);
	return data_result;
}

static int on_flush(void *context)
{
	(void)context;
	missed_by_then = loss.missed;
	return --stop_at_flush == 0;
}

static void on_message(void *context, int is_error, const char *text)
{
	(void)context, (void)is_error, (void)text;
}

static char *const params[] = { "pid=5", "name=\"a b\"", "_stp_bufsize=1", NULL };

static const char *root = "/nonexistent";

/* Returns the result of lw_staprun_run(). *text is its output; free it. */
static int run(char **text)
{
	struct lw_job job = {
		.name = "x",
		.module = "lw_x",
		.path = "/m/systemtap/lw_x.ko",
		.params = params,
		.until = -1,
		.out = -1,
		.root = root,
		.sink = { NULL, on_inserted, on_started, on_data, on_flush, on_message, NULL },
	};
	struct capture err;
	int result;

	loss = (struct lw_loss){ .lost = 7, .missed = 7 };
	capture_begin(&err, 2);
	result = lw_staprun_run(&job, &loss);
	*text = capture_end(&err, NULL);
	assert_int_equal(loss.lost, 0);
	return result;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	output[0] = '\0';
	data_result = inserted = started = stop_at_flush = signal_at_start = 0;
	return 0;
}

/*
 * staprun is started by its own path, and gets nothing of the caller's environment. A helper of
 * staprun's trusted the environment once (CVE-2010-4170).
 */
static void begun_with_nothing_of_the_callers(void **state)
{
	char *text;

	(void)state;
	setenv("SYSTEMTAP_STAPRUN", "/tmp/evil", 1);
	setenv("SYSTEMTAP_DIR", "/tmp/evil", 1);
	setenv("LD_PRELOAD", "/tmp/evil.so", 1);
	setenv("MODPROBE_OPTIONS", "-C /tmp/evil", 1);
	setenv("PATH", "/tmp/evil", 1);
	assert_int_equal(run(&text), 0);
	assert_string_equal(text, "");
	assert_string_equal(output, "rows\n");
	assert_int_equal(inserted, 1);
	assert_int_equal(started, 1);
	assert_string_equal(fake->command, "/usr/bin/staprun: staprun /m/systemtap/lw_x.ko pid=5 "
					   "name=\"a b\" _stp_bufsize=1 ");
	assert_string_equal(fake->environment,
			    "PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C "
			    "STAP_PR13193_OVERRIDE=1 STAP_BZ1552745_OVERRIDE=1 ");
	free(text);
}

/* staprun gets no open file, and no signal that is ignored or blocked. */
static void begun_with_clean_descriptors_and_signals(void **state)
{
	sigset_t set;
	char *text;
	int fd;

	(void)state;
	fd = open("/dev/null", O_RDONLY);
	assert_true(fd > 2);
	signal(SIGINT, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	lw_signals_catch();
	assert_int_equal(run(&text), 0);
	assert_int_equal(fake->inherited, 0);
	assert_int_equal(fake->changed_signals, 0);
	close(fd);
	free(text);
}

/* Metrics are written while it runs, so that a loss must be known before the end. */
static void what_is_lost_is_known_at_once(void **state)
{
	char *text;

	(void)state;
	fake->exec_says = "WARNING: Number of errors: 0, skipped probes: 3\n";
	assert_int_equal(run(&text), 0);
	assert_int_equal(missed_by_then, 3);
	assert_int_equal(loss.missed, 3);
	free(text);
}

static void ends(int status, int errnum, int result, const char *message)
{
	char *text;

	setup(NULL);
	fake->exec_errno = errnum;
	fake->exec_status = status;
	assert_int_equal(run(&text), result);
	if (!text_says(text, message))
		fail_msg("no \"%s\" in \"%s\"", message, text);
	free(text);
}

static void how_it_ended(void **state)
{
	(void)state;
	ends(0, ENOENT, -EIO, "x: */usr/bin/staprun*systemtap-runtime 5.1");
	/* Its mode is 4754: only users of its group may run it. */
	ends(0, EACCES, -EPERM, "/usr/bin/staprun*group stapusr");
	ends(255, 0, -EPERM, "x: staprun refused /m/systemtap/lw_x.ko");
	ends(1, 0, -EIO, "x: staprun failed*status 1*5.1");
}

static void one_that_hears_nothing(void **state)
{
	char *text;

	(void)state;
	data_result = 1;
	fake->exec_deaf = fake->hasty = true;
	assert_int_equal(run(&text), -EIO);
	assert_true(text_says(text, "x: staprun*signal 9*staprun -d lw_x"));
	free(text);
}

/* It may have asked the sink for something, such as a new file. */
static void a_signal_comes_while_it_is_silent(void **state)
{
	char *text;

	(void)state;
	lw_signals_catch();
	signal_at_start = SIGALRM;
	stop_at_flush = 2;
	fake->exec_waits = true;
	run(&text);
	assert_string_equal(text,
			    "lwload: x: staprun was killed by signal 2; try staprun -d lw_x\n");
	free(text);
}

/* A user may not kill his staprun, which has closed its output or has not. */
static void one_that_cannot_be_killed(void **state)
{
	char *text, want[160];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		setup(NULL);
		data_result = 1;
		fake->exec_deaf = fake->hasty = fake->kill_refused = true;
		fake->exec_mute = i;
		assert_int_equal(run(&text), -ETIMEDOUT);
		assert_true(fake->killed < 0);
		/* lwload waits ten seconds silently, and five more. */
		assert_in_range(fake->clock / 1000000000, 1000 + 15, 1000 + 17);
		snprintf(want, sizeof(want),
			 "x: staprun (pid %d)*cannot be killed*kill -9 %d*lwload stop x\n",
			 -fake->killed, -fake->killed);
		assert_true(text_says(text, want));
		free(text);
		fake->kill_refused = false;
		assert_int_equal(kill(fake->killed, SIGKILL), 0);
		assert_int_equal(waitpid(-fake->killed, NULL, 0), -fake->killed);
	}
}

#define EXISTS "ERROR: Couldn't insert module '/m/systemtap/lw_x.ko': File exists\n"

static void another_has_the_module(const char *who)
{
	char *text, want[320];

	fake->exec_says = EXISTS;
	fake->exec_status = 1;
	assert_int_equal(run(&text), -EEXIST);
	snprintf(want, sizeof(want), EXISTS "lwload: x: running: *another run*%s, *lwload stop x\n",
		 who);
	assert_true(text_says(text, want));
	free(text);
}

/* For other reasons, or of another file */
static void the_kernel_refuses(void **state)
{
	static const char *const says[] = {
		"ERROR: Couldn't insert module '/m/systemtap/lw_x.ko': Operation not permitted\n",
		"ERROR: Couldn't open '/m/systemtap/lw_x.ko': File exists\n",
	};
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(says); i++) {
		setup(NULL);
		fake->exec_says = says[i];
		fake->exec_status = 1;
		assert_int_equal(run(&text), -EIO);
		free(text);
	}
}

/* A user has no lock: only the kernel refuses a second module of a name. */
static void another_was_faster(void **state)
{
	char *tree = tree_new();

	(void)state;
	another_has_the_module("");
	setup(NULL);
	tree_text(tree, "proc/systemtap/lw_x/.cmd", "");
	tree_holds(tree, 4711, "proc/systemtap/lw_x/.cmd");
	root = tree;
	another_has_the_module(" (pid 4711)");
	root = "/nonexistent";
	tree_free(tree);
}

#define FRESH(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(begun_with_nothing_of_the_callers),
		FRESH(begun_with_clean_descriptors_and_signals),
		FRESH(what_is_lost_is_known_at_once),
		FRESH(how_it_ended),
		FRESH(one_that_hears_nothing),
		FRESH(a_signal_comes_while_it_is_silent),
		FRESH(one_that_cannot_be_killed),
		FRESH(the_kernel_refuses),
		FRESH(another_was_faster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
