/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shim.h - as much of the kernel's API as stp/kernel uses, in user space
 *
 * The tests compile the files of stp/kernel as they are. Each <linux/...> header that these
 * include is, in a build of the tests, a file that includes this one (tests.mk).
 *
 * A thread plays a CPU: shim_start() gives it the number. The shim stops the program where a
 * kernel would hang or crash: a wait where preemption is off, a read of user memory that may
 * fault there, an unlock without a lock.
 *
 * Atomic operations are the compiler's, whose memory model is that of C11. ThreadSanitizer
 * knows them.
 */
#pragma once

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* ---- types and words ---- */

typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef unsigned int gfp_t;
typedef unsigned short umode_t;

#define GFP_KERNEL 1u
#define GFP_ATOMIC 2u
#define GFP_NOWAIT 2u
#define __GFP_ZERO 4u
#define __GFP_NOWARN 0u

#define __user
#define __percpu
#define __rcu
#define __force
#define __init
#define __exit
#define __read_mostly
#define __maybe_unused __attribute__((unused))
#define __always_unused __attribute__((unused))
#define __used __attribute__((used))
#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __section(name) __attribute__((section(name)))
#define __printf(a, b) __attribute__((format(printf, a, b)))
#define SMP_CACHE_BYTES 64
#define L1_CACHE_BYTES 64
#define ____cacheline_aligned __aligned(SMP_CACHE_BYTES)
#define ____cacheline_aligned_in_smp __aligned(SMP_CACHE_BYTES)
#define __cacheline_aligned __aligned(SMP_CACHE_BYTES)
#define fallthrough __attribute__((fallthrough))
#define noinline __attribute__((noinline))
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define NOKPROBE_SYMBOL(function)

#define BITS_PER_LONG 64
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (BITS_PER_LONG - 1 - (h))))
#define U32_MAX UINT32_MAX
#define S32_MAX INT32_MAX
#define U64_MAX ((u64)UINT64_MAX)
#define S64_MAX ((s64)INT64_MAX)
#define S64_MIN ((s64)INT64_MIN)
#define PAGE_SIZE 4096UL

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#undef static_assert
#define static_assert(condition, ...) _Static_assert(condition, #condition)
#define struct_size(p, member, n) (sizeof(*(p)) + sizeof((p)->member[0]) * (n))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define sizeof_field(type, member) sizeof(((type *)0)->member)

#define min_t(type, a, b)                          \
	({                                         \
		type shim_a = (a), shim_b = (b);   \
		shim_a < shim_b ? shim_a : shim_b; \
	})
#define max_t(type, a, b)                          \
	({                                         \
		type shim_a = (a), shim_b = (b);   \
		shim_a > shim_b ? shim_a : shim_b; \
	})
#define min(a, b) min_t(__typeof__((a) + 0), a, b)
#define max(a, b) max_t(__typeof__((a) + 0), a, b)
#define clamp(v, low, high) min(max(v, low), high)
#define clamp_t(type, v, low, high) min_t(type, max_t(type, v, low), high)
#define swap(a, b)                             \
	do {                                   \
		__typeof__(a) shim_swap = (a); \
		(a) = (b);                     \
		(b) = shim_swap;               \
	} while (0)
#define ALIGN(n, to) (((n) + (to)-1) & ~((__typeof__(n))(to)-1))
#define round_up(n, to) ALIGN(n, to)
#define DIV_ROUND_UP(n, by) (((n) + (by)-1) / (by))

#define BUG_ON(condition) assert(!(condition))
#define WARN_ON(condition)                    \
	({                                    \
		bool shim_warn = (condition); \
		assert(!shim_warn);           \
		shim_warn;                    \
	})
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define pr_err(...) fprintf(stderr, __VA_ARGS__)
#define pr_warn(...) fprintf(stderr, __VA_ARGS__)
#define pr_info(...) fprintf(stderr, __VA_ARGS__)

#define IS_ERR_VALUE(p) ((unsigned long)(p) >= (unsigned long)-4095)

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *p)
{
	return (long)p;
}

static inline bool IS_ERR(const void *p)
{
	return IS_ERR_VALUE(p);
}

