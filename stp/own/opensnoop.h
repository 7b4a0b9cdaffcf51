#pragma once

#include "../kernel/arch.h"
#include "../kernel/bucket.h"
#include "../kernel/call.h"
#include "../kernel/fields.h"
#include "../kernel/path.h"
#include "../kernel/result.h"
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/openat2.h>

static struct {
	bool timestamp, failed, extended, full_path;
	u64 flags, seed;
	struct kretprobe *krp; /* of do_sys_openat2() */
} lw_opens;

#define LW_NAME_WORDS 14

/*
 * The kernel's own copy of the name, which no other thread can change: all of it, or its first words and a
 * hash of the rest. That copy is gone when the call returns.
 */
struct lw_open_name {
	u64 words[LW_NAME_WORDS];
	u64 rest;
	u32 bytes; /* in words; 0: the kernel has not looked for the file */
};

/* do_sys_openat2(dfd, name, how): in kept. how is the kernel's copy, for all calls. */
enum { LW_FLAGS, LW_MODE, LW_DFD, LW_NAME };

/* A call under way: a kretprobe's instance has it. */
struct lw_opening {
	struct lw_call call;
	struct lw_open_name name;
};

/* ---- calls under way: the current task has one at most ---- */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)

#ifdef CONFIG_KRETPROBE_ON_RETHOOK
#define lw_instances (current->rethooks.first)
#define lw_instance_of(at) container_of(at, struct kretprobe_instance, node.llist)
#else
#define lw_instances (current->kretprobe_instances.first)
#define lw_instance_of(at) container_of(at, struct kretprobe_instance, llist)
#endif

/* Other tools may follow functions that this task has called later. */
static __always_inline struct lw_opening *lw_opening(void)
{
	struct kretprobe *krp = READ_ONCE(lw_opens.krp);
	struct llist_node *at = READ_ONCE(lw_instances);
	int n;

	for (n = 0; krp && at && n < 8; n++, at = at->next)
		if (get_kretprobe(lw_instance_of(at)) == krp)
			return (struct lw_opening *)lw_instance_of(at)->data;
	return NULL;
}

static __always_inline void lw_opening_begins(struct lw_opening *opening)
{
}

static __always_inline void lw_opening_ends(void)
{
}

#else

/* The kernel's list of a task's instances cannot be reached. This has four places for each followed call. */
#define LW_OPENING_BITS 12
#define LW_OPENING_TRIES 16

static struct {
	struct task_struct *task;
	struct lw_opening *opening;
} lw_openings[1 << LW_OPENING_BITS];

#define lw_instance_of(at) container_of((void *)(at), struct kretprobe_instance, data)

/* The place of this task, among those that the current task may have; -1 if none */
static int lw_opening_at(const struct task_struct *task)
{
	u32 at = hash_ptr(current, LW_OPENING_BITS);
	int try;

	for (try = 0; try < LW_OPENING_TRIES; try++, at++)
		if (READ_ONCE(lw_openings[at % ARRAY_SIZE(lw_openings)].task) == task)
			return at % ARRAY_SIZE(lw_openings);
	return -1;
}

/* An instance that was not kept may belong to another task by now. */
static struct lw_opening *lw_opening(void)
{
	int at = lw_opening_at(current);
	struct lw_opening *opening = at < 0 ? NULL : lw_openings[at].opening;

	return opening && lw_instance_of(opening)->task == current ? opening : NULL;
}

static void lw_opening_begins(struct lw_opening *opening)
{
	int at = lw_opening_at(current), try;

	for (try = 0; at < 0 && try < LW_OPENING_TRIES; try++) {
		at = lw_opening_at(NULL);
		if (at >= 0 && cmpxchg(&lw_openings[at].task, NULL, current))
			at = -1;
	}
	if (at >= 0)
		lw_openings[at].opening = opening;
}

static void lw_opening_ends(void)
{
	int at = lw_opening_at(current);

	if (at >= 0)
		smp_store_release(&lw_openings[at].task, NULL);
}

#endif

/* ---- the call begins ---- */

static bool lw_want_open(struct pt_regs *regs, struct lw_call *call)
{
	struct lw_opening *opening = container_of(call, struct lw_opening, call);
	struct kretprobe_instance *inst =
		container_of((void *)call, struct kretprobe_instance, data);
	const struct open_how *how = (void *)lw_function_arg(regs, 2);

	/* The kernel adds O_LARGEFILE. */
	call->kept[LW_FLAGS] = how->flags & ~O_LARGEFILE;
	call->kept[LW_MODE] = how->mode;
	call->kept[LW_DFD] = lw_function_arg(regs, 0);
	call->kept[LW_NAME] = lw_function_arg(regs, 1);
	opening->name.bytes = 0;
	if (unlikely(!lw_opens.krp))
		WRITE_ONCE(lw_opens.krp, get_kretprobe(inst));
	lw_opening_begins(opening);
	return true;
}
NOKPROBE_SYMBOL(lw_want_open);

LW_ENTRY(lw_want_open, "do_sys_openat2");
#undef LW_ENTRIES
#define LW_ENTRIES (&lw_want_open_entry)

