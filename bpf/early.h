/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is kept of a segment whose turn has not come, and a processor's workplace:
 * the parser's events end in the totals and cells, or in such a record.
 */
#ifndef BC_EARLY_H
#define BC_EARLY_H

#include "count.h"
#include "http.h"
#include "segment.h"

#define BC_RESULTS 2 /* requests remembered of one segment; further ones are undecided */

#define BC_TAIL_TEXT 64 /* bytes kept of a request line's rest */

/* What lines of a head mean. It is a sum, so that they can be read before what stands before them. */
struct bc_sum {
	__u64 cookies; /* words seen */
	__u32 length; /* Content-Length */
	__u32 facts; /* enum bc_fact */
	__u8 site; /* as the Host line says */
	__u8 unused[7];
};

/* What a segment holds if it is the rest of a head, see tail.h. */
struct bc_tail {
	struct bc_sum lines; /* those behind the first */
	/*
	 * The first one, as the rest of a header by its name: each word's facts are its own.
	 * If it does not end in the segment, as a line of its own.
	 */
	struct bc_sum first;
	__u64 names; /* words of rules whose end the first line begins with ... */
	__u64 known; /* ... and those of them that `first` knows what they say */
	__u32 name; /* bytes of that end */
	__u8 option; /* enum bc_option, whose last ... */
	__u8 letters; /* ... so many letters are the first line */
	__u8 marks; /* enum bc_tail_mark; 0: it is no such thing */
	__u8 words; /* bytes of `text` */
	__u16 head; /* bytes that belong to the head */
	__u8 unused[6];
	char text[BC_TAIL_TEXT]; /* the rest of a request line: words and short numbers */
};

enum bc_tail_mark {
	BC_TAIL_IN_VALUE = 1 << 0, /* it may begin inside of a value that no rule needs */
	BC_TAIL_IN_COOKIES = 1 << 1, /* it may begin at or inside of a cookie that no rule names */
	BC_TAIL_AT_LINE = 1 << 2, /* it may begin where a line does */
	BC_TAIL_IN_NAME = 1 << 3, /* it may begin inside of a header's name: `names` is set */
	BC_TAIL_IN_OPTION = 1 << 4, /* it may begin inside of an option of Connection */
	BC_TAIL_ONE_LINE = 1 << 5, /* the first line does not end in it */
	BC_TAIL_ENDS = 1 << 6, /* the head ends in it */
};

/* Options of Connection that matter. */
enum bc_option {
	BC_OPTION_OTHER,
	BC_OPTION_CLOSE,
	BC_OPTION_UPGRADE,
	BC_OPTION_KEEP_ALIVE,
	BC_OPTION_ANY,
};

/* What becomes of results. */
enum bc_apart {
	BC_IN_TURN, /* they count */
	BC_APART, /* they are kept: their turn has not come */
	BC_AS_TAIL, /* the bytes are taken for the rest of a head */
};

enum bc_turn {
	BC_TURN_PAST, /* seen before */
	BC_TURN_NOW,
	BC_TURN_EARLY,
};

enum bc_valid {
	BC_NO_LINE,
	BC_ANY_LINE, /* a whole request line, but perhaps its method is the end of another */
	BC_VALID_LINE, /* certainly a request line */
};

/* A segment that was parsed on its own. */
struct bc_early {
	__u32 start; /* sequence numbers */
	__u32 end;
	__u32 epoch; /* of the rules it was parsed under */
	__u16 generation; /* whose page numbers the cells hold, low bits */
	__u16 requests; /* that ended in it, or behind its tail; the first BC_RESULTS are kept */
	__u8 valid; /* enum bc_valid: of its first line */
	__u8 kept; /* anything below is in use */
	__u8 tail_read; /* `tail` is set, and the requests are those behind it ... */
	__u8 ended; /* ... while so many ended where it was taken for a request's begin */
	__u8 outcome[BC_RESULTS]; /* enum bc_outcome */
	__u8 unused[2];
	struct bc_cell cell[BC_RESULTS];
	struct bc_tail tail;
	struct bc_http http; /* the parser's state behind it */
};

/* Steps of a record whose turn has come inside of a head. */
enum bc_settling {
	BC_SETTLED_ALL,
	BC_SETTLING_LINE, /* the rest of the request line is to be read */
	BC_SETTLING_HEAD, /* the head ends in it: its page name goes through the patterns */
};

/* Progress of choosing what is kept of a request line's rest, see tail.h. */
struct bc_copy {
	__u32 at; /* next byte of the line */
	__u32 version; /* where " HTTP/1.1" begins */
	__u8 piece; /* where the path or parameter at hand begins in the text */
	__u8 what; /* enum bc_piece */
	__u8 digits; /* of the number at hand */
	__u8 numbers; /* in the piece at hand */
	__u8 escape; /* progress of an escape */
	__u8 refused; /* something in the piece is neither word nor short number */
	__u8 named; /* the parameter is one that rules name */
	__u8 place; /* in a header's name, see bc_tail_names() */
	__u8 unused;
	__u64 word; /* that the first line is being read as the rest of */
};

