/* SPDX-License-Identifier: GPL-2.0-only */
/* output.h - where records are written to: stdout, or a file, which is rotated by its size */
#ifndef LW_OUTPUT_H
#define LW_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct lw_output_options {
	const char *path;          /* NULL: stdout */
	unsigned long long rotate; /* bytes that a file shall not exceed, 0: any size */
	int keep;                  /* how many older files there may be: PATH.1 and so on */
	/*
	 * What is written at once belongs together, such as a report; otherwise a file may
	 * end behind each of its lines.
	 */
	bool blocks;
};

struct lw_output;

/*
 * lw_output_open - be ready to write, before anything reaches the kernel
 * @tool: for messages
 *
 * A file is created with mode 0600, or appended to if it is there. Refused is what an
 * attacker may have put there, and what cannot be cut back when the disk is full: a
 * symbolic link, what is no regular file, a file of another user or with another name as
 * well, and one that another lwload writes to. Prints what is wrong. Returns 0 or -errno;
 * call lw_output_close() in any case.
 */
int lw_output_open(const char *tool, const struct lw_output_options *options,
		   struct lw_output **output);

/* lw_output_heading - what each file but the first begins with; none unless this is called */
int lw_output_heading(struct lw_output *output, const char *text, size_t len);

/* lw_output_pipe - the descriptor that may be a pipe whose reader goes away, -1: none can */
int lw_output_pipe(const struct lw_output *output);

/*
 * lw_output_write - write whole lines, to more than one file if they fit one no more
 *
 * If a file takes only part of it, it is cut back to the last whole line. Returns 0 or
 * -errno; -EPIPE and -EINTR (signals.h), of stdout, are not printed, other errors are. Once
 * it failed, nothing more is written, and it returns the same, without a message.
 */
int lw_output_write(struct lw_output *output, const char *buf, size_t len);

/* lw_output_partly - how many whole lines stdout took of the write that failed */
unsigned long long lw_output_partly(const struct lw_output *output);

/*
 * lw_output_reopen - go on in the file that has the path now, which is created if it was moved
 * away; nothing is done if it is the same one. It refuses the files that lw_output_open() refuses,
 * and nothing more is written then. Returns 0 or -errno, printed.
 */
int lw_output_reopen(struct lw_output *output);

/*
 * lw_output_close - NULL is fine. Returns 0 or -errno, printed: of some file systems, only
 * this tells that what was written is not there.
 */
int lw_output_close(struct lw_output *output);

#endif