static inline bool IS_ERR_OR_NULL(const void *p)
{
	return !p || IS_ERR(p);
}

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
/* A series that stp/kernel knows, for its #if; tests of others define it themselves. */
#ifndef LINUX_VERSION_CODE
#define LINUX_VERSION_CODE KERNEL_VERSION(6, 12, 118)
#endif

/* ---- bits and hashes ---- */

static inline unsigned long __ffs(unsigned long w)
{
	assert(w);
	return __builtin_ctzl(w);
}

static inline unsigned long __fls(unsigned long w)
{
	assert(w);
	return 63 - __builtin_clzl(w);
}

static inline int fls(unsigned int v)
{
	return v ? 32 - __builtin_clz(v) : 0;
}

static inline int fls64(u64 v)
{
	return v ? 64 - __builtin_clzll(v) : 0;
}

#define ffs(v) __builtin_ffs(v)
#define hweight64(v) __builtin_popcountll(v)
#define hweight_long(v) __builtin_popcountl(v)
/* Constant where its argument is. */
#define ilog2(n) (63 - __builtin_clzll(n))
#define is_power_of_2(n) ((n) && !((n) & ((n)-1)))
#define roundup_pow_of_two(n) (1UL << fls64((u64)(n)-1))
#define rounddown_pow_of_two(n) (1UL << ilog2(n))
#define order_base_2(n) ((n) > 1 ? fls64((u64)(n)-1) : 0)

#define GOLDEN_RATIO_32 0x61C88647
#define GOLDEN_RATIO_64 0x61C8864680B583EBull

static __always_inline u32 hash_32(u32 v, unsigned int bits)
{
	return v * GOLDEN_RATIO_32 >> (32 - bits);
}

static __always_inline u32 hash_64(u64 v, unsigned int bits)
{
	return v * GOLDEN_RATIO_64 >> (64 - bits);
}

#define hash_long(v, bits) hash_64(v, bits)
#define hash_ptr(p, bits) hash_64((unsigned long)(p), bits)

u64 get_random_u64(void);

static inline u32 get_random_u32(void)
{
	return get_random_u64() >> 32;
}

void get_random_bytes(void *to, size_t size);

/* ---- strings and sorting ---- */

/* Bytes without the NUL, or -E2BIG if @from was cut. */
ssize_t strscpy_n(char *to, const char *from, size_t size);
ssize_t strscpy_pad_n(char *to, const char *from, size_t size);
#define shim_size(to, from, size, ...) size
#define strscpy(to, from, ...) strscpy_n(to, from, shim_size(to, from, ##__VA_ARGS__, sizeof(to)))
#define strscpy_pad(to, from, ...) \
	strscpy_pad_n(to, from, shim_size(to, from, ##__VA_ARGS__, sizeof(to)))
/* A path is its name, which d_path() writes to the end of the room. */
struct path {
	const char *name;
};
char *d_path(const struct path *path, char *buf, int room);
char *strnstr(const char *s, const char *what, size_t size);
int __printf(3, 4) scnprintf(char *to, size_t size, const char *format, ...);
void sort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *),
	  void (*swap)(void *, void *, int));

/* ---- memory order ---- */

#define barrier() __asm__ __volatile__("" ::: "memory")
/*
 * In the kernel, memory that is read through a pointer is read after the pointer
 * (Documentation/memory-barriers.txt). ThreadSanitizer does not know that, so such a read acquires.
 */
#define READ_ONCE(x) __atomic_load_n(&(x), shim_is_pointer(x) ? __ATOMIC_ACQUIRE : __ATOMIC_RELAXED)
#define shim_is_pointer(x) (__builtin_classify_type(x) == 5)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define data_race(x) (x)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_store_mb(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)
#define rcu_dereference(p) smp_load_acquire(&(p))
#define rcu_dereference_sched(p) smp_load_acquire(&(p))
#define rcu_assign_pointer(p, v) smp_store_release(&(p), v)
/*
 * ThreadSanitizer does not know fences. It takes these for reads and writes of one
 * variable, which order more than a fence does.
 */
extern int shim_fence;
#define smp_mb() ((void)__atomic_fetch_add(&shim_fence, 0, __ATOMIC_SEQ_CST))
#define smp_rmb() smp_mb()
#define smp_wmb() smp_mb()
#define smp_mb__before_atomic() smp_mb()
#define smp_mb__after_atomic() smp_mb()

