/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Header lines (RFC 9112, section 5). Only what some rule names, and what the
 * framing needs, is looked at; every other line is skipped at its first byte
 * that fits no such name, without being stored or hashed.
 */
#ifndef BC_HTTP_HEAD_H
#define BC_HTTP_HEAD_H

#include "http/state.h"

#define BC_SKIP_LOOKS 8 /* in one call of bc_in_skip(), of 32 bytes at most */

/*
 * Does a line that begins so need a look, or can no rule name its header? Its first
 * byte tells, and its fifth ("User-Agent" is not "Upgrade", "Sec-Fetch-Mode" not
 * "Sec-GPC"), if it is there.
 */
static __always_inline bool bc_line_matters(const __u8 *text, __u32 left,
					    const struct bc_ruleset *rs)
{
	__u64 words = rs->headers.step[0][text[0]];

	if (text[0] <= ' ' || text[0] == ':')
		return true;
	if (left > 4)
		words &= rs->headers.step[4][text[4]] | rs->header_short;
	return words;
}

/* Where the first control character of 32 bytes stands; 32: there is none. */
static __always_inline __u32 bc_line_length(const __u8 *text)
{
#pragma unroll
	for (int i = 0; i < 32; i += 8) {
		__u64 word = bc_word_at(text + i);
		__u64 ends = bc_test_mask(word, bc_test_below(word, ' '));

		if (ends)
			return i + bc_first_byte(ends);
	}
	return 32;
}

/*
 * Behind a CR must come an LF: alone, one server of many takes it for a line's end
 * (RFC 9112, 2.2). Takes the LF if it is in the window.
 */
static __always_inline void bc_line_cr(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	if (p->at >= p->end) {
		h->state = BC_LINE_CR;
	} else if (bc_take(p) == '\n') {
		h->state = BC_LINE;
	} else {
		bc_http_malformed(h);
	}
}

/* Does the line end with this byte, which has been taken? */
static __always_inline bool bc_line_ends(struct bc_parser *p, __u8 c)
{
	if (c == '\r')
		bc_line_cr(p);
	else if (c == '\n')
		p->http.state = BC_LINE;
	else
		return false;
	return true;
}

/* On to the next line that matters. */
bc_subprogram int bc_in_skip(struct bc_parser *p, const struct bc_ruleset *rs)
{
	__u32 at, end;
	bool found = false;
	__u8 c = 0;

	if (!p || !rs)
		return 0;
	at = p->at;
	end = p->end;
	for (int i = 0; i < BC_SKIP_LOOKS && at < end && !found; i++) {
		__u32 n = bc_line_length(&p->text[at & (BC_WINDOW - 1)]);

		at += n;
		if (n == 32)
			continue;
		c = p->text[at & (BC_WINDOW - 1)];
		at++;
		if (at > end) /* it stands behind the window's end */
			break;
		if (c == '\r') {
			c = p->text[at & (BC_WINDOW - 1)];
			if (at >= end || c != '\n') {
				p->at = at;
				bc_line_cr(p);
				return 0;
			}
			at++;
		}
		found = c == '\n' && (at >= end || bc_line_matters(&p->text[at & (BC_WINDOW - 1)],
								   end - at, rs));
	}
	if (found)
		p->http.state = BC_LINE;
	p->at = at < end ? at : end;
	return 0;
}

/* The head's last line has ended. */
static __always_inline void bc_head_end(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u32 flags = h->flags;

	/* RFC 9112, 6.1 and 6.3: two framings are an attack */
	if (flags & BC_HAS_CODING &&
	    (flags & (BC_HAS_LENGTH | BC_HTTP_10) || !(flags & BC_CHUNKED))) {
		bc_http_malformed(h);
		return;
	}
	if (!(flags & (BC_HTTP_10 | BC_HAS_HOST))) /* RFC 9112, 3.2 */
		bc_http_reject(p);
	h->state = BC_PATTERN;
	if (rs->any_pattern)
		bc_patterns_start(&p->patterns, rs, h->site);
}

