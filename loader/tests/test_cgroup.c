// SPDX-License-Identifier: GPL-2.0-only
/* test_cgroup.c - control groups and containers, as a person names them, on a host of a tree */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "text/cgroup.h"
#include "text/groups.h"
#include "helper.h"

#define MOUNT "sys/fs/cgroup/"
#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B "0123456fffffffff0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_C "fedcba98765432100123456789abcdef0123456789abcdef0123456789abcdef"

#define PODMAN MOUNT "machine.slice/libpod-" ID_A ".scope"
#define DOCKER MOUNT "system.slice/docker-" ID_B ".scope"
#define PLAIN MOUNT "docker/" ID_C
#define POD                                         \
	MOUNT                                       \
	"kubepods.slice/kubepods-besteffort.slice/" \
	"kubepods-besteffort-pod0a1b2c3d_1111_2222_3333_444455556666.slice"
#define POD_FS MOUNT "kubepods/burstable/podffffffff-1111-2222-3333-444455556666"
#define IN_POD POD "/cri-containerd-" ID_C ".scope"
#define MACHINE MOUNT "machine.slice/machine-my\\x2dweb.scope"
#define NSPAWN MOUNT "machine.slice/systemd-nspawn@db.service"
#define LXC MOUNT "lxc.payload.old"

static char *root;
static const char *controller; /* of version 1, which was found */

static void make_group(const char *path)
{
	char file[512];

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	tree_text(root, file, "");
}

static int setup(void **state)
{
	static const char *const groups[] = {
		PODMAN "/container",
		PODMAN "/container/below",
		MOUNT "machine.slice/libpod-conmon-" ID_A ".scope",
		DOCKER,
		POD,
		POD_FS,
		MACHINE,
		NSPAWN,
		LXC,
		MOUNT "system.slice/my-web.service",
		MOUNT "system.slice/podman.service",
		MOUNT "user.slice/user-0.slice/podium.scope",
	};
	size_t i;

	(void)state;
	root = tree_new();
	tree_text(root, MOUNT "cgroup.controllers", "cpu\n");
	for (i = 0; i < COUNT(groups); i++)
		make_group(groups[i]);
	tree_text(root, "var/lib/docker/containers/" ID_B "/config.v2.json",
		  "{\"ID\":\"" ID_B "\",\"Name\":\"/shop\"}\n");
	tree_text(root, "var/lib/docker/containers/" ID_C "/config.v2.json",
		  "{\"ID\":\"" ID_C "\",\"Name\":\"/shop2\"}\n");
	tree_text(root, "var/lib/containers/storage/overlay-containers/containers.json",
		  "[{\"id\":\"" ID_C "\",\"names\":[\"other\"],\"flags\":{\"a\":1}},"
		  "{\"id\":\"" ID_A "\",\"names\":[\"till\"],\"flags\":{}}]");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(root);
	return 0;
}

static uint64_t number_of(const char *path)
{
	char name[512];
	struct stat st;

	snprintf(name, sizeof(name), "%s/%s", root, path);
	assert_int_equal(stat(name, &st), 0);
	return st.st_ino;
}

static void control_groups_have_several_paths(void **state)
{
	static const char *const paths[] = { "/lxc.payload.old", "lxc.payload.old",
					     "/sys/fs/cgroup/lxc.payload.old", "lxc.payload.old/" };
	struct lw_reason why;
	uint64_t id;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(paths); i++) {
		assert_int_equal(lw_cgroup_find(root, paths[i], &id, &controller, &why), 0);
		assert_true(id == number_of(LXC));
	}
	assert_int_equal(lw_cgroup_find(root, "/", &id, &controller, &why), 0);
	assert_true(id == number_of(MOUNT));
	assert_int_equal(lw_cgroup_find(root, "no.slice", &id, &controller, &why), -ENOENT);
	assert_true(text_says(why.text, "\"no.slice\"*/sys/fs/cgroup;"));
	assert_int_equal(lw_cgroup_find(root, "cgroup.controllers", &id, &controller, &why),
			 -ENOENT);
	assert_int_equal(lw_cgroup_find(root, "..", &id, &controller, &why), -ENOENT);
	assert_int_equal(lw_cgroup_find(root, "/sys/fs/cgroup/../../fs", &id, &controller, &why),
			 -ENOENT);
	assert_int_equal(
		lw_cgroup_find(root, "lxc.payload.old/../lxc.payload.old", &id, &controller, &why),
		0);
}

