/* SPDX-License-Identifier: GPL-2.0-only */
/* lockdown.h - reasons why the kernel refuses a module */
#ifndef LW_LOCKDOWN_H
#define LW_LOCKDOWN_H

#include "rules/rule.h"

/*
 * lw_lockdown_refusal - explains EPERM, EACCES, EKEYREJECTED, ENOKEY or EBADMSG of init_module(2)
 * (kernel/module/signing.c). An error may have several causes: the reason is that of the first rule
 * that fails now, or else the cause that remains.
 */
void lw_lockdown_refusal(const struct lw_subject *subject, int error, struct lw_reason *why);

/*
 * lw_lockdown_asks - returns which setting makes the running kernel ask for signed modules, NULL: none
 * @root: directory that holds sys, "" on a real host
 */
const char *lw_lockdown_asks(const char *root);

#endif
