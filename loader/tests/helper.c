// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <sanitizer/lsan_interface.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "module/signature.h"
#include "util/name.h"
#include "util/place.h"
#include "helper.h"

/* The sanitizers call these. The exit code is not 1, since lwload has that as well. */
const char *__asan_default_options(void);
const char *__lsan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "exitcode=99";
}

const char *__lsan_default_options(void)
{
	return "exitcode=99";
}

const char *__ubsan_default_options(void)
{
	return "exitcode=99:print_stacktrace=1";
}

static void die(const char *what)
{
	fprintf(stderr, "tests: %s: %s\n", what, strerror(errno));
	_exit(98);
}

static char *join(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *join(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		die("memory");
	va_end(args);
	return text;
}

/* ---- modinfo lines ---- */

static int find_line(const struct lines *lines, const char *line)
{
	size_t n = strcspn(line, "=");
	int i;

	for (i = 0; i < lines->n; i++)
		if (!strncmp(lines->text[i], line, n) && lines->text[i][n] == '=')
			return i;
	return -1;
}

void lines_set(struct lines *lines, const char *line)
{
	int i = find_line(lines, line);

	if (i < 0) {
		i = lines->n++;
		if (lines->n > (int)COUNT(lines->text))
			die("too many modinfo lines");
	} else {
		free(lines->text[i]);
	}
	lines->text[i] = join("%s", line);
}

void lines_drop(struct lines *lines, const char *key)
{
	int i = find_line(lines, key);

	if (i < 0)
		die(key);
	free(lines->text[i]);
	lines->text[i] = lines->text[--lines->n];
}

void lines_of(struct lines *lines, const char *tool)
{
	char *command = join("%s/modules/describe %s/stp/%s.stp", TEST_TOP, TEST_TOP, tool);
	char *name = join("name=lw_%s", tool);
	FILE *pipe = popen(command, "r");
	char line[1024];

	memset(lines, 0, sizeof(*lines));
	while (pipe && fgets(line, sizeof(line), pipe)) {
		line[strcspn(line, "\n")] = '\0';
		lines_set(lines, line);
	}
	if (!pipe || pclose(pipe))
		die(command);
	lines_set(lines, name);
	lines_set(lines, "version=0.1");
	lines_set(lines, "lw_uts=#1 SMP Debian 6.1.0-1 (2026-11-01)");
	lines_set(lines, "lw_build_id=0123456789abcdef");
	lines_set(lines, "lw_lookup=0x1ab3c0");
	lines_set(lines, "lw_more=process ppid nspid cgroup"); /* stp/kernel/fields.h */
	/* From stp/kernel/filter.h, which biolatency does not use */
	if (strcmp(tool, "biolatency"))
		lines_set(lines,
			  "lw_lists=pid tid uid ppid process comm pidns mntns cgroup tree below");
	/* From stp/kernel/by.h */
	if (lw_name_in("bitesize fslatency rwtime syscallbypid", tool))
		lines_set(lines, "lw_by=container cgroup user process tree");
	lines_set(lines, "vermagic=" RELEASE " SMP preempt mod_unload modversions ");
	free(name);
	free(command);
}

void lines_free(struct lines *lines)
{
	int i;

	for (i = 0; i < lines->n; i++)
		free(lines->text[i]);
	lines->n = 0;
}

/* ---- users ---- */

static void skip_for(const char *what)
{
	print_message("# skipped: needs %s\n", what);
	skip();
}

void needs_root(void)
{
	if (geteuid() != 0)
		skip_for("root");
}

static unsigned long users_here(void)
{
	unsigned long inside, outside, count, sum = 0;
	FILE *map = fopen("/proc/self/uid_map", "re");

	while (map && fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3)
		sum += count;
	if (map)
		fclose(map);
	return sum;
}

bool may_be_another_user(void)
{
	return geteuid() == 0 && users_here() > 1;
}

void needs_another_user(void)
{
	if (!may_be_another_user())
		skip_for("root that may be another user");
}

/* ---- trees of modules ---- */

char *tree_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *root = join("%s/lwtest.XXXXXX", tmp ? tmp : "/tmp");

	if (!mkdtemp(root))
		die(root);
	return root;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void tree_free(char *root)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
}

static void make_directories(char *path)
{
	char *p;

	for (p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			die(path);
		*p = '/';
	}
}

char *tree_path(const char *root, const char *release, const char *place, const char *tool)
{
	char *path = join("%s/lib/modules/%s/%s/lw_%s.ko", root, release, place, tool);

	make_directories(path);
	return path;
}

