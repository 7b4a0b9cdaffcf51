#pragma once

#include "relay.h"
#include "share.c"
#include <linux/cpu.h>
#include <linux/relay.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#undef __stp_relay_file_read

/* A buffer, and the number of the first sub-buffer that may not be whole */
struct lw_whole {
	struct rchan_buf *buf;
	size_t produced;
};

/*
 * On the buffer's CPU with interrupts off, so no record is half written. The lock fails after
 * SystemTap has freed its print buffers; nothing is written any more then. As long as more than a
 * quarter of the buffer waits, the current sub-buffer goes on to fill. If it ended early, its unused
 * room would count in nobody's share.
 */
static void lw_make_whole(void *arg)
{
	struct lw_whole *whole = arg;
	unsigned long flags;

	if (_stp_print_trylock_irqsave(&flags)) {
		if (whole->buf->offset && !lw_unread(whole->buf))
			__stp_relay_switch_subbuf(whole->buf, 0);
		_stp_print_unlock_irqrestore(&flags);
	}
	whole->produced = whole->buf->subbufs_produced;
}

/* Asks the buffer's CPU. An offline CPU writes nothing, so this CPU does it instead. */
static size_t lw_whole(struct rchan_buf *buf)
{
	struct lw_whole whole = { .buf = buf };

	cpus_read_lock();
	if (smp_call_function_single(buf->cpu, lw_make_whole, &whole, true))
		lw_make_whole(&whole);
	cpus_read_unlock();
	return whole.produced;
}

/* Returns how many bytes of the first sub-buffer were copied, or -EFAULT. */
static ssize_t lw_read_first(struct rchan_buf *buf, char __user *to, size_t size)
{
	size_t i = buf->subbufs_consumed % buf->chan->n_subbufs;
	size_t left = buf->chan->subbuf_size - buf->padding[i] - buf->bytes_consumed;
	char *from = (char *)buf->start + i * buf->chan->subbuf_size + buf->bytes_consumed;

	size = min(size, left);
	if (copy_to_user(to, from, size))
		return -EFAULT;
	buf->bytes_consumed += size;
	if (size == left) {
		buf->bytes_consumed = 0;
		/* From now on the CPU may write to this sub-buffer. */
		smp_store_release(&buf->subbufs_consumed, buf->subbufs_consumed + 1);
	}
	return size;
}

static ssize_t __stp_relay_file_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct rchan_buf *buf = file->private_data;
	ssize_t n = 0, done = 0;
	size_t produced;

	if (__stp_relay_buf_empty(buf))
		return -ENODATA;
	inode_lock(file_inode(file));
	produced = lw_whole(buf);
	while (n >= 0 && done < size && buf->subbufs_consumed != produced) {
		n = lw_read_first(buf, to + done, size - done);
		done += max_t(ssize_t, n, 0);
	}
	inode_unlock(file_inode(file));
	return done ?: n ?: -ENODATA;
}