/* ---- the kernel looks for the file ---- */

static u64 lw_hash_text(const char *s, size_t n)
{
	u64 hash = 0, w;

	for (; n >= sizeof(w); s += sizeof(w), n -= sizeof(w)) {
		memcpy(&w, s, sizeof(w));
		hash = lw_spread(hash + w, lw_opens.seed);
	}
	w = 0;
	memcpy(&w, s, n);
	return lw_spread(hash + w, lw_opens.seed);
}

/* A struct filename's name is aligned, and so is the end of what was allocated for it (fs/namei.c). */
static __always_inline void lw_keep_name(struct lw_open_name *name, const char *from)
{
	const u64 *w = (const u64 *)from;
	u64 ends;
	int i;

	for (i = 0; i < LW_NAME_WORDS; i++) {
		name->words[i] = w[i];
		ends = lw_tagged(w[i], 0);
		if (ends) {
			name->bytes = i * sizeof(*w) + __ffs(ends) / 8;
			return;
		}
	}
	name->bytes = sizeof(name->words);
	from += sizeof(name->words);
	name->rest = lw_hash_text(from, strlen(from));
}

/*
 * At the begin of do_filp_open(dfd, name, ..), or of do_file_open() since 7.0, which takes an error for a name.
 * Other calls use it, and the driver of an opened device may: the first name is the call's.
 */
static int lw_open_looks(struct kprobe *kp, struct pt_regs *regs)
{
	const struct filename *file = (void *)lw_function_arg(regs, 1);
	struct lw_opening *opening = lw_opening();

	if (opening && !opening->name.bytes && !IS_ERR(file))
		lw_keep_name(&opening->name, file->name);
	return 0;
}
NOKPROBE_SYMBOL(lw_open_looks);

LW_BEGIN(lw_open_looks, "do_filp_open", "do_file_open");
#undef LW_BEGINS
#define LW_BEGINS (&lw_open_looks_begin)

/* ---- the call returns ---- */

static bool lw_open_flags_wanted(u64 flags)
{
	return flags & lw_opens.flags & 0xfffffffc ||
	       (lw_opens.flags >> 32 >> (flags & O_ACCMODE)) & 1;
}

/* From the caller's memory; only the first words if another thread has changed it */
static void lw_put_long_name(struct _stp_log *log, const struct lw_open_name *name,
			     unsigned long addr)
{
	const size_t first = sizeof(name->words);
	char *at = lw_put_at(log);
	unsigned long special;
	bool cut;
	int n = lw_copy_user_string(log, (const char __user *)addr, &cut, &special);

	if (n >= (int)first && !cut && !memcmp(at, name->words, first) &&
	    lw_hash_text(at + first, n - first) == name->rest) {
		lw_commit(log, n, false);
		return;
	}
	n = min_t(int, first, lw_room(log));
	memcpy(at, name->words, n);
	lw_commit(log, n, true);
}

static bool lw_is_relative(const struct lw_opening *opening)
{
	char first = '/';

	if (opening->name.bytes)
		first = *(const char *)opening->name.words;
	else if (_stp_copy_from_user(&first, (const char __user *)opening->call.kept[LW_NAME], 1))
		return false;
	return first != '/';
}

/* If the call failed before the kernel used the name, it comes from the caller's memory. */
static void lw_put_open_path(struct _stp_log *log, const struct lw_opening *opening)
{
	const struct lw_open_name *name = &opening->name;
	unsigned long addr = opening->call.kept[LW_NAME];

	if (unlikely(lw_opens.full_path) && lw_is_relative(opening) &&
	    !lw_put_directory(log, opening->call.kept[LW_DFD])) {
		lw_put_tab(log);
		return;
	}
	if (likely(name->bytes && name->bytes < sizeof(name->words)))
		lw_put_words(log, name->words, name->bytes);
	else if (name->bytes)
		lw_put_long_name(log, name, addr);
	else
		lw_put_user_string(log, (const char __user *)addr);
	lw_put_tab(log);
}

static void lw_put_open(struct _stp_log *log, const struct lw_opening *opening, int ret)
{
	lw_put_begin(log, lw_opens.timestamp);
	lw_put_task(log);
	lw_put_pair(log, ret < 0 ? -1 : ret, ret < 0 ? -ret : 0);
	if (lw_opens.extended) {
		lw_put_pair(log, opening->call.kept[LW_FLAGS], opening->call.kept[LW_MODE]);
	} else {
		lw_put_tab(log);
		lw_put_tab(log);
	}
	lw_put_open_path(log, opening);
	lw_put_event_end(log);
}

static void lw_open_record(const struct kretprobe_instance *inst, int ret)
{
	const struct lw_opening *opening = (const struct lw_opening *)inst->data;
	struct _stp_log *log = lw_log();

	lw_opening_ends();
	if ((lw_opens.failed && ret >= 0) || lw_goes_on(ret))
		return;
	if (!lw_opens.flags || lw_open_flags_wanted(opening->call.kept[LW_FLAGS]))
		lw_put_open(log, opening, lw_result(ret));
}

LW_RETURNS(lw_open_record)
