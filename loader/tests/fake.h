/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake.h - a kernel with SystemTap's runtime in it, behind the calls that reach
 * a real one: init_module(2), delete_module(2), files of /proc, signals to processes,
 * poll, the clock
 *
 * The linker puts it in front of libc (--wrap in tests.mk). Files that are none
 * of its own are passed on. It lives in memory that children share, so that a
 * test sees what a child did to it.
 */
#ifndef LW_TESTS_FAKE_H
#define LW_TESTS_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_STREAMS 3
#define FAKE_STEXT 0xffffffff81000000ULL
#define FAKE_LOOKUP 0xffffffff811ab3c0ULL

struct fake_message {
	uint32_t type;
	size_t len;
	char payload[300];
};

struct fake_stream {
	char bytes[1 << 20];
	size_t len, pos;
};

struct fake {
	/* What it shall do. */
	int fail_at; /* the how-manyth call fails, 1 is the first */
	int fail_errno;
	const char *fail_call; /* this call fails, each time: "write", "openat .cmd" ... */
	int insert_errno[2];   /* of the first and the second init_module */
	int remove_errno;
	int removes_refused; /* so many delete_module calls fail with EAGAIN first */
	bool silent_ready, silent_start, silent_exit; /* messages that get no answer */
	int start_result;
	bool no_cpu[FAKE_STREAMS];  /* offline: no stream */
	bool reader_gone;           /* of stdout */
	bool kallsyms_hidden;       /* it has zeroes: kptr_restrict is 2 */
	const char *vmcoreinfo;     /* the note of kcore; NULL: kcore is not there */
	const char *vmcoreinfo_of;  /* its owner, if not the right one */
	void (*on_start)(void);     /* before START is answered */
	void (*on_exit)(void);      /* before EXIT is answered: the end probes */
	void (*on_poll)(int round); /* in the main loop, before looking at the files */
	void (*before_read)(int cpu);
	bool process_gone;        /* that of pidfd_open */
	void (*on_process)(void); /* when it is opened */
	void (*on_signal)(void);  /* when it gets one */

	int exec_errno, exec_status; /* of execve; the exit code of what it starts */
	const char *exec_says;       /* that says this on stderr, before anything else */
	bool exec_deaf;              /* that ends by SIGKILL only; time is ten times as fast */
	bool exec_mute;              /* its stdout is closed before that */
	bool kill_refused;           /* not even by that: kill fails with EPERM */

	/* What it saw. */
	bool loaded;
	int inserts, removes;
	char image[64 << 10];
	size_t image_size;
	char params[1024];
	struct fake_message sent[16]; /* what was written to .cmd */
	int nsent;
	int calls, failures;
	int rounds;
	int open_files;
	int opened_pid, signal;
	int killed;                            /* by SIGKILL, or it was tried */
	char command[1024], environment[1024]; /* of what execve starts, a blank behind each */
	int inherited, changed_signals;        /* its descriptors beyond 2, and signals */

	/* What it holds. */
	struct fake_message queue[32];
	int queue_len, queue_pos;
	long long clock; /* nanoseconds */
	uint32_t sequence;
	struct fake_stream streams[FAKE_STREAMS]; /* last, as it is large */
};

extern struct fake *fake;

/* fake_reset - a new kernel, nothing inserted */
void fake_reset(void);

/* fake_say - the module sends a message; fake_warn - its text */
void fake_say(uint32_t type, const void *payload, size_t len);
void fake_text(const char *text);

/* fake_print - the module prints a packet on a CPU, numbered from 1 */
void fake_print(int cpu, const char *text);
/* fake_packet - the same with any number */
void fake_packet(int cpu, uint32_t sequence, const char *text);

#endif
