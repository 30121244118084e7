/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Parses one window of a segment: the parser and what its steps bring to light. */
#ifndef BC_STREAM_WINDOW_H
#define BC_STREAM_WINDOW_H

#include "stream/apart.h"

/* What the steps in a window work on. */
struct bc_steps {
	struct bc_workplace *w;
	const struct bc_ruleset *rs;
	struct bc_totals *t;
};

static long bc_window_step(__u32 i, struct bc_steps *steps)
{
	struct bc_parser *p = &steps->w->parser;
	bool more = bc_http_step(p, steps->rs);

	(void)i;
	if (!p->events)
		return !more;
	bc_tell(steps->w, steps->rs, steps->t);
	/* What the outcome belongs to has been made use of. */
	if (p->http.state == BC_DECIDED)
		more = bc_http_go_on(p);
	return !more && !p->events;
}

#define BC_NO_WINDOW (1 << 30) /* nothing more of the segment is to be parsed */

/*
 * Where in the segment is the next window, whose length is left in `loads`? A body's bytes
 * need not be looked at, and are skipped.
 */
static __always_inline __u32 bc_window_next(struct bc_workplace *w)
{
	struct bc_http *h = &w->parser.http;
	__u32 left = w->segment.len - w->done;

	if (w->done >= w->segment.len)
		return BC_NO_WINDOW;
	if ((h->state == BC_BODY || h->state == BC_CHUNK) && h->length) {
		__u32 n = left < h->length ? left : h->length;

		bc_body_skip(h, n);
		w->done += n;
		left -= n;
	}
	if (!left || h->state == BC_OPAQUE)
		return BC_NO_WINDOW;
	w->loads = left < BC_WINDOW ? left : BC_WINDOW;
	return w->done;
}

/* Parse the window that has been loaded. Returns where the next is. */
bc_subprogram int bc_window(struct bc_workplace *w, const struct bc_ruleset *rs,
			    struct bc_totals *t)
{
	struct bc_steps steps = {.w = w, .rs = rs, .t = t};

	if (!w || !rs || !t)
		return BC_NO_WINDOW;
	w->parser.at = 0;
	w->parser.end = w->loads < BC_WINDOW ? w->loads : BC_WINDOW;
	w->done += w->parser.end;
	if (w->loaded < w->parser.end)
		w->loaded = w->parser.end;
	/* Each step takes a byte or changes the state; three steps a byte are plenty. */
	bpf_loop(3 * BC_WINDOW + BC_NAME_MAX, bc_window_step, &steps, 0);
	return bc_window_next(w);
}

/* Leave nothing of the visitor's in the workplace. */
static __always_inline void bc_workplace_wipe(struct bc_workplace *w)
{
	struct bc_http *h = &w->parser.http;

	if (bc_unlikely(h->state != BC_START || h->flags))
		bc_http_wipe(h);
	h->later = 0;
	h->token = 0;
	if (bc_unlikely(w->is_apart || w->apart.kept))
		bc_apart_wipe(&w->apart);
	w->is_apart = 0;
	w->owns = 0;
	w->turn = BC_TURN_PAST;
	for (__u32 i = 0; i < BC_WINDOW && i < w->loaded; i += 64) {
#pragma unroll
		for (__u32 j = 0; j < 64; j += 8)
			bc_put_word(&w->parser.text[i + j], 0);
	}
	w->loaded = 0;
	w->done = 0;
}

bc_subprogram int bc_workplace_clear(struct bc_workplace *w)
{
	if (w)
		bc_workplace_wipe(w);
	return 0;
}

#endif
