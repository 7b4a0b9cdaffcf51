#pragma once

#include "arch.h"
#include "name.h"
#include "put.h"
#include "relay.c"
#include "share.c"
#include "user.h"
#include <linux/dcache.h>
#include <linux/irq_work.h>
#include <linux/relay.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/wait.h>

/* A sign, 19 digits, a tab */
#define LW_NUMBER 21
#define LW_COMM_WORDS (TASK_COMM_LEN / sizeof(unsigned long))

/*
 * Bytes kept free for the fields after a string. The loader accepts 32 fields, and a
 * string without room takes less than a number.
 */
#define LW_TAIL (32 * LW_NUMBER)

/* A CPU that came online after the module was inserted has no buffer: its record is full. */
static __always_inline struct _stp_log *lw_log(void)
{
	struct _stp_log *log = per_cpu_ptr(_stp_log_pcpu, raw_smp_processor_id());

	if (unlikely(!log->buf))
		log->len = STP_BUFFER_SIZE + 1;
	return log;
}

static __always_inline bool lw_has_text(const struct _stp_log *log)
{
	return log->len - 1 < STP_BUFFER_SIZE;
}

static char *lw_put_at(struct _stp_log *log)
{
	return log->buf + log->len;
}

static int lw_room(const struct _stp_log *log)
{
	return max(STP_BUFFER_SIZE - LW_TAIL - (int)log->len, 0);
}

static void lw_put(struct _stp_log *log, const char *s, int n)
{
	if (log->len + n > STP_BUFFER_SIZE)
		return;
	memcpy(lw_put_at(log), s, n);
	log->len += n;
}

/* The end of a field, for which LW_TAIL keeps room. */
static __always_inline void lw_put_tab(struct _stp_log *log)
{
	if (likely(log->len < STP_BUFFER_SIZE))
		log->buf[log->len++] = '\t';
}

static bool lw_special(unsigned char c)
{
	return c < 0x20 || c == 0x7f || c == '\\';
}

/* The same for all eight bytes of a word: sets a bit of LW_TOPS for each byte that is zero or
 * special. Only bits above the first such byte may be wrong. */
#define LW_ALL(byte) (0x0101010101010101UL * (byte))
#define LW_TOPS LW_ALL(0x80UL)

static __always_inline unsigned long lw_zero_bytes(unsigned long w)
{
	return (w - LW_ALL(1)) & ~w & LW_TOPS;
}

static __always_inline unsigned long lw_special_bytes(unsigned long w)
{
	return ((w - LW_ALL(0x20)) & ~w & LW_TOPS) | lw_zero_bytes(w ^ LW_ALL(0x7fUL)) |
	       lw_zero_bytes(w ^ LW_ALL((unsigned long)'\\'));
}

/*
 * Returns the number of the string's bytes in this little-endian word: 8, or less if the string
 * ends there. *special becomes non-zero if one of them is special. One test is enough for most
 * words, because the end is special as well.
 */
static __always_inline int lw_bytes(unsigned long w, unsigned long *special)
{
	unsigned long found = lw_special_bytes(w), zero = found ? lw_zero_bytes(w) : 0;
	int n = 8;

	if (zero) {
		n = __ffs(zero) / 8;
		found &= (1UL << n * 8) - 1;
	}
	*special |= found;
	return n;
}

/* Writes the escape for c to out, which has four bytes; returns its length. */
static noinline int lw_escape(char *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char from[] = "\0\t\n\r\\";
	static const char to[] = "0tnr\\";
	const char *p = memchr(from, c, sizeof(from) - 1);

	out[0] = '\\';
	if (p) {
		out[1] = to[p - from];
		return 2;
	}
	out[1] = 'x';
	out[2] = hex[c >> 4];
	out[3] = hex[c & 15];
	return 4;
}

/* The same for any byte of a string */
static __always_inline int lw_escaped(char *out, unsigned char c)
{
	out[0] = c;
	return likely(!lw_special(c)) ? 1 : lw_escape(out, c);
}

/*
 * Takes the n raw bytes at the end of the buffer into the record, with their escapes, as far as
 * there is room. False if the string is cut, by the caller or here.
 */
