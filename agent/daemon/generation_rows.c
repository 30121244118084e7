// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads a retired generation's maps into sorted rows, and clears them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpf/array.h"
#include "daemon/generation_rows.h"
#include "bpf/bank.h"
#include "rules/pattern.h"

/* What page numbers mean while rows are made. */
struct names {
	const struct page_ids *page_ids;
	const struct page_ids_page *listed[BC_MAX_NAMED];
	const struct bc_page *learnt; /* by number - BC_PAGE_DISCOVERED */
	size_t n_learnt;
};

static const char *const special_pages[] = {
	[BC_PAGE_UNLISTED] = "(unlisted)",
	[BC_PAGE_OTHER] = "(other)",
	[BC_PAGE_LONG] = "(long)",
	[BC_PAGE_NONE] = "(none)",
};

static const char *site_name(const struct names *names, __u32 site)
{
	const char *name = names->page_ids->site[site & (BC_MAX_SITES - 1)].name;

	return site && *name ? name : RULE_ANY_SITE;
}

/* A number that means nothing can't be; if it is, its count is kept all the same. */
static void name_row(const struct names *names, __u32 page, struct row *row)
{
	const struct page_ids_page *listed = NULL;
	const struct bc_page *learnt = NULL;

	if (page < BC_PAGE_NAMED) {
		row->site = site_name(names, page / 4);
		row->page = special_pages[page % 4];
		return;
	}
	if (page < BC_PAGE_DISCOVERED)
		listed = names->listed[page - BC_PAGE_NAMED];
	else if (page - BC_PAGE_DISCOVERED < names->n_learnt)
		learnt = &names->learnt[page - BC_PAGE_DISCOVERED];
	row->site = site_name(names, listed ? listed->site : learnt ? learnt->site : 0);
	row->page = listed ? listed->name : learnt ? learnt->name : special_pages[BC_PAGE_OTHER];
}

/* Copy the names that a slot's program learnt. */
static int learnt_read(const struct map_set *set, __u32 slot, struct generation_rows *rows,
		       struct error *e)
{
	struct bank table;
	struct bc_fill learnt;
	int r = bpf_map_lookup_elem(set->map[MAP_FILL], &slot, &learnt);

	if (r)
		return error_set(e, -r, "cannot tell how many pages were learnt: %s", strerror(-r));
	r = bank_map(set, MAP_PAGE_NAMES, slot, &table, e);
	if (r)
		return r;
	rows->n_pages = learnt.pages < table.count ? learnt.pages : table.count;
	rows->pages = calloc(rows->n_pages + 1, sizeof(*rows->pages));
	if (rows->pages)
		memcpy(rows->pages, table.name, rows->n_pages * sizeof(*rows->pages));
	else
		r = error_set(e, ENOMEM, "no memory for the names of pages");
	bank_unmap(&table);
	return r;
}

static int names_read(const struct map_set *set, __u32 slot, struct generation_rows *rows,
		      struct names *names, struct error *e)
{
	int r = learnt_read(set, slot, rows, e);

	if (r)
		return r;
	for (size_t i = 0; i < rows->n_pages; i++)
		rows->pages[i].name[BC_NAME_MAX] = '\0';
	names->learnt = rows->pages;
	names->n_learnt = rows->n_pages;
	for (size_t i = 0; i < names->page_ids->pages; i++) {
		const struct page_ids_page *page = &names->page_ids->page[i];

		names->listed[page->page - BC_PAGE_NAMED] = page;
	}
	return 0;
}

