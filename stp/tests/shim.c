// SPDX-License-Identifier: GPL-2.0-only
#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <time.h>

#include "shim.h"

#define THREADS 64

/* ---- threads ---- */

/* The state of a thread. Other threads read only @grace. */
struct thread {
	bool used;
	/* Odd in a read-side critical section; grows with each begin and end. */
	unsigned long grace;
	int cpu, sections, preemption, pagefaults;
	bool access;
	u64 random;
	struct task_struct task;
};

static struct thread threads[THREADS];
static __thread struct thread *self;

static struct {
	pthread_mutex_t lock;
} cpus[SHIM_CPUS] = { [0 ... SHIM_CPUS - 1] = { PTHREAD_MUTEX_INITIALIZER } };

unsigned int shim_online = 1, shim_possible = 1;
int shim_fence;
bool shim_softirq;
/* Grows when a grace period begins. */
static unsigned long grace_periods;

void shim_cpus(unsigned int online, unsigned int possible)
{
	assert(online && online <= possible && possible <= SHIM_CPUS);
	shim_online = online;
	shim_possible = possible;
}

static struct thread *new_thread(int cpu)
{
	struct thread *t = threads;

	while (__atomic_exchange_n(&t->used, true, __ATOMIC_ACQUIRE)) {
		t++;
		assert(t < threads + THREADS);
	}
	t->cpu = cpu;
	t->random = 0x9e3779b97f4a7c15 * (t - threads + 1);
	t->task = (struct task_struct){ .pid = 1000 + cpu, .tgid = 1000 + cpu };
	t->task.group_leader = t->task.real_parent = &t->task;
	snprintf(t->task.comm, sizeof(t->task.comm), "cpu%d", cpu);
	return t;
}

/* The program's first thread is CPU 0. */
static struct thread *me(void)
{
	if (!self)
		self = new_thread(0);
	return self;
}

struct start {
	int cpu;
	void (*function)(void *);
	void *arg;
};

static void *run_thread(void *arg)
{
	struct start *start = arg;

	self = new_thread(start->cpu);
	start->function(start->arg);
	assert(!self->sections && !self->preemption && !self->pagefaults && !self->access);
	__atomic_store_n(&self->used, false, __ATOMIC_RELEASE);
	free(start);
	return NULL;
}

pthread_t shim_start(int cpu, void (*function)(void *), void *arg)
{
	struct start *start = malloc(sizeof(*start));
	pthread_t thread;

	assert(start && cpu_possible(cpu));
	*start = (struct start){ cpu, function, arg };
	assert(!pthread_create(&thread, NULL, run_thread, start));
	return thread;
}

void shim_join(pthread_t thread)
{
	assert(!pthread_join(thread, NULL));
}

void shim_run(void (*function)(void *), void *arg)
{
	pthread_t started[SHIM_CPUS];
	unsigned int cpu;

	for_each_online_cpu(cpu)
		started[cpu] = shim_start(cpu, function, arg);
	for_each_online_cpu(cpu)
		shim_join(started[cpu]);
}

int raw_smp_processor_id(void)
{
	return me()->cpu;
}

int smp_processor_id(void)
{
	assert(shim_atomic());
	return me()->cpu;
}

struct user_namespace shim_init_user_ns;

struct task_struct *shim_task(void)
{
	return &me()->task;
}

/* ---- preemption and RCU ---- */

/*
 * A reader makes its number odd and then reads; synchronize_rcu() is after what the writer
 * wrote and reads the numbers: one of the two sees the other. A reader that begins after the
 * grace period sees what was written before it, through grace_periods.
 */
static void enter(struct thread *t)
{
	if (t->sections++)
		return;
	__atomic_add_fetch(&t->grace, 1, __ATOMIC_SEQ_CST);
	(void)__atomic_load_n(&grace_periods, __ATOMIC_SEQ_CST);
}

static void leave(struct thread *t)
{
	assert(t->sections > 0);
	if (!--t->sections)
		__atomic_add_fetch(&t->grace, 1, __ATOMIC_RELEASE);
}

bool shim_atomic(void)
{
	return me()->preemption;
}

void preempt_disable(void)
{
	struct thread *t = me();

	if (!t->preemption++)
		pthread_mutex_lock(&cpus[t->cpu].lock);
	enter(t);
}

void preempt_enable(void)
{
	struct thread *t = me();

	leave(t);
	assert(t->preemption > 0);
	if (!--t->preemption)
		pthread_mutex_unlock(&cpus[t->cpu].lock);
}

void rcu_read_lock(void)
{
	enter(me());
}

void rcu_read_unlock(void)
{
	leave(me());
}

void synchronize_rcu(void)
{
	unsigned long was;
	struct thread *t;

	assert(!me()->sections);
	__atomic_add_fetch(&grace_periods, 1, __ATOMIC_SEQ_CST);
	for (t = threads; t < threads + THREADS; t++) {
		was = __atomic_load_n(&t->grace, __ATOMIC_SEQ_CST);
		while (was & 1 && __atomic_load_n(&t->grace, __ATOMIC_ACQUIRE) == was)
			sched_yield();
	}
}

