/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The request line (RFC 9112, section 3): method, target in each of its four
 * forms, query parameters with their meaning to a beacon, version.
 */
#ifndef BC_HTTP_TARGET_H
#define BC_HTTP_TARGET_H

#include "http/state.h"

#define BC_NUMBER_MAX 9999999

/* The connection speaks something that is no HTTP/1: say so, and read no more of it. */
static __always_inline void bc_other_protocol(struct bc_parser *p, __u32 noted)
{
	p->events |= noted;
	bc_http_opaque(&p->http);
}

#define BC_PROXY_SIGNATURE 12 /* bytes that a binary PROXY header begins with */

/* How far does the signature go with this byte, of which `matched` bytes were there? */
static __always_inline __u8 bc_proxy_signature(__u8 matched, __u8 c)
{
	__u64 word = matched < 8 ? 0x510a0d000a0d0a0dULL
				 : 0x0a544955; /* CRLF CRLF NUL CRLF QUIT LF */

	if (c == (__u8)(word >> (matched & 7) * 8))
		return matched + 1;
	return c == '\r';
}

static __always_inline void bc_in_start(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u8 c = bc_peek(p);

	/* Where a request is doubted, what begins with an empty line is none. */
	if (h->flags & BC_DOUBTED && (c == '\r' || c == '\n')) {
		bc_http_astray(h);
		return;
	}
	/* Empty lines before a request line are skipped (RFC 9112, 2.2). */
	if (c == '\r' || c == '\n' || h->token > 4 || (h->token == 4 && !c && !h->later)) {
		__u8 matched = h->token;

		p->at++;
		h->flags |= BC_AFTER_EMPTY;
		h->token = bc_proxy_signature(matched, c);
		if (h->token == BC_PROXY_SIGNATURE)
			h->state = BC_PROXY_V2;
		else if (matched > 4 && h->token != matched + 1)
			bc_http_malformed(h); /* neither a request nor a signature */
		return;
	}
	if (c == 0x16 && !h->later) { /* a TLS handshake record */
		bc_other_protocol(p, BC_NOTED_TLS);
		return;
	}
	h->token = 0;
	h->beacon = BC_NO_BEACON;
	h->event = BC_EVENTS;
	h->epoch = rs->epoch;
	h->state = BC_METHOD;
}

static __always_inline enum bc_method bc_method_of(__u64 word)
{
	switch (word) {
	case 0x474554: /* "GET" */
		return BC_M_GET;
	case 0x504f5354: /* "POST" */
		return BC_M_POST;
	case 0x4f5054494f4e53: /* "OPTIONS" */
		return BC_M_OPTIONS;
	case 0x434f4e4e454354: /* "CONNECT" */
		return BC_M_CONNECT;
	case 0x48454144: /* "HEAD" */
	case 0x505554: /* "PUT" */
	case 0x44454c455445: /* "DELETE" */
	case 0x5452414345: /* "TRACE" */
	case 0x5041544348: /* "PATCH" */
		return BC_M_KNOWN;
	default:
		return BC_M_OTHER;
	}
}

static __always_inline void bc_method_known(struct bc_parser *p, enum bc_method method)
{
	struct bc_http *h = &p->http;

	p->events |= BC_BEGAN;
	h->flags |= BC_SEEN;
	h->flags &= ~BC_DOUBTED;
	h->method = method;
	h->state = BC_TARGET;
}

/* What stands where a method should is none. */
static __always_inline void bc_method_none(struct bc_http *h)
{
	if (h->flags & BC_DOUBTED)
		bc_http_astray(h); /* it is of the protocol that was asked for */
	else
		bc_http_malformed(h);
}

/* A method has been read; where HTTP may have ended, only a known one is one. */
static __always_inline void bc_method_taken(struct bc_parser *p, enum bc_method method)
{
	if (method == BC_M_OTHER && p->http.flags & BC_DOUBTED)
		bc_method_none(&p->http);
	else
		bc_method_known(p, method);
}

