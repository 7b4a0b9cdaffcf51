#pragma once

#include "arch.h"
#include "call.h"
#include "fields.h"
#include "name.h"
#include "put.h"
#include "result.h"
#include "user.h"
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/kprobes.h>
#include <linux/rcupdate.h>

/* include/uapi/linux/fcntl.h, since 6.14: the call only asks whether it may execute the file. */
#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

static struct {
	bool timestamp, fails;
} lw_execs;

static void lw_emit_exec(int ret)
{
	struct _stp_log *log = lw_log();

	lw_put_begin(log, lw_execs.timestamp);
	lw_put_pair(log, lw_uid(), current->tgid);
	lw_put_number(log, lw_parent());
	lw_put_comm(log);
	lw_put_tab(log);
	lw_put_number(log, ret);
}

/*
 * At the begin of setup_new_exec(bprm): the call cannot fail any more, names and ids are the new program's, and
 * the kernel's copy of its arguments is at bprm->p of its memory, then those of its environment. Until
 * now nobody else could write there: exec_update_lock is held (fs/exec.c), and no tracer has been told.
 */
static int lw_exec_begins(struct kprobe *kp, struct pt_regs *regs)
{
	const struct linux_binprm *bprm = (void *)lw_function_arg(regs, 0);

	if (lw_wanted()) {
		lw_emit_exec(0);
		lw_emit_args(bprm->p, bprm->exec, bprm->argc);
		lw_put_event_end(lw_log());
	}
	return 0;
}
NOKPROBE_SYMBOL(lw_exec_begins);

LW_BEGIN(lw_exec_begins, "setup_new_exec");
#undef LW_BEGINS
#define LW_BEGINS (&lw_exec_begins_begin)

/* Are calls followed to their return? */
static bool lw_want_fails(struct pt_regs *regs, struct lw_call *call)
{
	return lw_execs.fails;
}
NOKPROBE_SYMBOL(lw_want_fails);

LW_ENTRY(lw_want_fails, "execve", "execveat");
#undef LW_ENTRIES
#define LW_ENTRIES (&lw_want_fails_entry)

/* argv: which argument of the call */
static int lw_exec_ends(long ret, int argv)
{
	const struct pt_regs *user = task_pt_regs(current);

	if (ret >= 0 || lw_goes_on(ret) || !lw_wanted())
		return 0;
	if (argv == 2 && lw_arg(user, 4) & AT_EXECVE_CHECK)
		return 0;
	lw_emit_exec(lw_result(ret));
	lw_emit_user_argv(lw_arg(user, argv), lw_compat_call() ? 4 : 8);
	lw_put_event_end(lw_log());
	return 0;
}

static int lw_execve_ends(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	lw_call_ends(inst);
	return lw_exec_ends(regs_return_value(regs), 1);
}
NOKPROBE_SYMBOL(lw_execve_ends);

static int lw_execveat_ends(struct kretprobe_instance *inst, struct pt_regs *regs)
{
	lw_call_ends(inst);
	return lw_exec_ends(regs_return_value(regs), 2);
}
NOKPROBE_SYMBOL(lw_execveat_ends);

/* After the first call this runs without SystemTap, which costs more than all of this. */
static void lw_exec_returns(struct kretprobe_instance *inst, struct pt_regs *regs, int argv)
{
	lw_exec_ends(regs_return_value(regs), argv);
	lw_call_go_past(inst, argv == 1 ? lw_execve_ends : lw_execveat_ends);
}
