// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Names and order of rows of a day's counts. */
#include <string.h>

#include "store/row.h"

const char *const row_event_names[BC_EVENTS] = {
	[BC_EVENT_CLICK] = "click",	[BC_EVENT_MOVE] = "move", [BC_EVENT_SCROLL] = "scroll",
	[BC_EVENT_CONVERT] = "convert", [BC_EVENT_VIEW] = "view", [BC_EVENT_REQUEST] = "request",
	[BC_EVENT_OTHER] = "other",
};

const char *const row_device_names[BC_DEVICES] = {
	[BC_DEVICE_UNKNOWN] = "unknown",
	[BC_DEVICE_PHONE] = "phone",
	[BC_DEVICE_TABLET] = "tablet",
	[BC_DEVICE_DESKTOP] = "desktop",
};

/* Places of the names in alphabetical order, so that sorting compares no text. */
static const __u8 event_rank[BC_EVENTS] = {
	[BC_EVENT_CLICK] = 0,	[BC_EVENT_CONVERT] = 1, [BC_EVENT_MOVE] = 2, [BC_EVENT_OTHER] = 3,
	[BC_EVENT_REQUEST] = 4, [BC_EVENT_SCROLL] = 5,	[BC_EVENT_VIEW] = 6,
};

static const __u8 device_rank[BC_DEVICES] = {
	[BC_DEVICE_DESKTOP] = 0,
	[BC_DEVICE_PHONE] = 1,
	[BC_DEVICE_TABLET] = 2,
	[BC_DEVICE_UNKNOWN] = 3,
};

int row_compare_group(const struct row *a, const struct row *b)
{
	int order = 0;

	if (a->site != b->site)
		order = strcmp(a->site, b->site);
	if (!order && a->page != b->page)
		order = strcmp(a->page, b->page);
	return order ? order : event_rank[a->event] - event_rank[b->event];
}

/* Device, column and row as one number; "no cell" wraps to 0, before all others. */
static __u64 cell_order(const struct row *row)
{
	return (__u64)device_rank[row->device] << 32 | (__u64)(__u8)(row->column + 1) << 16 |
	       (__u16)(row->row + 1);
}

int row_compare_cell(const struct row *a, const struct row *b)
{
	__u64 x = cell_order(a), y = cell_order(b);

	return x < y ? -1 : x > y;
}

int row_compare(const struct row *a, const struct row *b)
{
	int order = row_compare_group(a, b);

	return order ? order : row_compare_cell(a, b);
}