/* The state that reads the value of one of the parser's own headers. */
static __always_inline __u8 bc_own_header(struct bc_parser *p, const struct bc_ruleset *rs,
					  __u32 word)
{
	struct bc_http *h = &p->http;

	switch (word) {
	case BC_HEADER_HOST:
		if (h->flags & BC_HAS_HOST) {
			bc_http_reject(p);
			return BC_SKIP;
		}
		h->flags |= BC_HAS_HOST;
		/* The target or the beacon may have named the site; it wins. */
		if (h->site != BC_SITE_UNNAMED || !rs->sites.all)
			return BC_SKIP;
		bc_host_start(h, rs);
		return BC_HOST;
	case BC_HEADER_COOKIE:
		return rs->cookies.all ? BC_COOKIE : BC_SKIP;
	case BC_HEADER_CONTENT_LENGTH:
		h->flags &= ~BC_DIGITS;
		return BC_LENGTH;
	case BC_HEADER_TRANSFER_ENCODING:
		h->flags |= BC_HAS_CODING;
		h->flags &= ~BC_CHUNKED;
		return BC_CODING;
	case BC_HEADER_CONNECTION:
		return BC_CONNECTION;
	case BC_HEADER_UPGRADE:
		h->flags |= BC_UPGRADE_NAMED;
		return BC_SKIP;
	default:
		return BC_SKIP;
	}
}

/* A header's name has ended: what reads its value? */
static __always_inline void bc_name_known(struct bc_http *h, __u8 next)
{
	h->token = 0;
	h->word = 0;
	h->next = next;
	h->state = next == BC_SKIP ? BC_SKIP : BC_BLANK;
}

/* "Host:", "Cookie:" and "Connection:" at once; no rule may name these. */
static __always_inline bool bc_name_bulk(struct bc_parser *p, const struct bc_ruleset *rs)
{
	const __u8 *text = &p->text[p->at & (BC_WINDOW - 1)];
	__u64 word = bc_word_at(text);
	__u32 own = BC_HEADER_HOST, length = 5;

	if (((word | BC_EACH(0x20)) & 0xffffffff) != 0x74736f68) { /* host */
		if (((word | BC_EACH(0x20)) & 0xffffffffffff) == 0x65696b6f6f63) {
			own = BC_HEADER_COOKIE;
			length = 7;
		} else if ((word | BC_EACH(0x20)) == 0x697463656e6e6f63ULL && /* connecti */
			   (text[8] | 0x20) == 'o' && (text[9] | 0x20) == 'n') {
			own = BC_HEADER_CONNECTION;
			length = 11;
		} else {
			return false;
		}
	}
	if (text[length - 1] != ':' || p->end - p->at < length)
		return false;
	p->at += length;
	p->http.want = 0;
	bc_name_known(&p->http, bc_own_header(p, rs, own));
	return true;
}

static __always_inline void bc_in_line(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u8 c = bc_peek(p);

	if (c == '\r') {
		p->at++;
		h->state = BC_LAST;
	} else if (c == '\n') {
		p->at++;
		bc_head_end(p, rs);
	} else if (c == ' ' || c == '\t') { /* obsolete folding (RFC 9112, 5.2) */
		bc_http_reject(p);
		h->state = BC_SKIP;
	} else if (c == ':') {
		bc_http_malformed(h); /* no name */
	} else if (!bc_name_bulk(p, rs)) {
		bc_match_start(&h->match, &rs->headers);
		h->state = BC_NAME;
	}
}

static __always_inline void bc_in_last(struct bc_parser *p, const struct bc_ruleset *rs)
{
	if (bc_take(p) == '\n')
		bc_head_end(p, rs);
	else
		bc_http_malformed(&p->http);
}

static __always_inline void bc_name_end(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u64 words = bc_match_end(&h->match, &rs->headers);
	__u64 own = words & ((1 << BC_HEADER_OWN) - 1);

	if (words & rs->header_any)
		h->flags |= BC_OPT_OUT;
	h->want = words & (rs->header_exact | rs->header_prefix);
	if (h->want)
		bc_name_known(h, BC_FIELD);
	else
		bc_name_known(h, own ? bc_own_header(p, rs, bc_first_bit(own)) : BC_SKIP);
}

static __always_inline void bc_in_name(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u8 c = 0;

	for (int i = 0; i < 16 && p->at < p->end; i++) {
		c = bc_peek(p);
		if (c == ':' || c == ' ' || c == '\t')
			break;
		bc_match_byte(&h->match, &rs->headers, c);
		if (!h->match.fit)
			break;
		p->at++;
	}
	if (!h->match.fit) {
		h->state = BC_SKIP;
	} else if (c == ':') {
		p->at++;
		bc_name_end(p, rs);
	} else if (c == ' ' || c == '\t') { /* RFC 9112, 5.1 */
		if (bc_match_end(&h->match, &rs->headers))
			bc_http_malformed(h);
		else
			h->state = BC_SKIP; /* as where the line is known at its fifth byte */
	}
}