static __always_inline void bc_method_end(struct bc_parser *p)
{
	struct bc_http *h = &p->http;
	enum bc_method method = bc_method_of(h->word);
	bool first = !h->later || h->flags & BC_DOUBTED;
	__u64 word = h->word;

	h->word = 0;
	if (word == 0x505249 && first) { /* "PRI": perhaps HTTP/2's preface (RFC 9113, 3.4) */
		h->method = BC_M_PRI;
		h->state = BC_TARGET;
		return;
	}
	if (word == 0x50524f5859 && !h->later) { /* "PROXY" */
		h->state = BC_PROXY;
		return;
	}
	bc_method_taken(p, method);
}

/* "GET " or "POST ", as nearly every request begins. */
static __always_inline bool bc_method_bulk(struct bc_parser *p)
{
	__u64 word = bc_word_at(&p->text[p->at & (BC_WINDOW - 1)]);
	enum bc_method method = BC_M_GET;
	__u32 length = 4;

	if ((word & 0xffffffff) != 0x20544547) {
		if ((word & 0xffffffffff) != 0x2054534f50)
			return false;
		method = BC_M_POST;
		length = 5;
	}
	if (p->http.word || p->end - p->at < length)
		return false;
	p->at += length;
	bc_method_known(p, method);
	return true;
}

/* Bytes of a token (RFC 9110, 5.6.2). */
static const __u8 bc_token_bytes[256] = {
	['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['!'] = 1, ['#'] = 1, ['$'] = 1,
	['%'] = 1,	   ['&'] = 1,	      ['\''] = 1,	 ['*'] = 1, ['+'] = 1, ['-'] = 1,
	['.'] = 1,	   ['^'] = 1,	      ['_'] = 1,	 ['`'] = 1, ['|'] = 1, ['~'] = 1,
};

/* Any token is a method (RFC 9110, 9.1). */
static __always_inline void bc_in_method(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	if (bc_method_bulk(p))
		return;
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);

		if (c == ' ' && h->word) {
			bc_method_end(p);
			return;
		}
		if (!bc_token_bytes[c]) {
			bc_method_none(h);
			return;
		}
		h->word = h->word << 8 | c;
	}
}

static __always_inline void bc_version_start(struct bc_http *h)
{
	h->token = 0;
	h->state = BC_VERSION;
}

static __always_inline void bc_path_start(struct bc_http *h, const struct bc_ruleset *rs)
{
	bc_match_start(&h->match, &rs->paths);
	if (rs->any_page_rule) {
		h->flags |= BC_PATH_KEPT;
		bc_redact_start(&h->redact);
	}
	h->state = BC_PATH;
}

static __always_inline void bc_in_target(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u8 c = bc_peek(p);

	if (c != ' ' && c != '*' && h->method == BC_M_PRI) {
		bc_method_taken(p, BC_M_OTHER);
	} else if (c == ' ') {
		p->at++;
	} else if (h->method == BC_M_CONNECT) {
		h->state = BC_REST;
	} else if (c == '*') { /* alone: what a server makes of more is not known */
		p->at++;
		bc_version_start(h);
	} else if (c == '/') {
		bc_path_start(h, rs);
	} else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
		h->token = 0;
		h->state = BC_SCHEME;
	} else {
		bc_http_malformed(h);
	}
}

static __always_inline void bc_in_scheme(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u8 c = bc_take(p);

	if (h->token == 0 && c == ':') {
		h->token = 1;
	} else if (h->token == 0) {
		/* RFC 3986, 3.1 */
		if (((c | 0x20) < 'a' || (c | 0x20) > 'z') && (c < '0' || c > '9') && c != '+' &&
		    c != '-' && c != '.')
			bc_http_malformed(h);
	} else if (c != '/') {
		bc_http_malformed(h);
	} else if (++h->token == 3) {
		bc_host_start(h, rs);
		h->state = BC_AUTHORITY;
	}
}

