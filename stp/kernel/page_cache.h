#pragma once

#include "arch.h"
#include "no_task.h"
#include "point.h"
#include "report.h"
#include <asm/local.h>
#include <linux/mm.h>
#include <linux/version.h>
#include <linux/vmstat.h>
#include <trace/events/filemap.h>
#include <trace/events/writeback.h>

/*
 * page_cache.h - how often programs find what they read in the page cache
 *
 * Uses are of folios: a page, or several pages that the kernel handles together (linux/mm_types.h). A folio is added to the
 * cache when it is read from a disk, ahead or not, and when a program writes where the cache had nothing. The latter is no
 * miss: the same processor makes it dirty next.
 */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
typedef struct folio lw_folio;
#define lw_folio_pages folio_nr_pages
#else
typedef struct page lw_folio;
#define lw_folio_pages thp_nr_pages
#endif

struct lw_cache_use {
	local_t used, added;
	local_t written; /* added and then dirtied */
	local_t dirtied; /* pages */
};

static void lw_cache_add_up(void *total, const void *value)
{
	const struct lw_cache_use *more = value;
	struct lw_cache_use *all = total;

	local_add(local_read(&more->used), &all->used);
	local_add(local_read(&more->added), &all->added);
	local_add(local_read(&more->dirtied), &all->dirtied);
	local_add(local_read(&more->written), &all->written);
}

/* One key, so few places */
static const struct lw_shape lw_cache_shape = {
	.bits = 5,
	.words = 1,
	.size = sizeof(struct lw_cache_use),
	.total = sizeof(struct lw_cache_use),
	.add = lw_cache_add_up,
};

static struct lw_table lw_cache = { .shape = &lw_cache_shape };

static struct lw_counted lw_cache_counted = {
	.table = &lw_cache,
	.probe = LW_COUNT_PROBE,
	.why = "a processor that came later",
	.next = LW_COUNTED,
};
#undef LW_COUNTED
#define LW_COUNTED (&lw_cache_counted)

static bool lw_cache_counts __read_mostly;

/* The folio that this processor has added last */
static DEFINE_PER_CPU(const void *, lw_added_last);

static __always_inline struct lw_cache_use *lw_cache_use(void)
{
	return lw_value(&lw_cache, &lw_cache_shape, (struct lw_key){});
}

/* A program uses a folio of the cache. If it has just been added, that was to read it. Not preempted. */
static void lw_cache_used(const void *folio)
{
	struct lw_cache_use *use = lw_cache_use();

	if (use)
		local_inc(&use->used);
	if (this_cpu_read(lw_added_last) == folio)
		this_cpu_write(lw_added_last, NULL);
}

static void lw_on_cache_add(void *data, lw_folio *folio)
{
	struct lw_cache_use *use;

	if (!smp_load_acquire(&lw_cache_counts))
		return;
	lw_point_enter();
	use = lw_cache_use();
	if (use)
		local_inc(&use->added);
	this_cpu_write(lw_added_last, folio);
	lw_point_leave();
}

static void lw_on_dirty(void *data, lw_folio *folio, struct address_space *mapping)
{
	struct lw_cache_use *use;

	if (!smp_load_acquire(&lw_cache_counts))
		return;
	lw_point_enter();
	use = lw_cache_use();
	if (use) {
		local_add(lw_folio_pages(folio), &use->dirtied);
		if (this_cpu_read(lw_added_last) == folio) {
			this_cpu_write(lw_added_last, NULL);
			local_inc(&use->written);
		}
	}
	lw_point_leave();
}

LW_POINT(mm_filemap_add_to_page_cache, lw_on_cache_add);
#undef LW_POINTS
#define LW_POINTS (&lw_on_cache_add_point)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 18, 0)
LW_POINT(writeback_dirty_folio, lw_on_dirty);
#else
LW_POINT(writeback_dirty_page, lw_on_dirty);
#endif
#undef LW_POINTS
#define LW_POINTS (&lw_on_dirty_point)

/* Five fields of a row: hits, misses, pages that became dirty, hits in a hundred uses, and MiB of the cache */
static void lw_emit_row_cache(void)
{
	const struct lw_cache_use *all = lw_row_total(&lw_cache);
	s64 misses, used, hits;

	if (!all) {
		lw_emit_none(5);
		return;
	}
	misses = max_t(s64, local_read(&all->added) - local_read(&all->written), 0);
	used = max_t(s64, local_read(&all->used), misses);
	hits = used - misses;
	lw_put_pair(lw_log(), hits, misses);
	lw_put_number(lw_log(), local_read(&all->dirtied));
	lw_put_number(lw_log(), used ? div64_s64(100 * hits, used) : 0);
	lw_put_number(lw_log(), global_node_page_state(NR_FILE_PAGES) >> (20 - PAGE_SHIFT));
}
