// SPDX-License-Identifier: GPL-2.0-only
/*
 * deeds - does N of each thing that a tool shows, in a thread, when it is told to
 *
 * usage: deeds N PROCESS THREAD PROGRAM
 *
 * The process and its thread take these names. Prints one line "PID TID PPID PIDNS MNTNS", of the host, and waits
 * for a byte, or the end, of its standard input. Then the thread makes N opens, kills, getppid() calls, calls that need
 * CAP_SYS_ADMIN, umount2() calls, direct writes, reads and writes of a file, accepted connections and HTTP requests; last the process executes PROGRAM, which does nothing.
 * The numbers are those of the host if /proc is the host's.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long n;
static const char *thread_name;
static long pid, tid;
static pthread_barrier_t ready, told; /* the ids are known; the thread may begin */

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static void open_files(void)
{
	long i;

	for (i = 0; i < n; i++)
		close(open("/etc/hostname", O_RDONLY));
}

static void kill_itself(void)
{
	long i;

	for (i = 0; i < n; i++)
		kill(getpid(), 0);
}

static void ask_for_parent(void)
{
	long i;

	for (i = 0; i < n; i++)
		syscall(SYS_getppid);
}

/* There is no such place. */
static void unmount(void)
{
	long i;

	for (i = 0; i < n; i++)
		umount2("/deed", 0);
}

/* The name is too long: in a container that has the capability nothing must change. */
static void ask_for_capability(void)
{
	char name[HOST_NAME_MAX + 1] = "";
	long i;

	for (i = 0; i < n; i++)
		if (!sethostname(name, sizeof(name)))
			die("sethostname");
}

/* The file is on the root disk, since /tmp is memory. */
static void use_file(void)
{
	char name[40], *block;
	long i;
	int fd;

	snprintf(name, sizeof(name), "/var/tmp/lw-deeds-%ld", pid);
	fd = open(name, O_RDWR | O_CREAT | O_DIRECT, 0600);
	block = aligned_alloc(4096, 4096);
	if (fd < 0 || !block)
		die(name);
	memset(block, 'x', 4096);
	for (i = 0; i < n; i++)
		if (pwrite(fd, block, 4096, 4096 * i) != 4096 ||
		    pread(fd, block, 4096, 4096 * i) != 4096)
			die(name);
	close(fd);
	unlink(name);
}

static void exchange(int client, int server)
{
	static const char request[] = "GET /deed HTTP/1.1\r\n\r\n";
	static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	char text[256];

	if (send(client, request, sizeof(request) - 1, 0) < 0 ||
	    recv(server, text, sizeof(text), 0) <= 0 ||
	    send(server, response, sizeof(response) - 1, 0) < 0 ||
	    recv(client, text, sizeof(text), 0) <= 0)
		die("exchange");
}

static void connect_to_itself(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client, server;
	long i;

	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0)
		die("listen");
	for (i = 0; i < n; i++) {
		client = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0)
			die("connect");
		server = accept(listener, NULL, NULL);
		if (server < 0)
			die("accept");
		exchange(client, server);
		close(client);
		close(server);
	}
	close(listener);
}

static void *do_all(void *unused)
{
	char link[64] = "";

	prctl(PR_SET_NAME, thread_name);
	if (readlink("/proc/thread-self", link, sizeof(link) - 1) < 0 ||
	    sscanf(link, "%ld/task/%ld", &pid, &tid) != 2)
		die("/proc/thread-self");
	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&told);
	open_files();
	kill_itself();
	ask_for_parent();
	ask_for_capability();
	unmount();
	use_file();
	connect_to_itself();
	return unused;
}

/* PPid of a status is the host's, as /proc is; getppid() is the namespace's. */
static long parent(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	long ppid = 0;

	while (status && fgets(line, sizeof(line), status) && sscanf(line, "PPid: %ld", &ppid) != 1)
		;
	fclose(status);
	return ppid;
}

static unsigned long namespace(const char *kind)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

int main(int argc, char **argv)
{
	char *const args[] = { "deed", NULL };
	pthread_t thread;
	char byte;

	if (argc != 5)
		return argc != 1;
	n = atol(argv[1]);
	thread_name = argv[3];
	prctl(PR_SET_NAME, argv[2]);
	pthread_barrier_init(&ready, NULL, 2);
	pthread_barrier_init(&told, NULL, 2);
	if (pthread_create(&thread, NULL, do_all, NULL))
		die("pthread_create");
	pthread_barrier_wait(&ready);
	printf("%ld %ld %ld %lu %lu\n", pid, tid, parent(), namespace("pid"), namespace("mnt"));
	fflush(stdout);
	if (read(STDIN_FILENO, &byte, 1) < 0)
		die("read");
	pthread_barrier_wait(&told);
	pthread_join(thread, NULL);
	execv(argv[4], args);
	die(argv[4]);
}