bc_subprogram int bc_in_authority(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h;

	if (!p || !rs)
		return 0;
	h = &p->http;
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_peek(p);

		if (c == '/' || c == '?' || c == ' ') {
			bc_host_end(h, rs);
			bc_path_start(h, rs);
			return 0;
		}
		if (c < ' ' || c == 0x7f) {
			bc_http_malformed(h);
			return 0;
		}
		p->at++;
		bc_host_byte(h, rs, c);
	}
	return 0;
}

/* What the page value or path at hand turned out to be. */
static __always_inline void bc_page_end(struct bc_http *h)
{
	switch (bc_redact_end(&h->redact, h->page.name)) {
	case BC_REDACT_NAME:
		h->flags |= BC_HAS_PAGE;
		break;
	case BC_REDACT_LONG:
		h->flags |= BC_HAS_PAGE | BC_PAGE_TOO_LONG;
		break;
	case BC_REDACT_NONE:
		break;
	}
}

static __always_inline void bc_path_end(struct bc_http *h, const struct bc_ruleset *rs)
{
	__u64 words = 0;

	if (h->method == BC_M_GET || h->method == BC_M_POST)
		words = bc_match_end(&h->match, &rs->paths);
	if (words) {
		h->beacon = bc_first_bit(words) & (BC_BEACONS - 1);
		if (h->flags & BC_PATH_KEPT)
			bc_page_wipe(h);
	} else if (h->flags & BC_PATH_KEPT) {
		bc_page_end(h);
	}
	h->flags &= ~BC_PATH_KEPT;
}

static __always_inline void bc_key_start(struct bc_http *h, const struct bc_ruleset *rs)
{
	bc_match_start(&h->match, &rs->query_keys);
	h->escape = 0;
	h->state = BC_KEY;
}

/* The path ends with this byte, which has been taken. */
static __always_inline void bc_path_ended_by(struct bc_http *h, const struct bc_ruleset *rs, __u8 c)
{
	bc_path_end(h, rs);
	if (c == '?') {
		h->flags |= BC_HAS_QUERY;
		bc_key_start(h, rs);
	} else if (c == '#') {
		h->state = BC_REST;
	} else if (c == ' ') {
		bc_version_start(h);
	} else {
		bc_http_malformed(h);
	}
}

static __always_inline bool bc_path_ends(__u8 c)
{
	return c <= ' ' || c == '?' || c == '#' || c == 0x7f;
}

/* Bytes of a path that only the beacons' paths are compared with, up to what ends it. */
static __always_inline void bc_path_bulk(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_match match = p->http.match;
	__u32 at = p->at, end = p->end;

	for (int i = 0; i < 8 && at < end; i++) {
		__u8 c = p->text[at & (BC_WINDOW - 1)];

		if (bc_path_ends(c))
			break;
		bc_match_byte(&match, &rs->paths, c);
		at++;
	}
	p->http.match = match;
	p->at = at;
}

static __always_inline void bc_in_path(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	bool ended = false;

	if (!(h->flags & BC_PATH_KEPT))
		bc_path_bulk(p, rs);
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_peek(p);

		ended = bc_path_ends(c);
		if (ended)
			break;
		p->at++;
		bc_match_byte(&h->match, &rs->paths, c);
		if (h->flags & BC_PATH_KEPT)
			bc_redact_byte(&h->redact, h->page.name, c);
	}
	if (ended)
		bc_path_ended_by(h, rs, bc_take(p));
}

/*
 * Percent-decoding, a byte in: returns the byte out, or -1 while inside an
 * escape. One that is not valid loses its '%': no rule can name such text.
 */
static __always_inline int bc_unescape(struct bc_http *h, __u8 c)
{
	int decoded;

	if (c == '+' && !h->escape)
		return ' ';
	decoded = bc_decode(h, c);
	return decoded == BC_DECODE_BROKEN ? c : decoded;
}

static __always_inline void bc_value_unwanted(struct bc_http *h)
{
	h->role = 0;
	h->want = 0;
	h->escape = 0;
	h->state = BC_VALUE;
}

