/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where counts go: totals that only grow, and the cells, pages and page counts
 * of the current generation. Every update is checked, and a map that is full
 * loses the cell before the page and the page before the total.
 */
#ifndef BC_COUNT_H
#define BC_COUNT_H

#include "cell.h"

#define BC_EEXIST 17

/* Learnt pages and cells a generation may have (--max-pages, --max-cells). */
const volatile __u32 max_pages = 8192;
const volatile __u32 max_cells = 131072;

#include "cells.h"

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

/* The agent maps it; and in pages of its own, no line lies across two cache lines. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * BC_CELL_LINES(131072));
	__type(key, __u32);
	__type(value, struct bc_cell_line);
} cells SEC(".maps");

struct bc_pages_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct bc_page);
	__type(value, __u32);
} pages_0 SEC(".maps"), pages_1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct bc_pages_map);
} pages SEC(".maps") = {.values = {&pages_0, &pages_1}};

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

/* The slot that counts go to; read once a run, so that a run never straddles a swap. */
static __always_inline __u32 bc_current_slot(void)
{
	__u32 zero = 0;
	struct bc_record *r = bpf_map_lookup_elem(&record, &zero);

	return r ? r->current & 1 : 0;
}

static __always_inline __u16 bc_generation_number(__u32 slot)
{
	__u32 zero = 0;
	struct bc_record *r = bpf_map_lookup_elem(&record, &zero);

	return r ? r->slot[slot & 1].number : 0;
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

static __always_inline __u64 bc_cells_seed(void)
{
	__u32 zero = 0;
	struct bc_record *r = bpf_map_lookup_elem(&record, &zero);

	return r ? r->seed : 0;
}

/* Add one to a cell of a generation. */
static __always_inline void bc_count_cell(__u32 slot, const struct bc_cell *cell)
{
	if (bc_unlikely(!bc_cells_add(slot, bc_cells_key_of(cell))))
		bc_count_on_page(slot, cell);
}

/* The number of a page that no rule lists, learning it if there is room. */
static __always_inline __u32 bc_learnt_page(__u32 slot, const struct bc_page *page, __u32 site)
{
	void *map = bpf_map_lookup_elem(&pages, &slot);
	struct bc_learnt *of = bpf_map_lookup_elem(&learnt, &slot);
	__u32 *known, number;

	if (!map || !of)
		goto other;
	known = bpf_map_lookup_elem(map, page);
	if (known)
		return *known;
	if (of->pages >= max_pages)
		goto other;
	number = __sync_fetch_and_add(&of->pages, 1);
	if (number >= max_pages)
		goto other;
	number += BC_PAGE_LEARNT;
	if (!bpf_map_update_elem(map, page, &number, BPF_NOEXIST))
		return number;
	known = bpf_map_lookup_elem(map, page);
	if (known)
		return *known;
other:
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
