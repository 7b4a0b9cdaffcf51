/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup.h - control groups (cgroups(7)), and the containers that have one of cgroup2 */
#ifndef LW_CGROUP_H
#define LW_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/reason.h"

/*
 * lw_cgroup_find - finds a control group by its path
 * @root: directory that holds sys, "" on a real host
 * @path: below the mount of cgroup2, such as /system.slice/ssh.service, or with /sys/fs/cgroup; or for version 1 a
 *        controller and a path below its mount, such as memory:/docker
 * @id: set to its number: a directory's inode number (kernfs_ino() of linux/kernfs.h)
 * @controller: set to the controller as the kernel's sources name it (linux/cgroup_subsys.h); NULL: cgroup2
 *
 * On a host with both versions, cgroup2 is at /sys/fs/cgroup/unified. Returns 0, or -ENOENT with *why.
 */
int lw_cgroup_find(const char *root, const char *path, uint64_t *id, const char **controller,
		   struct lw_reason *why);

/* lw_cgroup_mount - writes the path of the mount of cgroup2. False: it is not mounted */
bool lw_cgroup_mount(const char *root, char *mount, size_t size);

/* lw_cgroup_path - looks through all groups of that mount for a number, and writes its path below the mount */
bool lw_cgroup_path(const char *mount, uint64_t id, char *path, size_t size);

/*
 * lw_container_of - writes the container that a control group is in: the first twelve digits of its id, or its name
 * @path: of the control group. The outermost container counts. Writes "" if it is in none.
 */
void lw_container_of(const char *path, char *container, size_t size);

/*
 * lw_container_find - finds a container's control group
 * @root: directory that holds run, sys and var, "" on a real host
 * @name: the container's id, or six digits or more of its begin (docker, podman, containerd, CRI-O); a
 *        name (docker, podman of root, systemd-nspawn and other machines of machined, LXC); the uid
 *        of a pod of Kubernetes
 *
 * @id, @controller: as lw_cgroup_find() sets them. cgroup2 comes first, then memory, pids and cpu of version 1.
 *
 * The control group's name tells whose it is, and docker's and podman's files tell the id for a name. Users may make
 * groups of any name in user.slice, which is looked through only if there is no such container elsewhere.
 * Returns 0, or with *why -ENOENT (the reason lists the containers that there are) or -ENOTUNIQ (the name
 * stands for several, which the reason lists).
 */
int lw_container_find(const char *root, const char *name, uint64_t *id, const char **controller,
		      struct lw_reason *why);

#endif