/* A key that some rule names has ended: what is its value wanted for? */
static __always_inline void bc_key_known(struct bc_http *h, const struct bc_ruleset *rs, __u32 word)
{
	word &= BC_WORDS - 1;
	if (rs->query_any >> word & 1)
		h->flags |= BC_OPT_OUT;
	h->key = word;
	h->want = rs->query_optout[word];
	if (h->beacon < BC_BEACONS)
		h->role = rs->beacon[h->beacon & (BC_BEACONS - 1)].role[word];
	h->word = 0;
	h->url = 0;
	h->flags &= ~(BC_DIGITS | BC_NUMBER_ENDED);
	bc_match_start(&h->match, &rs->query_values);
	if (h->role & BC_ROLE_SITE)
		bc_host_start(h, rs);
	if (h->role & BC_ROLE_PAGE) {
		/* The last page parameter counts. */
		if (h->flags & BC_HAS_PAGE)
			bc_page_wipe(h);
		h->flags &= ~(BC_HAS_PAGE | BC_PAGE_TOO_LONG);
		bc_redact_start(&h->redact);
	}
}

static __always_inline void bc_key_end(struct bc_http *h, const struct bc_ruleset *rs)
{
	__u64 words = bc_match_end(&h->match, &rs->query_keys);

	bc_value_unwanted(h);
	if (words)
		bc_key_known(h, rs, bc_first_bit(words));
}

/* A key of one letter, as those of nearly every beacon are. */
static __always_inline bool bc_key_bulk(struct bc_parser *p, const struct bc_ruleset *rs)
{
	const __u8 *text = &p->text[p->at & (BC_WINDOW - 1)];
	__u32 word = rs->query_letter[text[0]];

	if (!word || text[1] != '=' || p->http.match.at || p->http.escape || p->end - p->at < 2)
		return false;
	p->at += 2;
	bc_value_unwanted(&p->http);
	bc_key_known(&p->http, rs, word - 1);
	return true;
}

/* Bytes of a query that are not just text: what ends a key or value, and escapes. */
static const __u8 bc_query_special[256] = {
	[0 ... ' '] = 1, ['&'] = 1, ['#'] = 1, ['='] = 1, ['%'] = 1, ['+'] = 1, [0x7f] = 1,
};

static __always_inline bool bc_parameter_ends(__u8 c)
{
	return c == '&' || c <= ' ' || c == '#';
}

/* Up to 16 bytes of a key. */
bc_subprogram int bc_in_key(struct bc_parser *p, const struct bc_ruleset *rs)
{
	bool ended = false;
	struct bc_http *h;

	if (!p || !rs)
		return 0;
	h = &p->http;
	for (int i = 0; i < 16 && p->at < p->end; i++) {
		__u8 c = bc_peek(p);
		int decoded = c;

		if (bc_query_special[c] || h->escape) {
			ended = bc_parameter_ends(c) || c == '=';
			if (ended)
				break;
			decoded = bc_unescape(h, c);
		}
		p->at++;
		if (decoded < 0)
			continue;
		bc_match_byte(&h->match, &rs->query_keys, decoded);
		if (!h->match.fit) { /* nothing is wanted of it */
			bc_value_unwanted(h);
			return 0;
		}
	}
	if (ended) {
		p->at += bc_peek(p) == '='; /* what else ends it ends an empty value too */
		bc_key_end(h, rs);
	}
	return 0;
}

static __always_inline void bc_number_byte(struct bc_http *h, __u8 c)
{
	__u64 number = h->word;

	if (h->flags & BC_NUMBER_ENDED)
		return;
	if (c >= '0' && c <= '9') {
		number = number * 10 + (c - '0');
		h->word = number > BC_NUMBER_MAX ? BC_NUMBER_MAX : number;
		h->flags |= BC_DIGITS;
	} else {
		/* Left of or above the page is its edge. */
		if (c == '-' && !(h->flags & BC_DIGITS))
			h->flags |= BC_DIGITS;
		h->flags |= BC_NUMBER_ENDED;
	}
}

