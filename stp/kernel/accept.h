#pragma once

#include "net.h"
#include "start.h"
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>

/*
 * A call of the current process has accepted this descriptor: its socket is open from now on, if it
 * is of this port; 0: of any. Another thread may have closed the descriptor already. The file is put
 * last, so that its close is seen in any case.
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
	/* Puts off what may sleep, should this be the last reference. */
	fput(file);
}