char *tree_file(const char *root, const char *path)
{
	return join("%s/%s", root, path);
}

void tree_write(const char *root, const char *path, const void *bytes, size_t size)
{
	char *file = join("%s/%s", root, path);

	make_directories(file);
	file_write(file, bytes, size);
	free(file);
}

void tree_text(const char *root, const char *path, const char *text)
{
	tree_write(root, path, text, strlen(text));
}

void tree_holds(const char *root, int pid, const char *held)
{
	char *file = join("%s/%s", root, held), *link = join("%s/proc/%d/fd/5", root, pid);
	char path[64], text[256];
	struct stat st;

	make_directories(link);
	if (stat(file, &st) < 0 || symlink(file, link) < 0)
		die(link);
	snprintf(path, sizeof(path), "proc/%d/mountinfo", pid);
	snprintf(
		text, sizeof(text),
		"1 0 0:0 / / rw - ext4 /dev/vda rw\n%d 1 %u:%u / /proc rw shared:5 - proc proc rw\n",
		TREE_MOUNT, major(st.st_dev), minor(st.st_dev));
	tree_text(root, path, text);
	tree_fdinfo(root, pid, TREE_MOUNT, st.st_ino);
	free(link);
	free(file);
}

void tree_fdinfo(const char *root, int pid, int mount, unsigned long long inode)
{
	char path[64], text[128];
	int n;

	snprintf(path, sizeof(path), "proc/%d/fdinfo/5", pid);
	n = snprintf(text, sizeof(text), "pos:\t0\nflags:\t0100002\nmnt_id:\t%d\n", mount);
	if (inode)
		snprintf(text + n, sizeof(text) - n, "ino:\t%llu\n", inode);
	tree_text(root, path, text);
}

/* ---- keys ---- */

/* "Ed", eight bytes of id, and the rest, in signify's two lines. */
static char *blob_text(const char *comment, int key, const void *bytes, size_t size)
{
	unsigned char blob[2 + 8 + crypto_sign_BYTES] = "Ed";
	char base64[128];

	memset(blob + 2, key, 8);
	memcpy(blob + 10, bytes, size);
	sodium_bin2base64(base64, sizeof(base64), blob, 10 + size, sodium_base64_VARIANT_ORIGINAL);
	return join("untrusted comment: %s\n%s\n", comment, base64);
}

static void keypair(int key, unsigned char *public, unsigned char *secret)
{
	unsigned char seed[crypto_sign_SEEDBYTES];

	memset(seed, key, sizeof(seed));
	crypto_sign_seed_keypair(public, secret, seed);
}

char *key_text(int key)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

	keypair(key, public, secret);
	return blob_text("test public key", key, public, sizeof(public));
}

char *signature_text(int key, const void *bytes, size_t size)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];

	keypair(key, public, secret);
	crypto_sign_detached(signature, NULL, bytes, size, secret);
	return blob_text("verify with test.pub", key, signature, sizeof(signature));
}

/* ---- manifests ---- */

static void put_module(FILE *file, const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	char hash[LW_HASH + 1], *bytes;
	size_t size;

	bytes = file_read(path, &size);
	lw_hash(bytes, size, hash);
	fprintf(file, "%.*s\t%s\t%zu\t%s\t0.1.0\tsource\tsummary\n", (int)strlen(base) - 3, base,
		base, size, hash);
	free(bytes);
}

char *manifest_of(const char *directory, const char *release, unsigned long long serial)
{
	char *pattern = join("%s/lw_*.ko", directory), *text;
	glob_t found = { 0 };
	size_t size, i;
	FILE *file = open_memstream(&text, &size);

	fprintf(file,
		"lwtools-manifest 3\nrelease %s\nuts #1\nbuild_id 01\nvermagic %s SMP \n"
		"systemtap 5.6\nversion 0.1.0\nserial %llu\n",
		release, release, serial);
	glob(pattern, 0, NULL, &found);
	/* A link to nowhere has no bytes. */
	for (i = 0; i < found.gl_pathc; i++)
		if (access(found.gl_pathv[i], R_OK) == 0)
			put_module(file, found.gl_pathv[i]);
	fclose(file);
	globfree(&found);
	free(pattern);
	return text;
}

