/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the kernel program and the agent share: limits, map keys and values,
 * outcomes. Everything here is laid out by hand without padding, since map
 * keys are compared byte by byte.
 */
#ifndef BLINDCOUNT_H
#define BLINDCOUNT_H

#include <linux/types.h>

#define BC_MAX_PORTS 16

/* A redacted page name, NUL padded; longer ones are counted as (long). */
#define BC_NAME_MAX 120

/* Heads longer than this end as `oversize`. */
#define BC_HEAD_MAX 16384

/*
 * Page numbers. Each site has four pages that are always there; listed pages
 * (named by `page` rules) and pages learnt from beacons follow. Site 0 is
 * "(any)", site n is the n-th site rule.
 */
#define BC_MAX_SITES 64
#define BC_PAGE_NAMED (BC_MAX_SITES * 4)
#define BC_MAX_NAMED 4096
#define BC_PAGE_DISCOVERED (BC_PAGE_NAMED + BC_MAX_NAMED)

enum bc_special_page {
	BC_PAGE_UNLISTED, /* "(unlisted)" */
	BC_PAGE_OTHER, /* "(other)": the page table was full */
	BC_PAGE_LONG, /* "(long)" */
	BC_PAGE_NONE, /* "(none)": a beacon that names no page */
};

/* A special page of a site as a page number. */
#define BC_SPECIAL(site, page) ((site)*4 + (page))

/* Cells: 64 columns over the page's width, rows of 16 px. */
#define BC_COLUMNS 64
#define BC_ROW_PX 16
#define BC_ROW_MAX 4095
#define BC_NO_COLUMN 0xff
#define BC_NO_ROW 0xffff

enum bc_device {
	BC_DEVICE_UNKNOWN,
	BC_DEVICE_PHONE, /* width < 600 px */
	BC_DEVICE_TABLET, /* < 1024 px */
	BC_DEVICE_DESKTOP,
	BC_DEVICES,
};

enum bc_event {
	BC_EVENT_CLICK,
	BC_EVENT_MOVE,
	BC_EVENT_SCROLL,
	BC_EVENT_CONVERT,
	BC_EVENT_VIEW,
	BC_EVENT_REQUEST,
	BC_EVENT_OTHER,
	BC_EVENTS,
};

/* Where a beacon is counted. */
struct bc_cell {
	__u32 page; /* page number, see above */
	__u16 row; /* 0..BC_ROW_MAX or BC_NO_ROW */
	__u8 column; /* 0..BC_COLUMNS-1 or BC_NO_COLUMN */
	__u8 kind; /* device << 4 | event, and BC_KIND_USED in the table of cells */
} __attribute__((aligned(8)));

#define BC_KIND(device, event) ((device) << 4 | (event))
#define BC_KIND_DEVICE(kind) ((kind) >> 4 & 7)
#define BC_KIND_EVENT(kind) ((kind)&15)
#define BC_KIND_USED 0x80

/*
 * The table of cells, see bpf/cells.h: a line of entries is a cache line. Both
 * generations' tables are one array, slot 0 first.
 */
#define BC_CELL_LINE 4

struct bc_cell_entry {
	struct bc_cell cell; /* all zero: the entry is free */
	__u64 count;
};

struct bc_cell_line {
	struct bc_cell_entry entry[BC_CELL_LINE];
};

/*
 * A generation's table is in levels, each twice as long as the one before it: few cells
 * lie close together in the first of them. A cell may be in one line of each level, and
 * in the lines behind that of the last. In all, half of the entries stay free.
 */
#define BC_CELL_LEVELS 6
#define BC_CELL_PROBES 16 /* lines that a cell may be in */
#define BC_CELL_FIRST(max_cells) (((max_cells) + 127) / 128) /* lines of the first level */
#define BC_CELL_LINES(max_cells)                                                   \
	((BC_CELL_FIRST(max_cells) << BC_CELL_LEVELS) - BC_CELL_FIRST(max_cells) + \
	 BC_CELL_PROBES - BC_CELL_LEVELS)

/* A page by its name. */
struct bc_page {
	__u32 site; /* site number */
	char name[BC_NAME_MAX + 4]; /* NUL padded */
};

/*
 * The table of learnt pages, see bpf/pages.h. Three of four places stay free, so that
 * a page is found near its first one. Both generations' tables are one array, slot 0
 * first, and so are the names.
 */
struct bc_page_place {
	__u32 hash; /* of the page's name */
	__u32 number; /* page number; 0: the place is free */
} __attribute__((aligned(8)));

#define BC_PAGE_PROBES 32 /* places that a page may be in */
#define BC_PAGE_FIRSTS(max_pages) (4 * (max_pages)) /* places that a search begins at */
#define BC_PAGE_PLACES(max_pages) (BC_PAGE_FIRSTS(max_pages) + BC_PAGE_PROBES - 1)

