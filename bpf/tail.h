/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The rest of a head, read before its begin: where a packet is lost or overtaken,
 * the next one often holds the end of a request that it began. Its first line may
 * be the rest of any line, so it is read twice, as a line of its own and as the
 * rest of a Cookie line, and what it may be is remembered. The lines behind it
 * mean what they mean. When the bytes before it have been parsed, the parser must
 * stand where one of these readings holds: in a value that no rule needs, behind
 * the last cookie that a rule needs, or at a line's begin. Else the request stays
 * undecided, as it does if the first line is the rest of the request line.
 */
#ifndef BC_TAIL_H
#define BC_TAIL_H

#include "early.h"

/* What the segment is being taken for. */
enum bc_tail_phase {
	BC_TAIL_FIRST, /* the length of its first line is found */
	BC_TAIL_LINE, /* the first line, as a line of its own */
	BC_TAIL_COOKIES, /* the first line, as the rest of cookies */
	BC_TAIL_REST, /* the lines behind it */
	BC_TAIL_BEHIND, /* what follows the head */
};

/* Facts that lines of a head may add. */
#define BC_TAIL_FACTS                                                                       \
	(BC_OPT_OUT | BC_HAS_HOST | BC_HAS_LENGTH | BC_HAS_CODING | BC_CHUNKED | BC_CLOSE | \
	 BC_KEEP_ALIVE | BC_UPGRADE_TOKEN | BC_UPGRADE_NAMED | BC_REFUSED)

/* May the method that has begun be CONNECT? */
static __always_inline bool bc_may_connect(__u64 word)
{
	return word == 0x43 || word == 0x434f || word == 0x434f4e || word == 0x434f4e4e ||
	       word == 0x434f4e4e45 || word == 0x434f4e4e4543 || word == 0x434f4e4e454354;
}

/*
 * May the header whose name or value is cut, one of these words, say where the
 * request ends? A body that only this line announces is not expected of a GET.
 * Where `Connection: close` is cut, nothing follows.
 */
static __always_inline bool bc_may_frame(const struct bc_http *h, __u32 facts, __u64 words)
{
	return (words & (1 << BC_HEADER_CONTENT_LENGTH | 1 << BC_HEADER_TRANSFER_ENCODING) &&
		h->method != BC_M_GET) ||
	       (words & 1 << BC_HEADER_CONNECTION && facts & BC_UPGRADE_NAMED) ||
	       (words & 1 << BC_HEADER_UPGRADE && facts & BC_UPGRADE_TOKEN);
}

/*
 * A head that can't be decided may still be followed to its end, unless the rest of
 * the line at hand may say where the request ends. Returns the state to go on in, or 0.
 */
static __always_inline __u8 bc_line_goes_on(const struct bc_http *h, __u32 facts)
{
	switch (h->state == BC_BLANK ? h->next : h->state) {
	case BC_METHOD:
		return bc_may_connect(h->word) ? 0 : BC_SKIP;
	case BC_NAME:
		return bc_may_frame(h, facts, h->match.fit) ? 0 : BC_SKIP;
	case BC_CONNECTION:
		return bc_may_frame(h, facts, 1 << BC_HEADER_CONNECTION) ? 0 : BC_SKIP;
	case BC_LINE:
	case BC_LAST:
		return h->state;
	case BC_LENGTH:
	case BC_CODING:
		return 0;
	default:
		return h->state > BC_METHOD && h->state <= BC_SKIP && h->method != BC_M_CONNECT
			       ? BC_SKIP
			       : 0;
	}
}

/* What is kept of a head that can't be decided. */
#define BC_GIVEN_UP (BC_SEEN | BC_SETTLED | BC_KEEP_ALIVE)

/* Facts that make a head's end, or what follows it, depend on what is known of it. */
#define BC_FRAMED (BC_HAS_LENGTH | BC_HAS_CODING | BC_CLOSE | BC_UPGRADE_TOKEN | BC_UPGRADE_NAMED)

/* The state in which a head that is open at a segment's end can be gone on with; 0: none. */
static __always_inline __u8 bc_head_goes_on(const struct bc_http *h)
{
	return bc_http_open(h) && !(h->facts & BC_FRAMED) ? bc_line_goes_on(h, h->facts) : 0;
}

/* Parse `len` bytes of the segment from `skip` on, as if the parser stood in `state`. */
static __always_inline void bc_tail_start(struct bc_visit *v, enum bc_tail_phase phase,
					  enum bc_state state, __u32 skip, __u32 len)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_scratch *s = &w->parse;

	__builtin_memset(&s->http, 0, sizeof(s->http));
	s->http.state = state;
	s->http.facts = BC_SEEN | BC_IS_TAIL;
	s->http.head = skip;
	s->at = 0;
	s->end = 0;
	w->phase = phase;
	w->skip = skip;
	w->len = len;
	w->start = 1;
}

