/* SPDX-License-Identifier: GPL-2.0-only */
/* staprun.h - a run by the host's staprun */
#ifndef LW_STAPRUN_H
#define LW_STAPRUN_H

#include "run/engine.h"

/*
 * lw_staprun_run - does what lw_engine_run() does, but SystemTap's own staprun inserts and removes
 * the module
 *
 * Staprun must be 5.1 or later: an older one has another protocol and refuses ("Unable to send
 * relocation"). It is started by its fixed path, with a fixed environment. Its messages go to
 * stderr as they are, and *loss is the loss that they tell. This returns even if staprun does not
 * end, by -ETIMEDOUT after a SIGKILL without effect.
 */
int lw_staprun_run(const struct lw_job *job, struct lw_loss *loss);

#endif