/* How a request ends. Each request whose head begins ends in exactly one. */
enum bc_outcome {
	BC_COUNTED,
	BC_OPTED_OUT,
	BC_EXCLUDED,
	BC_IGNORED,
	BC_UNDECIDED,
	BC_MALFORMED,
	BC_OVERSIZE,
	BC_OUTCOMES,
};

#define BC_OUTCOMES_ROOM 8 /* a power of two to mask with */
_Static_assert(BC_OUTCOMES <= BC_OUTCOMES_ROOM, "room for each outcome");

/*
 * Index into the per-CPU totals, which only ever grow: the seven outcomes,
 * `seen`, then what `blindcount_stream_total` and the drop counters report.
 */
enum bc_total {
	BC_TOTAL_SEEN = BC_OUTCOMES, /* a request's head began */
	BC_TOTAL_TLS, /* connections that speak TLS */
	BC_TOTAL_HTTP2, /* connections that speak HTTP/2 */
	BC_TOTAL_UPGRADE, /* connections handed to another protocol */
	BC_TOTAL_GAP, /* bytes of a stream were never seen */
	BC_TOTAL_DUPLICATE, /* segments seen before, in whole or in part */
	BC_TOTAL_EARLY, /* segments ahead of their turn */
	BC_TOTAL_RESYNC, /* connections joined in the middle */
	BC_TOTAL_SUBFLOW, /* MPTCP subflows that are one of several: not followed */
	BC_TOTAL_FALLBACK, /* a map refused: counted without its cell */
	BC_TOTAL_CELLS_DROPPED, /* beacons counted on their page only */
	BC_TOTAL_PAGES_DROPPED, /* beacons counted as (other): table full */
	BC_TOTAL_SEGMENTS, /* segments with payload on a beacon port */
	BC_TOTALS,
};

/*
 * The pinned record of the two generations, slot 0 and 1. The program reads
 * `current` once a run; the agent writes the record before each swap.
 */
struct bc_generation {
	__u64 number; /* grows with each swap; 0: the slot is clear */
	__u32 day; /* day its counts belong to, as YYYYMMDD */
	__u32 unused;
};

/* Options of the agent that wrote the record, for its successor to compare. */
struct bc_settings {
	__u16 port[BC_MAX_PORTS];
	__u32 ports;
	__u32 min_count;
	__u32 max_cells;
	__u32 unused;
};

struct bc_record {
	__u32 current; /* slot that the program counts into */
	__u32 layout; /* BC_LAYOUT of the maps beside it; 0: not yet in use */
	__u32 state; /* BC_STATE of the maps beside it */
	__u32 suppressed; /* which of the two maps of suppressed rows is in force */
	__u64 seed; /* of the hashes of cells and pages; random and secret */
	struct bc_generation slot[2];
	struct bc_settings settings;
	__u32 reported; /* 1: rules came by the control socket, so a file of them must exist */
	__u32 unused;
};

/* Raised with each change to what the record or a map of counts holds: it can't be read then. */
#define BC_LAYOUT 3

/*
 * Raised with each change to what connections' state, rules or totals hold: a
 * new build begins with none of them then, and connections are joined anew.
 */
#define BC_STATE 2

/*
 * Text that only the agent uses, but that must outlive it in kernel memory: rows
 * held back below the minimum count, as lines of a day's file.
 */
#define BC_TEXT_BYTES (2 * 1024 * 1024 - 8)

struct bc_text {
	__u32 length;
	__u32 day; /* YYYYMMDD; 0 where it means nothing */
	char text[BC_TEXT_BYTES];
};

/* What the program is told of a socket. */
struct bc_socket {
	__u32 rcv_nxt; /* next byte that TCP expects */
	__u32 connection; /* tests only: entry of test_connections */
	__u64 bytes_received; /* a FIN counts as one, as it does in rcv_nxt */
	__u32 data_segs_in; /* 0 once the client has acknowledged an answer */
	__u16 port; /* local, host order */
	__u8 protocol;
	__u8 state; /* BC_TCP_LISTEN matters */
	__u8 fresh; /* tests only: forget the connection first */
	__u8 again; /* tests only: the same bytes are new again */
	__u8 several; /* it is one of several subflows of an MPTCP connection */
	__u8 unused[5];
};

_Static_assert(sizeof(struct bc_socket) == 32, "tests put it into a map");

/* What a generation has taken of its tables. */
struct bc_fill {
	__u32 pages;
	__u32 cells;
};

/* Beacons counted on a page whose cell found no room, by event. */
struct bc_page_counts {
	__u64 count[BC_EVENTS + 1]; /* one more: a power of two to mask with */
};

#endif