/* Set out on a reading: once for all of them, for the verifier's sake. */
static __always_inline void bc_tail_set_out(struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	__u32 skip = w->skip & (BC_PACKET_MAX - 1);

	v->parse.from = v->at + skip;
	v->parse.left = w->len & (BC_PACKET_MAX - 1);
	w->start = 0;
}

/* The first line has been read as a line of its own. */
static __always_inline void bc_tail_line_read(struct bc_visit *v, struct bc_tail *t)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_http *h = &w->parse.http;
	bool ended = h->state == BC_TAIL_END;
	bool plain = !(h->facts & BC_TAIL_FACTS) && !h->cookies;

	/* What means something is hardly the rest of another line, but an empty rest is common. */
	if ((ended && w->line == v->len) || (h->state == BC_LINE && !plain)) {
		t->marks = BC_TAIL_AT_LINE;
		w->phase = BC_TAIL_REST;
		w->skip = w->line;
		w->len = v->len - w->line;
		w->start = 1;
		return;
	}
	t->marks = BC_TAIL_IN_VALUE;
	if (h->state == BC_LINE || (plain && (h->state == BC_SKIP || h->state == BC_LAST)))
		t->marks |= BC_TAIL_AT_LINE;
	t->behind = h->state;
	bc_tail_start(v, BC_TAIL_COOKIES, BC_COOKIE_REST, 0, bc_workplace_of(&v->parse)->line);
}

/* The first line has been read as the rest of cookies. False: there is no other line. */
static __always_inline bool bc_tail_cookies_read(struct bc_visit *v, struct bc_tail *t)
{
	struct bc_http *h = &v->parse.scratch->http;
	bool ended = h->state == BC_LINE;

	if (!h->cookies && !(h->facts & BC_REFUSED) && (ended || h->state == BC_COOKIE_REST))
		t->marks |= BC_TAIL_IN_COOKIES;
	if (ended) {
		bc_tail_start(v, BC_TAIL_REST, BC_LINE, bc_workplace_of(&v->parse)->line,
			      v->len - bc_workplace_of(&v->parse)->line);
		return true;
	}
	t->head = v->len;
	return false;
}

/* The lines have been read. True: the head has ended, and there may be more behind it. */
static __always_inline bool bc_tail_rest_read(struct bc_visit *v, struct bc_early *early,
					      __u32 head)
{
	struct bc_http *h = &v->parse.scratch->http;
	struct bc_tail *t = &early->tail;
	bool ended = h->state == BC_TAIL_END;

	t->cookies = h->cookies;
	t->length = h->length;
	t->facts = h->facts & BC_TAIL_FACTS;
	t->head = head;
	t->site = h->site;
	t->then = h->state;
	early->requests = 0; /* those were the lines taken for a request */
	if (h->facts & BC_SETTLED || h->length != t->length || head > BC_HEAD_MAX) {
		t->marks = 0;
	} else if (ended) {
		t->marks |= BC_TAIL_ENDS;
	} else if (h->state != BC_LINE && h->state != BC_LAST && h->state != BC_SKIP &&
		   h->state != BC_COOKIE_REST) {
		t->then = bc_line_goes_on(h, h->facts);
		t->marks = t->then ? t->marks | BC_TAIL_VAGUE : 0;
	}
	if (!ended || !t->marks)
		return false;
	bc_after_head(&v->parse);
	bc_workplace_of(&v->parse)->phase = BC_TAIL_BEHIND;
	return true;
}

/* A reading has come to its end: on to the next one. False: that was the last. */
static __always_inline bool bc_tail_next(struct bc_visit *v)
{
	struct bc_early *early = &bc_workplace_of(&v->parse)->early;
	struct bc_scratch *s = v->parse.scratch;
	__u32 at = v->len - v->parse.left - (s->end - s->at);

	switch (bc_workplace_of(&v->parse)->phase) {
	case BC_TAIL_FIRST:
		bc_workplace_of(&v->parse)->line = at < v->len ? at : v->len;
		bc_tail_start(v, BC_TAIL_LINE, BC_LINE, 0, bc_workplace_of(&v->parse)->line);
		return true;
	case BC_TAIL_LINE:
		bc_tail_line_read(v, &early->tail);
		return true;
	case BC_TAIL_COOKIES:
		return bc_tail_cookies_read(v, &early->tail);
	case BC_TAIL_REST:
		return bc_tail_rest_read(v, early, at);
	default:
		early->tail.behind = s->http.state;
		early->tail.begun = bc_http_open(&s->http);
		early->tail.goes_on = bc_head_goes_on(&s->http);
		return false;
	}
}

/* Look for the first line's end in eight bytes of the window. */
static __always_inline bool bc_tail_line_found(struct bc_scratch *s)
{
	__u64 ends = bc_bytes_equal(bc_word_at(&s->text[s->at & (BC_WINDOW - 1)]), '\n');
	__u32 at = s->at + (ends ? bc_first_byte(ends) + 1 : 8);

	if (at > s->end) { /* it stood behind the window's end, if anywhere */
		s->at = s->end;
		return false;
	}
	s->at = at;
	return ends;
}

