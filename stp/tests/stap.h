/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stap.h - SystemTap's runtime as stp/kernel/put.c uses it: print buffers, and the relay's
 *
 * As in the generated C, it comes after stp/kernel/put.h and before stp/kernel/put.c. Its names
 * are SystemTap's (runtime/linux/print.c, runtime/print_flush.c, runtime/transport/relay_v2.c).
 */
#pragma once

#include "shim.h"

#define STP_BUFFER_SIZE 8192
#define SHIM_SUBBUF 65536
#define SHIM_SUBBUFS 16
/* Bytes after a sub-buffer, which nothing may write: AddressSanitizer misses words half outside. */
#define SHIM_GUARD "a guard"
#define STAP_TRACE_MAGIC "\xF0\x9F\xA9\xBA"

struct _stp_trace {
	char magic[4];
	u32 sequence, pdu_len;
};

struct _stp_log {
	unsigned int len;
	char *buf;
	bool no_flush, is_full;
};

/* Does a reader sleep there? */
typedef struct {
	bool active;
} wait_queue_head_t;

struct rchan_buf {
	void *data;
	size_t offset;
	struct rchan *chan;
	wait_queue_head_t read_wait;
	void *start;
	size_t subbufs_produced, subbufs_consumed, bytes_consumed, *padding;
	unsigned int cpu;
};

struct rchan {
	size_t subbuf_size, n_subbufs;
	struct rchan_buf *buf;
};

static struct _stp_log *_stp_log_pcpu;
static struct rchan_buf shim_relay[SHIM_CPUS];
static struct rchan shim_rchan = { SHIM_SUBBUF, SHIM_SUBBUFS, shim_relay };
static struct {
	struct rchan *rchan;
} _stp_relay_data = { &shim_rchan };
static atomic_t shim_sequence;
/* Packets that the slow way wrote. */
static int shim_flushed;

#define _stp_get_rchan_subbuf(buf, cpu) (&(buf)[cpu])
#define _stp_seq_inc() ((u32)atomic_inc_return(&shim_sequence))

#define waitqueue_active(queue) ((queue)->active)
static int shim_woken;

static void wake_up_interruptible(wait_queue_head_t *queue)
{
	queue->active = false;
	shim_woken++;
}

struct irq_work {
	void (*func)(struct irq_work *work);
};

/* The interrupt comes at once. */
static void irq_work_queue(struct irq_work *work)
{
	work->func(work);
}

static void irq_work_sync(struct irq_work *work)
{
	(void)work;
}

static atomic_t _stp_transport_failures;

/* SystemTap's own, which put.h gives another name */
#pragma push_macro("_stp_print_init")
#pragma push_macro("_stp_print_cleanup")
#pragma push_macro("systemtap_module_exit")
#undef _stp_print_init
#undef _stp_print_cleanup
#undef systemtap_module_exit
static int _stp_print_init(void)
{
	return 0;
}

static void _stp_print_cleanup(void)
{
}

static void __maybe_unused systemtap_module_exit(void)
{
}
#pragma pop_macro("_stp_print_init")
#pragma pop_macro("_stp_print_cleanup")
#pragma pop_macro("systemtap_module_exit")

/* Tests take what the relay has by themselves: relay.c is compiled, and not run. */
#define _stp_print_trylock_irqsave(flags) ((void)(flags), false)
#define _stp_print_unlock_irqrestore(flags) ((void)(flags))
#define __stp_relay_switch_subbuf(buf, length) ((void)(buf))
#define __stp_relay_buf_empty(buf) (!(buf)->offset)

/* Takes what the relay has of this CPU: the caller's, to free; *len bytes. */
static char *shim_take(int cpu, size_t *len)
{
	struct rchan_buf *buf = &shim_relay[cpu];
	char *taken = malloc(buf->offset + 1);

	assert(taken);
	memcpy(taken, buf->data, buf->offset);
	*len = buf->offset;
	buf->offset = 0;
	buf->subbufs_consumed = buf->subbufs_produced;
	return taken;
}

/* In one piece: what does not fit into the sub-buffer begins another, which is in the same place. */
static void __stp_print_flush(struct _stp_log *log)
{
	struct rchan_buf *buf = &shim_relay[raw_smp_processor_id()];
	struct _stp_trace trace = { STAP_TRACE_MAGIC, 0, log->len };

	assert(irqs_disabled());
	if (!log->len || log->no_flush)
		return;
	if (buf->offset + sizeof(trace) + log->len > SHIM_SUBBUF) {
		buf->offset = 0;
		buf->subbufs_produced++;
	}
	trace.sequence = _stp_seq_inc();
	memcpy((char *)buf->data + buf->offset, &trace, sizeof(trace));
	memcpy((char *)buf->data + buf->offset + sizeof(trace), log->buf, log->len);
	buf->offset += sizeof(trace) + log->len;
	log->len = 0;
	shim_flushed++;
}

static void __maybe_unused _stp_print_flush(void)
{
	unsigned long flags;

	local_irq_save(flags);
	__stp_print_flush(raw_cpu_ptr(_stp_log_pcpu));
	local_irq_restore(flags);
}

static unsigned long _stp_copy_from_user(char *to, const char __user *from, unsigned long size)
{
	unsigned long left;

	pagefault_disable();
	left = access_ok(from, size) ? __copy_from_user_inatomic(to, from, size) : size;
	pagefault_enable();
	return left;
}

/* Before the first record: buffers of all online CPUs, as a CPU that comes later has none. */
static void shim_stap(void)
{
	struct rchan_buf *relay;
	unsigned int cpu;
	char *buf;

	_stp_log_pcpu = alloc_percpu(struct _stp_log);
	assert(_stp_log_pcpu);
	for_each_online_cpu(cpu) {
		buf = kmalloc(STP_BUFFER_SIZE, GFP_KERNEL);
		relay = &shim_relay[cpu];
		*relay = (struct rchan_buf){
			.data = kmalloc(SHIM_SUBBUF + 8, GFP_KERNEL),
			.chan = &shim_rchan,
		};
		assert(buf && relay->data);
		memcpy((char *)relay->data + SHIM_SUBBUF, SHIM_GUARD, 8);
		per_cpu_ptr(_stp_log_pcpu, cpu)->buf = buf;
	}
}

/* With as many CPUs as shim_stap() had */
static void shim_stap_end(void)
{
	unsigned int cpu;
	char *data;

	for_each_possible_cpu(cpu) {
		data = shim_relay[cpu].data;
		assert(!data || !memcmp(data + SHIM_SUBBUF, SHIM_GUARD, 8));
		kfree(per_cpu_ptr(_stp_log_pcpu, cpu)->buf);
		kfree(shim_relay[cpu].data);
		shim_relay[cpu] = (struct rchan_buf){ 0 };
	}
	free_percpu(_stp_log_pcpu);
	_stp_log_pcpu = NULL;
}
