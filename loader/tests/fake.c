// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/control.h"
#include "fake.h"

struct fake *fake;

/* The things that a descriptor can stand for. Streams are STREAM + cpu. */
enum kind { REAL, DIRECTORY, COMMAND, POSSIBLE, PROCESS, STREAM };
#define MAX_FD 1024
static enum kind kinds[MAX_FD];

long __real_syscall(long number, ...);
int __real_open(const char *path, int flags, ...);
int __real_openat(int dir, const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __real_write(int fd, const void *buf, size_t size);
FILE *__real_fopen(const char *path, const char *mode);
int __real_poll(struct pollfd *fds, nfds_t n, int msec);
int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask);
long __real_sysconf(int name);
int __wrap_execve(const char *path, char *const *argv, char *const *envp);
int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);
int __real_clock_gettime(clockid_t id, struct timespec *now);

long __wrap_syscall(long number, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __wrap_write(int fd, const void *buf, size_t size);
FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_poll(struct pollfd *fds, nfds_t n, int msec);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask);
long __wrap_sysconf(int name);
int __wrap_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_isatty(int fd);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

/* ---- the module ---- */

void fake_reset(void)
{
	int i;

	if (!fake) {
		fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
		if (fake == MAP_FAILED)
			abort();
	}
	memset(fake, 0, offsetof(struct fake, streams));
	for (i = 0; i < FAKE_STREAMS; i++)
		fake->streams[i].len = fake->streams[i].pos = 0;
	memset(kinds, 0, sizeof(kinds));
	fake->fail_errno = EIO;
	fake->clock = 1000000000000LL;
}

void fake_say(uint32_t type, const void *payload, size_t len)
{
	struct fake_message *message = &fake->queue[fake->queue_len++];

	message->type = type;
	message->len = len;
	memcpy(message->payload, payload, len);
}

void fake_text(const char *text)
{
	fake_say(LW_MSG_OOB_DATA, text, strlen(text) + 1);
}

static void append(struct fake_stream *stream, const void *bytes, size_t len)
{
	if (stream->len + len > sizeof(stream->bytes))
		abort();
	memcpy(stream->bytes + stream->len, bytes, len);
	stream->len += len;
}

void fake_packet(int cpu, uint32_t sequence, const char *text)
{
	uint32_t len = strlen(text);

	append(&fake->streams[cpu], "\xf0\x9f\xa9\xba", 4);
	append(&fake->streams[cpu], &sequence, sizeof(sequence));
	append(&fake->streams[cpu], &len, sizeof(len));
	append(&fake->streams[cpu], text, len);
}

void fake_print(int cpu, const char *text)
{
	fake_packet(cpu, ++fake->sequence, text);
}

static void start(void)
{
	int32_t answer[2] = { 0, fake->start_result };

	if (fake->on_start)
		fake->on_start();
	if (!fake->silent_start)
		fake_say(LW_MSG_START, answer, sizeof(answer));
}

static void end(void)
{
	if (fake->on_exit)
		fake->on_exit();
	if (!fake->silent_exit)
		fake_say(LW_MSG_EXIT, "", 0);
}

static void take_command(const char *buf, size_t size)
{
	struct fake_message *message = &fake->sent[fake->nsent++];

	memcpy(&message->type, buf, sizeof(message->type));
	message->len = size - sizeof(message->type);
	memcpy(message->payload, buf + sizeof(message->type), message->len);
	if (message->type == LW_MSG_READY && !fake->silent_ready)
		fake_say(LW_MSG_TRANSPORT, "", 0);
	else if (message->type == LW_MSG_START)
		start();
	else if (message->type == LW_MSG_EXIT)
		end();
}

/* ---- failures ---- */

/* Each call that reaches the kernel asks here first whether it fails. */
static bool fails(const char *call)
{
	fake->calls++;
	if (fake->calls != fake->fail_at && (!fake->fail_call || strcmp(call, fake->fail_call)))
		return false;
	fake->failures++;
	errno = fake->fail_errno;
	return true;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* ---- system calls ---- */

static long insert_module(const void *image, unsigned long size, const char *params)
{
	int error = fake->insert_errno[fake->inserts ? 1 : 0];

	fake->inserts++;
	if (fails("init_module"))
		return -1;
	if (error)
		return fail(error);
	if (size > sizeof(fake->image))
		abort();
	memcpy(fake->image, image, size);
	fake->image_size = size;
	snprintf(fake->params, sizeof(fake->params), "%s", params);
	fake->loaded = true;
	return 0;
}

static long remove_module(void)
{
	fake->removes++;
	if (fails("delete_module"))
		return -1;
	if (fake->removes_refused-- > 0)
		return fail(EAGAIN);
	if (fake->remove_errno)
		return fail(fake->remove_errno);
	fake->loaded = false;
	return 0;
}

static int new_fd(enum kind kind)
{
	int fd = __real_open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 || fd >= MAX_FD)
		abort();
	kinds[fd] = kind;
	fake->open_files++;
	return fd;
}

