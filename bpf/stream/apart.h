/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What becomes of a request's end: it counts at once, or is kept apart with its
 * segment until that one's turn has come.
 */
#ifndef BC_STREAM_APART_H
#define BC_STREAM_APART_H

#include "count/count.h"
#include "http/parser.h"

bc_subprogram int bc_apart_wipe(struct bc_apart *apart)
{
	if (apart)
		__builtin_memset(apart, 0, sizeof(*apart));
	return 0;
}

bc_subprogram int bc_apart_copy(struct bc_apart *to, const struct bc_apart *from)
{
	if (to && from)
		*to = *from;
	return 0;
}

bc_subprogram int bc_http_copy(struct bc_http *to, const struct bc_http *from)
{
	if (to && from)
		*to = *from;
	return 0;
}

/* A request has ended in a segment whose turn has not come. */
static __always_inline void bc_apart_end(struct bc_workplace *w, const struct bc_ruleset *rs,
					 enum bc_outcome outcome, const struct bc_cell *cell)
{
	struct bc_apart *apart = &w->apart;
	struct bc_result *result = &apart->result[apart->requests % BC_RESULTS];

	if (apart->requests < BC_RESULTS) {
		result->outcome = outcome;
		result->cell = *cell;
		if (outcome == BC_COUNTED)
			result->page = w->parser.http.page;
	}
	apart->requests++;
	apart->epoch = rs->epoch;
	apart->kept = 1;
}

/* The segment at hand has been parsed apart: note where it stands, and where it leaves the parser. */
static __always_inline void bc_apart_complete(struct bc_workplace *w)
{
	w->apart.start = w->segment.seq;
	w->apart.end = w->segment.seq + w->segment.len;
	w->apart.kept = 1;
	bc_http_copy(&w->apart.http, &w->parser.http);
}

/* What the parser says of the connection. */
static __always_inline void bc_noted(struct bc_totals *t, __u32 events)
{
	bc_total_add(t, BC_TOTAL_TLS, !!(events & BC_NOTED_TLS));
	bc_total_add(t, BC_TOTAL_HTTP2, !!(events & BC_NOTED_HTTP2));
	bc_total_add(t, BC_TOTAL_UPGRADE, !!(events & BC_NOTED_UPGRADE));
}

/* Make something of what the parser's last step brought to light. */
bc_subprogram int bc_tell(struct bc_workplace *w, const struct bc_ruleset *rs, struct bc_totals *t)
{
	struct bc_cell cell = {};
	__u32 events, outcome;
	bool ended;

	if (!w || !rs || !t)
		return 0;
	events = w->parser.events;
	w->parser.events = 0;
	ended = events & BC_ENDED_ANY;
	outcome = BC_ENDED_AS(events);
	if (bc_likely(ended && outcome == BC_COUNTED))
		bc_cell_of(&w->parser, rs, &cell);
	if (bc_unlikely(w->is_apart)) {
		if (!w->apart.line && !w->apart.requests)
			w->apart.line = BC_LINE_OF(events);
		w->apart.noted |= events & BC_NOTED_ANY;
		if (ended)
			bc_apart_end(w, rs, outcome, &cell);
		return 0;
	}
	bc_total_add(t, BC_TOTAL_SEEN, events & BC_BEGAN);
	if (bc_unlikely(events & BC_NOTED_ANY))
		bc_noted(t, events);
	if (ended)
		bc_outcome_add(t, outcome, 1);
	if (bc_likely(ended && outcome == BC_COUNTED))
		bc_count(w, t, &cell, &w->parser.http.page);
	return 0;
}

/* The turn of results kept apart has come. Those decided by other rules are undecided now. */
static __always_inline void bc_apart_count(struct bc_workplace *w, const struct bc_ruleset *rs,
					   struct bc_totals *t)
{
	struct bc_apart *apart = &w->apart;
	__u32 n = apart->requests;

	bc_total_add(t, BC_TOTAL_SEEN, n);
	bc_noted(t, apart->noted);
	if (n > BC_RESULTS) {
		bc_outcome_add(t, BC_UNDECIDED, n - BC_RESULTS);
		n = BC_RESULTS;
	}
#pragma unroll
	for (__u32 i = 0; i < BC_RESULTS; i++) {
		struct bc_result *result = &apart->result[i];
		__u32 outcome = result->outcome;

		if (i >= n)
			break;
		if (outcome == BC_COUNTED && apart->epoch != rs->epoch)
			outcome = BC_UNDECIDED;
		bc_outcome_add(t, outcome, 1);
		if (outcome == BC_COUNTED)
			bc_count(w, t, &result->cell, &result->page);
	}
	/* What it ends with has begun, and goes on. */
	bc_total_add(t, BC_TOTAL_SEEN, bc_http_unsettled(&apart->http));
}

#endif
