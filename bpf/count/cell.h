/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where a request that is counted belongs: page, event, device, column, row.
 * The table of listed pages is the includer's, so that unit tests run this too.
 */
#ifndef BC_COUNT_CELL_H
#define BC_COUNT_CELL_H

#include "http/state.h"

/* In place of a page number: the page goes by its name, which is yet to be learnt. */
#define BC_PAGE_BY_NAME 0xffffffffU

/* The number of a page that a rule lists by its whole name; 0: none does. */
static __always_inline __u32 bc_listed_page(const struct bc_page *page);

/* The number of the page that the request at hand belongs to, or BC_PAGE_BY_NAME. */
static __always_inline __u32 bc_page_number(struct bc_parser *p, const struct bc_ruleset *rs,
					    bool beacon)
{
	struct bc_http *h = &p->http;
	__u32 site = bc_site_number(rs, h->site), number = 0;

	if (!(h->flags & BC_HAS_PAGE))
		return BC_SPECIAL(site, beacon ? BC_PAGE_NONE : BC_PAGE_UNLISTED);
	if (h->flags & BC_PAGE_TOO_LONG)
		return BC_SPECIAL(site, beacon ? BC_PAGE_LONG : BC_PAGE_UNLISTED);
	h->page.site = site;
	if (rs->any_page_rule) {
		number = bc_listed_page(&h->page);
		if (!number && rs->any_pattern)
			number = bc_patterns_page(&p->patterns, rs);
		if (number)
			return number;
	}
	if (!beacon || rs->listed_only)
		return BC_SPECIAL(site, BC_PAGE_UNLISTED);
	return BC_PAGE_BY_NAME;
}

static __always_inline __u8 bc_device_of(const struct bc_http *h)
{
	if (!(h->flags & BC_HAS_WIDTH) || !h->width)
		return BC_DEVICE_UNKNOWN;
	return h->width < 600	 ? BC_DEVICE_PHONE
	       : h->width < 1024 ? BC_DEVICE_TABLET
				 : BC_DEVICE_DESKTOP;
}

static __always_inline __u8 bc_column_of(const struct bc_http *h)
{
	__u32 column;

	if (!(h->flags & BC_HAS_X))
		return BC_NO_COLUMN;
	if (h->flags & BC_HAS_WIDTH && h->width)
		column = h->x * BC_COLUMNS / h->width;
	else
		column = h->x / 16;
	return column < BC_COLUMNS ? column : BC_COLUMNS - 1;
}

static __always_inline __u16 bc_row_of(const struct bc_http *h)
{
	__u32 row = h->y / BC_ROW_PX;

	if (!(h->flags & BC_HAS_Y))
		return BC_NO_ROW;
	return row < BC_ROW_MAX ? row : BC_ROW_MAX;
}

static __always_inline __u8 bc_event_of(const struct bc_http *h, const struct bc_ruleset *rs)
{
	__u8 fixed = rs->beacon[h->beacon & (BC_BEACONS - 1)].fixed_event;

	if (h->event < BC_EVENTS)
		return h->event;
	if (fixed < BC_EVENTS)
		return fixed;
	return h->flags & (BC_HAS_X | BC_HAS_Y) ? BC_EVENT_CLICK : BC_EVENT_VIEW;
}

/* The cell of a request that is counted. */
bc_subprogram int bc_cell_of(struct bc_parser *p, const struct bc_ruleset *rs, struct bc_cell *cell)
{
	const struct bc_http *h;
	bool beacon;

	if (!p || !rs || !cell)
		return 0;
	h = &p->http;
	beacon = h->beacon != BC_NO_BEACON && h->flags & BC_HAS_QUERY;
	cell->page = bc_page_number(p, rs, beacon);
	cell->row = BC_NO_ROW;
	cell->column = BC_NO_COLUMN;
	cell->kind = BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_REQUEST);
	if (!beacon)
		return 0;
	cell->row = bc_row_of(h);
	cell->column = bc_column_of(h);
	cell->kind = BC_KIND(bc_device_of(h), bc_event_of(h, rs));
	return 0;
}

#endif