static __always_inline void bc_in_blank(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;

	for (int i = 0; i < 2; i++) {
		__u8 c = bc_peek(p);

		if (c != ' ' && c != '\t')
			break;
		p->at++;
		if (i || p->at >= p->end)
			return;
	}
	h->state = h->next;
	h->hit = 0;
	h->flags &= ~(BC_BLANKS | BC_QUOTED | BC_AFTER_COMMA);
	if (h->state == BC_FIELD)
		bc_match_value(&h->match, h->want);
	else if (h->state == BC_COOKIE)
		bc_match_start(&h->match, &rs->cookies);
}

/*
 * A byte of a value that is compared with blanks trimmed: `hit` remembers the
 * words that match if only blanks follow.
 */
static __always_inline void bc_trimmed_byte(struct bc_http *h, const struct bc_dict *dict, __u8 c)
{
	if (c != ' ' && c != '\t') {
		h->flags &= ~BC_BLANKS;
	} else if (!(h->flags & BC_BLANKS)) {
		h->hit = bc_match_end(&h->match, dict);
		h->flags |= BC_BLANKS;
	}
	bc_match_byte(&h->match, dict, c);
}

static __always_inline __u64 bc_trimmed_end(const struct bc_http *h, const struct bc_dict *dict)
{
	return h->flags & BC_BLANKS ? h->hit : bc_match_end(&h->match, dict);
}

/* A value, or a part of it up to a comma, has ended. */
static __always_inline void bc_field_end(struct bc_http *h, const struct bc_ruleset *rs)
{
	if (bc_trimmed_end(h, &rs->header_values) & rs->header_exact)
		h->flags |= BC_OPT_OUT;
}

/*
 * A value that a rule names. Who passes a request on may make one line of several,
 * with commas between (RFC 9110, 5.3): each part is looked at, too.
 */
static __always_inline void bc_in_field(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;

	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);
		bool ends = bc_line_ends(p, c);

		if (ends || c == ',')
			bc_field_end(h, rs);
		if (ends)
			return;
		if (!h->match.at && (c == ' ' || c == '\t'))
			continue;
		bc_trimmed_byte(h, &rs->header_values, c);
		if (bc_match_end(&h->match, &rs->header_values) & rs->header_prefix)
			h->flags |= BC_OPT_OUT;
		if (c == ',' && !h->match.fit)
			bc_match_value(&h->match, h->want);
	}
}

static __always_inline void bc_in_host(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;

	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);

		if (bc_line_ends(p, c)) {
			bc_host_end(h, rs);
			return;
		}
		if (c == ' ' || c == '\t')
			h->flags |= BC_HOST_ENDED;
		else
			bc_host_byte(h, rs, c);
	}
}

/* A cookie's name has ended: with a value behind it, or none. */
static __always_inline void bc_cookie_named(struct bc_http *h, const struct bc_ruleset *rs)
{
	__u64 words = bc_match_end(&h->match, &rs->cookies);

	if (h->flags & BC_AFTER_COMMA)
		words &= rs->cookie_optout;
	h->cookies |= words & rs->cookie_any;
	h->want = words & ~rs->cookie_any;
	h->hit = 0;
	h->escape = 0;
	h->flags &= ~(BC_BLANKS | BC_QUOTED);
	bc_match_value(&h->match, h->want);
	bc_match_value(&h->host, h->want);
}

/* Where a required cookie comes twice, servers differ in which of the values they take. */
static __always_inline void bc_cookie_valued(struct bc_http *h, const struct bc_ruleset *rs)
{
	__u64 words = bc_trimmed_end(h, &rs->cookie_values);

	if (!h->escape)
		words |= bc_match_end(&h->host, &rs->cookie_values);
	h->cookies |= words;
	if (h->want & rs->cookie_require && !(words & rs->cookie_require))
		h->flags |= BC_REFUSED;
}

/*
 * Behind a ';' a cookie begins. nginx takes the text behind a ',' for one, too, which
 * may then opt out, but is no consent.
 */
