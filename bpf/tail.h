/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The rest of a head, read before its begin: where a packet is lost or overtaken,
 * the next one often holds the end of a request that it began. Its first line may
 * be the rest of any line, so it is read several times, as a line of its own and as
 * the rest of several others (tail_first.h), and what it may be is remembered. The
 * lines behind it mean what they mean. When the bytes before it have been parsed,
 * the parser must stand where one of these readings holds; else the request stays
 * undecided.
 */
#ifndef BC_TAIL_H
#define BC_TAIL_H

#include "tail_first.h"

/* What the segment is being taken for. */
enum bc_tail_phase {
	BC_TAIL_FIRST, /* the length of its first line is found */
	BC_TAIL_COPY, /* the first line, as the rest of a request line */
	BC_TAIL_NAMES, /* the first line, as the rest of a header with its name */
	BC_TAIL_LINE, /* the first line, as a line of its own */
	BC_TAIL_COOKIES, /* the first line, as the rest of cookies */
	BC_TAIL_VALUE, /* the first line, as the rest of a header that its name is of */
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

static __always_inline struct bc_sum bc_tail_sum(const struct bc_http *h)
{
	return (struct bc_sum){.cookies = h->cookies,
			       .length = h->length,
			       .facts = h->facts & BC_TAIL_FACTS,
			       .site = h->site};
}

/* The first line's length is known: is it in the window? Then look into it. */
static __always_inline void bc_tail_first_found(struct bc_visit *v, struct bc_tail *t, __u32 line)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	int version;

	w->line = line;
	if (line > BC_TAIL_LINE_MAX) {
		bc_tail_start(v, BC_TAIL_LINE, BC_LINE, 0, line);
		return;
	}
	t->name = bc_name_rest(&w->parse);
	w->copy = (struct bc_copy){};
	w->phase = BC_TAIL_NAMES;
	if (w->parse.text[(line - 1) & (BC_WINDOW - 1)] != '\n')
		return;
	bc_option_rest(t, &w->parse);
	version = bc_version_rest(&w->parse, line);
	if (version < 0)
		return;
	w->copy.version = version;
	w->phase = BC_TAIL_COPY;
}

/* One byte of the rest of a request line. False: that was the last. */
static __always_inline bool bc_tail_copy(struct bc_visit *v, struct bc_tail *t)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);

	if (!bc_copy_byte(w, v->parse.rules))
		t->words = 0;
	else if (w->copy.at < w->line)
		return true;
	bc_copy_wipe(t);
	return false;
}

/* One place where the first line may begin in a header's name. False: that was the last. */
static __always_inline bool bc_tail_names(struct bc_visit *v, struct bc_tail *t)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	__u8 place = w->copy.place;

	if (t->name >= BC_TAIL_NAME_MAX)
		return false;
	bc_name_rest_at(&w->parse, v->parse.rules, place, t->name);
	t->names |= w->parse.http.hit;
	w->copy.place = place + 1;
	if (place < BC_WORD_MAX)
		return true;
	t->marks |= BC_TAIL_IN_NAME;
	return false;
}

/* The first line has been read as a line of its own. */
static __always_inline void bc_tail_line_read(struct bc_visit *v, struct bc_early *early)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_tail *t = &early->tail;
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
	t->marks |= BC_TAIL_IN_VALUE;
	if (h->state >= BC_LINE && h->state <= BC_LAST)
		t->marks |= BC_TAIL_AT_LINE;
	t->first = bc_tail_sum(h);
	early->http = *h;
	bc_tail_start(v, BC_TAIL_COOKIES, BC_COOKIE, 0, w->line);
	bc_match_start(&h->match, &v->parse.rules->cookies);
}

/*
 * On to what the first line says as the rest of a header, by the next of the words
 * that it may be the end of, or to the lines behind it. Of words that are not the
 * parser's own one alone can be told from the others.
 */
static __always_inline void bc_tail_value_start(struct bc_visit *v, const struct bc_tail *t)
{
	const __u64 own = (1 << BC_HEADER_OWN) - 1;
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	__u64 others = t->names & ~own, words = t->names & own, word;

	if (!(others & (others - 1)))
		words |= others;
	/* Those behind the one that has been read. */
	words &= ~(w->copy.word | (w->copy.word - 1)) | -(__u64)!w->copy.word;
	word = words & -words;
	if (!word || !(t->marks & BC_TAIL_IN_NAME)) {
		bc_tail_start(v, BC_TAIL_REST, BC_LINE, w->line, v->len - w->line);
		return;
	}
	w->copy.word = word;
	bc_tail_start(v, BC_TAIL_VALUE, BC_NAME, t->name, w->line - t->name);
	w->parse.http.match.fit = word;
	w->parse.http.match.at = bc_word_length(&v->parse.rules->headers, word);
}

