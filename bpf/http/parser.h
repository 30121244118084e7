/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A resumable parser of HTTP/1.x requests (RFC 9112), fed a stream in windows
 * cut at any byte. It keeps positions, match progress, numbers and the redacted
 * page name being built; no other byte of the text outlives its window.
 *
 * bc_http_step() does one piece of work and leaves what it brought to light in
 * `events`. Each state has one function, which says the grammar once, byte by
 * byte, and goes fast where the window allows: words of eight bytes, lines that
 * no rule needs. An ordinary header line is one step. Where a recipient may be
 * lenient, it does what nginx and Node.js do; where those differ, a request is
 * rather malformed than guessed.
 */
#ifndef BC_HTTP_PARSER_H
#define BC_HTTP_PARSER_H

#include "http/body.h"
#include "http/head.h"
#include "http/proxy.h"
#include "http/state.h"
#include "http/target.h"

/*
 * The request's outcome. A signal that opts out wins over everything else; what
 * straddled a change of the rules can't be decided.
 */
static __always_inline enum bc_outcome bc_http_outcome(const struct bc_http *h,
						       const struct bc_ruleset *rs)
{
	__u32 beacon = h->beacon & (BC_BEACONS - 1);

	if (h->flags & BC_OPT_OUT || h->cookies & rs->cookie_optout)
		return BC_OPTED_OUT;
	if (h->epoch != rs->epoch)
		return BC_UNDECIDED;
	if (~h->cookies & rs->cookie_require || h->flags & BC_REFUSED)
		return BC_OPTED_OUT;
	if (h->method == BC_M_OPTIONS || h->flags & BC_TURNED_AWAY)
		return BC_IGNORED;
	if (h->beacon != BC_NO_BEACON && h->flags & BC_HAS_QUERY &&
	    rs->beacon[beacon].only_keys & ~h->only)
		return BC_IGNORED;
	if (bc_site_excluded(rs, h->site))
		return BC_EXCLUDED;
	return BC_COUNTED;
}

/* A page's name goes through the patterns, which may exclude it; true: it is through. */
bc_subprogram int bc_in_pattern(struct bc_parser *p, const struct bc_ruleset *rs)
{
	const struct bc_http *h;

	if (!p || !rs)
		return true;
	h = &p->http;
	if (h->flags & BC_PAGE_TOO_LONG) {
		if (bc_patterns_may_exclude(&p->patterns, rs))
			bc_http_settle(p, BC_UNDECIDED);
	} else if (h->flags & BC_HAS_PAGE) {
		if (!bc_patterns_go_on(&p->patterns, rs, &h->page))
			return false;
		if (bc_patterns_excluded(&p->patterns, rs))
			bc_http_settle(p, BC_EXCLUDED);
	}
	return true;
}

/* The head has ended; settle it once its page name has been through the patterns. */
static __always_inline void bc_decide(struct bc_parser *p, const struct bc_ruleset *rs)
{
	enum bc_outcome outcome = bc_http_outcome(&p->http, rs);

	if (rs->any_pattern && outcome == BC_COUNTED && !bc_in_pattern(p, rs))
		return;
	bc_http_settle(p, outcome);
	p->http.state = BC_DECIDED;
}

/* The value of a header that some rule, or the framing, needs. */
bc_subprogram int bc_header_value(struct bc_parser *p, const struct bc_ruleset *rs)
{
	if (!p || !rs)
		return 0;
	switch (p->http.state) {
	case BC_FIELD:
		bc_in_field(p, rs);
		break;
	case BC_HOST:
		bc_in_host(p, rs);
		break;
	case BC_COOKIE_VALUE:
		bc_in_cookie_value(p, rs);
		break;
	case BC_LENGTH:
		bc_in_length(p);
		break;
	case BC_CODING:
		bc_in_coding(p);
		break;
	}
	return 0;
}

#define BC_LINES 6 /* in one call of bc_header_lines() */

