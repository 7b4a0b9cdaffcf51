/* SPDX-License-Identifier: GPL-2.0-only */
/* kprobes.h - reasons why the kernel refuses a probe */
#ifndef LW_KPROBES_H
#define LW_KPROBES_H

#include <stdbool.h>

#include "rules/rule.h"

/*
 * lw_kprobes_barred - is a function that the module probes on the blacklist? *why says which. For a
 * run.
 */
bool lw_kprobes_barred(const struct lw_subject *subject, struct lw_reason *why);

#endif