#define xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define shim_cmpxchg(p, old, new, success)                                                        \
	({                                                                                        \
		__typeof__(*(p)) shim_old = (old);                                                \
		__atomic_compare_exchange_n(p, &shim_old, new, false, success, __ATOMIC_RELAXED); \
		shim_old;                                                                         \
	})
/* A cmpxchg() that fails orders nothing. */
#define cmpxchg(p, old, new) shim_cmpxchg(p, old, new, __ATOMIC_SEQ_CST)
#define cmpxchg64(p, old, new) cmpxchg(p, old, new)
#define cmpxchg_acquire(p, old, new) shim_cmpxchg(p, old, new, __ATOMIC_ACQUIRE)
#define cmpxchg_release(p, old, new) shim_cmpxchg(p, old, new, __ATOMIC_RELEASE)
#define cmpxchg_relaxed(p, old, new) shim_cmpxchg(p, old, new, __ATOMIC_RELAXED)
#define try_cmpxchg(p, old, new) \
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)
/*
 * Atomic only against interrupts of this CPU: no lock prefix. A write of another CPU in
 * between is lost here, as in the kernel.
 */
#define cmpxchg_local(p, old, new)                           \
	({                                                   \
		__typeof__(*(p)) shim_was = READ_ONCE(*(p)); \
		if (shim_was == (old))                       \
			WRITE_ONCE(*(p), new);               \
		shim_was;                                    \
	})
#define try_cmpxchg_local(p, expected, new)                    \
	({                                                     \
		__typeof__(*(p)) shim_exp = *(expected);       \
		*(expected) = cmpxchg_local(p, shim_exp, new); \
		*(expected) == shim_exp;                       \
	})

static inline bool test_bit(int n, const volatile unsigned long *p)
{
	return READ_ONCE(p[n / BITS_PER_LONG]) >> n % BITS_PER_LONG & 1;
}

static inline bool test_and_set_bit(int n, volatile unsigned long *p)
{
	unsigned long bit = BIT(n % BITS_PER_LONG);

	return __atomic_fetch_or(&p[n / BITS_PER_LONG], bit, __ATOMIC_SEQ_CST) & bit;
}

static inline bool test_and_clear_bit(int n, volatile unsigned long *p)
{
	unsigned long bit = BIT(n % BITS_PER_LONG);

	return __atomic_fetch_and(&p[n / BITS_PER_LONG], ~bit, __ATOMIC_SEQ_CST) & bit;
}

#define set_bit(n, p) ((void)test_and_set_bit(n, p))
#define clear_bit(n, p) ((void)test_and_clear_bit(n, p))

/* ---- atomic_t, atomic64_t, local_t ---- */

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

#define ATOMIC_INIT(v) \
	{              \
		(v)    \
	}
#define ATOMIC64_INIT(v) ATOMIC_INIT(v)
#define ATOMIC_LONG_INIT(v) ATOMIC_INIT(v)

/* Those that return a value are ordered, the others are not (Documentation/atomic_t.txt). */
#define atomic_read(a) READ_ONCE((a)->counter)
#define atomic_set(a, v) WRITE_ONCE((a)->counter, v)
#define atomic_read_acquire(a) smp_load_acquire(&(a)->counter)
#define atomic_set_release(a, v) smp_store_release(&(a)->counter, v)
#define atomic_add(v, a) ((void)__atomic_fetch_add(&(a)->counter, v, __ATOMIC_RELAXED))
#define atomic_sub(v, a) ((void)__atomic_fetch_sub(&(a)->counter, v, __ATOMIC_RELAXED))
#define atomic_inc(a) atomic_add(1, a)
#define atomic_dec(a) atomic_sub(1, a)
#define atomic_fetch_add(v, a) __atomic_fetch_add(&(a)->counter, v, __ATOMIC_SEQ_CST)
#define atomic_add_return(v, a) __atomic_add_fetch(&(a)->counter, v, __ATOMIC_SEQ_CST)
#define atomic_sub_return(v, a) __atomic_sub_fetch(&(a)->counter, v, __ATOMIC_SEQ_CST)
#define atomic_inc_return(a) atomic_add_return(1, a)
#define atomic_dec_return(a) atomic_sub_return(1, a)
#define atomic_dec_and_test(a) (!atomic_dec_return(a))
#define atomic_xchg(a, v) xchg(&(a)->counter, v)
#define atomic_cmpxchg(a, old, new) cmpxchg(&(a)->counter, old, new)
#define atomic_try_cmpxchg(a, old, new) try_cmpxchg(&(a)->counter, old, new)

