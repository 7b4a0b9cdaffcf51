// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/cgroup.h"

#define MOUNT "/sys/fs/cgroup"
#define ID_DIGITS 64    /* of docker, podman, containerd and CRI-O */
#define PREFIX_DIGITS 6 /* fewer are more often a mistake than an id */
#define LEVELS 64       /* LW_LEVELS of stp/kernel/name.h */
#define LIST_SIZE 300

/* ---- control groups ---- */

/* Each directory of cgroup2 has that file, those of version 1 do not (cgroup-v2.rst). */
bool lw_cgroup_mount(const char *root, char *mount, size_t size)
{
	static const char *const places[] = { MOUNT, MOUNT "/unified" };
	char file[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(mount, size, "%s%s", root, places[i]);
		snprintf(file, sizeof(file), "%s%s/cgroup.controllers", root, places[i]);
		if (access(file, F_OK) == 0)
			return true;
	}
	return false;
}

static int no_mount(struct lw_reason *why)
{
	lw_because(why, "no cgroup2 is mounted at " MOUNT " here");
	return -ENOENT;
}

/* A path may have two dots in it. */
static bool is_below(const char *dir, const char *mount)
{
	char path[PATH_MAX], top[PATH_MAX];
	size_t n;

	if (!realpath(dir, path) || !realpath(mount, top))
		return false;
	n = strlen(top);
	return !strncmp(path, top, n) && (path[n] == '/' || !path[n]);
}

/* Returns the controller that the path begins with, NULL if it does not; *n: the length of that. */
static const char *controller_of(const char *path, size_t *n)
{
	static const char *const names[] = { "cpuset",     "cpu",      "cpuacct", "blkio",
					     "memory",     "devices",  "freezer", "net_cls",
					     "perf_event", "net_prio", "hugetlb", "pids",
					     "rdma",       "misc" };
	size_t i;

	*n = strcspn(path, ":/");
	for (i = 0; path[*n] == ':' && i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == *n && !strncmp(names[i], path, *n))
			return names[i];
	return NULL;
}

/* Version 1 mounts each controller at a directory of its name, or at a link of that name (systemd does so). */
static bool mount_of(const char *root, const char *controller, char *mount, size_t size)
{
	char file[PATH_MAX];

	if (!controller)
		return lw_cgroup_mount(root, mount, size);
	snprintf(mount, size, "%s" MOUNT "/%s", root, controller);
	snprintf(file, sizeof(file), "%s" MOUNT "/%s/tasks", root, controller);
	return access(file, F_OK) == 0;
}

static int no_controller(const char *controller, struct lw_reason *why)
{
	lw_because(why, "controller %s of version 1 is not mounted at " MOUNT "/%s here",
		   controller, controller);
	return -ENOENT;
}

int lw_cgroup_find(const char *root, const char *path, uint64_t *id, const char **controller,
		   struct lw_reason *why)
{
	char mount[PATH_MAX], dir[2 * PATH_MAX];
	const char *below = path, *shown = mount + strlen(root);
	struct stat st;
	size_t n;

	*controller = controller_of(path, &n);
	if (!mount_of(root, *controller, mount, sizeof(mount)))
		return *controller ? no_controller(*controller, why) : no_mount(why);
	if (*controller)
		below += n + 1;
	n = strlen(shown);
	if (!strncmp(path, shown, n) && (path[n] == '/' || !path[n]))
		below += n;
	snprintf(dir, sizeof(dir), "%s/%s", mount, below);
	if (!is_below(dir, mount) || stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
		lw_because(why, "no control group \"%.200s\" in %s; systemd-cgls shows them", path,
			   shown);
		return -ENOENT;
	}
	*id = st.st_ino;
	/* The one name that the kernel has changed */
	if (*controller && !strcmp(*controller, "blkio"))
		*controller = "io";
	return 0;
}

/* ---- names of containers' control groups ---- */

static bool is_escape(const char *text)
{
	return text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
	       isxdigit((unsigned char)text[3]);
}

/* Removes the kind of a unit of systemd, and its escapes \xNN (systemd.unit(5)). */
static void unit_name(const char *directory, char *name, size_t size)
{
	static const char *const kinds[] = { ".scope", ".slice", ".service" };
	size_t i, n = strlen(directory);
	unsigned int c;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (n > strlen(kinds[i]) && !strcmp(directory + n - strlen(kinds[i]), kinds[i]))
			n -= strlen(kinds[i]);
	while (n && size > 1) {
		if (n >= 4 && is_escape(directory) && sscanf(directory, "\\x%2x", &c) == 1 && c) {
			directory += 3;
			n -= 3;
		} else {
			c = *directory;
		}
		*name++ = c;
		directory++;
		n--;
		size--;
	}
	*name = '\0';
}

static size_t hex_digits(const char *text)
{
	return strspn(text, "0123456789abcdef");
}

