/* SPDX-License-Identifier: GPL-2.0-only */
/* words.h - what SystemTap's runtime says, for people who never heard of SystemTap */
#ifndef LW_WORDS_H
#define LW_WORDS_H

#include <stddef.h>

/* What a run did not see, or could not keep. */
struct lw_loss {
	unsigned long long lost;   /* records */
	unsigned long long missed; /* calls whose probe did not run; so many or more */
	unsigned long long barred; /* probes that the kernel did not take, counted as missed, too */
};

/*
 * lw_words - say a message of the module, or of stapio, in plain words with a next step
 * @text: without "ERROR: " or "WARNING: "
 * @loss: what the message tells of is added; lost records are for their counter to tell
 * @buf: may hold the words; longer ones are cut off
 *
 * The texts are those of SystemTap 5.6: runtime/transport/transport.c, runtime_defines.h,
 * linux/kprobes.c, handler-error.h, translate.cxx and staprun/mainloop.c. Returns what to
 * print, @text itself if it is none of them, or NULL if there is nothing to print.
 */
const char *lw_words(const char *text, struct lw_loss *loss, char *buf, size_t size);

#endif
