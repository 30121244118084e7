/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the request parser keeps between two bytes of a stream, and what its
 * parts (target.h, head.h, body.h, proxy.h) have in common.
 */
#ifndef BC_HTTP_STATE_H
#define BC_HTTP_STATE_H

#include "blindcount.h"
#include "portable.h"
#include "redact/words.h"
#include "match.h"
#include "text.h"

#define BC_WINDOW 1024 /* bytes of the stream in memory at once; a power of two */
#define BC_WINDOW_PAD 72 /* readable behind it, so that words may overhang */

enum bc_state {
	BC_START, /* before a request; 0: a zeroed parser stands here */
	BC_METHOD,
	BC_TARGET, /* blanks before the target, and its first byte */
	BC_SCHEME, /* absolute form, up to the host */
	BC_AUTHORITY,
	BC_PATH,
	BC_KEY, /* of a query parameter */
	BC_VALUE,
	BC_REST, /* of a target that nothing more is read of */
	BC_VERSION,
	BC_LINE, /* a line of the head begins */
	BC_NAME, /* of a header that some rule may name */
	BC_BLANK, /* before a header's value */
	BC_FIELD, /* value of a header that a rule names */
	BC_HOST,
	BC_COOKIE, /* before or in a cookie's name */
	BC_COOKIE_VALUE,
	BC_COOKIE_REST,
	BC_LENGTH,
	BC_CODING,
	BC_CONNECTION,
	BC_SKIP, /* to the line's end */
	BC_LINE_CR, /* CR at a line's end seen */
	BC_LAST, /* CR of the head's last line seen */
	BC_PATTERN, /* the head has ended; the name goes through the patterns */
	BC_DECIDED, /* the outcome has been told; what follows the head? */
	BC_BODY,
	BC_CHUNK_SIZE,
	BC_CHUNK_REST, /* extensions, to the line's end */
	BC_CHUNK,
	BC_CHUNK_END,
	BC_TRAILER, /* a trailer line begins */
	BC_TRAILER_REST,
	BC_PROXY, /* a PROXY line (haproxy's protocol, version 1) */
	BC_PROXY_V2, /* its binary form, behind the signature */
	BC_OPAQUE, /* nothing is read of the rest of the segment, or of the connection */
	BC_BROKEN, /* malformed, which is yet to be told */
};

/* What is known of the request, in bc_http.flags. */
enum bc_flag {
	BC_OPT_OUT = 1 << 0,
	BC_TURNED_AWAY = 1 << 1, /* by only= or skip= */
	BC_HAS_X = 1 << 2,
	BC_HAS_Y = 1 << 3,
	BC_HAS_WIDTH = 1 << 4,
	BC_HAS_QUERY = 1 << 5,
	BC_HAS_PAGE = 1 << 6,
	BC_HAS_HOST = 1 << 7,
	BC_HAS_LENGTH = 1 << 8,
	BC_HAS_CODING = 1 << 9,
	BC_CHUNKED = 1 << 10,
	BC_CLOSE = 1 << 11,
	BC_KEEP_ALIVE = 1 << 12,
	BC_UPGRADE_TOKEN = 1 << 13, /* Connection: upgrade */
	BC_UPGRADE_NAMED = 1 << 14, /* Upgrade: … */
	BC_HTTP_10 = 1 << 15,
	BC_SETTLED = 1 << 16, /* its outcome has been told already */
	BC_PAGE_TOO_LONG = 1 << 17,
	BC_QUOTED = 1 << 18, /* inside a quoted cookie value */
	BC_SITE_PARAM = 1 << 19, /* the beacon's site key was there */
	BC_PATH_KEPT = 1 << 20, /* the path is fed to the redaction */
	BC_BLANKS = 1 << 21, /* blanks came after the value so far */
	BC_SEEN = 1 << 22, /* `seen` has been raised */
	BC_DIGITS = 1 << 23, /* a number has begun */
	BC_NUMBER_ENDED = 1 << 24,
	BC_HOST_ENDED = 1 << 25, /* a port or path follows the host at hand */
	BC_AFTER_EMPTY = 1 << 26, /* empty lines came before the request */
	BC_REJOINS = 1 << 27, /* in BC_OPAQUE: a request may begin with a later segment */
	BC_AFTER_COMMA = 1 << 28, /* the cookie at hand begins behind a ',' */
	BC_REFUSED = 1 << 29, /* a required cookie came with another value, too */
	BC_DOUBTED = 1 << 30, /* HTTP may have ended before: only a known method goes on */
	BC_PROXIED = 1U << 31, /* the body at hand is a PROXY header */
};