static int row_add(struct generation_rows *rows, size_t *room, const struct row *row)
{
	if (rows->count == *room) {
		size_t more = *room ? *room * 2 : 64;
		struct row *grown = reallocarray(rows->row, more, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		rows->row = grown;
		*room = more;
	}
	rows->row[rows->count++] = *row;
	return 0;
}

static int cell_row_add(struct generation_rows *rows, size_t *room, const struct names *names,
			const struct bc_cell_entry *entry)
{
	const struct bc_cell *cell = &entry->cell;
	struct row row = {
		.count = entry->count,
		.row = cell->row,
		.column = cell->column,
		.event = BC_KIND_EVENT(cell->kind) % BC_EVENTS,
		.device = BC_KIND_DEVICE(cell->kind) % BC_DEVICES,
	};

	/* Half an entry is what a predecessor left that died while it cleared: it is on disk. */
	if (!cell->kind || !row.count)
		return 0;
	rows->n_cells++;
	name_row(names, cell->page, &row);
	return row_add(rows, room, &row);
}

static int cells_read(const struct map_set *set, __u32 slot, const struct names *names,
		      struct generation_rows *rows, size_t *room, struct error *e)
{
	struct bank cells;
	int r = bank_map(set, MAP_CELLS, slot, &cells, e);

	if (r)
		return r;
	for (size_t i = 0; i < cells.count * BC_CELL_LINE && !r; i++)
		r = cell_row_add(rows, room, names,
				 &cells.line[i / BC_CELL_LINE].entry[i % BC_CELL_LINE]);
	bank_unmap(&cells);
	return r ? error_set(e, -r, "cannot read the cells: %s", strerror(-r)) : 0;
}

static int page_row_add(struct generation_rows *rows, size_t *room, const struct names *names,
			__u32 page)
{
	int r = 0;

	for (int event = 0; event < BC_EVENTS && !r; event++) {
		struct row row = {
			.count = rows->page_counts[page].count[event],
			.row = BC_NO_ROW,
			.column = BC_NO_COLUMN,
			.event = event,
		};

		if (!row.count)
			continue;
		name_row(names, page, &row);
		r = row_add(rows, room, &row);
	}
	return r;
}

static size_t page_places(const struct map_set *set)
{
	return BC_PAGE_DISCOVERED + set->max_pages;
}

/* What found no room among the cells. */
static int page_counts_read(const struct map_set *set, __u32 slot, const struct names *names,
			    struct generation_rows *rows, size_t *room, struct error *e)
{
	size_t places = page_places(set);
	int r = -ENOMEM;

	rows->page_counts = calloc(places, sizeof(*rows->page_counts));
	rows->n_page_counts = places;
	if (rows->page_counts)
		r = array_read(set->map[MAP_PAGE_COUNTS], slot * places, rows->page_counts,
			       sizeof(*rows->page_counts), places);
	for (size_t page = 0; page < places && !r; page++)
		r = page_row_add(rows, room, names, page);
	return r ? error_set(e, -r, "cannot read the page counts: %s", strerror(-r)) : 0;
}

static int compare(const void *a, const void *b)
{
	return row_compare(a, b);
}

/* Two numbers may mean one page, where a rule came to name it meanwhile. */
static void rows_unite(struct generation_rows *rows)
{
	size_t last = 0;

	if (!rows->count)
		return;
	qsort(rows->row, rows->count, sizeof(*rows->row), compare);
	for (size_t i = 1; i < rows->count; i++) {
		if (row_compare(&rows->row[last], &rows->row[i]))
			rows->row[++last] = rows->row[i];
		else
			rows->row[last].count += rows->row[i].count;
	}
	rows->count = last + 1;
}

int generation_rows_read(const struct map_set *set, __u32 slot, const struct page_ids *page_ids,
			 struct generation_rows *out, struct error *e)
{
	struct generation_rows rows = {};
	struct names *names = calloc(1, sizeof(*names));
	size_t room = 0;
	int r;

	if (!names)
		return -ENOMEM;
	names->page_ids = page_ids;
	r = names_read(set, slot, &rows, names, e);
	if (!r)
		r = cells_read(set, slot, names, &rows, &room, e);
	if (!r)
		r = page_counts_read(set, slot, names, &rows, &room, e);
	free(names);
	if (r) {
		generation_rows_free(&rows);
		return r;
	}
	rows_unite(&rows);
	*out = rows;
	return 0;
}

size_t generation_rows_drop(struct row *row, size_t *count, const char *site, const char *page)
{
	size_t kept = 0, before = *count;

	for (size_t i = 0; i < before; i++)
		if (strcmp(row[i].site, site) || (page && !pattern_matches(page, row[i].page)))
			row[kept++] = row[i];
	*count = kept;
	return before - kept;
}

static int page_counts_clear(const struct map_set *set, __u32 slot,
			     const struct generation_rows *rows)
{
	static const struct bc_page_counts none;
	int r = 0;

	for (size_t page = 0; page < rows->n_page_counts && !r; page++) {
		__u32 place = slot * page_places(set) + page;

		if (memcmp(&rows->page_counts[page], &none, sizeof(none)))
			r = bpf_map_update_elem(set->map[MAP_PAGE_COUNTS], &place, &none, BPF_ANY);
	}
	return r;
}

int generation_rows_clear(const struct map_set *set, __u32 slot, const struct generation_rows *rows,
			  struct error *e)
{
	static const struct bc_fill none;
	int r = page_counts_clear(set, slot, rows);

	if (!r)
		r = bank_clear(set, MAP_CELLS, slot, e);
	/* Names go last: a count without its name would be one of another page. */
	if (!r)
		r = bank_clear(set, MAP_PAGE_PLACES, slot, e);
	if (!r)
		r = bank_clear(set, MAP_PAGE_NAMES, slot, e);
	if (!r)
		r = bpf_map_update_elem(set->map[MAP_FILL], &slot, &none, BPF_ANY);
	return r ? error_set(e, -r, "cannot clear a generation: %s", strerror(-r)) : 0;
}

void generation_rows_free(struct generation_rows *rows)
{
	free(rows->row);
	if (rows->pages)
		explicit_bzero(rows->pages, rows->n_pages * sizeof(*rows->pages));
	free(rows->pages);
	free(rows->page_counts);
	memset(rows, 0, sizeof(*rows));
}