/* The part of a pod's name that is its uid, in which systemd's driver writes _ for -. */
static const char *pod_uid(const char *name)
{
	const char *pod = strstr(name, "pod"), *next;

	while (pod && (next = strstr(pod + 3, "pod")))
		pod = next;
	return pod && (pod == name || pod[-1] == '-') && hex_digits(pod + 3) == 8 ? pod + 3 : NULL;
}

/*
 * The part of a control group's name that tells its container: an id, a machine's name or a pod's uid. NULL: it is
 * not a container's. Monitors of podman and CRI-O have control groups of their own.
 */
static const char *container_of(const char *name)
{
	static const char *const before[] = { "docker-",         "libpod-",  "crio-",
					      "cri-containerd-", "machine-", "lxc.payload.",
					      "systemd-nspawn@" };
	size_t i;

	if (strstr(name, "-conmon-"))
		return NULL;
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (!strncmp(name, before[i], strlen(before[i])))
			return name + strlen(before[i]);
	/* The driver "cgroupfs" uses the id alone. */
	if (hex_digits(name) == ID_DIGITS && !name[ID_DIGITS])
		return name;
	return pod_uid(name);
}

static bool is_id_of(const char *wanted, const char *id)
{
	size_t n = strlen(wanted);

	return n >= PREFIX_DIGITS && hex_digits(wanted) == n && hex_digits(id) == ID_DIGITS &&
	       !strncmp(wanted, id, n);
}

static bool is_named(const char *wanted, const char *name)
{
	for (; *wanted && (*wanted == *name || (*wanted == '-' && *name == '_')); wanted++)
		name++;
	return !*wanted && !*name;
}

/* As docker and podman show ids */
static void shorten(const char *container, char *shown, size_t size)
{
	snprintf(shown, size, "%.*s", hex_digits(container) == ID_DIGITS ? 12 : (int)size - 1,
		 container);
}

/*
 * The outermost container counts, since a container may name groups of its own as it likes. In a pod of
 * Kubernetes, it is the container within the pod.
 */
void lw_container_of(const char *path, char *container, size_t size)
{
	char part[NAME_MAX + 1], name[NAME_MAX + 1];
	bool pod = true;
	size_t n;

	*container = '\0';
	for (; *path && pod; path += n) {
		const char *found;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		unit_name(part, name, sizeof(name));
		found = container_of(name);
		if (!found)
			continue;
		shorten(found, container, size);
		pod = pod_uid(name);
	}
}

/* ---- all control groups ---- */

enum step { INTO, PAST, DONE };

/* A function looks at each directory, whose path is in @path, and says where to go on. */
struct walk {
	enum step (*look)(struct walk *walk, const struct dirent *entry);
	char path[PATH_MAX];
};

static enum step walk_below(struct walk *walk, int level)
{
	size_t n = strlen(walk->path);
	DIR *dir = level < LEVELS ? opendir(walk->path) : NULL;
	enum step step = PAST;
	struct dirent *entry;

	while (dir && step != DONE && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    n + strlen(entry->d_name) + 2 > sizeof(walk->path))
			continue;
		sprintf(walk->path + n, "/%s", entry->d_name);
		step = walk->look(walk, entry);
		if (step == INTO)
			step = walk_below(walk, level + 1);
		if (step != DONE)
			walk->path[n] = '\0';
	}
	if (dir)
		closedir(dir);
	return step;
}

struct group_search {
	struct walk walk;
	uint64_t id;
};

static enum step look_for_number(struct walk *walk, const struct dirent *entry)
{
	const struct group_search *search = (const struct group_search *)walk;

	return entry->d_ino == search->id ? DONE : INTO;
}

bool lw_cgroup_path(const char *mount, uint64_t id, char *path, size_t size)
{
	struct group_search search = { .walk.look = look_for_number, .id = id };
	const char *below = search.walk.path + strlen(mount);
	struct stat st;

	snprintf(search.walk.path, sizeof(search.walk.path), "%s", mount);
	if (stat(mount, &st) < 0 || (st.st_ino != id && walk_below(&search.walk, 0) != DONE))
		return false;
	snprintf(path, size, "%s", *below ? below : "/");
	return true;
}

/* ---- containers ---- */

struct search {
	struct walk walk;
	const char *wanted;
	size_t base;           /* the length of the path of the mount */
	bool of_users;         /* in user.slice, or outside of it */
	bool listed;           /* the names of all containers are known */
	int found;             /* how many are wanted */
	uint64_t id;           /* of the last of those */
	char list[LIST_SIZE];  /* the paths of those */
	char there[LIST_SIZE]; /* the names of all containers */
};

static void add(char *list, const char *name)
{
	size_t n = strlen(list);

	if (n + strlen(name) + 3 < LIST_SIZE)
		sprintf(list + n, "%s%s", n ? ", " : "", name);
}

/* Users make control groups in their slice, with any name. */
static bool is_other_part(const struct search *search)
{
	static const char users[] = "/user.slice";
	const char *path = search->walk.path + search->base;

	return !strncmp(path, users, strlen(users)) != search->of_users;
}