static bool lw_commit(struct _stp_log *log, int n, bool cut)
{
	char *base = lw_put_at(log), escape[4];
	int room = lw_room(log), from = 0, to, len;

	/* Most have none. */
	while (from < n && !lw_special(base[from]))
		from++;
	for (to = from; from < n; from++, to += len) {
		len = lw_escaped(escape, base[from]);
		if (to + len > room)
			break;
	}
	cut |= from < n;
	log->len += to;
	/* From the end, because the escaped text is longer than the raw text. */
	while (from < to) {
		len = lw_escaped(escape, base[--from]);
		while (len)
			base[--to] = escape[--len];
	}
	if (unlikely(cut))
		lw_put(log, "\\+", 2);
	return !cut;
}

/*
 * Copies a string from user space to the end of the record, a word at a time as lib/strncpy_from_user.c
 * does; never sleeps, never faults a page in. Returns its length without the NUL, *cut if there was no
 * room for all of it, *special as lw_bytes() has it; or -EFAULT.
 */
static int lw_copy_user_string(struct _stp_log *log, const char __user *src, bool *cut,
			       unsigned long *special)
{
	unsigned long w, max = lw_room(log);
	char c, *dst = lw_put_at(log);
	int n = 0, more = 8;

	*special = 0;
	src = lw_untagged(src);
	if ((unsigned long)src >= TASK_SIZE_MAX)
		return -EFAULT;
	max = min(max, TASK_SIZE_MAX - (unsigned long)src);
	pagefault_disable();
	if (!user_read_access_begin(src, max))
		goto bad;
	for (; more == 8 && n + 8 <= max; n += more) {
		unsafe_get_user(w, (const unsigned long __user *)(src + n), bytewise);
		*(unsigned long *)(dst + n) = w;
		more = lw_bytes(w, special);
	}
bytewise:
	for (; more == 8 && n < max; n++) {
		unsafe_get_user(c, src + n, fault);
		if (!c)
			break;
		*special |= lw_special(c);
		dst[n] = c;
	}
	user_read_access_end();
	pagefault_enable();
	*cut = n == max;
	return n;
fault:
	user_read_access_end();
bad:
	pagefault_enable();
	return -EFAULT;
}

/* A string that cannot be read is written as \?. False if it is cut. */
static bool lw_put_user_string(struct _stp_log *log, const char __user *src)
{
	unsigned long special;
	bool cut;
	int n = lw_copy_user_string(log, src, &cut, &special);

	if (unlikely(n < 0))
		lw_put(log, "\\?", 2);
	else if (unlikely(cut || special))
		return lw_commit(log, n, cut);
	else
		log->len += n;
	return true;
}

/* n bytes in words of kernel memory */
static void lw_put_words(struct _stp_log *log, const u64 *words, int n)
{
	u64 *to = (u64 *)lw_put_at(log);
	unsigned long special = 0;
	int i;

	if (unlikely(lw_room(log) < n)) {
		lw_put(log, "\\+", 2);
		return;
	}
	for (i = 0; i * 8 < n; i++) {
		to[i] = words[i];
		lw_bytes(words[i], &special);
	}
	if (unlikely(special))
		lw_commit(log, n, false);
	else
		log->len += n;
}

/*
 * Eight digits, the first in the lowest byte. The word is divided into halves of four digits, then
 * into quarters of two. A product with 10486 / 2^20 is the quotient by 100 of numbers below 10000,
 * and a product with 103 / 2^10 is the quotient by 10 of numbers below 100.
 */
static __always_inline u64 lw_digits(u32 v)
{
	u64 fours = v / 10000 | (u64)(v % 10000) << 32;
	u64 twos = fours * 10486 >> 20 & 0x7f0000007fUL;
	u64 ones;

	twos |= (fours - 100 * twos) << 16;
	ones = twos * 103 >> 10 & 0xf000f000f000fUL;
	return ones | (twos - 10 * ones) << 8;
}

#define LW_EIGHT 100000000 /* has one digit more */
#define LW_ZEROS LW_ALL(0x30UL)

/* A number from 1 to 99999999, such as most process ids, and a tab */
static __always_inline char *lw_short_number(char *p, u32 v)
{
	u64 digits = lw_digits(v);
	int zeros = __ffs(digits) / 8;

	*(u64 *)p = (digits | LW_ZEROS) >> zeros * 8;
	p[8 - zeros] = '\t';
	return p + 9 - zeros;
}

/* Replaces the tab before p by eight digits and a tab */
static __always_inline char *lw_more_digits(char *p, u32 v)
{
	*(u64 *)(p - 1) = lw_digits(v) | LW_ZEROS;
	p[7] = '\t';
	return p + 8;
}