static long open_process(int pid)
{
	if (fails("pidfd_open"))
		return -1;
	fake->opened_pid = pid;
	if (fake->on_process)
		fake->on_process();
	return new_fd(PROCESS);
}

static long send_signal(int number)
{
	if (fails("pidfd_send_signal"))
		return -1;
	fake->signal = number;
	if (fake->on_signal)
		fake->on_signal();
	return 0;
}

static long mount_debugfs(long number)
{
	if (number == SYS_fsopen)
		return fails("fsopen") ? -1 : new_fd(PROCESS);
	if (number == SYS_fsconfig)
		return fails("fsconfig") ? -1 : 0;
	return fails("fsmount") ? -1 : __real_open(fake->debugfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

long __wrap_syscall(long number, ...)
{
	unsigned long a, b, c, d;
	va_list args;

	va_start(args, number);
	a = va_arg(args, unsigned long);
	b = va_arg(args, unsigned long);
	c = va_arg(args, unsigned long);
	d = va_arg(args, unsigned long);
	va_end(args);
	if (number == SYS_init_module)
		return insert_module((const void *)a, b, (const char *)c);
	if (number == SYS_delete_module)
		return remove_module();
	if (number == SYS_pidfd_open)
		return open_process(a);
	if (number == SYS_pidfd_send_signal)
		return send_signal(b);
	if (number == SYS_fsopen || number == SYS_fsconfig || number == SYS_fsmount)
		return mount_debugfs(number);
	if (number == __NR_close_range)
		return __real_syscall(number, a, b, c);
	if (number == __NR_openat2)
		return __real_syscall(number, a, b, c, d);
	abort();
}

static enum kind kind_of(int fd)
{
	return fd >= 0 && fd < MAX_FD ? kinds[fd] : REAL;
}

/* Writes a note whose descriptor has this size. Returns the number of bytes. */
static size_t put_note(char *to, const char *owner, const void *bytes, size_t size)
{
	Elf64_Nhdr header = { .n_namesz = strlen(owner) + 1, .n_descsz = size };
	size_t at = sizeof(header);

	memcpy(to, &header, sizeof(header));
	memcpy(to + at, owner, header.n_namesz);
	at += (header.n_namesz + 3) & ~3;
	memcpy(to + at, bytes, size);
	return at + ((size + 3) & ~3);
}

/* The loader reads kcore at any place, so it is a real file. Its first note is about a task. */
static int open_kcore(void)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr part;
		char notes[1024];
	} core = { .header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB },
			       .e_phoff = offsetof(typeof(core), part) },
		   .part = { .p_type = PT_NOTE, .p_offset = offsetof(typeof(core), notes) } };
	static const char task[] = "a task\nSYMBOL(_stext)=bad\n";
	const char *owner = fake->vmcoreinfo_of ? fake->vmcoreinfo_of : "VMCOREINFO";
	size_t n;
	int fd;

	if (!fake->vmcoreinfo)
		return fail(ENOENT);
	n = put_note(core.notes, "CORE", task, sizeof(task));
	n += put_note(core.notes + n, owner, fake->vmcoreinfo, strlen(fake->vmcoreinfo));
	core.part.p_filesz = n;
	fd = memfd_create("kcore", MFD_CLOEXEC);
	if (fd < 0 || __real_write(fd, &core, sizeof(core)) != (ssize_t)sizeof(core))
		abort();
	return fd;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (!strncmp(path, "/proc/systemtap/", 16))
		return fails("open dir") ? -1 : new_fd(DIRECTORY);
	if (fake && strstr(path, "/proc/kcore"))
		return fails("open kcore") ? -1 : open_kcore();
	if (fake && fake->debugfs && !strncmp(path, "/sys/kernel/debug/", 18))
		return fail(ENOENT);
	if (!strcmp(path, "/sys/devices/system/cpu/possible"))
		return new_fd(POSSIBLE);
	return __real_open(path, flags, mode);
}

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	int cpu, mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (kind_of(dir) != DIRECTORY)
		return __real_openat(dir, path, flags, mode);
	if (!strcmp(path, ".cmd"))
		return fails("openat .cmd") ? -1 : new_fd(COMMAND);
	if (fails("openat trace"))
		return -1;
	if (sscanf(path, "trace%d", &cpu) != 1 || cpu >= FAKE_STREAMS || fake->no_cpu[cpu])
		return fail(ENOENT);
	return new_fd(STREAM + cpu);
}

