#pragma once

#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>

/*
 * result.h - a call's result as its program sees it
 *
 * When a signal comes, a call returns one of four numbers that errno(3) does not have
 * (linux/errno.h). Then the signal decides (arch_do_signal_or_restart()). Either the kernel
 * restarts the call, and the program sees one call, or the program gets EINTR, or it ends.
 */

static __always_inline bool lw_is_restart(long ret)
{
	return unlikely(ret >= -ERESTART_RESTARTBLOCK && ret <= -ERESTARTSYS &&
			ret != -ENOIOCTLCMD);
}

/* Does this signal end a call that returned ret? Otherwise the call goes on. (kernel/signal.c, get_signal()) */
static bool lw_signal_ends(int sig, const struct sigaction *action, long ret)
{
	if (action->sa_handler == SIG_IGN)
		return false;
	if (action->sa_handler == SIG_DFL)
		return !sig_kernel_ignore(sig) && !sig_kernel_stop(sig);
	if (ret == -ERESTARTSYS)
		return !(action->sa_flags & SA_RESTART);
	return ret != -ERESTARTNOINTR;
}

static noinline bool lw_signals_end(long ret)
{
	/* That of the current task stays. */
	const struct sighand_struct *hand = rcu_dereference_protected(current->sighand, true);
	int sig;

	for (sig = 1; sig <= _NSIG; sig++) {
		bool pending = sigismember(&current->pending.signal, sig) ||
			       sigismember(&current->signal->shared_pending.signal, sig);

		if (pending && !sigismember(&current->blocked, sig) &&
		    lw_signal_ends(sig, &hand->action[sig - 1].sa, ret))
			return true;
	}
	return false;
}
NOKPROBE_SYMBOL(lw_signals_end);

/*
 * Will the kernel restart a call of the current task that returned ret? Ask this when the call
 * returns, while the signal is pending. A tracer may still change the effect of the signal later.
 */
static __always_inline bool lw_goes_on(long ret)
{
	return lw_is_restart(ret) && !(current->flags & PF_KTHREAD) && !lw_signals_end(ret);
}

/* ret, or -EINTR for the kernel's internal numbers */
static __always_inline long lw_result(long ret)
{
	return lw_is_restart(ret) ? -EINTR : ret;
}
