#pragma once

#include "put.h"
#include <linux/irqflags.h>
#include <linux/types.h>

/*
 * interrupt.h - records that interrupts write
 *
 * An interrupt may come while a task on this CPU writes a record, or while SystemTap writes a line. Its own record must
 * not be among that text. So it has a buffer of its own, in place of the CPU's buffer, with interrupts off. A function
 * that both tasks and interrupts call does the same. Each record is then whole: lw_put_end() writes it at once.
 *
 * share.c has the buffers.
 */
#define LW_SPARE STP_BUFFER_SIZE

/* The record that was interrupted */
struct lw_interrupted {
	unsigned long flags;
	unsigned int len;
	char *buf;
	struct lw_time time;
};

/* From any context but that of an NMI. lw_interrupt_ends() must follow soon. */
static void lw_interrupt_begins(struct lw_interrupted *was);
static void lw_interrupt_ends(const struct lw_interrupted *was);
