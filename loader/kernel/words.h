/* SPDX-License-Identifier: GPL-2.0-only */
/* words.h - messages of SystemTap's runtime, for people who never heard of SystemTap */
#ifndef LW_WORDS_H
#define LW_WORDS_H

#include <stddef.h>

/* The losses of a run: things that it did not see, or could not keep */
struct lw_loss {
	unsigned long long lost;   /* records */
	unsigned long long missed; /* calls whose probe did not run; may be more */
	unsigned long long barred; /* probes that the kernel refused, also counted as missed */
};

/*
 * lw_words - puts a message of the module or of stapio in plain words, with a next step
 * @text: without "ERROR: " or "WARNING: "
 * @loss: grows by the loss that the message tells; lost records have another counter
 * @buf: room for the words; longer ones are cut off
 *
 * The texts are those of SystemTap 5.6: runtime/transport/transport.c, runtime_defines.h,
 * linux/kprobes.c, handler-error.h, translate.cxx and staprun/mainloop.c. Returns the words, @text
 * itself for any other message, or NULL if there is nothing to print.
 */
const char *lw_words(const char *text, struct lw_loss *loss, char *buf, size_t size);

#endif
