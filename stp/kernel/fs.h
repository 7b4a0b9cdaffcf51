#pragma once

#include "arch.h"
#include "call.h"
#include "put.h"
#include <linux/backing-dev.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>

/* calls.stp's, whose lw_only() a tool calls as well */
struct lw_call;
static bool lw_want_file(struct pt_regs *regs, struct lw_call *call);
static void lw_emit_call_file(struct lw_call *call, bool path);

static char lw_file_system[16];
