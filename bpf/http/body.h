/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bodies (RFC 9112, sections 6 and 7): skipped by length or chunk by chunk,
 * never looked into.
 */
#ifndef BC_HTTP_BODY_H
#define BC_HTTP_BODY_H

#include "http/state.h"

/* The request has ended, body and all. */
static __always_inline void bc_request_end(struct bc_http *h)
{
	bool closes = h->flags & BC_CLOSE || (h->flags & BC_HTTP_10 && !(h->flags & BC_KEEP_ALIVE));
	bool later = !(h->flags & BC_PROXIED);
	__u32 flags = h->flags & BC_DOUBTED;

	/* Behind a request that closes the connection no server reads on. */
	if (closes) {
		bc_http_opaque(h);
		return;
	}
	bc_http_reset(h);
	h->later = later;
	h->flags = flags;
}

/* A body begins: nothing of the request is kept but what ends it. */
static __always_inline void bc_body_start(struct bc_http *h)
{
	__u32 flags = h->flags &
		      (BC_SEEN | BC_SETTLED | BC_CLOSE | BC_KEEP_ALIVE | BC_HTTP_10 | BC_DOUBTED);
	__u64 length = h->length;
	bool chunked = h->flags & BC_CHUNKED;

	bc_http_reset(h);
	h->flags = flags;
	h->length = chunked ? 0 : length;
	h->state = chunked ? BC_CHUNK_SIZE : BC_BODY;
}

/*
 * The head has been settled: what follows it? Whether a server agrees to another protocol
 * is not seen, so that HTTP may go on behind the content (RFC 9110, 7.8).
 */
static __always_inline void bc_after_head(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	if (h->method == BC_M_CONNECT ||
	    (h->flags & BC_UPGRADE_TOKEN && h->flags & BC_UPGRADE_NAMED)) {
		p->events |= BC_NOTED_UPGRADE;
		h->flags |= BC_DOUBTED;
	}
	if (h->flags & BC_CHUNKED || h->length)
		bc_body_start(h);
	else
		bc_request_end(h);
}

/* Skip `n` bytes of a body or chunk that has as many. */
bc_subprogram int bc_body_skip(struct bc_http *h, __u64 n)
{
	if (!h)
		return 0;
	h->length -= n;
	if (h->length)
		return 0;
	if (h->state == BC_BODY)
		bc_request_end(h);
	else
		h->state = BC_CHUNK_END;
	return 0;
}

/* Skip what the window holds of a body or chunk. */
static __always_inline void bc_in_body(struct bc_parser *p)
{
	struct bc_http *h = &p->http;
	__u64 n = p->end - p->at;

	if (n > h->length)
		n = h->length;
	p->at += n;
	bc_body_skip(h, n);
}

static __always_inline void bc_chunk_size_end(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	if (!(h->flags & BC_DIGITS)) {
		bc_http_malformed(h);
		return;
	}
	h->flags &= ~BC_DIGITS;
	h->state = h->length ? BC_CHUNK : BC_TRAILER;
}

static __always_inline void bc_in_chunk_size(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	for (int i = 0; i < 4 && p->at < p->end; i++) {
		__u8 c = bc_take(p), digit = bc_hex_values[c];

		if (digit < BC_NO_DIGIT && h->length <= BC_LENGTH_MAX / 16) {
			h->length = h->length << 4 | digit;
			h->flags |= BC_DIGITS;
		} else if (c == '\n') {
			bc_chunk_size_end(p);
			return;
		} else if (c == ';' || c == ' ' || c == '\t' || c == '\r') {
			h->state = BC_CHUNK_REST;
			return;
		} else {
			bc_http_malformed(h);
			return;
		}
	}
}

static __always_inline void bc_in_chunk_rest(struct bc_parser *p)
{
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		if (bc_take(p) == '\n') {
			bc_chunk_size_end(p);
			return;
		}
	}
}

static __always_inline void bc_in_chunk_end(struct bc_parser *p)
{
	__u8 c = bc_take(p);

	if (c == '\n')
		p->http.state = BC_CHUNK_SIZE;
	else if (c != '\r')
		bc_http_malformed(&p->http);
}

/* Trailers are skipped; the empty line ends the request. */
static __always_inline void bc_in_trailer(struct bc_parser *p)
{
	__u8 c = bc_take(p);

	if (c == '\n')
		bc_request_end(&p->http);
	else if (c != '\r')
		p->http.state = BC_TRAILER_REST;
}

static __always_inline void bc_in_trailer_rest(struct bc_parser *p)
{
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		if (bc_take(p) == '\n') {
			p->http.state = BC_TRAILER;
			return;
		}
	}
}

#endif
