#pragma once

#include <linux/module.h>

/*
 * no_task.h - for tools whose events come in interrupts, so that the current task is any task: lwload then offers no
 * fields of tasks. Options that choose tasks are those of filter.h, which such tools do not use
 */
MODULE_INFO(lw_no_task, "they come in interrupts");