int __wrap_close(int fd)
{
	if (kind_of(fd) != REAL) {
		kinds[fd] = REAL;
		fake->open_files--;
	}
	return __real_close(fd);
}

static ssize_t read_command(char *buf, size_t size)
{
	struct fake_message *message = &fake->queue[fake->queue_pos];

	if (fake->queue_pos == fake->queue_len)
		return fail(EAGAIN);
	if (size < sizeof(message->type) + message->len)
		abort();
	fake->queue_pos++;
	memcpy(buf, &message->type, sizeof(message->type));
	memcpy(buf + sizeof(message->type), message->payload, message->len);
	return sizeof(message->type) + message->len;
}

static ssize_t read_stream(int cpu, char *buf, size_t size)
{
	struct fake_stream *stream = &fake->streams[cpu];

	if (fake->before_read)
		fake->before_read(cpu);
	if (stream->pos == stream->len)
		return fail(cpu ? ENODATA : EAGAIN);
	if (size > stream->len - stream->pos)
		size = stream->len - stream->pos;
	memcpy(buf, stream->bytes + stream->pos, size);
	stream->pos += size;
	return size;
}

ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	enum kind kind = kind_of(fd);

	if (kind == REAL)
		return __real_read(fd, buf, size);
	if (kind == POSSIBLE)
		return snprintf(buf, size, "0-%d\n", FAKE_STREAMS - 1);
	if (kind == COMMAND)
		return fails("read .cmd") ? -1 : read_command(buf, size);
	return fails("read trace") ? -1 : read_stream(kind - STREAM, buf, size);
}

ssize_t __wrap_write(int fd, const void *buf, size_t size)
{
	enum kind kind = kind_of(fd);

	if (kind == REAL)
		return __real_write(fd, buf, size);
	if (fails("write"))
		return -1;
	take_command(buf, size);
	return size;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	bool zero = fake && fake->kallsyms_hidden;
	static char text[512];

	if (strcmp(path, "/proc/kallsyms"))
		return __real_fopen(path, mode);
	if (fails("fopen kallsyms"))
		return NULL;
	snprintf(text, sizeof(text),
		 "0000000000000000 A fixed_percpu_data\n"
		 "0000000000000003 no_stext\n"
		 "%016llx T _stext\n"
		 "%016llx T _stext_not\n"
		 "%016llx T kallsyms_lookup_name_not\n"
		 "%016llx T kallsyms_lookup_name\n",
		 zero ? 0 : FAKE_STEXT, 1ULL, 2ULL, zero ? 0 : FAKE_LOOKUP);
	return fmemopen(text, strlen(text), "r");
}

/* ---- another program ---- */

static void join(char *text, size_t size, char *const *words)
{
	size_t n = strlen(text);

	for (; *words; words++)
		n += snprintf(text + n, size - n, "%s ", *words);
}

