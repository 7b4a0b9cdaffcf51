#pragma once

#include "net.h"
#include "start.h"
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>

/*
 * A call of the current process has accepted this descriptor. Its socket is open from now on, if it
 * has this port; 0 stands for any port. Another thread may have closed the descriptor already. The
 * reference to the file is dropped last, so that its close is always seen.
 */
static void lw_accepted(int fd, int port)
{
	struct file *file = fget(fd);
	struct socket *sock;

	if (!file)
		return;
	sock = S_ISSOCK(file_inode(file)->i_mode) ? file->private_data : NULL;
	if (sock && sock->sk && (!port || port == lw_port(sock->sk)))
		lw_start((unsigned long)sock->sk, fd);
	/* Defers work that may sleep, if this is the last reference. */
	fput(file);
}
