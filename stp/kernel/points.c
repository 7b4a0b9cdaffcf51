#pragma once

#include "points.h"
#include <linux/slab.h>
#include <linux/vmalloc.h>

/* ---- tracepoints ---- */

static void lw_find_point(struct tracepoint *tp, void *unused)
{
	int i;

	for (i = 0; i < LW_POINTS; i++)
		if (lw_points[i].name && !strcmp(tp->name, lw_points[i].name))
			lw_points[i].found = tp;
}

static int lw_attach_points(void)
{
	int i, rc;

	if (lw_points[0].name)
		for_each_kernel_tracepoint(lw_find_point, NULL);
	for (i = 0; i < LW_POINTS && lw_points[i].name; i++) {
		struct lw_point *p = &lw_points[i];

		rc = p->found ? tracepoint_probe_register(p->found, p->probe, NULL) : -ENOENT;
		if (rc)
			return rc;
		p->attached = true;
	}
	return 0;
}

/* None of the functions runs any more when it returns. */
static void lw_detach_points(void)
{
	bool any = false;
	int i;

	for (i = 0; i < LW_POINTS; i++) {
		struct lw_point *p = &lw_points[i];

		if (!p->attached)
			continue;
		tracepoint_probe_unregister(p->found, p->probe, NULL);
		p->attached = false;
		any = true;
	}
	if (any)
		tracepoint_synchronize_unregister();
}

/* ---- all of it ---- */

static int lw_attach(void)
{
	int rc = lw_memory.begin ? lw_memory.begin() : 0;

	if (!rc)
		rc = lw_attach_points();
	if (rc)
		lw_detach();
	return rc;
}

static void lw_detach(void)
{
	lw_detach_points();
	if (lw_memory.end)
		lw_memory.end();
}

/* ---- memory ---- */

static void __maybe_unused lw_free_per_cpu(void *tables)
{
	void **table = tables;
	int cpu;

	if (!table)
		return;
	for_each_possible_cpu(cpu)
		vfree(table[cpu]);
	kfree(table);
}

/*
 * Zeroed tables, one for each CPU and indexed by it, of more than the 32 KiB that
 * alloc_percpu() gives; NULL if there is not enough memory.
 */
static void *__maybe_unused lw_alloc_per_cpu(size_t bytes)
{
	void **table = kcalloc(nr_cpu_ids, sizeof(*table), GFP_KERNEL);
	int cpu;

	if (!table)
		return NULL;
	for_each_possible_cpu(cpu) {
		table[cpu] = vzalloc_node(bytes, cpu_to_node(cpu));
		if (!table[cpu]) {
			lw_free_per_cpu(table);
			return NULL;
		}
	}
	return table;
}
