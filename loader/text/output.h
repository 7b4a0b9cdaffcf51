/* SPDX-License-Identifier: GPL-2.0-only */
/* output.h - the output of records: stdout, or a file, which is rotated by its size */
#ifndef LW_OUTPUT_H
#define LW_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct lw_output_options {
	const char *path;          /* NULL: stdout */
	unsigned long long rotate; /* the most bytes of a file; 0: no limit */
	int keep;                  /* the most older files: PATH.1 and so on */
	/*
	 * The lines of one write belong together, such as a report. Otherwise a file may end
	 * after any of its lines.
	 */
	bool blocks;
};

struct lw_output;

/*
 * lw_output_open - prepares the output, before anything reaches the kernel
 * @tool: for messages
 *
 * A new file has mode 0600; records are appended to an old one. Files that an attacker may have put
 * there are refused, and those that cannot be cut back when the disk is full: a symbolic link, a
 * file that is not regular, belongs to another user or has a second name, and a file that another
 * lwload writes to. Prints errors. Returns 0 or -errno; call lw_output_close() in any case.
 */
int lw_output_open(const char *tool, const struct lw_output_options *options,
		   struct lw_output **output);

/* lw_output_heading - sets the heading of all files but the first; without a call they have none */
int lw_output_heading(struct lw_output *output, const char *text, size_t len);

/* lw_output_pipe - returns a descriptor that may be a pipe, whose reader may go away; -1: none */
int lw_output_pipe(const struct lw_output *output);

/*
 * lw_output_write - writes whole lines, which may go to several files
 *
 * A file that takes only part of them is cut back to the last whole line. Returns 0 or -errno.
 * Errors are printed, but not stdout's -EPIPE and -EINTR (signals.h). After an error nothing more
 * is written: this returns the same error without a message.
 */
int lw_output_write(struct lw_output *output, const char *buf, size_t len);

/* lw_output_partly - returns the number of whole lines that stdout took of a write that failed */
unsigned long long lw_output_partly(const struct lw_output *output);

/*
 * lw_output_reopen - goes on in the file that has the path now; a file that was moved away is made
 * again. It refuses the files that lw_output_open() refuses, and nothing more is written then.
 * Returns 0 or -errno, printed.
 */
int lw_output_reopen(struct lw_output *output);

/*
 * lw_output_close - closes the output; NULL is allowed. Returns 0 or -errno, printed: some file
 * systems tell only at the close that written bytes were lost.
 */
int lw_output_close(struct lw_output *output);

#endif
