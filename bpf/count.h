/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where counts go: totals that only grow, and the cells, pages and page counts
 * of the current generation. Every update is checked, and a map that is full
 * loses the cell before the page and the page before the total.
 */
#ifndef BC_COUNT_H
#define BC_COUNT_H

#include "cell.h"

/* Learnt pages and cells a generation may have (--max-pages, --max-cells). */
const volatile __u32 max_pages = 8192;
const volatile __u32 max_cells = 131072;

#include "cells.h"
#include "pages.h"

struct bc_totals {
	__u64 count[BC_TOTALS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_record);
} record SEC(".maps");

/*
 * Tables that the agent maps, too; and in memory pages of their own, no line and no
 * name lies across more cache lines than it must.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * BC_CELL_LINES(131072));
	__type(key, __u32);
	__type(value, struct bc_cell_line);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * BC_PAGE_PLACES(8192));
	__type(key, __u32);
	__type(value, struct bc_page_place);
} page_places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * 8192);
	__type(key, __u32);
	__type(value, struct bc_page);
} page_names SEC(".maps");

/* By slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct bc_learnt);
} learnt SEC(".maps");

/* What found no room among the cells: slot * BC_PAGES + page number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * (BC_PAGE_LEARNT + 8192));
	__type(key, __u32);
	__type(value, struct bc_page_counts);
} page_counts SEC(".maps");

/*
 * The agent's: rows held back, before and after the merge at hand, and what the
 * numbers of sites and listed pages mean.
 */
struct bc_text_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_text);
} held_0 SEC(".maps"), held_1 SEC(".maps"), numbering SEC(".maps");

/* Pages that rules name, and their numbers. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BC_MAX_LISTED);
	__type(key, struct bc_page);
	__type(value, __u32);
} listed SEC(".maps");

static __always_inline void bc_total_add(__u32 which, __u32 n)
{
	__u32 zero = 0;
	struct bc_totals *t = bpf_map_lookup_elem(&totals, &zero);

	if (t && which < BC_TOTALS)
		t->count[which] += n;
}

/* The record of generations; its `current` is read once a run, so that none straddles a swap. */
static __always_inline const struct bc_record *bc_record_now(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&record, &zero);
}

static __always_inline void bc_count_on_page(__u32 slot, const struct bc_cell *cell)
{
	__u32 place = slot * (BC_PAGE_LEARNT + max_pages) + cell->page;
	struct bc_page_counts *counts = bpf_map_lookup_elem(&page_counts, &place);

	if (counts)
		__sync_fetch_and_add(&counts->count[BC_KIND_EVENT(cell->kind) & 7], 1);
	bc_total_add(counts ? BC_TOTAL_CELLS_DROPPED : BC_TOTAL_FALLBACK, 1);
}

static __always_inline struct bc_cell_line *bc_cells_line(__u32 slot, __u32 line)
{
	__u32 at = (slot & 1) * BC_CELL_LINES(max_cells) + line;

	return bpf_map_lookup_elem(&cells, &at);
}

static __always_inline __u32 *bc_cells_taken(__u32 slot)
{
	struct bc_learnt *of = bpf_map_lookup_elem(&learnt, &slot);

	return of ? &of->cells : NULL;
}

/* Add one to a cell of a generation. */
static __always_inline void bc_count_cell(__u32 slot, const struct bc_cell *cell, __u64 seed)
{
	if (bc_unlikely(!bc_cells_add(slot, bc_cells_key_of(cell), seed)))
		bc_count_on_page(slot, cell);
}

static __always_inline struct bc_page_place *bc_pages_place(__u32 slot, __u32 place)
{
	__u32 at = (slot & 1) * BC_PAGE_PLACES(max_pages) + place;

	return bpf_map_lookup_elem(&page_places, &at);
}

static __always_inline struct bc_page *bc_pages_name(__u32 slot, __u32 number)
{
	__u32 at = (slot & 1) * max_pages + number;

	return bpf_map_lookup_elem(&page_names, &at);
}

static __always_inline __u32 *bc_pages_taken(__u32 slot)
{
	struct bc_learnt *of = bpf_map_lookup_elem(&learnt, &slot);

	return of ? &of->pages : NULL;
}

/* The number of a page that no rule lists, learning it if there is room. */
static __always_inline __u32 bc_learnt_page(const struct bc_parse *p, __u32 site)
{
	__u32 number = bc_pages_number(p->slot, &p->scratch->http.page, p->scratch->seed);

	if (bc_likely(number))
		return number;
	bc_total_add(BC_TOTAL_PAGES_DROPPED, 1);
	return BC_SPECIAL(site, BC_PAGE_OTHER);
}

/* The number of a page that a rule lists by its whole name; 0: none does. */
static __always_inline __u32 bc_listed_page(const struct bc_page *page)
{
	__u32 *number = bpf_map_lookup_elem(&listed, page);

	return number ? *number : 0;
}

#endif
