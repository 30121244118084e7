/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Stored counts gathered by page, as the JSON that the report page reads:
 *
 *   {"sites": [NAME…], "dates": ["YYYY-MM-DD"…], "events": [NAME…],
 *    "devices": [NAME…], "damaged": FILES,
 *    "pages": [{"n": NAME, "s": SITE, "t": TOTAL, "g": [GROUP…]}…]}
 *
 * Pages come in order of their totals, most first. A group is
 * [DATE, EVENT, DEVICE, [STEP, COUNT, STEP, COUNT…]], where DATE, EVENT, DEVICE
 * and SITE are indexes and each step leads from the cell before (0 at first) to
 * the next one. A cell's number is (column + 1) × 4097 + row + 1, where no
 * column and no row stand as 0.
 */
#ifndef AGENT_REPORT_HEATMAP_H
#define AGENT_REPORT_HEATMAP_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "store/row.h"

/* Gathered data beyond this, in bytes, are refused: no browser would open the page. */
#define HEATMAP_LIMIT (64UL << 20)

struct heatmap_page;

/* All zero at first. */
struct heatmap {
	void *tree; /* pages by site and name, for tsearch() */
	struct heatmap_page **pages;
	struct heatmap_page *last; /* page of the row before */
	__u32 *days; /* in the order in which they came */
	size_t n_pages, n_days;
	size_t cells; /* rows that were added */
	size_t bytes; /* held in memory, roughly */
};

/*
 * Add one row. Days must come in order, and rows of a day in order too. Returns
 * 0, -ENOMEM, or -EFBIG with a message when the limit is passed.
 */
int heatmap_add(struct heatmap *h, __u32 day, const struct row *row, struct error *e);

/* Write the JSON and tell how many files were left out. The caller checks `out` for errors. */
void heatmap_write(struct heatmap *h, unsigned int damaged, FILE *out);

void heatmap_free(struct heatmap *h);

#endif