/* Progress of "http://" or "https://", any case; 8 when it is complete. */
static __always_inline __u8 bc_url_byte(__u8 url, __u8 c)
{
	c |= c >= 'A' && c <= 'Z' ? 0x20 : 0;
	if (url < 4)
		return c == (__u8)(0x70747468 >> url * 8) ? url + 1 : 0x7f;
	if (url == 4)
		return c == 's' ? 5 : c == ':' ? 6 : 0x7f;
	if (url == 5)
		return c == ':' ? 6 : 0x7f;
	if (url < 8)
		return c == '/' ? url + 1 : 0x7f;
	return url;
}

#define BC_URL_HOST 8 /* after "https://" */
#define BC_URL_PATH 0x7f /* not an absolute URL, or behind its host */

/*
 * A byte of the page value: an absolute URL's host goes to the sites, all else
 * to the redaction, which sees the raw bytes and decodes them itself.
 */
static __always_inline void bc_page_byte(struct bc_http *h, const struct bc_ruleset *rs, __u8 raw,
					 int decoded)
{
	if (h->url < BC_URL_HOST && decoded >= 0) {
		h->url = bc_url_byte(h->url, decoded);
		if (h->url == BC_URL_HOST) {
			bc_page_wipe(h);
			bc_redact_start(&h->redact);
			if (!(h->flags & BC_SITE_PARAM))
				bc_host_start(h, rs);
			return;
		}
	} else if (h->url == BC_URL_HOST) {
		if (decoded < 0)
			return;
		if (decoded != '/' && decoded != '?' && decoded != '#') {
			if (!(h->flags & BC_SITE_PARAM))
				bc_host_byte(h, rs, decoded);
			return;
		}
		h->url = BC_URL_PATH;
		if (!(h->flags & BC_SITE_PARAM))
			bc_host_end(h, rs);
		if (decoded != '/')
			bc_redact_byte(&h->redact, h->page.name, '/');
		raw = decoded;
	}
	bc_redact_byte(&h->redact, h->page.name, raw);
}

static __always_inline void bc_site_value_end(struct bc_http *h, const struct bc_ruleset *rs)
{
	h->flags |= BC_SITE_PARAM;
	bc_host_end(h, rs);
}

static __always_inline void bc_page_value_end(struct bc_http *h, const struct bc_ruleset *rs)
{
	if (h->url == BC_URL_HOST) { /* "https://host": its root page */
		if (!(h->flags & BC_SITE_PARAM))
			bc_host_end(h, rs);
		bc_redact_byte(&h->redact, h->page.name, '/');
	}
	bc_page_end(h);
}

/* A number's meaning; one that is not there or not a number means nothing. */
static __always_inline void bc_number_end(struct bc_http *h)
{
	if (!(h->flags & BC_DIGITS))
		return;
	if (h->role & BC_ROLE_X) {
		h->x = h->word;
		h->flags |= BC_HAS_X;
	}
	if (h->role & BC_ROLE_Y) {
		h->y = h->word;
		h->flags |= BC_HAS_Y;
	}
	if (h->role & BC_ROLE_WIDTH) {
		h->width = h->word;
		h->flags |= BC_HAS_WIDTH;
	}
}

static __always_inline void bc_value_end(struct bc_http *h, const struct bc_ruleset *rs)
{
	const struct bc_beacon *beacon = &rs->beacon[h->beacon & (BC_BEACONS - 1)];
	__u64 words = bc_match_end(&h->match, &rs->query_values);
	__u32 key = h->key & (BC_WORDS - 1);

	if (words & h->want)
		h->flags |= BC_OPT_OUT;
	if (h->role & (BC_ROLE_X | BC_ROLE_Y | BC_ROLE_WIDTH))
		bc_number_end(h);
	if (h->role & BC_ROLE_SITE)
		bc_site_value_end(h, rs);
	if (h->role & BC_ROLE_PAGE)
		bc_page_value_end(h, rs);
	if (h->role & BC_ROLE_EVENT && h->match.at) {
		__u64 events = words & ((1 << BC_VALUE_OWN) - 1);

		h->event = events ? bc_first_bit(events) : BC_EVENT_OTHER;
	}
	if (h->role & BC_ROLE_ONLY) {
		if (words & beacon->only[key])
			h->only |= 1ULL << key;
		else
			h->flags |= BC_TURNED_AWAY;
	}
	if (h->role & BC_ROLE_SKIP && words & beacon->skip[key])
		h->flags |= BC_TURNED_AWAY;
}