#define atomic64_read(a) atomic_read(a)
#define atomic64_set(a, v) atomic_set(a, v)
#define atomic64_read_acquire(a) atomic_read_acquire(a)
#define atomic64_set_release(a, v) atomic_set_release(a, v)
#define atomic64_add(v, a) atomic_add(v, a)
#define atomic64_sub(v, a) atomic_sub(v, a)
#define atomic64_inc(a) atomic_inc(a)
#define atomic64_dec(a) atomic_dec(a)
#define atomic64_fetch_add(v, a) atomic_fetch_add(v, a)
#define atomic64_add_return(v, a) atomic_add_return(v, a)
#define atomic64_inc_return(a) atomic_inc_return(a)
#define atomic64_dec_return(a) atomic_dec_return(a)
#define atomic64_xchg(a, v) atomic_xchg(a, v)
#define atomic64_cmpxchg(a, old, new) atomic_cmpxchg(a, old, new)
#define atomic64_try_cmpxchg(a, old, new) atomic_try_cmpxchg(a, old, new)
#define atomic_long_read(a) atomic_read(a)
#define atomic_long_set(a, v) atomic_set(a, v)
#define atomic_long_add(v, a) atomic_add(v, a)
#define atomic_long_inc(a) atomic_inc(a)
#define atomic_long_dec(a) atomic_dec(a)
#define atomic_long_xchg(a, v) atomic_xchg(a, v)

/* Only its own CPU may write it: what two add at once is lost, as it is in the kernel. */
typedef struct {
	long v;
} local_t;

#define LOCAL_INIT(v) ATOMIC_INIT(v)
#define local_read(l) READ_ONCE((l)->v)
#define local_set(l, n) WRITE_ONCE((l)->v, n)
#define local_add(n, l) local_set(l, local_read(l) + (n))
#define local_sub(n, l) local_set(l, local_read(l) - (n))
#define local_inc(l) local_add(1, l)
#define local_dec(l) local_sub(1, l)
#define local_add_return(n, l)   \
	({                       \
		local_add(n, l); \
		local_read(l);   \
	})
#define local_inc_return(l) local_add_return(1, l)
#define local_xchg(l, n)                       \
	({                                     \
		long shim_was = local_read(l); \
		local_set(l, n);               \
		shim_was;                      \
	})
#define local_cmpxchg(l, old, new) cmpxchg_local(&(l)->v, old, new)

/* ---- CPUs ---- */

#define SHIM_CPUS 128
#define NR_CPUS SHIM_CPUS

extern unsigned int shim_online, shim_possible;

/* shim_cpus - how many there are from now on; one of each, if not called */
void shim_cpus(unsigned int online, unsigned int possible);

#define nr_cpu_ids shim_possible
#define num_possible_cpus() shim_possible
#define num_online_cpus() shim_online
#define cpu_online(cpu) ((unsigned int)(cpu) < shim_online)
#define cpu_possible(cpu) ((unsigned int)(cpu) < shim_possible)
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (unsigned int)(cpu) < shim_possible; (cpu)++)
#define for_each_online_cpu(cpu) for ((cpu) = 0; (unsigned int)(cpu) < shim_online; (cpu)++)
#define cpu_to_node(cpu) 0
#define numa_node_id() 0
#define NUMA_NO_NODE (-1)
#define cpus_read_lock()
#define cpus_read_unlock()

int raw_smp_processor_id(void);
/* The number may be another one soon, unless preemption is off. */
int smp_processor_id(void);
#define get_cpu()                       \
	({                              \
		preempt_disable();      \
		raw_smp_processor_id(); \
	})
#define put_cpu() preempt_enable()

/*
 * shim_start - a thread that is this CPU; two may be the same one. Where preemption is off in
 * one, the other waits, as two tasks of one CPU do.
 * shim_join - waits for its end
 * shim_run - a thread for each online CPU; returns when all have ended
 */