static __always_inline void bc_cookie_start(struct bc_http *h, const struct bc_ruleset *rs, __u8 c)
{
	bc_match_start(&h->match, &rs->cookies);
	h->flags &= ~(BC_BLANKS | BC_AFTER_COMMA);
	h->flags |= c == ',' ? BC_AFTER_COMMA : 0;
	h->state = BC_COOKIE;
}

/*
 * A byte of a cookie's value, as what it stands for where that is percent-encoded: so
 * Node.js and PHP write and read cookies.
 */
bc_subprogram int bc_cookie_decoded(struct bc_http *h, const struct bc_ruleset *rs, __u32 byte)
{
	int decoded;

	if (!h || !rs)
		return 0;
	decoded = bc_decode(h, byte);
	if (h->flags & BC_BLANKS || decoded == BC_DECODE_BROKEN)
		h->host.fit = 0; /* a blank inside, or an escape that is not valid */
	else if (decoded >= 0)
		bc_match_byte(&h->host, &rs->cookie_values, decoded);
	return 0;
}

/* A cookie's name; blanks around it are none of it, as nginx and servers in Node.js have it. */
bc_subprogram int bc_in_cookie(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h;

	if (!p || !rs)
		return 0;
	h = &p->http;
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);
		bool ends = bc_line_ends(p, c);

		if (ends || c == ';') {
			bc_cookie_named(h, rs);
			bc_cookie_valued(h, rs);
			if (!ends)
				bc_cookie_start(h, rs, c);
			return 0;
		}
		if (c == ',') {
			bc_cookie_start(h, rs, c);
			return 0;
		}
		if (c == '=') {
			bc_cookie_named(h, rs);
			h->state = h->want ? BC_COOKIE_VALUE : BC_COOKIE_REST;
			return 0;
		}
		if (c == ' ' || c == '\t') {
			h->flags |= h->match.at ? BC_BLANKS : 0;
			continue;
		}
		bc_match_byte(&h->match, &rs->cookies, c);
		if (!h->match.fit || h->flags & BC_BLANKS) {
			h->state = BC_COOKIE_REST;
			return 0;
		}
	}
	return 0;
}

static __always_inline void bc_in_cookie_value(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;

	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);
		bool ends = bc_line_ends(p, c);

		if (ends || c == ';' || c == ',') {
			if (c == ',') /* the value goes on, and no rule has one like that */
				h->match.fit = h->host.fit = h->hit = 0;
			bc_cookie_valued(h, rs);
			if (!ends)
				bc_cookie_start(h, rs, c);
			return;
		}
		if (c == '"' && !h->match.at) {
			h->flags |= BC_QUOTED;
			continue;
		}
		if (c == '"' && h->flags & BC_QUOTED) {
			bc_cookie_valued(h, rs);
			h->state = BC_COOKIE_REST;
			return;
		}
		if (!h->match.at && (c == ' ' || c == '\t') && !(h->flags & BC_QUOTED))
			continue;
		if (c != ' ' && c != '\t')
			bc_cookie_decoded(h, rs, c);
		bc_trimmed_byte(h, &rs->cookie_values, c);
	}
}

/* Behind a ';' or ',': does a cookie begin that no rule can name? Most do not. */
static __always_inline bool bc_cookie_unnamed(const struct bc_parser *p,
					      const struct bc_ruleset *rs)
{
	__u32 at = p->at & (BC_WINDOW - 1);
	__u8 c = p->text[at];

	if (c == ' ')
		c = p->text[at + 1];
	return p->at + 1 < p->end && c > ';' && !rs->cookies.step[0][c];
}

/* On to the next cookie that some rule may name, or to the line's end. */
bc_subprogram int bc_in_cookie_rest(struct bc_parser *p, const struct bc_ruleset *rs)
{
	__u32 n = 0;
	__u8 c;

	if (!p || !rs)
		return 0;
#pragma unroll
	for (int i = 0; i < 8; i++) {
		__u64 word = bc_word_at(&p->text[(p->at & (BC_WINDOW - 1)) + i * 8]);
		__u64 tests = bc_test_equal(word, ';') | bc_test_equal(word, ',') |
			      bc_test_below(word, ' ');
		__u64 ends = bc_test_mask(word, tests);

		if (ends) {
			n = i * 8 + bc_first_byte(ends);
			goto found;
		}
	}
	p->at += 64;
	if (p->at > p->end)
		p->at = p->end;
	return 0;
found:
	p->at += n;
	if (p->at >= p->end) {
		p->at = p->end;
		return 0;
	}
	c = bc_take(p);
	if (!bc_line_ends(p, c) && (c == ';' || c == ',') && !bc_cookie_unnamed(p, rs))
		bc_cookie_start(&p->http, rs, c);
	return 0;
}