/* In the child: keeps what the program would be started with, prints one line and ends. */
int __wrap_execve(const char *path, char *const *argv, char *const *envp)
{
	struct sigaction action;
	sigset_t blocked;
	int i;

	if (fake->exec_errno)
		return fail(fake->exec_errno);
	snprintf(fake->command, sizeof(fake->command), "%s: ", path);
	join(fake->command, sizeof(fake->command), argv);
	join(fake->environment, sizeof(fake->environment), envp);
	for (i = STDERR_FILENO + 1; i < MAX_FD; i++)
		fake->inherited += fcntl(i, F_GETFD) >= 0;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (i = 1; i < NSIG; i++) {
		if (sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			fake->changed_signals++;
		fake->changed_signals += sigismember(&blocked, i) == 1;
	}
	if (fake->exec_deaf)
		signal(SIGINT, SIG_IGN);
	if (fake->exec_says && write(STDERR_FILENO, fake->exec_says, strlen(fake->exec_says)) < 0)
		_exit(98);
	if (write(STDOUT_FILENO, "rows\n", 5) != 5)
		_exit(98);
	if (fake->exec_mute)
		close(STDOUT_FILENO);
	while (fake->exec_deaf)
		pause();
	if (fake->exec_waits) {
		alarm(60);
		pause();
	}
	_exit(fake->exec_status);
}

int __wrap_kill(pid_t pid, int number)
{
	if (fake && number == SIGKILL)
		fake->killed = pid;
	if (fake && fake->kill_refused)
		return fail(EPERM);
	return __real_kill(pid, number);
}

/* ---- waiting ---- */

/* Such as what ends a run: a real descriptor among those of the fake kernel */
static short real_events_of(int fd, int msec)
{
	struct pollfd real = { .fd = fd, .events = POLLIN };

	return __real_poll(&real, 1, msec) == 1 ? real.revents : 0;
}

static short events_of(int fd)
{
	enum kind kind = kind_of(fd);

	if (kind == COMMAND)
		return fake->queue_pos < fake->queue_len ? POLLIN : 0;
	if (kind == PROCESS)
		return fake->process_gone ? POLLIN : 0;
	if (kind >= STREAM)
		return fake->streams[kind - STREAM].pos < fake->streams[kind - STREAM].len ? POLLIN
											   : 0;
	if (kind == REAL && fd > STDERR_FILENO)
		return real_events_of(fd, 0);
	return fd == STDOUT_FILENO && fake->reader_gone ? POLLERR : 0;
}

static int look(struct pollfd *fds, nfds_t n)
{
	int ready = 0;
	nfds_t i;

	for (i = 0; i < n; i++) {
		fds[i].revents = events_of(fds[i].fd);
		ready += fds[i].revents != 0;
	}
	return ready;
}

/* A command needs real time. */
static void wait_for_others(const struct pollfd *fds, nfds_t n)
{
	nfds_t i;

	for (i = 0; i < n; i++)
		if (kind_of(fds[i].fd) == REAL && fds[i].fd > STDERR_FILENO)
			real_events_of(fds[i].fd, 10);
}

/* Time passes only here, so that a time-out takes none. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int msec)
{
	int ready;

	if (kind_of(fds[0].fd) == REAL) {
		ready = __real_poll(fds, n, fake && fake->hasty ? msec / 10 : msec);
		if (!ready && msec > 0 && fake)
			fake->clock += msec * 1000000LL;
		return ready;
	}
	ready = look(fds, n);
	if (!ready)
		fake->clock += msec * 1000000LL;
	return ready;
}

/* A signal may end it before the time is up. */
static int wait_real(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		     const sigset_t *mask)
{
	struct timespec begin, end;
	int ready;

	__real_clock_gettime(CLOCK_MONOTONIC, &begin);
	ready = __real_ppoll(fds, n, timeout, mask);
	__real_clock_gettime(CLOCK_MONOTONIC, &end);
	if (timeout && fake)
		fake->clock +=
			(end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec;
	return ready;
}

int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	int ready;

	if (kind_of(fds[0].fd) == REAL)
		return wait_real(fds, n, timeout, mask);
	if (fails("ppoll"))
		return -1;
	fake->rounds++;
	if (fake->on_poll)
		fake->on_poll(fake->rounds);
	ready = look(fds, n);
	if (!ready)
		wait_for_others(fds, n);
	if (!ready)
		fake->clock +=
			timeout ? timeout->tv_sec * 1000000000LL + timeout->tv_nsec : 1000000000LL;
	/* A signal that came meanwhile is handled now. */
	if (!ready)
		__real_ppoll(NULL, 0, &(struct timespec){ 0, 0 }, mask);
	/* Nothing ends this run, which is an error in the test or in the loader. */
	if (fake->rounds > 20000) {
		fprintf(stderr, "fake: nothing ends this run\n");
		abort();
	}
	return ready;
}

long __wrap_sysconf(int name)
{
	return name == _SC_NPROCESSORS_CONF ? FAKE_STREAMS : __real_sysconf(name);
}

int __wrap_isatty(int fd)
{
	return fake && fake->terminal && fd <= STDERR_FILENO;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *now)
{
	if (id != CLOCK_MONOTONIC || !fake)
		return __real_clock_gettime(id, now);
	now->tv_sec = fake->clock / 1000000000;
	now->tv_nsec = fake->clock % 1000000000;
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	fake->clock += time->tv_sec * 1000000000LL + time->tv_nsec;
	return 0;
}