pthread_t shim_start(int cpu, void (*function)(void *), void *arg);
void shim_join(pthread_t thread);
void shim_run(void (*function)(void *), void *arg);

/*
 * Preemption off is a read-side critical section of RCU, too. An interrupt does not come by
 * itself: a disabled one is preemption that is off.
 */
void preempt_disable(void);
void preempt_enable(void);
#define preempt_disable_notrace() preempt_disable()
#define preempt_enable_notrace() preempt_enable()
bool shim_atomic(void);
#define in_atomic() shim_atomic()
#define preemptible() (!shim_atomic())
#define irqs_disabled() shim_atomic()
#define in_nmi() false
#define in_interrupt() false
#define in_task() true
/* A test sets it: do interrupts run at this moment? */
extern bool shim_softirq;
#define in_serving_softirq() shim_softirq
#define HARDIRQ_OFFSET 0x10000
#define hardirq_count() 0
#define local_irq_save(flags) ((flags) = 0, preempt_disable())
#define local_irq_restore(flags) ((void)(flags), preempt_enable())
#define local_irq_disable() preempt_disable()
#define local_irq_enable() preempt_enable()

void rcu_read_lock(void);
void rcu_read_unlock(void);
#define rcu_read_lock_sched() preempt_disable()
#define rcu_read_unlock_sched() preempt_enable()
#define rcu_read_lock_sched_notrace() preempt_disable()
#define rcu_read_unlock_sched_notrace() preempt_enable()
/* Waits until each thread was outside of read-side critical sections once. */
void synchronize_rcu(void);
#define synchronize_sched() synchronize_rcu()
#define tracepoint_synchronize_unregister() synchronize_rcu()

/* Where a kernel may sleep. */
#define might_sleep() assert(!shim_atomic())
void cond_resched(void);

/*
 * shim_longest - the longest time of this thread between two calls of cond_resched(), since the last call of this
 * function: nanoseconds of its own CPU time, which other threads and processes do not make longer
 */
u64 shim_longest(void);
void msleep(unsigned int ms);
#define cpu_relax() ((void)sched_yield())

/* Runs it here, as no test has anything to interrupt. */
#define smp_call_function_single(cpu, function, arg, wait) ((void)(cpu), (function)(arg), 0)

/* ---- files ---- */

struct file {
	void *private_data;
};
#define file_inode(file) (file)
#define inode_lock(inode) ((void)(inode))
#define inode_unlock(inode) ((void)(inode))
#define copy_to_user(to, from, size) (memcpy(to, from, size), 0)

/* ---- locks ---- */

typedef struct {
	pthread_mutex_t lock;
} raw_spinlock_t;
typedef raw_spinlock_t spinlock_t;
struct mutex {
	pthread_mutex_t lock;
};

#define __RAW_SPIN_LOCK_UNLOCKED(name)    \
	{                                 \
		PTHREAD_MUTEX_INITIALIZER \
	}
#define __SPIN_LOCK_UNLOCKED(name) __RAW_SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name = __RAW_SPIN_LOCK_UNLOCKED(name)
#define DEFINE_SPINLOCK(name) DEFINE_RAW_SPINLOCK(name)
#define raw_spin_lock_init(l) pthread_mutex_init(&(l)->lock, NULL)
#define spin_lock_init(l) raw_spin_lock_init(l)
void raw_spin_lock(raw_spinlock_t *lock);
void raw_spin_unlock(raw_spinlock_t *lock);
bool raw_spin_trylock(raw_spinlock_t *lock);
#define raw_spin_lock_irqsave(l, flags) ((flags) = 0, raw_spin_lock(l))
#define raw_spin_unlock_irqrestore(l, flags) ((void)(flags), raw_spin_unlock(l))
#define raw_spin_trylock_irqsave(l, flags) ((flags) = 0, raw_spin_trylock(l))
#define spin_lock(l) raw_spin_lock(l)
#define spin_unlock(l) raw_spin_unlock(l)
#define spin_trylock(l) raw_spin_trylock(l)
#define spin_lock_irqsave(l, flags) raw_spin_lock_irqsave(l, flags)
#define spin_unlock_irqrestore(l, flags) raw_spin_unlock_irqrestore(l, flags)
#define DEFINE_MUTEX(name) struct mutex name = __RAW_SPIN_LOCK_UNLOCKED(name)
#define mutex_init(l) pthread_mutex_init(&(l)->lock, NULL)
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

