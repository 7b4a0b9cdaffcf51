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

/*
 * lw_interrupt_begins - begins a record of this class of users (bucket.h), whose share of the buffer it takes
 *
 * From any context but that of an NMI. Returns false, and counts a lost record, if the share is full: nothing is to be written
 * then, so that a flood of events costs little. Otherwise lw_interrupt_ends() must follow soon.
 */
static bool lw_interrupt_begins(struct lw_interrupted *was, u32 user);
static void lw_interrupt_ends(const struct lw_interrupted *was);
