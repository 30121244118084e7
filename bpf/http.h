/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A resumable parser of HTTP/1.x requests (RFC 9112), fed a stream in windows
 * cut at any byte. It keeps positions, match progress, numbers and the redacted
 * page name being built; no other byte of the text outlives its window.
 *
 * bc_http_step() does one piece of work. Each state has one function, which
 * says the grammar once, byte by byte, and goes fast where the window allows:
 * words of eight bytes, lines that no rule needs. An ordinary header line is
 * one step. Where a recipient may be lenient, it does what nginx and Node.js
 * do; where those differ, a request is rather malformed than guessed.
 */
#ifndef BC_HTTP_H
#define BC_HTTP_H

#include "http_body.h"
#include "http_head.h"
#include "http_state.h"
#include "http_target.h"

/*
 * The request's outcome. A signal that opts out wins over everything else; what
 * straddled a change of the rules can't be decided.
 */
static __always_inline enum bc_outcome bc_http_outcome(const struct bc_parse *p)
{
	const struct bc_ruleset *rs = p->rules;
	const struct bc_http *h = &p->scratch->http;
	__u32 beacon = h->beacon & (BC_BEACONS - 1);

	if (h->facts & BC_OPT_OUT || h->cookies & rs->cookie_optout)
		return BC_OPTED_OUT;
	if (h->epoch != rs->epoch)
		return BC_UNDECIDED;
	if (~h->cookies & rs->cookie_require || h->facts & BC_REFUSED)
		return BC_OPTED_OUT;
	if (h->method == BC_M_OPTIONS || h->facts & BC_TURNED_AWAY)
		return BC_IGNORED;
	if (h->beacon != BC_NO_BEACON && h->facts & BC_HAS_QUERY &&
	    rs->beacon[beacon].only_keys & ~h->only)
		return BC_IGNORED;
	if (bc_site_excluded(rs, h->site))
		return BC_EXCLUDED;
	return BC_COUNTED;
}

/* The head has ended; settle it once its page name has been through the patterns. */
static __always_inline void bc_in_pattern(struct bc_parse *p)
{
	const struct bc_ruleset *rs = p->rules;
	struct bc_patterns *ps = &p->scratch->patterns;
	struct bc_http *h = &p->scratch->http;
	enum bc_outcome outcome = bc_http_outcome(p);

	if (outcome == BC_COUNTED && rs->any_pattern && h->facts & BC_PAGE_TOO_LONG) {
		if (bc_patterns_may_exclude(ps, rs))
			outcome = BC_UNDECIDED;
	} else if (outcome == BC_COUNTED && rs->any_pattern && h->facts & BC_HAS_PAGE) {
		if (!bc_patterns_go_on(ps, rs, &h->page))
			return;
		if (bc_patterns_excluded(ps, rs))
			outcome = BC_EXCLUDED;
	}
	bc_http_settle(p, outcome);
	bc_after_head(p);
}

/* A head that no server would take: its outcome is told, its framing still followed. */
static __always_inline void bc_head_grew(struct bc_parse *p, __u32 n)
{
	struct bc_http *h = &p->scratch->http;

	if (h->state < BC_METHOD || h->state > BC_PATTERN)
		return;
	if (bc_unlikely(h->head + n > BC_HEAD_MAX)) {
		bc_http_settle(p, BC_OVERSIZE);
		return;
	}
	h->head += n;
}

/* What the request line, or its beginning, brought to light. */
static __always_inline void bc_line_tell(struct bc_parse *p, __u32 before)
{
	struct bc_scratch *s = p->scratch;
	__u32 facts = s->http.facts & ~before;

	if (facts & BC_SEEN)
		bc_http_seen(p);
	if (facts & BC_LINE_READ)
		bc_http_line(p);
	if (bc_unlikely(s->http.state == BC_OPAQUE)) {
		bc_http_noted(p, s->noted);
		s->noted = 0;
	}
}

/* The value of a header that some rule, or the framing, needs. */
bc_subprogram int bc_header_value(struct bc_scratch *s, const struct bc_ruleset *rs)
{
	if (!s || !rs)
		return 0;
	switch (s->http.state) {
	case BC_FIELD:
		bc_in_field(s, rs);
		break;
	case BC_HOST:
		bc_in_host(s, rs);
		break;
	case BC_COOKIE_VALUE:
		bc_in_cookie_value(s, rs);
		break;
	case BC_LENGTH:
		bc_in_length(s);
		break;
	case BC_CODING:
		bc_in_coding(s);
		break;
	}
	return 0;
}

