#pragma once

/*
 * All that the tools must know about the processor: registers, the ABIs of system calls, numbers of
 * calls. No other file of stp/ names a register or an ABI, except the tables of calls that one tool
 * shows (arch_calls.h). modules/calls knows the names of the functions that each ABI reaches.
 */

#include <linux/atomic.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/unistd.h>
#include <asm/syscall.h>

/*
 * lw_function_arg() - argument n, 0 to 3, of a function that takes integers and pointers
 * @regs: at the first instruction of the function, as in a probe of it
 */
static __always_inline unsigned long lw_function_arg(const struct pt_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument((struct pt_regs *)regs, n);
}

/*
 * Each architecture defines:
 *
 * lw_compat_call()  - does the current task make a system call by the 32-bit ABI? A 64-bit program
 *                     on x86 does that by int $0x80.
 * lw_arg(regs, n)   - argument n, 0 to 5, of the current task's system call, which saved these user
 *                     registers; 0 for any other n. They keep the arguments until the call returns.
 *                     syscall_get_arguments() fetches all six, which costs four times as much.
 * lw_untagged(addr) - a user pointer without the tag that its top byte may have
 * lw_function_caller(regs) - the address to which a function returns, at its first instruction
 * LW_COMPAT_NAME    - what users call the 32-bit ABI
 * LW_RESULT_STAYS   - do a call's registers tell its number and result until a signal's handler is called?
 *                     On arm64 they are set up by then to restart the call
 * lw_local_inc(n)   - an increment that is atomic against interrupts of this CPU: local_inc() for
 *                     half a word
 */
#if defined(CONFIG_X86_64)

static bool lw_compat_call(void)
{
#ifdef CONFIG_IA32_EMULATION
	return in_ia32_syscall();
#else
	return false;
#endif
}

/* arch/x86/entry/entry_64.S, entry_64_compat.S */
static unsigned long lw_arg(const struct pt_regs *regs, int n)
{
	bool compat = lw_compat_call();

	switch (n) {
	case 0:
		return compat ? (u32)regs->bx : regs->di;
	case 1:
		return compat ? (u32)regs->cx : regs->si;
	case 2:
		return compat ? (u32)regs->dx : regs->dx;
	case 3:
		return compat ? (u32)regs->si : regs->r10;
	case 4:
		return compat ? (u32)regs->di : regs->r8;
	case 5:
		return compat ? (u32)regs->bp : regs->r9;
	default:
		return 0;
	}
}

/* Debian's kernels have no CONFIG_ADDRESS_MASKING: the processor takes no tags. */
#define lw_untagged(addr) (addr)

#define LW_COMPAT_NAME "ia32"
#define LW_RESULT_STAYS true

static __always_inline unsigned long lw_function_caller(const struct pt_regs *regs)
{
	return *(const unsigned long *)regs->sp;
}

static __always_inline void lw_local_inc(u32 *n)
{
	asm volatile("incl %0" : "+m"(*n));
}

#elif defined(CONFIG_ARM64)

/* All calls of a program use the program's ABI. */
static bool lw_compat_call(void)
{
	return compat_user_mode(task_pt_regs(current));
}

/* x0 becomes the result; arch/arm64/kernel/syscall.c keeps its old value. */
static unsigned long lw_arg(const struct pt_regs *regs, int n)
{
	unsigned long arg;

	if (n < 0 || n > 5)
		return 0;
	arg = n ? regs->regs[n] : regs->orig_x0;
	return lw_compat_call() ? (u32)arg : arg;
}

/* Documentation/arm64/tagged-address-abi.rst: programs may ask for calls that take tags. */
#define lw_untagged(addr) untagged_addr(addr)

#define LW_COMPAT_NAME "arm"
#define LW_RESULT_STAYS false

static __always_inline unsigned long lw_function_caller(const struct pt_regs *regs)
{
	return regs->regs[30];
}

static __always_inline void lw_local_inc(u32 *n)
{
	atomic_inc((atomic_t *)n);
}

#else
#error lwtools knows x86-64 and arm64 only
#endif