static long bc_tail_step(__u32 i, struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_scratch *s = &w->parse;

	(void)i;
	if (w->start)
		bc_tail_set_out(v);
	if (w->phase == BC_TAIL_FIRST) {
		if ((s->at < s->end || bc_refill(&v->parse)) && !bc_tail_line_found(s))
			return 0;
	} else if ((s->http.state != BC_PATTERN ||
		    bc_workplace_of(&v->parse)->phase == BC_TAIL_BEHIND) &&
		   bc_http_step(&v->parse)) {
		return 0;
	}
	return !bc_tail_next(v);
}

/* Read an early segment as the rest of a head, into its record. */
static __always_inline void bc_tail_read(struct bc_visit *v, const struct bc_segment *seg)
{
	struct bc_early *early = &bc_workplace_of(&v->parse)->early;

	if (seg->len > BC_PACKET_MAX)
		return;
	early->tail_read = 1;
	early->ended = early->requests < 255 ? early->requests : 255;
	early->epoch = v->parse.rules->epoch;
	early->generation = v->parse.generation;
	early->kept = 1;
	v->at = seg->at;
	v->len = seg->len;
	v->parse.from = seg->at;
	bc_workplace_of(&v->parse)->apart = BC_AS_TAIL;
	bc_tail_start(v, BC_TAIL_FIRST, BC_SKIP, 0, seg->len);
	bpf_loop(3 * 65536, bc_tail_step, v, 0);
}

/* The reading of the first line that holds where the parser stands; 0: none does. */
static __always_inline __u8 bc_tail_mark(const struct bc_http *h, const struct bc_tail *t)
{
	switch (h->state) {
	case BC_SKIP:
		return BC_TAIL_IN_VALUE;
	case BC_COOKIE_REST:
		return BC_TAIL_IN_COOKIES;
	case BC_LINE:
		return BC_TAIL_AT_LINE;
	case BC_LAST: /* for an LF alone */
		return t->head == 1 ? BC_TAIL_AT_LINE : 0;
	default:
		return 0;
	}
}

/* Do both parts of a head have what a head has once? */
static __always_inline bool bc_tail_twice(const struct bc_http *h, const struct bc_tail *t)
{
	return h->facts & t->facts & (BC_HAS_HOST | BC_HAS_LENGTH | BC_HAS_CODING);
}

/* May the tail of the record at hand follow where the parser stands, and say how it ends? */
static __always_inline bool bc_tail_fits(const struct bc_parse *p, const struct bc_http *h)
{
	const struct bc_early *early = &bc_workplace_of(p)->early;

	return early->tail.marks & bc_tail_mark(h, &early->tail) &&
	       !(early->tail.marks & BC_TAIL_VAGUE) && early->epoch == p->rules->epoch &&
	       !bc_tail_twice(h, &early->tail);
}

/*
 * Does it at least say where the request ends? That is so where the rest of the
 * line at hand can't.
 */
static __always_inline bool bc_tail_frames(const struct bc_parse *p, const struct bc_http *h)
{
	const struct bc_tail *t = &bc_workplace_of(p)->early.tail;

	return t->marks & BC_TAIL_IN_VALUE && !bc_tail_twice(h, t) &&
	       bc_line_goes_on(h, h->facts | t->facts) == BC_SKIP;
}

/* The head in the workplace can't be decided any more, but goes on. */
static __always_inline void bc_tail_give_up(struct bc_scratch *s)
{
	s->http.facts |= BC_GIVEN_UP;
	s->http.state = BC_SKIP;
}

/* Add the tail to the head in the workplace. In state BC_PATTERN it is yet to be settled. */
static __always_inline void bc_tail_merge(struct bc_parse *p)
{
	const struct bc_tail *t = &bc_workplace_of(p)->early.tail;
	struct bc_scratch *s = p->scratch;
	struct bc_http *h = &s->http;

	bc_workplace_of(p)->apart = BC_IN_TURN;
	h->facts |= t->facts;
	h->cookies |= t->cookies;
	if (t->facts & BC_HAS_LENGTH)
		h->length = t->length;
	if (t->facts & BC_HAS_HOST && h->site == BC_SITE_UNNAMED)
		h->site = t->site;
	if (t->then != BC_START)
		h->state = t->then;
	else if (h->state == BC_LINE)
		h->state = t->behind;
	if (t->marks & BC_TAIL_ENDS)
		bc_head_end(s, p->rules);
	bc_head_grew(p, t->head);
	if (h->state == BC_BROKEN) {
		bc_http_settle(p, BC_MALFORMED);
		bc_http_opaque(h);
	}
}

#endif
