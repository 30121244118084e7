/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * PROXY headers (haproxy's protocol, versions 1 and 2), which may stand before a connection's
 * first request and carry the visitor's address: skipped unread.
 */
#ifndef BC_HTTP_PROXY_H
#define BC_HTTP_PROXY_H

#include "http/body.h"
#include "http/target.h"

/* Behind "PROXY" and a blank: "TCP4", "TCP6" or "UNKNOWN", and a line that is skipped unread. */
static __always_inline void bc_in_proxy(struct bc_parser *p)
{
	__u8 c = bc_peek(p);

	if (!p->http.token && c != 'T' && c != 'U') { /* it was a method */
		bc_method_known(p, BC_M_OTHER);
		return;
	}
	p->http.token = 1;
	for (int i = 0; i < 8 && p->at < p->end; i++) {
		if (bc_take(p) == '\n') {
			p->http.token = 0;
			p->http.state = BC_START;
			return;
		}
	}
}

/* Behind the binary signature: version and command, family, length; what follows is skipped unread. */
static __always_inline void bc_in_proxy_v2(struct bc_parser *p)
{
	struct bc_http *h = &p->http;

	for (int i = 0; i < 4 && p->at < p->end; i++) {
		__u8 c = bc_take(p);

		h->length = (h->length << 8 | c) & 0xffff;
		if (!h->word && c >> 4 != 2) {
			bc_http_malformed(h);
			return;
		}
		if (++h->word < 4)
			continue;
		h->flags = BC_PROXIED;
		h->state = BC_BODY;
		if (!h->length)
			bc_request_end(h);
		return;
	}
}

#endif
