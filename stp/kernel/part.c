#pragma once

#include "part.h"

/* A part's points end with NULL, or with the array. */
#define lw_for_each_point(p, part, i)                                         \
	for (i = 0; i < ARRAY_SIZE((part)->points) && (p = (part)->points[i]); i++)

static void lw_find_point(struct tracepoint *tp, void *parts)
{
	struct lw_part *part;
	struct lw_point *p;
	int i;

	for (part = parts; part; part = part->next)
		lw_for_each_point(p, part, i)
			if (!strcmp(tp->name, p->name))
				p->found = tp;
}

static int lw_attach_points(struct lw_part *parts)
{
	struct lw_part *part;
	struct lw_point *p;
	bool any = false;
	int i, rc;

	for (part = parts; part; part = part->next)
		any |= part->points[0] != NULL;
	if (any)
		for_each_kernel_tracepoint(lw_find_point, parts);
	for (part = parts; part; part = part->next) {
		lw_for_each_point(p, part, i) {
			rc = p->found ? tracepoint_probe_register(p->found, p->probe, NULL) : -ENOENT;
			if (rc)
				return rc;
			p->attached = true;
		}
	}
	return 0;
}

static void lw_detach_points(struct lw_part *parts)
{
	struct lw_part *part;
	struct lw_point *p;
	bool any = false;
	int i;

	for (part = parts; part; part = part->next) {
		lw_for_each_point(p, part, i) {
			if (!p->attached)
				continue;
			tracepoint_probe_unregister(p->found, p->probe, NULL);
			p->attached = false;
			any = true;
		}
	}
	if (any)
		tracepoint_synchronize_unregister();
}

static int lw_attach(struct lw_part *parts)
{
	struct lw_part *part;
	int rc = 0;

	for (part = parts; part && !rc; part = part->next)
		rc = part->begin ? part->begin() : 0;
	if (!rc)
		rc = lw_attach_points(parts);
	if (rc)
		lw_detach(parts);
	return rc;
}

static void lw_detach(struct lw_part *parts)
{
	struct lw_part *part;

	lw_detach_points(parts);
	for (part = parts; part; part = part->next)
		if (part->end)
			part->end();
}