enum bc_method {
	BC_M_OTHER, /* perhaps the end of a method's name */
	BC_M_KNOWN,
	BC_M_GET,
	BC_M_POST,
	BC_M_OPTIONS,
	BC_M_CONNECT,
	BC_M_PRI, /* HTTP/2 begins with it, if it is not just a word */
};

#define BC_NO_BEACON 0xff

/* Bodies and chunks are shorter than this, give or take a digit. */
#define BC_LENGTH_MAX 100000000000000000ULL

struct bc_http {
	__u8 state; /* enum bc_state */
	__u8 method; /* enum bc_method */
	__u8 site; /* BC_SITE_*, see match.h */
	__u8 beacon; /* BC_NO_BEACON: none matched yet */
	__u32 flags; /* enum bc_flag */
	__u16 head; /* bytes of the head so far */
	__u8 event; /* enum bc_event; BC_EVENTS: not said */
	__u8 role; /* of the query key at hand, enum bc_key_role */
	__u8 key; /* its word */
	__u8 url; /* progress of "https://" in a page value */
	__u8 escape; /* percent-decoding: 0, 1 after '%', 16 + digit after that */
	__u8 token; /* progress in fixed words */
	__u8 later; /* not the connection's first request */
	__u8 next; /* state behind the blanks at hand */
	__u16 unused;
	__u32 epoch; /* of the rules it began under */
	__u64 length; /* Content-Length; bytes left of a body or chunk */
	__u64 word; /* a short word or number being read */
	__u64 cookies; /* cookie words seen */
	__u64 only; /* `only` keys that were satisfied */
	__u64 hit; /* header words that match if only blanks follow */
	__u64 want; /* words whose value is being read */
	struct bc_match match;
	struct bc_match host;
	__u32 x, y, width, unused2;
	struct bc_redact redact;
	struct bc_page page;
};

enum bc_line {
	BC_NO_LINE,
	BC_ANY_LINE, /* perhaps its method is the end of another */
	BC_KNOWN_LINE, /* its method is a known one: certainly a request begins with it */
};

/*
 * What a step brought to light, for who called it: a word, so that it is read as it was
 * written. Each step tells one thing of a kind at most.
 */
#define BC_BEGAN 1U /* a request's method has been read: its head has begun */
#define BC_LINE_IS(line) ((__u32)(line) << 1) /* its request line is whole and valid */
#define BC_LINE_OF(events) ((events) >> 1 & 3)
#define BC_ENDED(outcome) (((__u32)(outcome) + 1) << 8)
#define BC_ENDED_AS(events) ((((events) >> 8) - 1) & (BC_OUTCOMES_ROOM - 1)) /* if it has */
#define BC_ENDED_ANY 0xff00U
#define BC_NOTED_TLS (1U << 16)
#define BC_NOTED_HTTP2 (1U << 17)
#define BC_NOTED_UPGRADE (1U << 18)
#define BC_NOTED_ANY (7U << 16)

/* The parser and the window that it reads. */
struct bc_parser {
	struct bc_http http;
	struct bc_patterns patterns;
	__u32 at; /* next byte of the window */
	__u32 end; /* bytes in the window */
	__u32 events;
	__u32 unused;
	__u8 text[BC_WINDOW + BC_WINDOW_PAD];
};

#define BC_DECODE_INSIDE (-1) /* of an escape */
#define BC_DECODE_BROKEN (-2) /* it goes on with no digit, and is given up */