static noinline char *lw_long_number(char *p, s64 v)
{
	u64 u = v, high;

	if (v < 0) {
		*p++ = '-';
		u = -u;
	}
	if (u < LW_EIGHT)
		return lw_short_number(p, u);
	high = u / LW_EIGHT;
	if (high < LW_EIGHT) {
		p = lw_short_number(p, high);
	} else {
		p = lw_short_number(p, high / LW_EIGHT);
		p = lw_more_digits(p, high % LW_EIGHT);
	}
	return lw_more_digits(p, u % LW_EIGHT);
}

/* Writes a number and a tab, and returns their end. Most numbers have one digit: user 0, a file
 * descriptor, no error. */
static __always_inline char *lw_number(char *p, s64 v)
{
	if ((u64)v >= 10)
		return lw_long_number(p, v);
	p[0] = '0' + v;
	p[1] = '\t';
	return p + 2;
}

/* Two numbers: the compiler cannot keep log->len in a register while it writes to log->buf. */
static __always_inline void lw_put_pair(struct _stp_log *log, s64 first, s64 second)
{
	char *p = log->buf + log->len;

	if (unlikely(log->len + 2 * LW_NUMBER > STP_BUFFER_SIZE))
		return;
	p = lw_number(p, first);
	p = lw_number(p, second);
	log->len = p - log->buf;
}

static __always_inline void lw_put_number(struct _stp_log *log, s64 v)
{
	if (likely(log->len + LW_NUMBER <= STP_BUFFER_SIZE))
		log->len = lw_number(log->buf + log->len, v) - log->buf;
}

static DEFINE_PER_CPU(struct lw_time, lw_time) = { .n = 2, .digits = "0\t" };

static __always_inline void lw_put_time(struct _stp_log *log, u64 ns)
{
	struct lw_time *time = this_cpu_ptr(&lw_time);
	u64 high = ns / LW_EIGHT;
	char *p = lw_put_at(log);

	if (unlikely(log->len + LW_NUMBER > STP_BUFFER_SIZE))
		return;
	if (unlikely(high != time->high)) {
		time->high = high;
		time->n = lw_number(time->digits, high) - time->digits;
	}
	memcpy(p, time->digits, sizeof(time->digits));
	log->len = lw_more_digits(p + time->n, ns % LW_EIGHT) - log->buf;
}

/* This CPU's stream; NULL if the CPU came online after the module was inserted */
static __always_inline struct rchan_buf *lw_relay_buffer(void)
{
	return _stp_get_rchan_subbuf(_stp_relay_data.rchan->buf, raw_smp_processor_id());
}

#ifdef LW_SPARE
/* With interrupts off. Counts the record as lost if it is refused. */
static noinline bool lw_is_refused(u32 user)
{
	const struct rchan_buf *buf = lw_relay_buffer();
	struct lw_share *share = raw_cpu_ptr(lw_shares);

	if (!buf || !lw_unread(buf) || lw_share_has_room(share, buf, user))
		return false;
	share->lost++;
	return true;
}

/* The time's digits may be half written. */
static bool lw_interrupt_begins(struct lw_interrupted *was, u32 user)
{
	struct _stp_log *log;

	local_irq_save(was->flags);
	if (unlikely(this_cpu_read(lw_crowded)) && lw_is_refused(user)) {
		local_irq_restore(was->flags);
		return false;
	}
	log = lw_log();
	was->time = *this_cpu_ptr(&lw_time);
	this_cpu_ptr(&lw_time)->high = U64_MAX;
	was->len = log->len;
	was->buf = log->buf;
	raw_cpu_ptr(lw_shares)->owner = user + 1;
	if (log->buf) {
		log->buf = raw_cpu_ptr(lw_shares)->spare;
		log->len = 0;
	}
	return true;
}

static void lw_interrupt_ends(const struct lw_interrupted *was)
{
	struct _stp_log *log = lw_log();

	log->buf = was->buf;
	log->len = was->len;
	*this_cpu_ptr(&lw_time) = was->time;
	raw_cpu_ptr(lw_shares)->owner = 0;
	local_irq_restore(was->flags);
}
#endif

static void lw_emit_none(int n)
{
	for (; n > 0; n--)
		lw_put_tab(lw_log());
}