/* ---- memory ---- */

/* shim_fail_allocation - the nth from now on fails; 1 is the next, 0 is none */
void shim_fail_allocation(int nth);
/* shim_allocated - what was allocated and not freed, in bytes */
size_t shim_allocated(void);

void *shim_alloc(size_t n, size_t size, gfp_t flags);
void shim_free(const void *p);
#define kmalloc(size, flags) shim_alloc(1, size, flags)
#define kzalloc(size, flags) shim_alloc(1, size, (flags) | __GFP_ZERO)
#define kmalloc_array(n, size, flags) shim_alloc(n, size, flags)
#define kcalloc(n, size, flags) shim_alloc(n, size, (flags) | __GFP_ZERO)
#define kvmalloc(size, flags) kmalloc(size, flags)
#define kvzalloc(size, flags) kzalloc(size, flags)
#define kvmalloc_array(n, size, flags) kmalloc_array(n, size, flags)
#define kvcalloc(n, size, flags) kcalloc(n, size, flags)
#define kvzalloc_node(size, flags, node) ((void)(node), kzalloc(size, flags))
#define kzalloc_node(size, flags, node) ((void)(node), kzalloc(size, flags))
#define kcalloc_node(n, size, flags, node) ((void)(node), kcalloc(n, size, flags))
#define vmalloc(size) kmalloc(size, GFP_KERNEL)
#define vzalloc(size) kzalloc(size, GFP_KERNEL)
#define vzalloc_node(size, node) ((void)(node), vzalloc(size))
#define vmalloc_node(size, node) ((void)(node), vmalloc(size))
#define kfree(p) shim_free(p)
#define kvfree(p) shim_free(p)
#define vfree(p) shim_free(p)

/*
 * Memory of each possible CPU. As in the kernel, a pointer to it and to a member of it are that
 * of CPU 0, and those of the others are at the same distance always. An object has 32 KiB at
 * most (PCPU_MIN_UNIT_SIZE).
 */
#define SHIM_UNIT 32768
void *shim_alloc_percpu(size_t size);
void free_percpu(void *p);
/* As RELOC_HIDE() of the kernel: the compiler must not know which object it is. */
static inline void *shim_of_cpu(const void *p, unsigned int cpu)
{
	assert(cpu_possible(cpu));
	__asm__("" : "+r"(p));
	return (char *)p + (size_t)cpu * SHIM_UNIT;
}

#define alloc_percpu(type) ((type *)shim_alloc_percpu(sizeof(type)))
#define __alloc_percpu(size, align) shim_alloc_percpu(size)
/* The first of CPU 0; those of the others are in what shim.c adds to the section, and are 0. */
#define DEFINE_PER_CPU(type, name) __section("shim_percpu") __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __section("shim_percpu") __typeof__(type) name
#define per_cpu(v, cpu) (*per_cpu_ptr(&(v), cpu))
#define per_cpu_ptr(p, cpu) ((__typeof__(p))shim_of_cpu(p, cpu))
#define raw_cpu_ptr(p) per_cpu_ptr(p, raw_smp_processor_id())
#define this_cpu_ptr(p) per_cpu_ptr(p, smp_processor_id())
/* One instruction each: an interrupt of this CPU comes before or after. */
#define this_cpu_read(v) READ_ONCE(*raw_cpu_ptr(&(v)))
#define this_cpu_write(v, n) WRITE_ONCE(*raw_cpu_ptr(&(v)), n)
#define this_cpu_add(v, n)                                 \
	do {                                               \
		preempt_disable();                         \
		this_cpu_write(v, this_cpu_read(v) + (n)); \
		preempt_enable();                          \
	} while (0)
#define this_cpu_sub(v, n) this_cpu_add(v, -(n))
#define this_cpu_inc(v) this_cpu_add(v, 1)
#define this_cpu_dec(v) this_cpu_add(v, -1)
#define __this_cpu_read(v) (*this_cpu_ptr(&(v)))
#define __this_cpu_write(v, n) (*this_cpu_ptr(&(v)) = (n))
#define __this_cpu_add(v, n) (*this_cpu_ptr(&(v)) += (n))
#define __this_cpu_inc(v) __this_cpu_add(v, 1)