static void sign(const char *root, const char *release, const char *place, const char *more)
{
	char *directory = join("%s/lib/modules/%s/%s", root, release, place);
	char *text = manifest_of(directory, release, 1000), *whole = join("%s%s", text, more);
	char *signature = signature_text(KEY, whole, strlen(whole)), *key = key_text(KEY);

	tree_text(directory, "lwtools.manifest", whole);
	tree_text(directory, "lwtools.manifest.sig", signature);
	tree_text(root, "etc/lwtools/keys/test.pub", key);
	tree_text(root, "var/lib/dpkg/status", "");
	free(key);
	free(signature);
	free(whole);
	free(text);
	free(directory);
}

void tree_sign(const char *root, const char *release, const char *place)
{
	sign(root, release, place, "");
}

void tree_manifest(const char *root, const char *text)
{
	sign(root, RELEASE, "systemtap", text);
}

void tree_host(const char *root)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "proc/self/mountinfo", "21 1 0:5 / / rw - ext4 /dev/vda rw\n"
					 "22 21 0:20 / /proc rw,relatime - proc proc rw\n" },
		{ "proc/self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n" },
		{ "proc/self/uid_map", "         0          0 4294967295\n" },
		{ "proc/meminfo", "MemTotal:  400000 kB\nMemFree:     260000 kB\n"
				  "MemAvailable:     262144 kB\nBuffers:     2144 kB\n" },
		{ "proc/modules", "" },
		{ "proc/kallsyms", "0000000000000000 A x\nffffffff81000000 T _stext\n" },
		{ "proc/sys/kernel/modules_disabled", "0\n" },
		{ "proc/sys/crypto/fips_enabled", "0\n" },
		{ "proc/sys/debug/kprobes-optimization", "1\n" },
		{ "sys/devices/system/cpu/online", "0-1\n" },
		{ "sys/devices/system/cpu/possible", "0-1\n" },
		{ "sys/kernel/debug/kprobes/enabled", "1\n" },
		{ "sys/kernel/debug/kprobes/blacklist", "0x1-0x2\tdo_int3\n" },
		{ "sys/kernel/security/lockdown", "[none] integrity confidentiality\n" },
		{ "sys/module/module/parameters/sig_enforce", "N\n" },
		{ "run/x", "" },
	};
	size_t i;

	for (i = 0; i < COUNT(files); i++)
		tree_text(root, files[i].path, files[i].text);
}