/* As many header lines as the window holds, give or take. */
bc_subprogram int bc_header_lines(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h;

	if (!p || !rs)
		return 0;
	h = &p->http;
	for (int i = 0; i < BC_LINES && p->at < p->end; i++) {
		if (h->state == BC_LINE_CR)
			bc_line_cr(p);
		if (h->state == BC_LINE && p->at < p->end)
			bc_in_line(p, rs);
		if (h->state == BC_NAME)
			bc_in_name(p, rs);
		if (h->state == BC_SKIP)
			bc_in_skip(p, rs);
		if (h->state == BC_BLANK && p->at < p->end)
			bc_in_blank(p, rs);
		if (h->state == BC_COOKIE)
			bc_in_cookie(p, rs);
		if (h->state == BC_COOKIE_REST)
			bc_in_cookie_rest(p, rs);
		else if (h->state == BC_CONNECTION && !bc_connection_bulk(p))
			bc_in_connection(p);
		else if (h->state > BC_BLANK && h->state < BC_SKIP && p->at < p->end)
			bc_header_value(p, rs);
		if (h->state == BC_LAST && p->at < p->end)
			bc_in_last(p, rs);
		if (h->state < BC_LINE || h->state >= BC_PATTERN)
			break;
	}
	return 0;
}

bc_subprogram int bc_body(struct bc_parser *p)
{
	if (!p)
		return 0;
	switch (p->http.state) {
	case BC_BODY:
	case BC_CHUNK:
		bc_in_body(p);
		break;
	case BC_CHUNK_SIZE:
		bc_in_chunk_size(p);
		break;
	case BC_CHUNK_REST:
		bc_in_chunk_rest(p);
		break;
	case BC_CHUNK_END:
		bc_in_chunk_end(p);
		break;
	case BC_TRAILER:
		bc_in_trailer(p);
		break;
	case BC_TRAILER_REST:
		bc_in_trailer_rest(p);
		break;
	case BC_PROXY:
		bc_in_proxy(p);
		break;
	case BC_PROXY_V2:
		bc_in_proxy_v2(p);
		break;
	}
	return 0;
}

/* Heads are read up to a length; the framing of a longer one is still followed. */
static __always_inline void bc_head_grew(struct bc_parser *p, __u32 n)
{
	struct bc_http *h = &p->http;

	if (h->state < BC_METHOD || h->state > BC_PATTERN)
		return;
	if (bc_unlikely(h->head + n > BC_HEAD_MAX)) {
		bc_http_settle(p, BC_OVERSIZE);
		return;
	}
	h->head += n;
}

/* Read on from where the parser stands, in the window at hand. */
static __always_inline void bc_http_read(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u32 before = p->at;

	if (h->state < BC_KEY)
		bc_target(p, rs);
	if (h->state >= BC_KEY && h->state < BC_LINE && p->at < p->end)
		bc_query_and_version(p, rs);
	if (p->at < p->end) {
		if (h->state >= BC_LINE && h->state < BC_PATTERN)
			bc_header_lines(p, rs);
		else if (h->state > BC_DECIDED)
			bc_body(p);
	}
	if (bc_unlikely(h->state == BC_BROKEN)) {
		bc_http_settle(p, BC_MALFORMED);
		bc_http_astray(h);
	}
	bc_head_grew(p, p->at - before);
}

/* The outcome has been made use of: on to what follows the head. False as for bc_http_step(). */
static __always_inline bool bc_http_go_on(struct bc_parser *p)
{
	bc_after_head(p);
	return p->at < p->end;
}

/* One piece of work; false when the window is used up, or nothing more is read of it. */
static __always_inline bool bc_http_step(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;

	if (h->state == BC_DECIDED)
		return bc_http_go_on(p);
	if (h->state != BC_PATTERN) {
		if (p->at >= p->end || h->state >= BC_OPAQUE)
			return false;
		bc_http_read(p, rs);
	}
	if (h->state == BC_PATTERN)
		bc_decide(p, rs);
	return p->at < p->end || h->state == BC_PATTERN || h->state == BC_DECIDED;
}

#endif