/* ---- registers of x86-64, whatever the tests run on ---- */

#define CONFIG_X86_64 1
#define CONFIG_IA32_EMULATION 1
#define IS_ENABLED(option) 0

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip;
	unsigned long cs, flags, sp, ss;
};

static inline unsigned long regs_get_kernel_argument(struct pt_regs *regs, unsigned int n)
{
	const unsigned long args[] = { regs->di, regs->si, regs->dx, regs->cx, regs->r8, regs->r9 };

	return n < ARRAY_SIZE(args) ? args[n] : 0;
}

#define regs_return_value(regs) ((regs)->ax)
#define in_ia32_syscall() (current->ia32)
#define task_pt_regs(task) (&(task)->regs)

/* ---- tasks ---- */

#define TASK_COMM_LEN 16
#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

typedef struct {
	unsigned int val;
} kuid_t;
typedef kuid_t kgid_t;

struct user_namespace {
	struct user_namespace *parent;
	int level;
	kuid_t owner;
};

/* Bytes from @start to before @end */
struct shim_range {
	unsigned long start, end;
};

struct ns_common {
	unsigned int inum;
};
struct pid_namespace {
	struct ns_common ns;
};
struct mnt_namespace {
	struct ns_common ns;
};
struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

/* A control group */
struct cgroup {
	u64 id;
	int level;
	struct cgroup *ancestors[66]; /* from the root to itself */
};
struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct mm_struct {
	/* User memory; any other address faults. */
	struct shim_range there[8];
};

struct task_struct {
	char comm[TASK_COMM_LEN];
	pid_t pid, tgid;
	unsigned int flags;
	u64 start_time, self_exec_id;
	struct task_struct *group_leader, *real_parent;
	struct cgroup *cgroup; /* of cgroup2 */
	struct cgroup_subsys_state controllers[2];
	struct nsproxy *nsproxy; /* NULL: the task exits */
	bool exits;
	struct pid {
		unsigned int level; /* 0: the host's pid namespace */
		pid_t nr;           /* there */
		struct pid_namespace *ns;
		struct upid {
			int nr;
		} numbers[2]; /* by level */
	} thread_pid;
	struct mm_struct *mm;
	kuid_t uid;
	struct user_namespace *user_ns;
	/* Those of the system call that it makes, by the ABI of 32 bits or not */
	struct pt_regs regs;
	bool ia32;
};

/* Each thread has a task of its own, the leader of its group; tests change it. */
struct task_struct *shim_task(void);
#define current shim_task()
extern struct user_namespace shim_init_user_ns;
struct cred {
	kuid_t uid;
	struct user_namespace *user_ns;
};
/* This thread's; the next call writes it again. */
static inline const struct cred *current_real_cred(void)
{
	static __thread struct cred cred;

	cred.uid = current->uid;
	cred.user_ns = current->user_ns ?: &shim_init_user_ns;
	return &cred;
}
#define __kuid_val(uid) ((uid).val)
#define task_tgid_nr(task) ((task)->tgid)
#define task_pid_nr(task) ((task)->pid)
#define task_pid(task) (&(task)->thread_pid)
#define pid_nr(pid) ((pid) ? (pid)->nr : 0)
/* The host's number is 1000 more. Nobody has one from 100 on. */
#define find_vpid(id) ((id) < 100 ? &(struct pid){ .level = 1, .nr = (id) + 1000 } : NULL)

#define ns_of_pid(pid) ((pid)->ns)
#define pid_alive(task) (!(task)->exits)
#define task_tgid(task) ((task)->exits ? NULL : &(task)->thread_pid)
#define task_dfl_cgroup(task) ((task)->cgroup)
#define task_css(task, id) (&(task)->controllers[id])
#define cgroup_id(cgroup) ((cgroup)->id)

/* ---- the module's parameters: a test sets them ---- */

struct kernel_param {
	const char *name;
	void *arg;
};
struct kernel_param_ops {
	int (*set)(const char *value, const struct kernel_param *param);
};

#define module_param_cb(name, ops, to, mode)                                               \
	static const struct kernel_param __maybe_unused shim_param_##name = { #name, to }; \
	static const struct kernel_param_ops __maybe_unused *const shim_ops_##name = ops