#define BC_LINES 8 /* in one call of bc_header_lines() */

/* As many header lines as the window holds, give or take. */
bc_subprogram int bc_header_lines(struct bc_scratch *s, const struct bc_ruleset *rs)
{
	struct bc_http *h;

	if (!s || !rs)
		return 0;
	h = &s->http;
	for (int i = 0; i < BC_LINES && s->at < s->end; i++) {
		if (h->state == BC_LINE && s->at < s->end)
			bc_in_line(s, rs);
		if (h->state == BC_NAME)
			bc_in_name(s, rs);
		if (h->state == BC_SKIP)
			bc_in_skip(s, rs);
		if (h->state == BC_BLANK && s->at < s->end)
			bc_in_blank(s, rs);
		if (h->state == BC_COOKIE)
			bc_in_cookie(s, rs);
		if (h->state == BC_COOKIE_REST)
			bc_in_cookie_rest(s, rs);
		else if (h->state == BC_CONNECTION && !bc_connection_bulk(s))
			bc_in_connection(s);
		else if (h->state > BC_BLANK && h->state < BC_SKIP && s->at < s->end)
			bc_header_value(s, rs);
		if (h->state == BC_LAST && s->at < s->end)
			bc_in_last(s, rs);
		if (h->state < BC_LINE || h->state >= BC_PATTERN)
			break;
	}
	return 0;
}

bc_subprogram int bc_body(struct bc_scratch *s)
{
	if (!s)
		return 0;
	switch (s->http.state) {
	case BC_BODY:
	case BC_CHUNK:
		bc_in_body(s);
		break;
	case BC_CHUNK_SIZE:
		bc_in_chunk_size(s);
		break;
	case BC_CHUNK_REST:
		bc_in_chunk_rest(s);
		break;
	case BC_CHUNK_END:
		bc_in_chunk_end(s);
		break;
	case BC_TRAILER:
		bc_in_trailer(s);
		break;
	case BC_TRAILER_REST:
		bc_in_trailer_rest(s);
		break;
	case BC_PROXY:
		if (bc_take(s) == '\n')
			s->http.state = BC_START;
		break;
	}
	return 0;
}

/* Load the next window; false at the segment's end. Bodies are not loaded. */
static __always_inline bool bc_refill(struct bc_parse *p)
{
	struct bc_scratch *s = p->scratch;
	struct bc_http *h = &s->http;
	__u32 n = p->left;

	if (p->from > BC_PACKET_MAX || n > BC_PACKET_MAX)
		return false;
	if ((h->state == BC_BODY || h->state == BC_CHUNK) && h->length) {
		/* Leave the last byte to bc_in_body(), which knows what comes next. */
		if (n >= h->length)
			n = h->length - 1;
		p->from += n;
		p->left -= n;
		h->length -= n;
		n = p->left;
	}
	if (!n)
		return false;
	if (n > BC_WINDOW)
		n = BC_WINDOW;
	if (bc_http_load(p, n))
		return false;
	p->from += n;
	p->left -= n;
	s->at = 0;
	s->end = n;
	return true;
}

/* Read on from where the parser stands, in the window at hand. */
static __always_inline void bc_http_read(struct bc_parse *p)
{
	struct bc_scratch *s = p->scratch;
	struct bc_http *h = &s->http;
	__u32 before = s->at, facts = h->facts;

	if (h->state < BC_LINE) {
		bc_request_line(s, p->rules);
		bc_line_tell(p, facts);
	}
	if (s->at < s->end) {
		if (h->state >= BC_LINE && h->state < BC_PATTERN)
			bc_header_lines(s, p->rules);
		else if (h->state > BC_PATTERN)
			bc_body(s);
	}
	if (bc_unlikely(h->state == BC_BROKEN)) {
		bc_http_settle(p, BC_MALFORMED);
		bc_http_opaque(h);
	}
	bc_head_grew(p, s->at - before);
}

/* One piece of work; false when the segment is used up or nothing more is read of it. */
static __always_inline bool bc_http_step(struct bc_parse *p)
{
	struct bc_scratch *s = p->scratch;
	struct bc_http *h = &s->http;

	if (h->state >= BC_OPAQUE)
		return false;
	if (h->state != BC_PATTERN) {
		if (s->at >= s->end && !bc_refill(p))
			return false;
		bc_http_read(p);
	}
	if (h->state == BC_PATTERN)
		bc_in_pattern(p);
	return s->at < s->end || p->left || h->state == BC_PATTERN;
}

#endif