/* Groups below a container are a part of it. */
static enum step look_for_container(struct walk *walk, const struct dirent *entry)
{
	struct search *search = (struct search *)walk;
	char name[NAME_MAX + 1], shown[80];
	const char *container;
	struct stat st;

	if (is_other_part(search))
		return PAST;
	unit_name(entry->d_name, name, sizeof(name));
	container = container_of(name);
	if (!container)
		return INTO;
	shorten(container, shown, sizeof(shown));
	if (!search->listed)
		add(search->there, shown);
	if (!is_named(search->wanted, container) && !is_id_of(search->wanted, container))
		return pod_uid(name) ? INTO : PAST;
	if (stat(walk->path, &st) == 0) {
		search->found++;
		search->id = st.st_ino;
		add(search->list, walk->path + search->base);
	}
	return PAST;
}

/* ---- names that docker and podman keep ---- */

/* Looks through the parts of a file, up to a delimiter each, for one that gives the id of that name. */
static bool find_part(const char *path, int delimiter, const char *name, char *id,
		      bool (*has)(const char *path, const char *part, const char *name, char *id))
{
	FILE *file = fopen(path, "re");
	bool found = false;
	char *part = NULL;
	size_t size = 0;

	while (file && !found && getdelim(&part, &size, delimiter, file) >= 0)
		found = has(path, part, name, id);
	free(part);
	if (file)
		fclose(file);
	return found;
}

/* containers.json of containers/storage: {"id":"...","names":["web"],... in one line */
static bool named_in_storage(const char *path, const char *part, const char *name, char *id)
{
	char wanted[NAME_MAX + 16];

	(void)path;
	snprintf(wanted, sizeof(wanted), "\"names\":[\"%.*s\"", NAME_MAX, name);
	return strstr(part, wanted) && sscanf(part, "\"id\":\"%64[0-9a-f]\"", id) == 1;
}

/* containers/ID/config.v2.json of docker: ..."Name":"/web"... in one line */
static bool named_in_docker(const char *path, const char *part, const char *name, char *id)
{
	const char *dir = strstr(path, "/containers/");
	char wanted[NAME_MAX + 16];

	snprintf(wanted, sizeof(wanted), "\"Name\":\"/%.*s\"", NAME_MAX, name);
	return strstr(part, wanted) && dir && sscanf(dir, "/containers/%64[0-9a-f]/", id) == 1;
}

static bool find_id(const char *root, const char *name, char *id)
{
	static const struct {
		const char *files;
		int delimiter;
		bool (*has)(const char *path, const char *part, const char *name, char *id);
	} places[] = {
		{ "/var/lib/docker/containers/*/config.v2.json", '\n', named_in_docker },
		{ "/var/lib/containers/storage/*-containers/*containers.json", '{',
		  named_in_storage },
		{ "/run/containers/storage/*-containers/*containers.json", '{', named_in_storage },
	};
	char pattern[PATH_MAX];
	bool found = false;
	glob_t paths;
	size_t i, j;

	for (i = 0; i < sizeof(places) / sizeof(places[0]) && !found; i++) {
		snprintf(pattern, sizeof(pattern), "%s%s", root, places[i].files);
		if (glob(pattern, 0, NULL, &paths))
			continue;
		for (j = 0; j < paths.gl_pathc && !found; j++)
			found = find_part(paths.gl_pathv[j], places[i].delimiter, name, id,
					  places[i].has);
		globfree(&paths);
	}
	return found;
}

/* Without cgroup2, or beside it, docker may use controllers of version 1. */
static const char *const hierarchies[] = { NULL, "memory", "pids", "cpu" };

/* Groups of users count only if there is no such container elsewhere. */
static void look_through(struct search *search, const char *mount)
{
	int users;

	for (users = 0; users < 2 && !search->found; users++) {
		snprintf(search->walk.path, sizeof(search->walk.path), "%s", mount);
		search->base = strlen(mount);
		search->of_users = users;
		walk_below(&search->walk, 0);
	}
}

static int not_found(const struct search *search, const char *name, struct lw_reason *why)
{
	if (search->found) {
		lw_because(why, "\"%.64s\" stands for several: %s; use --cgroup", name,
			   search->list);
		return -ENOTUNIQ;
	}
	lw_because(why, "no running container \"%.64s\" here; there are %s", name,
		   *search->there ? search->there : "none");
	return -ENOENT;
}

int lw_container_find(const char *root, const char *name, uint64_t *id, const char **controller,
		      struct lw_reason *why)
{
	struct search search = { .walk.look = look_for_container, .wanted = name };
	char container[ID_DIGITS + 1] = "", mount[PATH_MAX];
	bool any = false;
	size_t i;

	if (find_id(root, name, container))
		search.wanted = container;
	for (i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]) && !search.found; i++) {
		*controller = hierarchies[i];
		if (!mount_of(root, *controller, mount, sizeof(mount)))
			continue;
		any = true;
		look_through(&search, mount);
		search.listed = *search.there;
	}
	if (!any)
		return no_mount(why);
	if (search.found != 1)
		return not_found(&search, name, why);
	*id = search.id;
	return 0;
}