static void hold_lock(const char *root, const char *tool, int told)
{
	pid_t holder;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (lw_lock_take(root, tool, &holder) || write(told, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

pid_t lock_elsewhere(const char *root, const char *tool)
{
	int pipes[2];
	pid_t pid;
	char c;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		die("pipe");
	pid = fork();
	if (pid == 0)
		hold_lock(root, tool, pipes[1]);
	close(pipes[1]);
	if (pid < 0 || read(pipes[0], &c, 1) != 1)
		die("taking a lock");
	close(pipes[0]);
	return pid;
}

void lock_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void put_ascii(FILE *file, const char *text)
{
	fputs("\t.ascii \"", file);
	for (; *text; text++)
		fprintf(file, "\\%03o", (unsigned char)*text);
	fputs("\\000\"\n", file);
}

#define VERSIONS "__versions="

/* SYMBOL CRC, as struct modversion_info of include/linux/module.h */
static void put_version(FILE *file, const char *text)
{
	char name[56], crc[20];

	if (sscanf(text, "%55s %19s", name, crc) != 2)
		die(text);
	fprintf(file, "\t.section __versions, \"a\"\n\t.quad %s\n\t.asciz \"%s\"\n\t.balign 64\n",
		crc, name);
}

/* struct module: its name is of 56 bytes, after 24 others */
static void put_name(FILE *file, const char *name)
{
	size_t n = strlen(name) + 1;

	fputs("\t.section .gnu.linkonce.this_module, \"aw\"\n\t.zero 24\n", file);
	put_ascii(file, name);
	fprintf(file, "\t.zero %zu\n", (n < 56 ? 56 - n : 0) + 200);
}

/* Real modules have code before their description, and are larger than it. */
static void put_assembly(FILE *file, const struct lines *lines)
{
	const char *versions = NULL;
	int i;

	fprintf(file, "\t.text\n\t.fill %d, 1, 0x90\n\t.section .modinfo, \"a\"\n", MODULE_CODE);
	/* Backwards, so that a loader that relies on their order fails. */
	for (i = lines->n - 1; i >= 0; i--)
		if (strncmp(lines->text[i], VERSIONS, strlen(VERSIONS)))
			put_ascii(file, lines->text[i]);
		else
			versions = lines->text[i] + strlen(VERSIONS);
	if (versions)
		put_version(file, versions);
	for (i = 0; i < lines->n; i++)
		if (!strncmp(lines->text[i], "name=", 5))
			put_name(file, lines->text[i] + 5);
	fputs("\t.section .note.GNU-stack, \"\", @progbits\n", file);
}

void module_write(const char *path, const struct lines *lines)
{
	char *command = join(TEST_CC " -x assembler -c -o '%s' -", path);
	FILE *pipe = popen(command, "w");

	if (!pipe)
		die(command);
	put_assembly(pipe, lines);
	if (pclose(pipe) || chmod(path, 0644) < 0)
		die(command);
	free(command);
}

char *tree_add(const char *root, const char *tool)
{
	char *path = tree_path(root, RELEASE, "systemtap", tool);
	struct lines lines;

	lines_of(&lines, tool);
	module_write(path, &lines);
	lines_free(&lines);
	tree_sign(root, RELEASE, "systemtap");
	return path;
}

struct lw_tool *tool_of(const char *name)
{
	char *root = tree_new();
	char *path = tree_add(root, name);
	struct lw_tool *tool;

	if (lw_tool_open(root, RELEASE, name, &tool))
		die(path);
	free(path);
	tree_free(root);
	return tool;
}

/* ---- files ---- */

int descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static char *read_fd(int fd, size_t *size)
{
	struct stat st;
	char *bytes;

	if (fstat(fd, &st) < 0)
		die("fstat");
	bytes = malloc(st.st_size + 1);
	if (!bytes || pread(fd, bytes, st.st_size, 0) != st.st_size)
		die("reading a file");
	bytes[st.st_size] = '\0';
	if (size)
		*size = st.st_size;
	return bytes;
}

char *file_read(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes;

	if (fd < 0)
		die(path);
	bytes = read_fd(fd, size);
	close(fd);
	return bytes;
}

void file_write(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		die(path);
	close(fd);
}

/* ---- output ---- */

void capture_begin(struct capture *capture, int fd)
{
	fflush(NULL);
	capture->fd = fd;
	capture->saved = dup(fd);
	capture->file = memfd_create("capture", MFD_CLOEXEC);
	if (capture->saved < 0 || capture->file < 0 || dup2(capture->file, fd) < 0)
		die("capturing output");
}

char *capture_end(struct capture *capture, size_t *len)
{
	char *text;

	fflush(NULL);
	dup2(capture->saved, capture->fd);
	text = read_fd(capture->file, len);
	close(capture->saved);
	close(capture->file);
	return text;
}

void has_part(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_error("no \"%s\" in:\n%s\n", part, text);
	_fail(file, line);
}

static bool leaks_hidden;

void leaks_in_children_only(void)
{
	leaks_hidden = true;
	__lsan_disable();
}

/* cmocka's handlers would go on with the parent's tests in the child. */
static void child(int (*body)(void *), void *arg, int out, int err)
{
	static const int caught[] = { SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGSYS, SIGABRT };
	size_t i;
	int code;

	for (i = 0; i < COUNT(caught); i++)
		signal(caught[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (leaks_hidden)
		__lsan_enable();
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	code = body(arg);
	fflush(stdout);
	if (!leaks_hidden)
		_exit(code);
	exit(code);
}

/* A test that hangs fails. */
static int wait_for(pid_t pid)
{
	int status, i;

	for (i = 0; i < PATIENCE; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
		usleep(i < 100 ? 1000 : 10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -SIGALRM;
}

void in_child(int (*body)(void *), void *arg, struct outcome *outcome)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	const char *p;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (out < 0 || err < 0 || pid < 0)
		die("fork");
	if (pid == 0)
		child(body, arg, out, err);
	outcome->code = wait_for(pid);
	outcome->out = read_fd(out, NULL);
	outcome->err = read_fd(err, NULL);
	outcome->err_lines = 0;
	for (p = outcome->err; *p; p++)
		outcome->err_lines += *p == '\n';
	close(out);
	close(err);
}

void outcome_free(struct outcome *outcome)
{
	free(outcome->out);
	free(outcome->err);
}

int interrupt_soon(int times)
{
	pid_t pid = getpid();

	if (fork())
		return 0;
	while (times--) {
		usleep(400000);
		kill(pid, SIGINT);
	}
	_exit(0);
}

bool text_says(const char *text, const char *pattern)
{
	size_t n;

	for (; text && *pattern; pattern += n + (pattern[n] == '*')) {
		n = strcspn(pattern, "*");
		text = memmem(text, strlen(text), pattern, n);
		if (text)
			text += n;
	}
	return text;
}

/* ---- numbers that are the same in every run ---- */

uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}