/* As systemd mounts it beside version 1 */
static void cgroup2_may_be_mounted_below(void **state)
{
	struct lw_reason why;
	char *mixed = tree_new();
	uint64_t id;

	(void)state;
	tree_text(mixed, MOUNT "systemd/a/cgroup.procs", "");
	assert_int_equal(lw_cgroup_find(mixed, "/a", &id, &controller, &why), -ENOENT);
	assert_has(why.text, "no cgroup2");
	assert_int_equal(lw_container_find(mixed, "a", &id, &controller, &why), -ENOENT);
	assert_has(why.text, "no cgroup2");
	tree_text(mixed, MOUNT "unified/cgroup.controllers", "");
	tree_text(mixed, MOUNT "unified/a/cgroup.procs", "");
	assert_int_equal(lw_cgroup_find(mixed, "/a", &id, &controller, &why), 0);
	assert_int_equal(lw_cgroup_find(mixed, "/sys/fs/cgroup/unified/a", &id, &controller, &why),
			 0);
	tree_free(mixed);
}

static void controllers_have_control_groups(void **state)
{
	struct lw_reason why;
	uint64_t id;

	(void)state;
	tree_text(root, MOUNT "memory/tasks", "");
	tree_text(root, MOUNT "memory/a/b/tasks", "");
	tree_text(root, MOUNT "blkio/tasks", "");
	assert_int_equal(lw_cgroup_find(root, "memory:/a/b", &id, &controller, &why), 0);
	assert_true(id == number_of(MOUNT "memory/a/b"));
	assert_string_equal(controller, "memory");
	assert_int_equal(lw_cgroup_find(root, "memory:a", &id, &controller, &why), 0);
	assert_true(id == number_of(MOUNT "memory/a"));
	assert_int_equal(lw_cgroup_find(root, "blkio:/", &id, &controller, &why), 0);
	assert_string_equal(controller, "io");
	assert_int_equal(lw_cgroup_find(root, "lxc.payload.old", &id, &controller, &why), 0);
	assert_null(controller);
	assert_int_equal(lw_cgroup_find(root, "memory:/c", &id, &controller, &why), -ENOENT);
	assert_true(text_says(why.text, "\"memory:/c\"*/sys/fs/cgroup/memory;"));
	assert_int_equal(lw_cgroup_find(root, "memory:/..", &id, &controller, &why), -ENOENT);
	assert_int_equal(lw_cgroup_find(root, "pids:/", &id, &controller, &why), -ENOENT);
	assert_has(why.text, "controller pids of version 1");
	/* A group of cgroup2 may have a colon in its name. */
	make_group(MOUNT "a:b");
	assert_int_equal(lw_cgroup_find(root, "a:b", &id, &controller, &why), 0);
	assert_null(controller);
}

/* docker may use version 1 alone, or beside systemd's cgroup2. */
static void containers_of_version_1(void **state)
{
	char *old = tree_new();
	struct lw_reason why;
	uint64_t id;

	(void)state;
	tree_text(old, MOUNT "memory/tasks", "");
	tree_text(old, MOUNT "memory/docker/" ID_C "/tasks", "");
	tree_text(old, MOUNT "pids/tasks", "");
	tree_text(old, MOUNT "pids/docker/" ID_C "/tasks", "");
	assert_int_equal(lw_container_find(old, "fedcba", &id, &controller, &why), 0);
	assert_string_equal(controller, "memory");
	tree_text(old, MOUNT "unified/cgroup.controllers", "");
	assert_int_equal(lw_container_find(old, "fedcba", &id, &controller, &why), 0);
	assert_string_equal(controller, "memory");
	assert_int_equal(lw_container_find(old, "0123456", &id, &controller, &why), -ENOENT);
	/* It has a group of each controller. */
	assert_has(why.text, "there are fedcba987654");
	assert_null(strchr(why.text, ','));
	tree_free(old);
}

static const struct {
	const char *name, *path; /* NULL: none, or more than one */
} names[] = {
	{ ID_A, PODMAN },
	{ "0123456789", PODMAN },
	{ "till", PODMAN },
	{ "shop", DOCKER },
	{ "0123456f", DOCKER },
	{ "0a1b2c3d-1111-2222-3333-444455556666", POD },
	{ "ffffffff-1111-2222-3333-444455556666", POD_FS },
	{ "my-web", MACHINE },
	{ "db", NSPAWN },
	{ "old", LXC },
	{ "0123456", NULL },
	{ "01234", NULL },
	{ "web", NULL },
	{ "my_web", NULL },
	{ "shop2", NULL },
	{ "tilly", NULL },
	{ "man", NULL },
	{ "", NULL },
	{ "container", NULL },
	{ "conmon-" ID_A, NULL },
};

static void containers_have_ids_and_names(void **state)
{
	struct lw_reason why;
	uint64_t id;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		err = lw_container_find(root, names[i].name, &id, &controller, &why);
		if (!err != !!names[i].path || (!err && id != number_of(names[i].path)))
			fail_msg("\"%s\": %d", names[i].name, err);
	}
}