/* The first line has been read as the rest of cookies. False: there is no other line. */
static __always_inline bool bc_tail_cookies_read(struct bc_visit *v, struct bc_tail *t)
{
	struct bc_http *h = &v->parse.scratch->http;
	bool ended = h->state == BC_LINE;

	if (!h->cookies && !(h->facts & BC_REFUSED) && (ended || h->state == BC_COOKIE_REST))
		t->marks |= BC_TAIL_IN_COOKIES;
	if (ended) {
		__builtin_memset(&t->first, 0, sizeof(t->first));
		bc_tail_value_start(v, t);
		return true;
	}
	t->marks |= BC_TAIL_ONE_LINE;
	t->head = v->len;
	return false;
}

static __always_inline void bc_tail_add(struct bc_http *h, const struct bc_sum *sum)
{
	h->facts |= sum->facts;
	h->cookies |= sum->cookies;
	if (sum->facts & BC_HAS_LENGTH)
		h->length = sum->length;
	if (sum->facts & BC_HAS_HOST && h->site == BC_SITE_UNNAMED)
		h->site = sum->site;
}

/* The first line has been read as the rest of a header that its name is of. */
static __always_inline void bc_tail_value_read(struct bc_visit *v, struct bc_tail *t)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_http *h = &w->parse.http;
	struct bc_sum sum = bc_tail_sum(h);

	if (h->state == BC_LINE && sum.length == h->length) {
		t->known |= w->copy.word;
		t->first.facts |= sum.facts;
		t->first.cookies |= sum.cookies;
		t->first.length |= sum.length;
		t->first.site |= sum.site;
	}
	bc_tail_value_start(v, t);
}

/* The lines have been read. True: the head has ended, and there may be more behind it. */
static __always_inline bool bc_tail_rest_read(struct bc_visit *v, struct bc_early *early,
					      __u32 head)
{
	struct bc_http *h = &v->parse.scratch->http;
	struct bc_tail *t = &early->tail;
	bool ended = h->state == BC_TAIL_END;

	t->lines = bc_tail_sum(h);
	t->head = head;
	early->requests = 0; /* those were the lines taken for a request */
	if (h->length != t->lines.length || head > BC_HEAD_MAX ||
	    (!ended && (h->state < BC_LINE || h->state > BC_LAST)))
		t->marks = 0;
	if (!ended || !t->marks)
		return false;
	t->marks |= BC_TAIL_ENDS;
	h->facts |= BC_SETTLED; /* with its begin */
	bc_after_head(&v->parse);
	bc_workplace_of(&v->parse)->phase = BC_TAIL_BEHIND;
	return true;
}