/* Percent-decoding (RFC 3986, 2.1), a byte in: returns the byte that it completes, or one of these. */
static __always_inline int bc_decode(struct bc_http *h, __u8 c)
{
	__u8 escape = h->escape, digit;

	if (!escape) {
		h->escape = c == '%';
		return c == '%' ? BC_DECODE_INSIDE : c;
	}
	digit = bc_hex_values[c];
	if (digit > 15) {
		h->escape = 0;
		return BC_DECODE_BROKEN;
	}
	h->escape = escape == 1 ? 16 + digit : 0;
	return escape == 1 ? BC_DECODE_INSIDE : (escape & 15) << 4 | digit;
}

/* The byte at hand. */
static __always_inline __u8 bc_peek(const struct bc_parser *p)
{
	return p->text[p->at & (BC_WINDOW - 1)];
}

/* The byte at hand, taken. */
static __always_inline __u8 bc_take(struct bc_parser *p)
{
	__u8 c = bc_peek(p);

	p->at++;
	return c;
}

/* A function of its own, as it is long and called from many places. */
bc_subprogram int bc_http_wipe(struct bc_http *h)
{
	if (h)
		__builtin_memset(h, 0, sizeof(*h));
	return 0;
}

/* Forget the request; the parser stands at the next one's start. */
static __always_inline void bc_http_reset(struct bc_http *h)
{
	bc_http_wipe(h);
	h->later = 1;
}

/* Forget the page's name. */
bc_subprogram int bc_page_wipe(struct bc_http *h)
{
	if (h)
		__builtin_memset(h->page.name, 0, sizeof(h->page.name));
	return 0;
}

/* Tell the outcome, once. What it belongs to stays until the next step. */
static __always_inline void bc_http_settle(struct bc_parser *p, enum bc_outcome outcome)
{
	struct bc_http *h = &p->http;

	if (h->flags & BC_SETTLED)
		return;
	if (!(h->flags & BC_SEEN))
		p->events |= BC_BEGAN;
	h->flags |= BC_SEEN | BC_SETTLED;
	p->events |= BC_ENDED(outcome);
}

/* Has a request been seen whose outcome is open? */
static __always_inline bool bc_http_unsettled(const struct bc_http *h)
{
	return (h->flags & (BC_SEEN | BC_SETTLED)) == BC_SEEN;
}

/* The same of one whose method is still being read, too. */
static __always_inline bool bc_http_open(const struct bc_http *h)
{
	return (h->state == BC_METHOD && !(h->flags & BC_DOUBTED)) || bc_http_unsettled(h);
}

/* Nothing is read of the rest of the connection. */
static __always_inline void bc_http_opaque(struct bc_http *h)
{
	bc_http_reset(h);
	h->state = BC_OPAQUE;
}

/* Nothing is read of the rest of the segment: where a request begins is not known. */
static __always_inline void bc_http_astray(struct bc_http *h)
{
	bc_http_opaque(h);
	h->flags = BC_REJOINS;
}

/* Where this ends can't be told: bc_http_step() says so, and goes astray. */
static __always_inline void bc_http_malformed(struct bc_http *h)
{
	h->state = BC_BROKEN;
}

/* Malformed, but where it ends is plain: the request is told, and read to its end. */
static __always_inline void bc_http_reject(struct bc_parser *p)
{
	bc_http_settle(p, BC_MALFORMED);
}

/*
 * One byte of a host, lower case or not, with what may surround it: user
 * information before, a port or path behind.
 */
static __always_inline void bc_host_byte(struct bc_http *h, const struct bc_ruleset *rs, __u8 c)
{
	if (c == '@') {
		bc_match_start(&h->host, &rs->sites);
		h->flags &= ~BC_HOST_ENDED;
	} else if (c == ':' || c == '/') {
		h->flags |= BC_HOST_ENDED;
	} else if (!(h->flags & BC_HOST_ENDED)) {
		bc_match_byte(&h->host, &rs->sites, c);
	}
}

static __always_inline void bc_host_start(struct bc_http *h, const struct bc_ruleset *rs)
{
	bc_match_start(&h->host, &rs->sites);
	h->flags &= ~BC_HOST_ENDED;
}

static __always_inline void bc_host_end(struct bc_http *h, const struct bc_ruleset *rs)
{
	h->site = bc_site_of(rs, bc_match_end(&h->host, &rs->sites));
}

#endif