static __thread struct {
	u64 begun, longest;
} piece;

static void end_piece(void)
{
	struct timespec t;
	u64 now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	now = t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
	piece.longest = max(piece.longest, now - piece.begun);
	piece.begun = now;
}

u64 shim_longest(void)
{
	u64 longest;

	end_piece();
	longest = piece.longest;
	piece.longest = 0;
	return longest;
}

void cond_resched(void)
{
	might_sleep();
	end_piece();
	sched_yield();
}

void msleep(unsigned int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * NSEC_PER_MSEC };

	might_sleep();
	nanosleep(&time, NULL);
}

/* ---- locks ---- */

void raw_spin_lock(raw_spinlock_t *lock)
{
	preempt_disable();
	assert(!pthread_mutex_lock(&lock->lock));
}

void raw_spin_unlock(raw_spinlock_t *lock)
{
	assert(!pthread_mutex_unlock(&lock->lock));
	preempt_enable();
}

bool raw_spin_trylock(raw_spinlock_t *lock)
{
	preempt_disable();
	if (!pthread_mutex_trylock(&lock->lock))
		return true;
	preempt_enable();
	return false;
}

void mutex_lock(struct mutex *lock)
{
	might_sleep();
	assert(!pthread_mutex_lock(&lock->lock));
}

void mutex_unlock(struct mutex *lock)
{
	assert(!pthread_mutex_unlock(&lock->lock));
}

/* ---- memory ---- */

/* In front of each allocation: its size, in as many bytes as keep the alignment of a line. */
union head {
	size_t size;
	char line[SMP_CACHE_BYTES];
};

static int fails_in;
static size_t allocated;

void shim_fail_allocation(int nth)
{
	__atomic_store_n(&fails_in, nth, __ATOMIC_RELAXED);
}

size_t shim_allocated(void)
{
	return __atomic_load_n(&allocated, __ATOMIC_RELAXED);
}

static bool fails(void)
{
	return __atomic_load_n(&fails_in, __ATOMIC_RELAXED) &&
	       __atomic_sub_fetch(&fails_in, 1, __ATOMIC_RELAXED) == 0;
}

void *shim_alloc(size_t n, size_t size, gfp_t flags)
{
	union head *head;
	size_t bytes;
	void *p;

	if (flags & GFP_KERNEL)
		might_sleep();
	if (fails() || __builtin_mul_overflow(n, size, &bytes))
		return NULL;
	if (posix_memalign(&p, sizeof(*head), sizeof(*head) + bytes))
		return NULL;
	head = p;
	head->size = bytes;
	__atomic_add_fetch(&allocated, bytes, __ATOMIC_RELAXED);
	/* Memory that need not be zero gets other content. */
	return memset(head + 1, flags & __GFP_ZERO ? 0 : 0xa5, bytes);
}

void shim_free(const void *p)
{
	union head *head;

	if (!p)
		return;
	head = (union head *)p - 1;
	__atomic_sub_fetch(&allocated, head->size, __ATOMIC_RELAXED);
	free(head);
}

/* A test's own come before, since it is linked first (tests.mk). */
__section("shim_percpu") __used static char others[SHIM_CPUS * SHIM_UNIT];

/* Sanitizers do not let the rest of a CPU's unit be touched. */
void *shim_alloc_percpu(size_t size)
{
	char *p = shim_alloc(nr_cpu_ids, SHIM_UNIT, GFP_KERNEL | __GFP_ZERO);
	unsigned int cpu;

	assert(size <= SHIM_UNIT);
	for_each_possible_cpu(cpu)
		if (p)
			ASAN_POISON_MEMORY_REGION(p + cpu * SHIM_UNIT + size, SHIM_UNIT - size);
	return p;
}

void free_percpu(void *p)
{
	if (p)
		ASAN_UNPOISON_MEMORY_REGION(p, nr_cpu_ids * SHIM_UNIT);
	shim_free(p);
}

/* ---- memory that may fault ---- */

static __thread struct shim_range kernel_there;

void pagefault_disable(void)
{
	me()->pagefaults++;
}

void pagefault_enable(void)
{
	assert(me()->pagefaults > 0);
	me()->pagefaults--;
}

/*
 * The kernel's own copies are not instrumented either: they may read beyond an object's end,
 * and while another CPU writes.
 */
__attribute__((no_sanitize("address", "thread", "undefined"))) static void
copy(char *to, const char *from, size_t size)
{
	const volatile char *p = from;

	for (; size; size--)
		*to++ = *p++;
}

static size_t within(const struct shim_range *range, unsigned long at, size_t size)
{
	if (at < range->start || at >= range->end)
		return 0;
	return min_t(size_t, size, range->end - at);
}

/* How many of these bytes can be read. */
static size_t user_bytes(const void *from, size_t size)
{
	struct mm_struct *mm = current->mm;
	size_t n = 0, more, i;

	if (!mm || !access_ok(from, size))
		return 0;
	do {
		for (i = 0, more = 0; !more && n < size && i < ARRAY_SIZE(mm->there); i++)
			more = within(&mm->there[i], (unsigned long)from + n, size - n);
		n += more;
	} while (more);
	return n;
}

