/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where counts go: totals that only grow, and the cells, pages and page counts
 * of the current generation. Every update is checked, and a map that is full
 * loses the cell before the page and the page before the total.
 */
#ifndef BC_COUNT_COUNT_H
#define BC_COUNT_COUNT_H

#include "count/cell.h"
#include "count/cells.h"
#include "count/pages.h"
#include "maps.h"

/* Raise one of this processor's totals. */
static __always_inline void bc_total_add(struct bc_totals *t, enum bc_total which, __u32 n)
{
	t->count[which] += n;
}

static __always_inline void bc_outcome_add(struct bc_totals *t, __u32 outcome, __u32 n)
{
	t->count[outcome & (BC_OUTCOMES_ROOM - 1)] += n;
}

static __always_inline __u32 bc_cells_max(void)
{
	return max_cells;
}

static __always_inline __u32 bc_pages_max(void)
{
	return max_pages;
}

static __always_inline struct bc_cell_line *bc_cells_line(__u32 bank, __u32 line)
{
	__u32 at = (bank & 1) * BC_CELL_LINES(max_cells) + line;

	return bpf_map_lookup_elem(&cells, &at);
}

static __always_inline __u32 *bc_cells_taken(__u32 bank)
{
	struct bc_fill *of = bpf_map_lookup_elem(&learnt, &bank);

	return of ? &of->cells : NULL;
}

static __always_inline struct bc_page_place *bc_pages_place(__u32 bank, __u32 place)
{
	__u32 at = (bank & 1) * BC_PAGE_PLACES(max_pages) + place;

	return bpf_map_lookup_elem(&page_places, &at);
}

static __always_inline struct bc_page *bc_pages_name(__u32 bank, __u32 number)
{
	__u32 at = (bank & 1) * max_pages + number;

	return bpf_map_lookup_elem(&page_names, &at);
}

static __always_inline __u32 *bc_pages_taken(__u32 bank)
{
	struct bc_fill *of = bpf_map_lookup_elem(&learnt, &bank);

	return of ? &of->pages : NULL;
}

/* The number of a page that a rule lists by its whole name; 0: none does. */
bc_subprogram int bc_listed_number(const struct bc_page *page)
{
	struct bc_page key; /* before 6.3 a key must stand on the stack or in a map */
	__u32 *number;

	if (!page)
		return 0;
	key = *page;
	number = bpf_map_lookup_elem(&listed, &key);
	return number ? *number : 0;
}

static __always_inline __u32 bc_listed_page(const struct bc_page *page)
{
	return bc_listed_number(page);
}

static __always_inline void bc_count_on_page(struct bc_totals *t, __u32 bank,
					     const struct bc_cell *cell)
{
	__u32 place = bank * (BC_PAGE_DISCOVERED + max_pages) + cell->page;
	struct bc_page_counts *counts = bpf_map_lookup_elem(&page_counts, &place);

	if (counts)
		__sync_fetch_and_add(&counts->count[BC_KIND_EVENT(cell->kind) & 7], 1);
	bc_total_add(t, counts ? BC_TOTAL_CELLS_DROPPED : BC_TOTAL_FALLBACK, 1);
}

/* Add one to a cell of the current generation; `page` is its page, if that goes by its name. */
static __always_inline void bc_count(const struct bc_workplace *w, struct bc_totals *t,
				     struct bc_cell *cell, const struct bc_page *page)
{
	if (cell->page == BC_PAGE_BY_NAME) {
		cell->page = bc_pages_number(w->bank, page, w->seed);
		if (bc_unlikely(!cell->page)) {
			bc_total_add(t, BC_TOTAL_PAGES_DROPPED, 1);
			cell->page = BC_SPECIAL(page->site, BC_PAGE_OTHER);
		}
	}
	if (bc_unlikely(!bc_cells_add(w->bank, bc_cells_key_of(cell), w->seed)))
		bc_count_on_page(t, w->bank, cell);
}

#endif