/* Drops a record that an error ended half way. */
static __always_inline void lw_put_fresh(struct _stp_log *log)
{
	if (unlikely(lw_has_text(log) && log->buf[log->len - 1] != '\n'))
		log->len = 0;
}

static __always_inline void lw_put_begin(struct _stp_log *log, bool timestamp)
{
	lw_put_fresh(log);
	if (timestamp)
		lw_put_time(log, ktime_get_real_fast_ns());
	else
		lw_put_tab(log);
}

static void lw_put_comm_words(struct _stp_log *log, const unsigned long *w)
{
	unsigned long special = 0;
	int i, n = 0;

	if (unlikely(lw_room(log) < TASK_COMM_LEN)) {
		lw_put(log, "\\+", 2);
		return;
	}
	memcpy(lw_put_at(log), w, TASK_COMM_LEN);
	for (i = 0; i < LW_COMM_WORDS && n == i * sizeof(*w); i++)
		n += lw_bytes(w[i], &special);
	if (unlikely(special))
		lw_commit(log, n, false);
	else
		log->len += n;
}

/* Another thread may change the name at any time, so it is read once. */
static void lw_put_name(struct _stp_log *log, const char *comm)
{
	unsigned long w[LW_COMM_WORDS];

	memcpy(w, comm, sizeof(w));
	lw_put_comm_words(log, w);
}

static void lw_put_comm(struct _stp_log *log)
{
	lw_put_name(log, current->comm);
}

/* The name of the process, of which the command name may be another thread's */
static void lw_put_process(struct _stp_log *log)
{
	lw_put_name(log, lw_leader()->comm);
}

/*
 * The fields of the task of this processor's last record, since most records come from the same task
 * as the record before. Another thread may change the name at any time, so it is read once.
 */
struct lw_task_text {
	u64 ids;
	unsigned long comm[LW_COMM_WORDS];
	int n; /* bytes of text */
	char text[40];
};

static DEFINE_PER_CPU(struct lw_task_text, lw_task_text);

static noinline void lw_put_other_task(struct _stp_log *log, u64 ids, const unsigned long *comm)
{
	struct lw_task_text *kept = this_cpu_ptr(&lw_task_text);
	bool whole = lw_room(log) >= 2 * LW_NUMBER + 4 * TASK_COMM_LEN;
	int from = log->len, n;

	lw_put_pair(log, ids >> 32, (u32)ids);
	lw_put_comm_words(log, comm);
	lw_put_tab(log);
	n = log->len - from;
	/* Escapes make a name longer. */
	if (!whole || n > (int)sizeof(kept->text))
		return;
	kept->ids = ids;
	memcpy(kept->comm, comm, sizeof(kept->comm));
	kept->n = n;
	memcpy(kept->text, log->buf + from, n);
}

static __always_inline void lw_put_task(struct _stp_log *log)
{
	const struct lw_task_text *kept = this_cpu_ptr(&lw_task_text);
	u64 ids = (u64)lw_uid() << 32 | (u32)current->tgid;
	unsigned long comm[LW_COMM_WORDS];

	memcpy(comm, current->comm, sizeof(comm));
	if (likely(kept->ids == ids && kept->comm[0] == comm[0] && kept->comm[1] == comm[1] &&
		   kept->n && lw_room(log) >= (int)sizeof(kept->text))) {
		memcpy(lw_put_at(log), kept->text, sizeof(kept->text));
		log->len += kept->n;
	} else {
		lw_put_other_task(log, ids, comm);
	}
}

/* Appends n bytes of kernel memory. False if they are cut, by the caller or here. */
static bool lw_put_escaped(struct _stp_log *log, const char *s, int n, bool cut)
{
	int room = lw_room(log);

	memmove(lw_put_at(log), s, min(n, room));
	return lw_commit(log, min(n, room), cut || n > room);
}

/*
 * lw_d_path - d_path(), which never waits for a rename
 *
 * Before Linux 5.11 return handlers run with interrupts off and with a lock that other handlers may want
 * (kretprobe_hash_lock()). After a rename, d_path() waits for the next rename to end. The processor of
 * that rename may be in an interrupt that waits for the lock. So this lets no rename begin meanwhile.
 * Returns an error if a rename is under way.
 */
