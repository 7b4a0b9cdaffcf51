// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/control.h"
#include "kernel/notes.h"
#include "util/number.h"

int lw_control_open(const char *module, struct lw_control *control)
{
	char path[128];
	int err;

	control->dir = -1;
	control->cmd = -1;
	snprintf(path, sizeof(path), "/proc/systemtap/%s", module);
	control->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (control->dir < 0)
		return -errno;
	control->cmd = openat(control->dir, ".cmd", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (control->cmd >= 0)
		return 0;
	err = -errno;
	lw_control_close(control);
	return err;
}

void lw_control_close(struct lw_control *control)
{
	if (control->cmd >= 0)
		close(control->cmd);
	if (control->dir >= 0)
		close(control->dir);
	control->cmd = -1;
	control->dir = -1;
}

static int send_message(const struct lw_control *control, uint32_t type, const void *payload,
			size_t len)
{
	char buf[512];

	memcpy(buf, &type, sizeof(type));
	memcpy(buf + sizeof(type), payload, len);
	return write(control->cmd, buf, sizeof(type) + len) < 0 ? -errno : 0;
}

static int send_relocation(const struct lw_control *control, const char *symbol, uint64_t address)
{
	struct {
		char module[128];
		char symbol[128];
		uint64_t address;
	} message = { .module = "kernel", .address = address };

	strncpy(message.symbol, symbol, sizeof(message.symbol) - 1);
	return send_message(control, LW_MSG_RELOCATION, &message, sizeof(message));
}

/* Kernel symbols a module cannot find by itself (PR26074 in runtime/sym.c). */
static const char *const symbols[] = { "_stext", "kallsyms_lookup_name" };
#define NSYMBOLS ((int)(sizeof(symbols) / sizeof(symbols[0])))

/*
 * A line of /proc/kallsyms: "ffffffff81000000 T _stext". There are thousands
 * before the last one wanted: sscanf(3) for each would be half of the time it takes
 * to start. Returns whether it is one of those wanted.
 */
static bool parse_symbol(char *line, uint64_t *addresses)
{
	char *end, *name = strchr(line, ' ');
	unsigned long long address;
	int i;

	if (!name || !name[1] || name[2] != ' ')
		return false;
	name += 3;
	if (name[0] != '_' && name[0] != 'k')
		return false;
	end = strpbrk(name, "\t\n");
	if (end)
		*end = '\0';
	for (i = 0; i < NSYMBOLS; i++) {
		if (!strcmp(name, symbols[i])) {
			if (lw_hex(line, ULLONG_MAX, &address))
				addresses[i] = address;
			return true;
		}
	}
	return false;
}

/*
 * staprun also sends kallsyms_on_each_symbol and the section addresses of all
 * modules. Without the former the runtime leaves the lookup of probe points to
 * register_kprobe() (runtime/linux/kprobes.c) instead of walking all symbols of
 * the kernel; the latter are for probes by address, which need debuginfo.
 */
static int read_symbols(uint64_t *addresses, uint64_t lookup)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[256];
	/* _stext is among the first hundreds, the other comes after thousands. */
	int left = lookup ? 1 : NSYMBOLS;

	if (!file)
		return -errno;
	/* The kernel hands out a page at a time, stdio's own buffer takes a quarter. */
	setvbuf(file, NULL, _IOFBF, 4096);
	while (left && fgets(line, sizeof(line), file))
		left -= parse_symbol(line, addresses);
	fclose(file);
	if (lookup && addresses[0])
		addresses[1] = addresses[0] + lookup;
	return left ? -ENOENT : 0;
}

/*
 * The kernel's note for debuggers is short. It is there also with kernel.kptr_restrict at 2,
 * when even root reads zeroes in the list. lwload does not lower that setting for a moment, as
 * staprun does. A run that is killed in that moment would leave it lowered. The second of two
 * runs at once would take the lowered value for the host's own.
 */
static int find_symbols(uint64_t *addresses, uint64_t lookup)
{
	int err;

	if (lookup && lw_kcore_stext("", &addresses[0]) == 0) {
		addresses[1] = addresses[0] + lookup;
		return 0;
	}
	err = read_symbols(addresses, lookup);
	return err || addresses[1] ? err : -ENODATA;
}

static int send_symbols(const struct lw_control *control, uint64_t lookup)
{
	uint64_t addresses[NSYMBOLS] = { 0 };
	int i, err = find_symbols(addresses, lookup);

	for (i = 0; !err && i < NSYMBOLS; i++)
		err = send_relocation(control, symbols[i], addresses[i]);
	return err;
}

static int send_time_zone(const struct lw_control *control)
{
	struct {
		int64_t offset;
		char name[64];
	} message = { 0 };
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	message.offset = -tm.tm_gmtoff;
	strncpy(message.name, tm.tm_zone, sizeof(message.name) - 1);
	return send_message(control, LW_MSG_TZINFO, &message, sizeof(message));
}

int lw_control_hello(const struct lw_control *control, uint64_t lookup)
{
	int32_t privileges = 0xe; /* pr_all of systemtap's privilege.h */
	int err = send_message(control, LW_MSG_PRIVILEGE, &privileges, sizeof(privileges));

	if (!err)
		err = send_symbols(control, lookup);
	if (!err)
		err = send_time_zone(control);
	if (!err)
		err = send_message(control, LW_MSG_READY, "", 0);
	return err;
}

int lw_control_start(const struct lw_control *control)
{
	struct {
		int32_t target, result;
	} message = { 0, 0 };

	return send_message(control, LW_MSG_START, &message, sizeof(message));
}

int lw_control_exit(const struct lw_control *control)
{
	return send_message(control, LW_MSG_EXIT, "", 0);
}

int lw_control_read(const struct lw_control *control, struct lw_control_message *message)
{
	char buf[sizeof(message->text) + sizeof(message->type) - 1];
	ssize_t n = read(control->cmd, buf, sizeof(buf));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n < (ssize_t)sizeof(message->type))
		return -EPROTO;
	memcpy(&message->type, buf, sizeof(message->type));
	message->len = n - sizeof(message->type);
	memcpy(message->text, buf + sizeof(message->type), message->len);
	message->text[message->len] = '\0';
	return 1;
}
