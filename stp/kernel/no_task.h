#pragma once

#include <linux/module.h>

/*
 * no_task.h - for tools whose events come in interrupts, so that the current task is any task: lwload then offers
 * no options that choose tasks, and no fields of tasks
 */
MODULE_INFO(lw_no_task, "they come in interrupts");