static char *lw_d_path(const struct path *path, char *buf, int room)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
	char *name;

	if (!spin_trylock(&rename_lock.lock))
		return ERR_PTR(-EAGAIN);
	name = d_path(path, buf, room);
	spin_unlock(&rename_lock.lock);
	return name;
#else
	return d_path(path, buf, room);
#endif
}

/* Appends the name of this path; returns its length, 0 if it is cut. */
static int lw_put_path(struct _stp_log *log, const struct path *path)
{
	/* At the end of the room */
	char *name = lw_paths_sleep() ? ERR_PTR(-EOPNOTSUPP)
				      : lw_d_path(path, lw_put_at(log), lw_room(log));
	int n = IS_ERR(name) ? 0 : strlen(name);

	return lw_put_escaped(log, name, n, IS_ERR(name)) ? n : 0;
}

static void lw_emit_kernel_string(const char *s)
{
	struct _stp_log *log = lw_log();

	lw_put_escaped(log, s, strlen(s), false);
	lw_put_tab(log);
}

/* A field with a name in two words: 16 bytes, or less up to a NUL */
static void lw_emit_name(u64 first, u64 second)
{
	const u64 words[] = { first, second };
	const char *name = (const char *)words;
	struct _stp_log *log = lw_log();

	lw_put_escaped(log, name, strnlen(name, sizeof(words)), false);
	lw_put_tab(log);
}

/* The part that can be read. Modules cannot call strncpy_from_kernel_nofault(). */
static void lw_emit_kernel_address(const char *s)
{
	struct _stp_log *log = lw_log();
	int n = 0, more, size, room = lw_room(log);
	char *dst = lw_put_at(log);

	/* By words, except words that end on an absent page */
	do {
		size = copy_from_kernel_nofault(dst + n, s + n, 8) ? 1 : 8;
		if (size == 1 && copy_from_kernel_nofault(dst + n, s + n, 1))
			break;
		more = strnlen(dst + n, size);
		n += more;
	} while (more == size && n < room);
	lw_commit(log, min(n, room), n >= room);
	lw_put_tab(log);
}

/* The length of the first n strings in these bytes with their NULs, or of all if there are fewer */
static int lw_strings(const char *s, int bytes, int *n)
{
	int i;

	for (i = 0; i < bytes && *n; i++)
		*n -= !s[i];
	return i;
}

/*
 * A field with the first of the strings that lie one after the other from start to end, of the current
 * process.
 */
static void lw_emit_args(unsigned long start, unsigned long end, int strings)
{
	struct _stp_log *log = lw_log();
	unsigned long size = end > start ? end - start : 0;
	unsigned long n = min_t(unsigned long, size, lw_room(log));
	char *dst = lw_put_at(log);
	unsigned long unread = _stp_copy_from_user(dst, (const char __user *)start, n);
	bool cut = n < size && !unread;

	n = lw_strings(dst, n - min(unread, n), &strings);
	/* The last argument's NUL is not followed by another argument. */
	if (n && (n == size || !strings) && !dst[n - 1])
		n--;
	if (lw_commit(log, n, cut && strings) && ((unread && strings) || !size))
		lw_put(log, "\\?", 2);
	lw_put_tab(log);
}

/* A call may fail at once, so its arguments may be anything. */
#define LW_ARGV 60

static void lw_emit_user_argv(unsigned long argv, int size)
{
	struct _stp_log *log = lw_log();
	int i;

	/* Each argument except the first takes some of the room. */
	for (i = 0;; i++) {
		unsigned long arg = 0;

		if (_stp_copy_from_user((char *)&arg, (const char __user *)argv + i * size, size)) {
			lw_put(log, i ? "\\0\\?" : "\\?", i ? 4 : 2);
			break;
		}
		if (!arg)
			break;
		if (i == LW_ARGV || lw_room(log) < 2) {
			lw_put(log, "\\+", 2);
			break;
		}
		if (i)
			lw_put(log, "\\0", 2);
		/* Nothing follows the mark of a cut. */
		if (!lw_put_user_string(log, (const char __user *)arg))
			break;
	}
	lw_put_tab(log);
}

/*
 * Only the first record after a pause wakes the reader: a reader that collects records does not wait at
 * the stream (loader/run/engine.c). A probe may hold locks that the wake-up takes, so irq_work does it,
 * from any context. SystemTap's own timer, which looks for readers to wake, is set to an hour (put.h).
 */
