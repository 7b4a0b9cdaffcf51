#pragma once

#include <asm/syscall.h>

/* In an ia32 system call, also one that a 64-bit program makes by int 0x80. */
static bool lw_ia32_call(void)
{
#ifdef CONFIG_IA32_EMULATION
	return in_ia32_syscall();
#else
	return false;
#endif
}

/* syscall_get_arguments() would fetch all six, four times as dear as one. */
static unsigned long lw_arg(const struct pt_regs *regs, int n)
{
	bool ia32 = lw_ia32_call();

	switch (n) {
	case 0: return ia32 ? (u32)regs->bx : regs->di;
	case 1: return ia32 ? (u32)regs->cx : regs->si;
	case 2: return ia32 ? (u32)regs->dx : regs->dx;
	case 3: return ia32 ? (u32)regs->si : regs->r10;
	case 4: return ia32 ? (u32)regs->di : regs->r8;
	case 5: return ia32 ? (u32)regs->bp : regs->r9;
	default: return 0;
	}
}