/* Behind a value that has been made use of: the next key, a fragment, or the version. */
static __always_inline void bc_value_left_by(struct bc_http *h, const struct bc_ruleset *rs, __u8 c)
{
	if (c == '&')
		bc_key_start(h, rs);
	else if (c == ' ')
		bc_version_start(h);
	else if (c == '#')
		h->state = BC_REST;
	else
		bc_http_malformed(h);
}

static __always_inline void bc_value_ended_by(struct bc_http *h, const struct bc_ruleset *rs,
					      __u8 c)
{
	if (h->role || h->want)
		bc_value_end(h, rs);
	bc_value_left_by(h, rs, c);
}

/* Nothing is wanted of this parameter: on to its end. */
static __always_inline void bc_value_skip(struct bc_parser *p)
{
#pragma unroll
	for (int i = 0; i < 4; i++) {
		__u64 word = bc_word_at(&p->text[p->at & (BC_WINDOW - 1)]);
		/* blanks and controls are below '!' */
		__u64 tests = bc_test_equal(word, '&') | bc_test_equal(word, '#') |
			      bc_test_below(word, '!');
		__u64 ends = bc_test_mask(word, tests);
		__u32 n = ends ? bc_first_byte(ends) : 8;

		p->at += n;
		if (n < 8 || p->at >= p->end)
			break;
	}
	if (p->at > p->end)
		p->at = p->end;
}

bc_subprogram int bc_value_byte(struct bc_http *h, const struct bc_ruleset *rs, __u32 byte)
{
	__u8 c = byte;
	int decoded;

	if (!h || !rs)
		return 0;
	decoded = bc_unescape(h, c);
	if (h->role & BC_ROLE_PAGE)
		bc_page_byte(h, rs, c, decoded);
	if (decoded < 0)
		return 0;
	if (h->role & (BC_ROLE_X | BC_ROLE_Y | BC_ROLE_WIDTH))
		bc_number_byte(h, decoded);
	if (h->role & BC_ROLE_SITE) {
		if (h->url < BC_URL_HOST) {
			h->url = bc_url_byte(h->url, decoded);
			if (h->url == BC_URL_HOST) {
				bc_host_start(h, rs);
				return 0;
			}
		}
		bc_host_byte(h, rs, decoded);
	}
	if (h->want || h->role & (BC_ROLE_EVENT | BC_ROLE_ONLY | BC_ROLE_SKIP))
		bc_match_byte(&h->match, &rs->query_values, decoded);
	return 0;
}

/* "https://" at a page value's begin, as it is or percent-encoded. */
static __always_inline void bc_url_bulk(struct bc_parser *p, const struct bc_ruleset *rs)
{
	const __u8 *text = &p->text[p->at & (BC_WINDOW - 1)];
	__u64 word = bc_word_at(text);
	__u32 taken = 0;

	if (word == 0x2f2f3a7370747468ULL) /* https:// */
		taken = 8;
	else if (word == 0x4133257370747468ULL && /* https%3A%2F%2F */
		 bc_word_at(text + 8) << 16 == 0x4632254632250000ULL)
		taken = 14;
	if (!taken || p->end - p->at < taken)
		return;
	p->at += taken;
	p->http.url = BC_URL_HOST;
	if (!(p->http.flags & BC_SITE_PARAM))
		bc_host_start(&p->http, rs);
}

/* Labels of a host that nobody asks for. */
bc_subprogram int bc_host_bulk(struct bc_parser *p)
{
	if (!p)
		return 0;
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u64 word = bc_word_at(&p->text[p->at & (BC_WINDOW - 1)]);
		__u32 n = bc_redact_cut(word).n;
		__u8 c = word;

		p->at += n + (!n && (c == '.' || c == '-'));
	}
	if (p->at > p->end)
		p->at = p->end;
	return 0;
}