/* A Content-Length has ended; a second one that says the same is malformed, but plain. */
static __always_inline void bc_length_end(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	if (!(h->flags & BC_DIGITS) || (h->flags & BC_HAS_LENGTH && h->word != h->length)) {
		bc_http_malformed(h);
		return;
	}
	if (h->flags & BC_HAS_LENGTH)
		bc_http_reject(p);
	h->flags |= BC_HAS_LENGTH;
	h->length = h->word;
}

/* Content-Length (RFC 9112, 6.3): digits, and blanks behind them. */
static __always_inline void bc_in_length(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);

		if (c == '\r' || c == '\n') {
			bc_line_ends(p, c);
			if (h->state != BC_BROKEN)
				bc_length_end(p);
			return;
		}
		if (c == ' ' || c == '\t') {
			h->flags |= BC_BLANKS;
			continue;
		}
		if (c < '0' || c > '9' || h->flags & BC_BLANKS || h->word > BC_LENGTH_MAX) {
			bc_http_malformed(h);
			return;
		}
		h->word = h->word * 10 + (c - '0');
		h->flags |= BC_DIGITS;
	}
}

/* Transfer-Encoding (RFC 9112, 6.1): `chunked` must be the last coding. */
static __always_inline void bc_in_coding(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);

		if (c == '\r' || c == '\n') {
			if (h->token == 7)
				h->flags |= BC_CHUNKED;
			bc_line_ends(p, c);
			return;
		}
		if (c == ' ' || c == '\t') {
			h->flags |= h->token ? BC_BLANKS : 0;
			continue;
		}
		if (c == ',') {
			h->token = 0;
			h->flags &= ~BC_BLANKS;
		} else if (h->token < 7 && !(h->flags & BC_BLANKS) &&
			   (c | 0x20) == (__u8)(0x0064656b6e756863ULL >> h->token * 8))
			h->token++;
		else
			h->token = 8; /* some other coding */
	}
}

/* One option of Connection has ended; its last eight bytes are in `word`. */
static __always_inline void bc_connection_option(struct bc_http *h)
{
	if (h->token == 5 && h->word == 0x636c6f7365ULL) /* close */
		h->flags |= BC_CLOSE;
	else if (h->token == 7 && h->word == 0x75706772616465ULL) /* upgrade */
		h->flags |= BC_UPGRADE_TOKEN;
	else if (h->token == 10 && h->word == 0x65702d616c697665ULL) /* keep-alive */
		h->flags |= BC_KEEP_ALIVE;
	h->token = 0;
	h->word = 0;
	h->flags &= ~BC_BLANKS;
}

/* "keep-alive" and a CR, as most clients and proxies say. */
static __always_inline bool bc_connection_bulk(struct bc_parser *p)
{
	const __u8 *text = &p->text[p->at & (BC_WINDOW - 1)];

	if (p->http.token || p->end - p->at < 11 ||
	    (bc_word_at(text) | BC_EACH(0x20)) != 0x696c612d7065656bULL ||
	    (text[8] | 0x20) != 'v' || (text[9] | 0x20) != 'e' || text[10] != '\r')
		return false;
	p->at += 11;
	p->http.flags |= BC_KEEP_ALIVE;
	bc_line_cr(p);
	return true;
}

bc_subprogram int bc_in_connection(struct bc_parser *p)
{
	struct bc_http *h;

	if (!p)
		return 0;
	h = &p->http;
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);

		if (c == '\r' || c == '\n' || c == ',') {
			bc_connection_option(h);
			if (bc_line_ends(p, c))
				return 0;
			continue;
		}
		if (c == ' ' || c == '\t') {
			h->flags |= h->token ? BC_BLANKS : 0;
			continue;
		}
		h->word = h->word << 8 | (c | 0x20);
		if (h->flags & BC_BLANKS) /* no option has a blank in it */
			h->token = 11;
		else if (h->token < 11)
			h->token++;
	}
	return 0;
}

#endif
