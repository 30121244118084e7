/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One row of a day's counts, as in the files: what was counted, and how often.
 * Rows are ordered by site, page, event name, device name, column, row, which
 * is the order of the files.
 */
#ifndef AGENT_STORE_ROW_H
#define AGENT_STORE_ROW_H

#include "blindcount.h"

/* Names as they stand in files and metrics, by enum bc_event and bc_device. */
extern const char *const row_event_names[BC_EVENTS];
extern const char *const row_device_names[BC_DEVICES];

struct row {
	const char *site; /* "(any)" or a site rule's name */
	const char *page; /* redacted name, pattern, or "(other)" and its kin */
	__u64 count;
	__u16 row; /* BC_NO_ROW: no cell */
	__u8 column; /* BC_NO_COLUMN: no cell */
	__u8 event; /* enum bc_event */
	__u8 device; /* enum bc_device */
};

/*
 * Order of two rows, as for qsort; 0 if they differ in count alone. Names are
 * compared byte by byte; a row without a column or row comes first.
 */
int row_compare(const struct row *a, const struct row *b);

/* The two halves of that order: site, page and event; device, column and row. */
int row_compare_group(const struct row *a, const struct row *b);
int row_compare_cell(const struct row *a, const struct row *b);

/* a + b, or the greatest count if that is more than a count can hold. */
static inline __u64 row_add_counts(__u64 a, __u64 b)
{
	return a + b < a ? ~0ULL : a + b;
}

#endif
