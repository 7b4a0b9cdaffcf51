/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake.h - a kernel with SystemTap's runtime in it. It answers the calls that would reach
 * the real one: init_module(2), delete_module(2), files of /proc, signals to processes,
 * poll(2), the clock
 *
 * The linker puts it in front of libc (--wrap in tests.mk). Calls for other files go to
 * libc. It lives in memory that children share, so that a test sees what a child did to it.
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
	/* Set by the test: what this kernel does */
	int fail_at; /* this call fails, counted from 1; 0: none */
	int fail_errno;
	const char *fail_call; /* this call fails each time: "write", "openat .cmd" ... */
	int insert_errno[2];   /* errors of the first and the second init_module */
	int remove_errno;
	int removes_refused; /* so many delete_module calls fail with EAGAIN first */
	bool silent_ready, silent_start, silent_exit; /* these messages get no answer */
	int start_result;
	bool no_cpu[FAKE_STREAMS];  /* offline: no stream */
	bool reader_gone;           /* nobody reads stdout any more */
	bool terminal;              /* stdout and stderr are terminals */
	bool kallsyms_hidden;       /* kallsyms has zeroes, as when kptr_restrict is 2 */
	const char *vmcoreinfo;     /* the note of kcore; NULL: there is no kcore */
	const char *vmcoreinfo_of;  /* the note's owner; NULL: the right one */
	const char *debugfs;        /* not mounted; this directory has what it would have */
	void (*on_start)(void);     /* called before START is answered */
	void (*on_exit)(void);      /* called before EXIT is answered, as end probes are */
	void (*on_poll)(int round); /* called in the main loop, before it looks at the files */
	void (*before_read)(int cpu);
	bool process_gone;        /* pidfd_open finds no process */
	void (*on_process)(void); /* called when a process is opened */
	void (*on_signal)(void);  /* called when that process gets a signal */

	bool hasty; /* poll() for a real file waits a tenth of its time */

	int exec_errno, exec_status; /* error of execve; exit code of the program */
	const char *exec_says;       /* the program prints this on stderr first */
	bool exec_deaf;              /* only SIGKILL ends it; time is ten times as fast */
	bool exec_waits;             /* SIGINT ends it, or a minute */
	bool exec_mute;              /* it closes stdout before that */
	bool kill_refused;           /* kill fails with EPERM, SIGKILL as well */

	/* Set by this kernel: what it saw */
	bool loaded;
	int inserts, removes;
	char image[64 << 10];
	size_t image_size;
	char params[1024];
	struct fake_message sent[16]; /* written to .cmd */
	int nsent;
	int calls, failures;
	int rounds;
	int open_files;
	int opened_pid, signal;
	int killed;                            /* process that got SIGKILL; -PID: kill failed */
	char command[1024], environment[1024]; /* given to execve; a blank ends each string */
	int inherited, changed_signals;        /* counts of descriptors above 2, and of signals */

	/* Its own state */
	struct fake_message queue[32];
	int queue_len, queue_pos;
	long long clock; /* nanoseconds */
	uint32_t sequence;
	struct fake_stream streams[FAKE_STREAMS]; /* large, therefore last */
};

extern struct fake *fake;

/* fake_reset - makes a new kernel, into which nothing is inserted */
void fake_reset(void);

/* fake_say - the module sends a message; fake_text - it sends text, as a warning or an error */
void fake_say(uint32_t type, const void *payload, size_t len);
void fake_text(const char *text);

/* fake_print - the module prints a packet on a CPU, numbered from 1 */
void fake_print(int cpu, const char *text);
/* fake_packet - the same with a number of the test's choice */
void fake_packet(int cpu, uint32_t sequence, const char *text);

#endif
