// SPDX-License-Identifier: GPL-2.0-only
/*
 * io - makes a known number of reads, writes and other calls
 *
 * usage: io files | pipes | calls | names N [FIRST] | threads | cache DISK
 *
 * Prints nothing while it works. "files" leaves a JSON object for each of its calls in
 * /dev/shm/lw-io.json, as fsslower must show it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "table32.h"

/* The file is on the root disk, since /tmp is memory. */
#define NAME "lw-io-file"
#define PATH "/var/tmp/" NAME
#define LOG "/dev/shm/lw-io.json"

static FILE *memory;
static char *records;
static size_t size;

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static void record(const char *op, long bytes, long offset)
{
	fprintf(memory, "{\"op\":\"%s\",\"bytes\":%ld,\"offset\":%ld,\"file\":\"%s\"}\n", op, bytes,
		offset, NAME);
}

/* 11 write, 5 pwrite, 3 writev: 19 */
static long write_all(int fd)
{
	static char buf[4096];
	struct iovec two[] = { { buf, 100 }, { buf, 23 } };
	long at = 0, n;
	int i;

	for (i = 0; i < 11; i++, at += n) {
		n = write(fd, buf, 1000 + i);
		record("W", n, at);
	}
	for (i = 0; i < 5; i++)
		record("W", pwrite(fd, buf, 512, 20000 + 512 * i), 20000 + 512 * i);
	for (i = 0; i < 3; i++, at += n) {
		n = writev(fd, two, 2);
		record("W", n, at);
	}
	return at;
}

/* 7 read, 5 pread, 5 readv: 17 */
static void read_all(int fd)
{
	static char buf[4096];
	struct iovec two[] = { { buf, 10 }, { buf, 7 } };
	long at = 0, n;
	int i;

	lseek(fd, 0, SEEK_SET);
	for (i = 0; i < 7; i++, at += n) {
		n = read(fd, buf, 1000);
		record("R", n, at);
	}
	for (i = 0; i < 5; i++)
		record("R", pread(fd, buf, 300, 100 * i), 100 * i);
	for (i = 0; i < 5; i++, at += n) {
		n = readv(fd, two, 2);
		record("R", n, at);
	}
}

static void files(void)
{
	int fd = open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0600), i, log;

	if (fd < 0)
		die(PATH);
	memory = open_memstream(&records, &size);
	write_all(fd);
	for (i = 0; i < 3; i++) {
		if (fsync(fd))
			die("fsync");
		record("F", 0, 0);
	}
	read_all(fd);
	close(fd);
	/* This write, at once and to memory, is counted by rwtime alone. */
	fclose(memory);
	log = open(LOG, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (log < 0 || write(log, records, size) != (ssize_t)size)
		die("log");
}

/* 13 writes and 13 reads of a pipe, 5 reads of /proc, 1 failed read */
static void pipes(void)
{
	char buf[64] = "";
	int ends[2], i, fd;

	if (pipe(ends))
		die("pipe");
	for (i = 0; i < 13; i++)
		if (write(ends[1], buf, 7) != 7 || read(ends[0], buf, 64) != 7)
			die("pipe");
	for (i = 0; i < 5; i++) {
		fd = open("/proc/self/stat", O_RDONLY);
		if (read(fd, buf, 64) != 64)
			die("/proc");
		close(fd);
	}
	if (read(-1, buf, 1) != -1)
		die("read");
}

/* 101 getppid, 47 getuid, 13 close that fail; by the 32-bit table 23 getppid, 7 close that fail */
static void calls(void)
{
	int i;

	for (i = 0; i < 101; i++)
		syscall(SYS_getppid);
	for (i = 0; i < 47; i++)
		syscall(SYS_getuid);
	for (i = 0; i < 13; i++)
		close(-1);
	for (i = 0; i < 23; i++)
		table32(64, SYS_getppid, 0, 0, 0, 0);
	for (i = 0; i < 7; i++)
		table32(6, SYS_close, -1, 0, 0, 0);
}

