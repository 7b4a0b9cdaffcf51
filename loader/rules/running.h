/* SPDX-License-Identifier: GPL-2.0-only */
/* running.h - other runs of a tool */
#ifndef LW_RUNNING_H
#define LW_RUNNING_H

#include "rules/rule.h"

/* lw_running_places - returns how many runs of a tool may last at the same time on this host (kernel/runs.h) */
int lw_running_places(const struct lw_subject *subject);

#endif
