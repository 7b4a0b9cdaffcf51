/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup_subsys.h - controllers of control groups, for shim.h */
SUBSYS(cpu)
SUBSYS(memory)