#define module_param_named(name, variable, type, mode)
#define MODULE_INFO(key, value) static const char __maybe_unused shim_info_##key[] = value

/* ---- memory of users ---- */

#define TASK_SIZE_MAX ((1UL << 47) - PAGE_SIZE)

void pagefault_disable(void);
void pagefault_enable(void);
bool access_ok(const void *from, unsigned long size);
bool user_read_access_begin(const void *from, unsigned long size);
void user_read_access_end(void);
/* Bytes that were not copied; the first that is not there ends it. */
unsigned long __copy_from_user_inatomic(void *to, const void *from, unsigned long size);
unsigned long copy_from_user(void *to, const void *from, unsigned long size);
/* 0 or -EFAULT */
long copy_from_user_nofault(void *to, const void *from, size_t size);
bool shim_get_user(void *to, const void *from, size_t size);
bool shim_unsafe_get_user(void *to, const void *from, size_t size);

#define unsafe_get_user(to, from, bad)                                         \
	do {                                                                   \
		__typeof__(*(from) + 0) shim_value = 0;                        \
		if (!shim_unsafe_get_user(&shim_value, from, sizeof(*(from)))) \
			goto bad;                                              \
		(to) = shim_value;                                             \
	} while (0)
#define get_user(to, from)                                                                        \
	({                                                                                        \
		__typeof__(*(from) + 0) shim_value = 0;                                           \
		int shim_error = shim_get_user(&shim_value, from, sizeof(*(from))) ? 0 : -EFAULT; \
		(to) = shim_value;                                                                \
		shim_error;                                                                       \
	})
#define __get_user(to, from) get_user(to, from)

/* shim_kernel - what kernel memory there is for the next function; all, if not called or 0, 0 */
void shim_kernel(const void *start, const void *end);
long copy_from_kernel_nofault(void *to, const void *from, size_t size);

/* ---- time ---- */

#define NSEC_PER_SEC 1000000000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_USEC 1000L
#define HZ 250
#define msecs_to_jiffies(ms) ((unsigned long)(ms)*HZ / 1000)

/* The clocks show what a test sets; 0, the real time. */
extern u64 shim_now;
u64 ktime_get_mono_fast_ns(void);
#define ktime_get_real_fast_ns() ktime_get_mono_fast_ns()
#define ktime_get_boot_fast_ns() ktime_get_mono_fast_ns()
#define ktime_get_ns() ktime_get_mono_fast_ns()
#define ktime_get_real_ns() ktime_get_mono_fast_ns()
#define jiffies ((unsigned long)(ktime_get_ns() / (NSEC_PER_SEC / HZ)))

/* ---- work: it runs when a test says so ---- */

struct workqueue_struct;
struct work_struct {
	void (*func)(struct work_struct *work);
	bool pending;
	struct work_struct *next;
};
struct delayed_work {
	struct work_struct work;
	unsigned long delay;
};
typedef void (*work_func_t)(struct work_struct *work);

#define system_wq ((struct workqueue_struct *)NULL)
#define system_unbound_wq system_wq
#define system_long_wq system_wq
#define DECLARE_WORK(name, function) struct work_struct name = { .func = (function) }
#define DECLARE_DELAYED_WORK(name, function) \
	struct delayed_work name = { { .func = (function) }, 0 }
#define INIT_WORK(w, function) (*(w) = (struct work_struct){ .func = (function) })
#define INIT_DELAYED_WORK(w, function) INIT_WORK(&(w)->work, function)
#define to_delayed_work(w) container_of(w, struct delayed_work, work)
bool schedule_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
#define queue_work(queue, w) ((void)(queue), schedule_work(w))
#define schedule_delayed_work(w, jiffies) ((w)->delay = (jiffies), schedule_work(&(w)->work))
#define queue_delayed_work(queue, w, jiffies) ((void)(queue), schedule_delayed_work(w, jiffies))
#define mod_delayed_work(queue, w, jiffies) queue_delayed_work(queue, w, jiffies)
#define cancel_delayed_work_sync(w) cancel_work_sync(&(w)->work)

/* shim_work - runs what is scheduled now, here; returns how many that were */
int shim_work(void);
