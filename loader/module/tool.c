// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/append.h"
#include "module/description.h"
#include "module/trust.h"
#include "module/where.h"
#include "util/log.h"
#include "util/reason.h"

const char *lw_type_name(enum lw_type type)
{
	static const char *const names[LW_NTYPES] = { "time", "int", "hex",  "oct",
						      "msec", "str", "args", "dist" };

	return names[type];
}

/* One that is changed meanwhile is refused, as one whose hash is another. */
static int read_image(struct lw_tool *tool, struct lw_reason *why)
{
	tool->image = lw_trust_bytes(tool->fd, tool->path, tool->size, why);
	if (tool->image)
		return 0;
	return errno == ENODATA ? -ENOEXEC : -EIO;
}

/* The function that registers kprobes is among the names of the module's symbols. */
static bool names_kprobes(const struct lw_tool *tool)
{
	static const char begin[] = "register_k";
	const char *p = tool->image, *end = p + tool->size;

	while ((p = memmem(p, end - p, begin, strlen(begin)))) {
		p += strlen(begin);
		/* A NUL comes after the image. */
		if (!strncmp(p, "probe", 5) || !strncmp(p, "retprobe", 8))
			return true;
	}
	return false;
}

int lw_tool_read(const char *root, const char *release, const char *name, struct lw_tool **out,
		 struct lw_reason *why)
{
	struct lw_tool *tool = calloc(1, sizeof(*tool));
	int err = -ENOMEM;

	*out = NULL;
	why->text[0] = '\0';
	if (!tool)
		return -ENOMEM;
	tool->fd = tool->dir = -1;
	tool->buffer = 1;
	tool->name = strdup(name);
	if (tool->name)
		err = lw_where_open(root, release, name, tool, why);
	if (!err)
		err = read_image(tool, why);
	if (!err) {
		tool->kprobes = names_kprobes(tool);
		err = lw_description_read(tool, why);
	}
	if (!err)
		err = lw_append(tool, why);
	if (err && err != -ENOENT && !why->text[0])
		lw_because(why, "%s: %s", name, strerror(-err));
	if (err) {
		lw_tool_free(tool);
		return err;
	}
	*out = tool;
	return 0;
}

int lw_tool_open(const char *root, const char *release, const char *name, struct lw_tool **out)
{
	struct lw_reason why;
	int err = lw_tool_read(root, release, name, out, &why);

	if (why.text[0])
		lw_error("%s", why.text);
	return err;
}

void lw_tool_free(struct lw_tool *tool)
{
	if (!tool)
		return;
	free(tool->info);
	free(tool->image);
	free(tool->path);
	free(tool->name);
	if (tool->fd >= 0)
		close(tool->fd);
	if (tool->dir >= 0)
		close(tool->dir);
	free(tool);
}

int lw_tool_field(const struct lw_tool *tool, const char *name, size_t len)
{
	int i;

	for (i = 0; i < tool->nfields; i++)
		if (strlen(tool->fields[i].name) == len && !memcmp(tool->fields[i].name, name, len))
			return i;
	return -1;
}

const struct lw_option *lw_tool_interval(const struct lw_tool *tool)
{
	int i;

	for (i = 0; i < tool->noptions; i++) {
		const struct lw_option *option = &tool->options[i];

		if (!strcmp(option->param, "interval") && option->arg && !strcmp(option->arg, "N"))
			return option;
	}
	return NULL;
}
