// SPDX-License-Identifier: GPL-2.0-only
/*
 * mounts - makes calls that mount and unmount, good ones and bad ones, in a mount namespace of its own
 *
 * usage: mounts DIRECTORY
 *
 * Prints a JSON object for each call, as mountsnoop must show it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* sys/mount.h clashes with linux/mount.h before glibc 2.37. */
#define DETACH 2

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void print(const char *call, const char *fs, const char *source, const char *target,
		  const char *flags, long result)
{
	printf("{\"call\":\"%s\",\"fs\":\"%s\",\"source\":\"%s\",\"target\":\"%s\",\"flags\":\"%s\",\"result\":%ld}\n",
	       call, fs, source, target, flags, result < 0 ? -errno : result);
}

static void do_mount(const char *fs, const char *source, const char *target, unsigned long flags,
		     const char *names)
{
	long result = syscall(SYS_mount, source, target, fs, flags, NULL);

	print("mount", fs ?: "", source ?: "", target, names, result);
}

static void do_umount(const char *target, int flags, const char *names)
{
	long result = syscall(SYS_umount2, target, flags);

	print("umount", "", "", target, names, result);
}

static void old_calls(const char *at)
{
	static char source[4096];

	do_mount("tmpfs", "lw-one", at, MS_NOSUID | MS_NODEV, "NOSUID|NODEV");
	do_mount(NULL, NULL, at, MS_REMOUNT | MS_BIND | MS_RDONLY, "RDONLY|REMOUNT|BIND");
	do_mount(NULL, NULL, at, MS_PRIVATE | 1 << 30, "PRIVATE|0x40000000");
	do_mount("nosuchfs", "lw-two", at, 0, "");
	/* It has no room in a record, and the target has. */
	memset(source, 1, sizeof(source) - 1);
	do_mount("tmpfs", source, "/no/room/for/it", 0, "");
	do_mount("tmpfs", "lw-three", "/no/such/place", 0, "");
	do_umount(at, DETACH, "DETACH");
	do_umount("/no/such/place", 0, "");
}

/* tmpfs by the calls of Linux 5.2. The value of a parameter that is no source may be a secret. */
static void new_calls(const char *at)
{
	int fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), mount;
	long result;

	print("fsopen", "tmpfs", "", "", "0x1", fs);
	result = syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", "lw-four", 0);
	print("fsconfig", "", "lw-four", "", "SET_STRING", result);
	result = syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "size", "1M", 0);
	print("fsconfig", "", "", "", "SET_STRING", result);
	result = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	print("fsconfig", "", "", "", "CREATE", result);
	mount = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOEXEC);
	print("fsmount", "", "", "", "0x8", mount);
	result = syscall(SYS_move_mount, mount, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH);
	print("move_mount", "", "", at, "0x4", result);
	result = syscall(SYS_fspick, AT_FDCWD, at, 0);
	print("fspick", "", "", at, "", result);
	result = syscall(SYS_open_tree, AT_FDCWD, at, OPEN_TREE_CLONE);
	print("open_tree", "", at, "", "0x1", result);
	do_umount(at, 0, "");
	result = syscall(SYS_pivot_root, "/no/such/root", "/no/such/place");
	print("pivot_root", "", "/no/such/root", "/no/such/place", "", result);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	if (unshare(CLONE_NEWNS))
		die("unshare");
	syscall(SYS_mount, NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL);
	if (mkdir(argv[1], 0700))
		die(argv[1]);
	old_calls(argv[1]);
	new_calls(argv[1]);
	return 0;
}