/* Each of n commands, named from "lwname" + first on, reads 4 KiB past the page cache. */
static void names(int n, int first)
{
	static char buf[4096] __attribute__((aligned(4096)));
	int fd = open(PATH, O_RDWR | O_CREAT | O_DIRECT, 0600), i;
	char name[24];

	if (fd < 0 || write(fd, buf, sizeof(buf)) != sizeof(buf))
		die(PATH);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "lwname%d", first + i);
		prctl(PR_SET_NAME, name);
		if (pread(fd, buf, sizeof(buf), 0) != sizeof(buf))
			die(PATH);
	}
}

static void *ten_reads(void *name)
{
	char buf[4096] __attribute__((aligned(4096)));
	int fd = open(PATH, O_RDONLY | O_DIRECT), i;

	if (name && pthread_setname_np(pthread_self(), name))
		die("pthread_setname_np");
	for (i = 0; i < 10; i++)
		if (pread(fd, buf, sizeof(buf), 0) != sizeof(buf))
			die(PATH);
	close(fd);
	return NULL;
}

/*
 * The first thread, which keeps the process's name, and four threads with names of their own make
 * 10 reads each past the page cache.
 */
static void threads(void)
{
	static char *const own[] = { "connection", "ib_io", "signal", "page_cleaner" };
	pthread_t others[4];
	int i;

	names(0, 0);
	ten_reads(NULL);
	for (i = 0; i < 4; i++)
		if (pthread_create(&others[i], NULL, ten_reads, own[i]))
			die("pthread_create");
	for (i = 0; i < 4; i++)
		pthread_join(others[i], NULL);
}

/* Gives a disk the partition n with this number of sectors; 0 takes it away. */
static void partition(const char *disk, int n, long long first, long long sectors)
{
	struct blkpg_partition part = { .start = first * 512, .length = sectors * 512, .pno = n };
	struct blkpg_ioctl_arg arg = {
		.op = sectors ? BLKPG_ADD_PARTITION : BLKPG_DEL_PARTITION,
		.datalen = sizeof(part),
		.data = &part,
	};
	int fd = open(disk, O_RDONLY);

	if (fd < 0 || ioctl(fd, BLKPG, &arg) < 0)
		die(disk);
}

/* The cache has nothing of a disk. 1009 pages of it are read twice, one by one, and then 503 others are written, and 211 others are read and written. */
static void cache(const char *disk)
{
	static char page[4096];
	int fd = open(disk, O_RDWR), i;

	if (fd < 0 || fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM))
		die(disk);
	for (i = 0; i < 2 * 1009; i++)
		if (pread(fd, page, sizeof(page), i % 1009 * 4096L) != sizeof(page))
			die("pread");
	for (i = 0; i < 503; i++)
		if (pwrite(fd, page, sizeof(page), (1500 + i) * 4096L) != sizeof(page))
			die("pwrite");
	for (i = 0; i < 211; i++)
		if (pread(fd, page, sizeof(page), (2100 + i) * 4096L) != sizeof(page) ||
		    pwrite(fd, page, sizeof(page), (2100 + i) * 4096L) != sizeof(page))
			die("pwrite");
}

int main(int argc, char **argv)
{
	const char *what = argc >= 2 ? argv[1] : "";

	if (!strcmp(what, "files"))
		files();
	else if (!strcmp(what, "pipes"))
		pipes();
	else if (!strcmp(what, "calls"))
		calls();
	else if (!strcmp(what, "names") && argc >= 3)
		names(atoi(argv[2]), argc > 3 ? atoi(argv[3]) : 0);
	else if (!strcmp(what, "threads"))
		threads();
	else if (!strcmp(what, "cache") && argc == 3)
		cache(argv[2]);
	else if (!strcmp(what, "partition") && argc == 6)
		partition(argv[2], atoi(argv[3]), atoll(argv[4]), atoll(argv[5]));
	else
		die("usage: io files|pipes|calls|names N [FIRST]|threads|cache DISK|partition DISK N FIRST SECTORS");
	_exit(0);
}
