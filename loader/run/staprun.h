/* SPDX-License-Identifier: GPL-2.0-only */
/* staprun.h - the same run through the host's staprun */
#ifndef LW_STAPRUN_H
#define LW_STAPRUN_H

#include "run/engine.h"

/*
 * lw_staprun_run - as lw_engine_run(), but SystemTap's own staprun inserts and
 * removes the module. It must be 5.1 or later: older ones speak another
 * protocol and refuse ("Unable to send relocation"). It runs from its fixed
 * place with a fixed environment. Its messages go to stderr as they are, and *loss is
 * what they tell of. Whether it ends or not, this does: -ETIMEDOUT if even SIGKILL does not
 * help.
 */
int lw_staprun_run(const struct lw_run *run, struct lw_loss *loss);

#endif