static void lw_wake_reader(struct irq_work *work)
{
	struct rchan_buf *buf = lw_relay_buffer();

	if (buf)
		wake_up_interruptible(&buf->read_wait);
}

static DEFINE_PER_CPU(struct irq_work, lw_wakes);

/* A module's initial values of per-CPU variables hold no addresses: the kernel does not relocate them. */
static noinline void lw_queue_wake(void)
{
	struct irq_work *wake = raw_cpu_ptr(&lw_wakes);

	wake->func = lw_wake_reader;
	irq_work_queue(wake);
}

/* The barrier of waitqueue_active(): a reader that goes to sleep sees the record. */
static __always_inline void lw_written(struct rchan_buf *buf)
{
	smp_mb();
	if (unlikely(waitqueue_active(&buf->read_wait)))
		lw_queue_wake();
}

/* The record may have begun a sub-buffer. */
static void lw_written_by_stap(void)
{
	struct rchan_buf *buf = lw_relay_buffer();

	if (!buf)
		return;
	if (lw_unread(buf))
		this_cpu_write(lw_crowded, true);
	lw_written(buf);
}

#undef _stp_print_cleanup

/*
 * With PREEMPT_RT, irq_work_sync() waits for a grace period of RCU each time, as the work may still be looked at after it
 * was done. One grace period serves the works of all CPUs.
 */
#if defined(CONFIG_PREEMPT_RT) && LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#define lw_irq_work_is_busy(work) irq_work_is_busy(work)
#define lw_irq_work_settle() synchronize_rcu()
#else
#define lw_irq_work_is_busy(work) true
#define lw_irq_work_settle() ((void)0)
#endif

/* The buffers are freed next. */
static void lw_print_cleanup(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (lw_irq_work_is_busy(per_cpu_ptr(&lw_wakes, cpu)))
			irq_work_sync(per_cpu_ptr(&lw_wakes, cpu));
	lw_irq_work_settle();
	_stp_print_cleanup();
	free_percpu(lw_shares);
}

/*
 * Does the work of __stp_print_flush() for a record that fits the sub-buffer, but word by word: the
 * start of a copy by bytes takes a CPU longer than these few words. The last word may go beyond
 * the record. Both buffers have room for it, and the next record overwrites it.
 */
static __always_inline bool lw_write(struct _stp_log *log)
{
	struct rchan_buf *buf = lw_relay_buffer();
	struct _stp_trace trace = { .pdu_len = log->len };
	int i, len = log->len;
	char *from = log->buf, *to;

	/* When all sub-buffers are full, the offset is subbuf_size + 1. */
	if (unlikely(!buf || log->no_flush ||
		     buf->offset + sizeof(trace) + ALIGN(len, 8) > buf->chan->subbuf_size))
		return false;
	to = (char *)buf->data + buf->offset;
	memcpy(trace.magic, STAP_TRACE_MAGIC, sizeof(trace.magic));
	trace.sequence = _stp_seq_inc();
	memcpy(to, &trace, sizeof(trace));
	to += sizeof(trace);
	for (i = 0; i < len; i += 8)
		*(u64 *)(to + i) = *(u64 *)(from + i);
	buf->offset += sizeof(trace) + len;
	log->len = 0;
	lw_written(buf);
	return true;
}

/*
 * _stp_print_flush() takes locks for code that prints outside of probes. A probe
 * holds its context, and the end of the module waits for that before it
 * frees the buffer. Readers interrupt this CPU, so irqs must be off (relay.c). Returns false if
 * the record found no room.
 */
static __always_inline bool lw_put_end(struct _stp_log *log)
{
	unsigned long flags;
	bool takes;

	if (!lw_has_text(log))
		return false;
	log->buf[log->len - 1] = '\n';
	local_irq_save(flags);
	takes = likely(!this_cpu_read(lw_crowded)) || lw_has_share(lw_relay_buffer(), log);
	if (unlikely(!takes)) {
		log->len = 0;
	} else if (!lw_write(log)) {
		__stp_print_flush(log);
		lw_written_by_stap();
	}
	local_irq_restore(flags);
	return takes;
}

#undef _stp_print_flush

static void lw_flush(void)
{
	struct _stp_log *log = lw_log();

	/* An unfinished record is written by its lw_end(). */
	if (unlikely(lw_has_text(log) && log->buf[log->len - 1] == '\n')) {
		_stp_print_flush();
		lw_written_by_stap();
	}
}
