/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A retired generation as rows: numbers become names, equal rows one. */
#ifndef AGENT_DAEMON_GENERATION_ROWS_H
#define AGENT_DAEMON_GENERATION_ROWS_H

#include <stdbool.h>

#include "base/error.h"
#include "bpf/loader.h"
#include "rules/page_ids.h"
#include "store/row.h"

struct generation_rows {
	struct row *row; /* in row_compare's order */
	size_t count;
	size_t n_cells; /* entries read; a row may be of several */
	struct bc_page *pages; /* by number, less BC_PAGE_DISCOVERED; row names point into these */
	size_t n_pages;
	struct bc_page_counts *page_counts; /* by page number */
	size_t n_page_counts;
};

/* Read a slot. On success free with generation_rows_free(), which wipes the names. */
int generation_rows_read(const struct map_set *set, __u32 slot, const struct page_ids *page_ids,
			 struct generation_rows *rows, struct error *e);

/* Take out the rows of a site, or of its pages that match. Returns how many. */
size_t generation_rows_drop(struct row *row, size_t *count, const char *site, const char *page);

/* Empty the slot's maps of what was read. */
int generation_rows_clear(const struct map_set *set, __u32 slot, const struct generation_rows *rows,
			  struct error *e);

void generation_rows_free(struct generation_rows *rows);

#endif