static bool user_copy(void *to, const void *from, size_t size)
{
	if (user_bytes(from, size) < size)
		return false;
	copy(to, from, size);
	return true;
}

/* A fault that is not handled at once sleeps until the page is there. */
static void may_fault(void)
{
	if (!me()->pagefaults)
		might_sleep();
}

bool access_ok(const void *from, unsigned long size)
{
	return size <= TASK_SIZE_MAX && (unsigned long)from <= TASK_SIZE_MAX - size;
}

bool user_read_access_begin(const void *from, unsigned long size)
{
	assert(!me()->access);
	me()->access = access_ok(from, size);
	return me()->access;
}

void user_read_access_end(void)
{
	assert(me()->access);
	me()->access = false;
}

bool shim_unsafe_get_user(void *to, const void *from, size_t size)
{
	assert(me()->access);
	may_fault();
	return user_copy(to, from, size);
}

bool shim_get_user(void *to, const void *from, size_t size)
{
	may_fault();
	return user_copy(to, from, size);
}

unsigned long __copy_from_user_inatomic(void *to, const void *from, unsigned long size)
{
	size_t n = user_bytes(from, size);

	may_fault();
	copy(to, from, n);
	return size - n;
}

unsigned long copy_from_user(void *to, const void *from, unsigned long size)
{
	unsigned long left = __copy_from_user_inatomic(to, from, size);

	memset((char *)to + size - left, 0, left);
	return left;
}

long copy_from_user_nofault(void *to, const void *from, size_t size)
{
	return user_copy(to, from, size) ? 0 : -EFAULT;
}

char *d_path(const struct path *path, char *buf, int room)
{
	int size = strlen(path->name) + 1;

	return size > room ? ERR_PTR(-ENAMETOOLONG) : memcpy(buf + room - size, path->name, size);
}

void shim_kernel(const void *start, const void *end)
{
	kernel_there = (struct shim_range){ (unsigned long)start, (unsigned long)end };
}

long copy_from_kernel_nofault(void *to, const void *from, size_t size)
{
	if (kernel_there.end && within(&kernel_there, (unsigned long)from, size) < size)
		return -EFAULT;
	copy(to, from, size);
	return 0;
}

/* ---- strings, sorting, numbers, time ---- */

ssize_t strscpy_n(char *to, const char *from, size_t size)
{
	size_t n = strnlen(from, size);

	if (!size)
		return -E2BIG;
	memcpy(to, from, min(n, size - 1));
	to[min(n, size - 1)] = '\0';
	return n < size ? (ssize_t)n : -E2BIG;
}

ssize_t strscpy_pad_n(char *to, const char *from, size_t size)
{
	ssize_t n = strscpy_n(to, from, size);

	if (n >= 0)
		memset(to + n, 0, size - n);
	return n;
}

char *strnstr(const char *s, const char *what, size_t size)
{
	return memmem(s, strnlen(s, size), what, strlen(what));
}

int scnprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, size, format, args);
	va_end(args);
	return !size ? 0 : min_t(int, n, size - 1);
}

void sort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *),
	  void (*exchange)(void *, void *, int))
{
	(void)exchange;
	qsort(base, n, size, compare);
}

/* The same in every run, and another in each thread. */
u64 get_random_u64(void)
{
	struct thread *t = me();

	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return t->random;
}

void get_random_bytes(void *to, size_t size)
{
	char *p = to;

	for (; size; size--)
		*p++ = get_random_u64() >> 56;
}

u64 shim_now;

u64 ktime_get_mono_fast_ns(void)
{
	u64 now = __atomic_load_n(&shim_now, __ATOMIC_RELAXED);
	struct timespec time;

	if (now)
		return now;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * (u64)NSEC_PER_SEC + time.tv_nsec;
}

/* ---- work ---- */

static pthread_mutex_t work_lock = PTHREAD_MUTEX_INITIALIZER;
static struct work_struct *scheduled;

bool schedule_work(struct work_struct *work)
{
	bool was;

	pthread_mutex_lock(&work_lock);
	was = work->pending;
	if (!was) {
		work->pending = true;
		work->next = scheduled;
		scheduled = work;
	}
	pthread_mutex_unlock(&work_lock);
	return !was;
}

bool cancel_work_sync(struct work_struct *work)
{
	struct work_struct **p = &scheduled;
	bool was;

	might_sleep();
	pthread_mutex_lock(&work_lock);
	was = work->pending;
	while (*p && *p != work)
		p = &(*p)->next;
	if (*p)
		*p = work->next;
	work->pending = false;
	pthread_mutex_unlock(&work_lock);
	return was;
}

/*
 * A work item may schedule itself anew: that is for the next time. The thread that cancels is
 * the one that runs: it never waits for a work item that runs now.
 */
int shim_work(void)
{
	struct work_struct *now, *next;
	int n = 0;

	pthread_mutex_lock(&work_lock);
	now = scheduled;
	scheduled = NULL;
	pthread_mutex_unlock(&work_lock);
	for (; now; now = next, n++) {
		next = now->next;
		now->pending = false;
		now->func(now);
		assert(!shim_atomic());
	}
	return n;
}