/* Take several bytes of a page value at once, if only the page is wanted of it. */
static __always_inline void bc_page_bulk(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	const __u8 *text = &p->text[p->at & (BC_WINDOW - 1)];

	if (h->want || h->escape || p->at >= p->end)
		return;
	/* What begins with a slash is no absolute URL. */
	if (!h->url &&
	    (*text == '/' || (p->end - p->at > 2 && bc_is_encoded_slash(bc_word_at(text)))))
		h->url = BC_URL_PATH;
	else if (!h->url)
		bc_url_bulk(p, rs);
	if (h->url == BC_URL_HOST && (!rs->sites.all || h->flags & BC_SITE_PARAM))
		bc_host_bulk(p);
	else if (h->url == BC_URL_PATH && h->redact.mute & BC_MUTE_FOR_GOOD)
		bc_value_skip(p);
	else if (h->url == BC_URL_PATH)
		p->at += bc_redact_bulk(&h->redact, h->page.name, text, p->end - p->at);
}

/* A number of up to seven digits that nothing else is wanted of, at once. */
static __always_inline void bc_number_bulk(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	__u64 word, others;
	__u32 n;
	__u8 c;

	if (h->want || h->escape || h->flags & (BC_DIGITS | BC_NUMBER_ENDED))
		return;
	word = bc_word_at(&p->text[p->at & (BC_WINDOW - 1)]);
	others = bc_bytes_within(word & ~BC_HIGHS, '0', '9') & ~word;
	others ^= BC_HIGHS;
	if (!others)
		return;
	n = bc_first_byte(others);
	if (!n || p->at + n >= p->end)
		return;
	h->word = bc_decimal(word << (8 - n) * 8);
	h->flags |= BC_DIGITS;
	p->at += n;
	c = bc_peek(p);
	if (c == '&' || c == ' ') {
		p->at++;
		bc_number_end(h);
		bc_value_left_by(h, rs, c);
	}
}

/* A value of which only the dictionary wants to know. */
bc_subprogram int bc_word_bulk(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_match match;
	__u32 at, end;

	if (!p || !rs || p->http.escape)
		return 0;
	match = p->http.match;
	at = p->at;
	end = p->end;
	for (int i = 0; i < 16 && at < end; i++) {
		__u8 c = p->text[at & (BC_WINDOW - 1)];

		if (bc_query_special[c])
			break;
		bc_match_byte(&match, &rs->query_values, c);
		at++;
	}
	p->http.match = match;
	p->at = at;
	return 0;
}

static __always_inline void bc_in_value(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h = &p->http;
	bool ended = false;

	if (!h->role && !h->want)
		bc_value_skip(p);
	else if (h->role == BC_ROLE_PAGE)
		bc_page_bulk(p, rs);
	else if (!(h->role & ~(BC_ROLE_EVENT | BC_ROLE_ONLY | BC_ROLE_SKIP)))
		bc_word_bulk(p, rs);
	else if (!(h->role & ~(BC_ROLE_X | BC_ROLE_Y | BC_ROLE_WIDTH)))
		bc_number_bulk(p, rs);
	if (h->state != BC_VALUE)
		return;
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_peek(p);

		ended = bc_parameter_ends(c);
		if (ended)
			break;
		if (!h->role && !h->want)
			return;
		p->at++;
		bc_value_byte(h, rs, c);
		if (h->url == BC_URL_PATH)
			return; /* to bc_page_bulk() */
	}
	if (ended)
		bc_value_ended_by(h, rs, bc_take(p));
}

#define BC_PARAMETERS 6 /* in one call of bc_query() */

/* As many query parameters as the window holds, give or take. */
static __always_inline void bc_query(struct bc_parser *p, const struct bc_ruleset *rs)
{
	for (int i = 0; i < BC_PARAMETERS && p->at < p->end; i++) {
		if (p->http.state == BC_KEY && !bc_key_bulk(p, rs))
			bc_in_key(p, rs);
		if (p->http.state == BC_VALUE && p->at < p->end)
			bc_in_value(p, rs);
		if (p->http.state > BC_VALUE)
			break;
	}
}

