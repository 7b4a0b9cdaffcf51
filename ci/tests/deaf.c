// SPDX-License-Identifier: GPL-2.0-only
/*
 * deaf.c - deaf DIR: mounts a file system there, in which a process has the file
 * DIR/systemtap/lw_opensnoop/.cmd open; then the file system's server answers nothing any more
 *
 * Prints "deaf" then, and ends when it is killed.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void answer(int fd, const struct fuse_in_header *in, void *body, size_t size)
{
	struct fuse_out_header out = { .len = sizeof(out) + size, .unique = in->unique };
	struct iovec parts[] = { { &out, sizeof(out) }, { body, size } };

	if (writev(fd, parts, 2) < 0)
		warn("answer to %u", in->opcode);
}

/* The root, two directories and a file have these numbers. The kernel may cache nothing. */
static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){ .ino = node,
				   .mode = node < 4 ? S_IFDIR | 0755 : S_IFREG | 0644,
				   .nlink = 1 };
}

static void serve(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
				      .minor = 31,
				      .max_write = 4096 };
	struct fuse_entry_out entry = { .nodeid = in->nodeid + 1,
					.attr = attributes(in->nodeid + 1) };
	struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
	struct fuse_open_out opened = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		return answer(fd, in, &init, sizeof(init));
	case FUSE_LOOKUP:
		return answer(fd, in, &entry, sizeof(entry));
	case FUSE_GETATTR:
		return answer(fd, in, &attr, sizeof(attr));
	case FUSE_OPEN:
		return answer(fd, in, &opened, sizeof(opened));
	}
}

/* This process closes the server's descriptor: when the last is closed, waits for an answer end. */
static void hold(const char *dir, int server)
{
	char path[256];

	close(server);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/systemtap/lw_opensnoop/.cmd", dir);
	if (open(path, O_RDONLY) < 0)
		err(1, "%s", path);
	puts("deaf");
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	static char request[64 << 10] __attribute__((aligned(8)));
	const struct fuse_in_header *in = (const struct fuse_in_header *)request;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	if (argc != 2)
		errx(2, "usage: deaf DIR");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 fd);
	if (fd < 0 || mount("deaf", argv[1], "fuse", 0, options) < 0)
		err(1, "%s", argv[1]);
	if (fork() == 0)
		hold(argv[1], fd);
	while (read(fd, request, sizeof(request)) > 0) {
		serve(fd, in);
		/* This is the last answer that the process waits for. */
		if (in->opcode == FUSE_OPEN)
			for (;;)
				pause();
	}
	err(1, "read");
}
