#pragma once

#include "../kernel/arch.h"
#include "../kernel/path.h"
#include "../kernel/result.h"
#include <linux/fcntl.h>
#include <linux/kprobes.h>

static struct {
	bool timestamp, failed, extended, full_path;
	u64 flags;
} lw_opens;

/* How the call has its arguments: openat2(2) flags and mode in a struct open_how. */
struct lw_open {
	const struct pt_regs *regs;
	bool at, creat, how;
};

static __always_inline struct lw_open lw_open_call(void)
{
	const struct pt_regs *regs = task_pt_regs(current);
	int nr = syscall_get_nr(current, task_pt_regs(current));
	bool compat = lw_compat_call(), how = nr == LW_NR_OPENAT2;

	return (struct lw_open){
		.regs = regs,
		.how = how,
		.at = how || lw_is_openat(nr, compat),
		.creat = lw_is_creat(nr, compat),
	};
}

static u64 lw_open_how(const struct lw_open *open, int word)
{
	u64 value = 0;
	unsigned long addr = lw_arg(open->regs, 2) + word * sizeof(value);

	if (_stp_copy_from_user((char *)&value, (const char __user *)addr, sizeof(value)))
		return 0;
	return value;
}

static u64 lw_open_flags(const struct lw_open *open)
{
	if (open->creat)
		return O_CREAT | O_WRONLY | O_TRUNC;
	return open->how ? lw_open_how(open, 0) : (u32)lw_arg(open->regs, 1 + open->at);
}

static s64 lw_open_mode(const struct lw_open *open, u64 flags)
{
	if (!(flags & (O_CREAT | __O_TMPFILE)))
		return 0;
	if (open->how)
		return lw_open_how(open, 1);
	return lw_arg(open->regs, open->creat ? 1 : 2 + open->at) & S_IALLUGO;
}

static bool lw_open_flags_wanted(u64 flags)
{
	return flags & lw_opens.flags & 0xfffffffc ||
	       (lw_opens.flags >> 32 >> (flags & O_ACCMODE)) & 1;
}

static void lw_put_open_path(struct _stp_log *log, const struct lw_open *open)
{
	unsigned long name = lw_arg(open->regs, open->at);

	if (lw_opens.full_path) {
		lw_emit_user_path(open->at ? (int)lw_arg(open->regs, 0) : AT_FDCWD, name);
	} else {
		lw_put_user_string(log, (const char __user *)name);
		lw_put_tab(log);
	}
}

static void lw_put_open(struct _stp_log *log, const struct lw_open *open, int ret, u64 flags)
{
	lw_put_begin(log, lw_opens.timestamp);
	lw_put_task(log);
	lw_put_pair(log, ret < 0 ? -1 : ret, ret < 0 ? -ret : 0);
	if (lw_opens.extended) {
		lw_put_pair(log, flags, lw_open_mode(open, flags));
	} else {
		lw_put_tab(log);
		lw_put_tab(log);
	}
	lw_put_open_path(log, open);
	lw_put_end(log);
}

static void lw_open_record(long ret)
{
	struct lw_open open = lw_open_call();
	struct _stp_log *log = lw_log();
	u64 flags = 0;

	if ((lw_opens.failed && ret >= 0) || lw_goes_on(ret))
		return;
	ret = lw_result(ret);
	if (lw_opens.flags || lw_opens.extended)
		flags = lw_open_flags(&open);
	if (!lw_opens.flags || lw_open_flags_wanted(flags))
		lw_put_open(log, &open, ret, flags);
}

/*
 * Not preempted, as all handlers. The end of the module unregisters the kretprobe, which waits
 * for those that run, before it frees the buffers.
 */
static int lw_open_handler(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	lw_open_record(regs_return_value(regs));
	return 0;
}
NOKPROBE_SYMBOL(lw_open_handler);

static void lw_open_returns(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	struct kretprobe *krp = get_kretprobe(inst);

	lw_open_record(regs_return_value(regs));
	if (krp)
		WRITE_ONCE(krp->handler, lw_open_handler);
}