/* The rest of a target that nothing is read of. */
static __always_inline void bc_in_rest(struct bc_parser *p)
{
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);

		if (c == ' ') {
			bc_version_start(&p->http);
			return;
		}
		if (c < ' ' || c == 0x7f) {
			bc_http_malformed(&p->http);
			return;
		}
	}
}

static __always_inline void bc_line_end(struct bc_parser *p)
{
	if (p->http.method == BC_M_PRI)
		bc_method_taken(p, BC_M_OTHER);
	if (p->http.state == BC_OPAQUE)
		return;
	p->events |= BC_LINE_IS(p->http.method == BC_M_OTHER || p->http.flags & BC_AFTER_EMPTY
					? BC_ANY_LINE
					: BC_KNOWN_LINE);
	p->http.state = BC_LINE;
}

/* "HTTP/1.1", CR and LF, as nearly every request line ends. */
static __always_inline bool bc_version_bulk(struct bc_parser *p)
{
	const __u8 *text = &p->text[p->at & (BC_WINDOW - 1)];

	if (p->http.token || p->end - p->at < 10 || bc_word_at(text) != 0x312e312f50545448ULL ||
	    text[8] != '\r' || text[9] != '\n')
		return false;
	p->at += 10;
	bc_line_end(p);
	return true;
}

/* "HTTP/1." and one digit; blanks around it are let pass, as nginx does. */
bc_subprogram int bc_in_version(struct bc_parser *p)
{
	struct bc_http *h;

	if (!p)
		return 0;
	h = &p->http;
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		__u8 c = bc_take(p);

		if (h->token < 7) {
			if (c == ' ' && !h->token)
				continue;
			if (c == '2' && h->token == 5 && h->method == BC_M_PRI) {
				bc_other_protocol(p, BC_NOTED_HTTP2);
				return 0;
			}
			if (c != (__u8)(0x002e312f50545448ULL >> (h->token & 7) * 8)) {
				bc_http_malformed(h);
				return 0;
			}
			h->token++;
		} else if (h->token == 7) {
			if (c < '0' || c > '9') { /* 1.2 is read as 1.1 (RFC 9110, 2.5) */
				bc_http_malformed(h);
				return 0;
			}
			if (c == '0')
				h->flags |= BC_HTTP_10;
			h->token = 8;
		} else if (c == '\n') {
			bc_line_end(p);
			return 0;
		} else if (c == '\r' && h->token == 8) {
			h->token = 9;
		} else if (c != ' ' || h->token != 8) {
			bc_http_malformed(h);
			return 0;
		}
	}
	return 0;
}

/* The request line up to what follows its path. */
bc_subprogram int bc_target(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h;

	if (!p || !rs)
		return 0;
	h = &p->http;
	if (h->state == BC_START)
		bc_in_start(p, rs);
	if (h->state == BC_METHOD)
		bc_in_method(p);
	if (h->state == BC_TARGET && p->at < p->end)
		bc_in_target(p, rs);
	if (h->state == BC_SCHEME && p->at < p->end)
		bc_in_scheme(p, rs);
	if (h->state == BC_AUTHORITY)
		bc_in_authority(p, rs);
	if (h->state == BC_PATH)
		bc_in_path(p, rs);
	return 0;
}

/* What follows a path, as much of it as the window holds, give or take. */
bc_subprogram int bc_query_and_version(struct bc_parser *p, const struct bc_ruleset *rs)
{
	struct bc_http *h;

	if (!p || !rs)
		return 0;
	h = &p->http;
	if (h->state == BC_KEY || h->state == BC_VALUE)
		bc_query(p, rs);
	if (h->state == BC_REST)
		bc_in_rest(p);
	if (h->state == BC_VERSION && !bc_version_bulk(p))
		bc_in_version(p);
	return 0;
}

#endif