/* A user can give a control group of the user's own slice any name. */
static void a_user_cannot_take_the_place_of_a_container(void **state)
{
	struct lw_reason why;
	uint64_t id;

	(void)state;
	make_group(MOUNT "user.slice/user-1.slice/lxc.payload.old");
	make_group(MOUNT "user.slice/user-1.slice/lxc.payload.own");
	assert_int_equal(lw_container_find(root, "old", &id, &controller, &why), 0);
	assert_true(id == number_of(LXC));
	assert_int_equal(lw_container_find(root, "own", &id, &controller, &why), 0);
	assert_true(id == number_of(MOUNT "user.slice/user-1.slice/lxc.payload.own"));
}

static void a_name_that_is_not_there_lists_those_that_are(void **state)
{
	struct lw_reason why;
	uint64_t id;

	(void)state;
	assert_int_equal(lw_container_find(root, "web", &id, &controller, &why), -ENOENT);
	assert_has(why.text, "my-web");
	assert_has(why.text, "012345678");
	assert_null(strstr(why.text, "conmon"));
	assert_int_equal(lw_container_find(root, "0123456", &id, &controller, &why), -ENOTUNIQ);
	assert_has(why.text, "/machine.slice/libpod-" ID_A ".scope");
	assert_has(why.text, "/system.slice/docker-" ID_B ".scope");
}

static void a_container_in_a_pod_and_one_of_the_driver_cgroupfs(void **state)
{
	struct lw_reason why;
	uint64_t id;

	(void)state;
	make_group(IN_POD);
	assert_int_equal(lw_container_find(root, "fedcba98", &id, &controller, &why), 0);
	assert_true(id == number_of(IN_POD));
	make_group(PLAIN);
	assert_int_equal(lw_container_find(root, "fedcba98", &id, &controller, &why), -ENOTUNIQ);
}

static void containers_of_paths(void **state)
{
	static const struct {
		const char *path, *container;
	} all[] = {
		{ "/machine.slice/libpod-" ID_A ".scope/container/below", "0123456789ab" },
		{ "/system.slice/docker-" ID_B ".scope", "0123456fffff" },
		{ "/docker/" ID_C, "fedcba987654" },
		{ "/kubepods.slice/kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice",
		  "0a1b2c3d_1111_2222_3333_444455556666" },
		{ "/kubepods/podffffffff-1111-2222-3333-444455556666/" ID_C, "fedcba987654" },
		{ "/machine.slice/machine-my\\x2dweb.scope", "my-web" },
		{ "/lxc.payload.old/init.scope", "old" },
		{ "/lxc.payload.old/docker/" ID_C, "old" },
		{ "/a.slice/machine-web\\x00evil.scope", "web\\x00evil" },
		{ "/a.slice/machine-a\\x 4b.scope", "a\\x 4b" },
		{ "/system.slice/ssh.service", "" },
		{ "/", "" },
		{ "", "" },
		{ "4711", "" },
	};
	char container[NAME_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		lw_container_of(all[i].path, container, sizeof(container));
		assert_string_equal(container, all[i].container);
	}
	lw_container_of(all[0].path, container, 5);
	assert_string_equal(container, "0123");
}

static void groups_are_found_by_their_numbers(void **state)
{
	struct lw_groups *groups = lw_groups_new(root);
	const struct lw_group *group = lw_groups_find(groups, number_of(PODMAN "/container"));
	uint64_t id = number_of(LXC);

	(void)state;
	assert_string_equal(group->path, "/machine.slice/libpod-" ID_A ".scope/container");
	assert_string_equal(group->container, "0123456789ab");
	group = lw_groups_find(groups, number_of(MOUNT));
	assert_string_equal(group->path, "/");
	assert_string_equal(group->container, "");
	assert_string_equal(lw_groups_find(groups, id)->path, "/lxc.payload.old");
	/* It is known after it has gone. */
	tree_free(root);
	assert_string_equal(lw_groups_find(groups, id)->path, "/lxc.payload.old");
	assert_string_equal(lw_groups_find(groups, id)->container, "old");
	group = lw_groups_find(groups, UINT64_MAX);
	assert_string_equal(group->path, "18446744073709551615");
	assert_string_equal(group->container, "");
	lw_groups_free(groups);
	groups = lw_groups_new("/nonexistent");
	assert_string_equal(lw_groups_find(groups, 7)->path, "7");
	lw_groups_free(groups);
	lw_groups_free(NULL);
	root = tree_new();
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FRESH(containers_of_paths),
		FRESH(groups_are_found_by_their_numbers),
		FRESH(control_groups_have_several_paths),
		FRESH(cgroup2_may_be_mounted_below),
		FRESH(controllers_have_control_groups),
		FRESH(containers_of_version_1),
		FRESH(containers_have_ids_and_names),
		FRESH(a_user_cannot_take_the_place_of_a_container),
		FRESH(a_name_that_is_not_there_lists_those_that_are),
		FRESH(a_container_in_a_pod_and_one_of_the_driver_cgroupfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