/* A processor's workplace; the window is wiped before the program returns. */
struct bc_workplace {
	struct bc_scratch parse;
	struct bc_early early;
	__u32 busy;
	/*
	 * Of the segment at hand. Where the verifier can't know them, it follows the parser
	 * once, rather than once for each of their values.
	 */
	__u8 apart; /* enum bc_apart */
	__u8 turn; /* enum bc_turn */
	__u8 gap; /* bytes before it are missing */
	__u8 phase; /* enum bc_tail_phase: what it is being taken for */
	__u8 settling; /* enum bc_settling: what is being done to the record whose turn has come */
	__u8 start; /* it is to be read from `skip` on */
	__u8 unused[2];
	__u32 line; /* length of its first line, or of all */
	__u32 skip;
	__u32 len;
	struct bc_copy copy;
};

/* One segment's visit to its connection. */
struct bc_visit {
	struct bc_parse parse; /* first: the parser's steps are given a visit */
	struct bc_conn *conn;
	struct bc_earlies *earlies; /* or NULL: none yet */
	/* Of an early segment that is read as the rest of a head, see tail.h. */
	__u32 at; /* offset of its payload in the packet */
	__u32 len;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_workplace);
} scratch SEC(".maps");

/* What the events of http.h do: count at once, or keep apart. */
static __always_inline int bc_http_load(struct bc_parse *p, __u32 n)
{
	struct bc_scratch *s = p->scratch;

	/* Before 6.8 the verifier learns nothing from n != 0; this is n for 1 to BC_WINDOW. */
	n = ((n - 1) & (BC_WINDOW - 1)) + 1;
	return bpf_skb_load_bytes(p->source, p->from, s->text, n);
}

static __always_inline struct bc_workplace *bc_workplace_of(const struct bc_parse *p)
{
	return (struct bc_workplace *)p->scratch; /* its first member */
}

static __always_inline void bc_http_seen(struct bc_parse *p)
{
	if (!bc_workplace_of(p)->apart)
		bc_total_add(BC_TOTAL_SEEN, 1);
}

static __always_inline void bc_http_line(struct bc_parse *p)
{
	struct bc_workplace *w = bc_workplace_of(p);

	if (w->apart != BC_AS_TAIL && !w->early.valid)
		w->early.valid = w->parse.http.method == BC_M_OTHER ? BC_ANY_LINE : BC_VALID_LINE;
}

static __always_inline void bc_http_noted(struct bc_parse *p, enum bc_total what)
{
	if (!bc_workplace_of(p)->apart)
		bc_total_add(what, 1);
}

static __always_inline void bc_http_ended(struct bc_parse *p, enum bc_outcome outcome)
{
	struct bc_early *early = &bc_workplace_of(p)->early;
	struct bc_cell cell = {};

	if (outcome == BC_COUNTED)
		bc_cell_of(p, &cell);
	if (bc_likely(!bc_workplace_of(p)->apart)) {
		bc_total_add(outcome, 1);
		if (outcome == BC_COUNTED)
			bc_count_cell(p->slot, &cell, p->scratch->seed);
		return;
	}
	if (early->requests < BC_RESULTS) {
		early->cell[early->requests & (BC_RESULTS - 1)] = cell;
		early->outcome[early->requests & (BC_RESULTS - 1)] = outcome;
	}
	early->requests++;
	early->epoch = p->rules->epoch;
	early->generation = p->generation;
	early->kept = 1;
}

/* The turn of results kept apart has come. */
static __always_inline void bc_results_count(struct bc_parse *p)
{
	struct bc_early *early = &bc_workplace_of(p)->early;

	bc_total_add(BC_TOTAL_SEEN, early->requests);
	if (early->requests > BC_RESULTS)
		bc_total_add(BC_UNDECIDED, early->requests - BC_RESULTS);
#pragma unroll
	for (int i = 0; i < BC_RESULTS; i++) {
		__u32 outcome = early->outcome[i];

		if (i >= early->requests)
			break;
		/* Decided by other rules, or on a page that another generation learnt? */
		if (outcome == BC_COUNTED &&
		    (early->epoch != p->rules->epoch ||
		     (early->cell[i].page >= BC_PAGE_LEARNT && early->generation != p->generation)))
			outcome = BC_UNDECIDED;
		bc_total_add(outcome, 1);
		if (outcome == BC_COUNTED)
			bc_count_cell(p->slot, &early->cell[i], p->scratch->seed);
	}
}

static long bc_parse_step(__u32 i, struct bc_parse *p)
{
	(void)i;
	return !bc_http_step(p);
}

/* Parse a segment but for its first `skip` bytes, going on from scratch->http. */
static __always_inline void bc_parse_bytes(struct bc_parse *p, const struct bc_segment *seg,
					   __u32 skip)
{
	struct bc_scratch *s = p->scratch;

	if (skip > BC_PACKET_MAX)
		return;
	s->at = 0;
	s->end = 0;
	p->from = seg->at + skip;
	p->left = seg->len - skip;
	/* Each step takes a byte or changes the state; three steps a byte are plenty. */
	bpf_loop(3 * 65536, bc_parse_step, p, 0);
}

#endif
