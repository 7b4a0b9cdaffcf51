#pragma once

#include <linux/fs.h>

/*
 * relay.h - how lwload reads a CPU's buffer from any CPU
 *
 * SystemTap's own function (runtime/transport/relay_v2.c) is correct only on the buffer's CPU. A
 * thread cannot go to a CPU outside its cpuset, and should not go to an isolated CPU.
 *
 * SystemTap's definition comes later and gets another name. Its uses, which have no parentheses, are
 * of the function in relay.c.
 */
static ssize_t(__stp_relay_file_read)(struct file *file, char __user *to, size_t size, loff_t *pos);
#define __stp_relay_file_read(...) __maybe_unused lw_unused_relay_file_read(__VA_ARGS__)