/* A reading has come to its end: on to the next one. False: that was the last. */
static __always_inline bool bc_tail_next(struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_early *early = &w->early;
	struct bc_scratch *s = &w->parse;
	__u32 at = v->len - v->parse.left - (s->end - s->at);

	switch (w->phase) {
	case BC_TAIL_FIRST:
		bc_tail_first_found(v, &early->tail, at < v->len ? at : v->len);
		return true;
	case BC_TAIL_COPY:
		w->phase = BC_TAIL_NAMES;
		return true;
	case BC_TAIL_NAMES:
		bc_tail_start(v, BC_TAIL_LINE, BC_LINE, 0, w->line);
		return true;
	case BC_TAIL_LINE:
		bc_tail_line_read(v, early);
		return true;
	case BC_TAIL_COOKIES:
		return bc_tail_cookies_read(v, &early->tail);
	case BC_TAIL_VALUE:
		bc_tail_value_read(v, &early->tail);
		return true;
	case BC_TAIL_REST:
		if (bc_tail_rest_read(v, early, at))
			return true;
		early->http = s->http;
		return false;
	default:
		early->http = s->http;
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

/* Go on with the reading at hand. False: it has come to its end. */
static __always_inline bool bc_tail_go_on(struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_scratch *s = &w->parse;

	switch (w->phase) {
	case BC_TAIL_FIRST:
		return (s->at < s->end || bc_refill(&v->parse)) && !bc_tail_line_found(s);
	case BC_TAIL_COPY:
		return bc_tail_copy(v, &w->early.tail);
	case BC_TAIL_NAMES:
		return bc_tail_names(v, &w->early.tail);
	default:
		return (s->http.state != BC_PATTERN || w->phase == BC_TAIL_BEHIND) &&
		       bc_http_step(&v->parse);
	}
}

static long bc_tail_step(__u32 i, struct bc_visit *v)
{
	(void)i;
	if (bc_workplace_of(&v->parse)->start)
		bc_tail_set_out(v);
	return !bc_tail_go_on(v) && !bc_tail_next(v);
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
	v->at = seg->at;
	v->len = seg->len;
	v->parse.from = seg->at;
	bc_workplace_of(&v->parse)->apart = BC_AS_TAIL;
	bc_tail_start(v, BC_TAIL_FIRST, BC_SKIP, 0, seg->len);
	bpf_loop(3 * 65536, bc_tail_step, v, 0);
}

/* What the first line is, by where the parser stands. */
enum bc_tail_join {
	BC_JOIN_NOT, /* that is not known */
	BC_JOIN_TARGET,
	BC_JOIN_VALUE, /* of a header that no rule needs */
	BC_JOIN_COOKIES,
	BC_JOIN_OPTION,
	BC_JOIN_NAME,
	BC_JOIN_LINE,
};

/* The parser stands in a header's name. */
static __always_inline enum bc_tail_join
bc_tail_join_name(const struct bc_parse *p, const struct bc_http *h, const struct bc_tail *t)
{
	__u32 length = h->match.at + t->name;
	__u64 words = h->match.fit & t->names;

	if (!(t->marks & BC_TAIL_IN_NAME))
		return BC_JOIN_NOT;
	if (!length || length > BC_WORD_MAX)
		words = 0;
	else
		words &= p->rules->headers.ends[(length - 1) & (BC_WORD_MAX - 1)];
	if (!words)
		return BC_JOIN_VALUE;
	return words & ~t->known ? BC_JOIN_NOT : BC_JOIN_NAME;
}

static __always_inline enum bc_tail_join
bc_tail_join(const struct bc_parse *p, const struct bc_http *h, const struct bc_tail *t)
{
	__u8 state = h->state == BC_BLANK ? h->next : h->state;

	switch (state) {
	case BC_SKIP:
		return t->marks & BC_TAIL_IN_VALUE ? BC_JOIN_VALUE : BC_JOIN_NOT;
	case BC_COOKIE:
		if (h->state == BC_COOKIE && h->match.at)
			return BC_JOIN_NOT;
		/* fall through */
	case BC_COOKIE_REST:
		return t->marks & BC_TAIL_IN_COOKIES ? BC_JOIN_COOKIES : BC_JOIN_NOT;
	case BC_CONNECTION:
		return t->marks & BC_TAIL_IN_OPTION && !(h->facts & BC_BLANKS) ? BC_JOIN_OPTION
									       : BC_JOIN_NOT;
	case BC_NAME:
		return bc_tail_join_name(p, h, t);
	case BC_LAST: /* for an LF alone */
		if (t->head != 1)
			return BC_JOIN_NOT;
		/* fall through */
	case BC_LINE:
		return t->marks & BC_TAIL_AT_LINE ? BC_JOIN_LINE : BC_JOIN_NOT;
	default:
		return state > BC_START && state < BC_LINE && t->words ? BC_JOIN_TARGET
								       : BC_JOIN_NOT;
	}
}

/* What the header that the parser stands in the name of says with the first line. */
static __always_inline struct bc_sum bc_tail_named(const struct bc_http *h, const struct bc_tail *t)
{
	const __u64 own = (1 << BC_HEADER_OWN) - 1;
	struct bc_sum sum = t->first;
	__u64 words = h->match.fit & t->names;
	__u32 facts = 0;

	if (words & ~own)
		facts |= BC_OPT_OUT;
	if (words & 1 << BC_HEADER_HOST)
		facts |= BC_HAS_HOST;
	if (words & 1 << BC_HEADER_CONTENT_LENGTH)
		facts |= BC_HAS_LENGTH;
	if (words & 1 << BC_HEADER_TRANSFER_ENCODING)
		facts |= BC_HAS_CODING | BC_CHUNKED;
	if (words & 1 << BC_HEADER_CONNECTION)
		facts |= BC_CLOSE | BC_KEEP_ALIVE | BC_UPGRADE_TOKEN;
	if (words & 1 << BC_HEADER_UPGRADE)
		facts |= BC_UPGRADE_NAMED;
	if (words & 1 << BC_HEADER_COOKIE)
		facts |= BC_REFUSED;
	else
		sum.cookies = 0;
	sum.facts &= facts;
	return sum;
}

#define BC_TAIL_ONCE (BC_HAS_HOST | BC_HAS_LENGTH | BC_HAS_CODING)

/*
 * How the tail of the record at hand may follow where the parser stands. BC_JOIN_NOT:
 * what the request is can't be told, as where both parts have what a head has once.
 */
static __always_inline enum bc_tail_join bc_tail_fits(const struct bc_parse *p,
						      const struct bc_http *h)
{
	const struct bc_early *early = &bc_workplace_of(p)->early;
	const struct bc_tail *t = &early->tail;
	__u32 once = t->lines.facts & BC_TAIL_ONCE, first = 0;
	enum bc_tail_join join;

	if (!t->marks || early->epoch != p->rules->epoch)
		return BC_JOIN_NOT;
	join = bc_tail_join(p, h, t);
	if (join == BC_JOIN_NAME)
		first = bc_tail_named(h, t).facts & BC_TAIL_ONCE;
	else if (join == BC_JOIN_LINE)
		first = t->first.facts & BC_TAIL_ONCE;
	return h->facts & (once | first) || once & first ? BC_JOIN_NOT : join;
}

/*
 * Does it at least say where the request ends? That is so where the rest of the
 * line at hand can't.
 */
static __always_inline bool bc_tail_frames(const struct bc_parse *p, const struct bc_http *h)
{
	const struct bc_tail *t = &bc_workplace_of(p)->early.tail;

	return t->marks & BC_TAIL_IN_VALUE && !(h->facts & t->lines.facts & BC_TAIL_ONCE) &&
	       bc_line_goes_on(h, h->facts | t->lines.facts) == BC_SKIP;
}

/* The head in the workplace can't be decided any more, but goes on. */
static __always_inline void bc_tail_give_up(struct bc_scratch *s)
{
	s->http.facts |= BC_GIVEN_UP;
	s->http.state = BC_SKIP;
}

/* The rest of a Connection line: does it complete what stands before it? */
static __always_inline void bc_tail_add_option(struct bc_http *h, const struct bc_tail *t)
{
	__u8 option = t->option, letters = t->letters;
	bool any = option == BC_OPTION_ANY;

	if ((any || option == BC_OPTION_CLOSE) && bc_option_begun(h, BC_OPTION_CLOSE, letters))
		h->facts |= BC_CLOSE;
	if ((any || option == BC_OPTION_UPGRADE) && bc_option_begun(h, BC_OPTION_UPGRADE, letters))
		h->facts |= BC_UPGRADE_TOKEN;
	if ((any || option == BC_OPTION_KEEP_ALIVE) &&
	    bc_option_begun(h, BC_OPTION_KEEP_ALIVE, letters))
		h->facts |= BC_KEEP_ALIVE;
}

/* The parser stands inside of a line where another one did. */
static __always_inline void bc_tail_progress(struct bc_http *h, const struct bc_http *from)
{
	const __u32 facts = BC_BLANKS | BC_QUOTED | BC_DIGITS | BC_HOST_ENDED | BC_AFTER_COMMA;

	h->state = from->state;
	h->next = from->next;
	h->token = from->token;
	h->escape = from->escape;
	h->word = from->word;
	h->hit = from->hit;
	h->want = from->want;
	h->match = from->match;
	h->host = from->host;
	h->facts = (h->facts & ~facts) | (from->facts & facts);
}

/* Add the tail to the head in the workplace. In state BC_PATTERN it is yet to be settled. */
static __always_inline void bc_tail_merge(struct bc_parse *p, enum bc_tail_join join)
{
	const struct bc_early *early = &bc_workplace_of(p)->early;
	const struct bc_tail *t = &early->tail;
	struct bc_scratch *s = p->scratch;
	struct bc_http *h = &s->http;

	bc_workplace_of(p)->apart = BC_IN_TURN;
	if (join == BC_JOIN_NAME) {
		struct bc_sum named = bc_tail_named(h, t);

		bc_tail_add(h, &named);
	}
	if (join == BC_JOIN_LINE)
		bc_tail_add(h, &t->first);
	if (join == BC_JOIN_OPTION)
		bc_tail_add_option(h, t);
	bc_tail_add(h, &t->lines);
	if (!(t->marks & BC_TAIL_ONE_LINE) || join == BC_JOIN_LINE)
		bc_tail_progress(h, &early->http);
	else
		h->state = join == BC_JOIN_COOKIES ? BC_COOKIE_REST : BC_SKIP;
	if (t->marks & BC_TAIL_ENDS)
		bc_head_end(s, p->rules);
	bc_head_grew(p, t->head);
	if (h->state == BC_BROKEN) {
		bc_http_settle(p, BC_MALFORMED);
		bc_http_opaque(h);
	}
}

#endif
