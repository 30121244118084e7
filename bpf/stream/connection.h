/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which bytes of a segment are new, in order, and seen once.
 *
 * The hook runs before the socket is locked and before the backlog, so rcv_nxt
 * lags behind, and two processors may be here for one socket. Therefore:
 *
 *   next     The next byte to parse lives in the connection's word. rcv_nxt only seeds it
 *            and is its floor: bytes between `next` and rcv_nxt were never seen.
 *   claim    A segment that holds `next` claims the connection by one exchange of the
 *            word, is parsed, and lets go of it by another. Whoever comes meanwhile waits
 *            for a while, and is early then.
 *   early    A segment ahead of its turn is parsed apart, as if a request began at its
 *            first byte (or behind the body that is known to reach into it), and waits in
 *            the socket's second storage. When the bytes before it have been parsed, and a
 *            request begins exactly there, its results count, and the parser goes on from
 *            where it leaves it. If it lies in a body, it is skipped; if it begins in a
 *            head, that one is undecided: nothing is guessed, nothing counts twice.
 *   missing  Bytes that TCP has and that were never seen are a gap. In a body of known
 *            length they are skipped; else the request is undecided, and the connection lost.
 *   lost     Nothing is known of where requests begin: after a gap, behind what is
 *            malformed, on a connection older than the program. The parser joins in again
 *            at a segment that begins with a whole and valid request line. (A body that
 *            looks like a request and has a segment to itself would be taken for one here,
 *            only here.) What lies ahead of rcv_nxt waits until TCP has taken it.
 *
 * Each byte is parsed at most once in its turn, and what is parsed twice counts once.
 */
#ifndef BC_STREAM_CONNECTION_H
#define BC_STREAM_CONNECTION_H

#include "stream/apart.h"
#include "stream/arrival.h"
#include "stream/window.h"
#include "stream/word.h"

/* What the steps on a connection work on. */
struct bc_visit {
	struct bc_connection *conn;
	struct bc_pending *pending; /* or NULL: none yet */
	struct bc_workplace *w;
	const struct bc_ruleset *rs;
	struct bc_totals *t;
};

/* Nothing more is read of the connection. */
static __always_inline bool bc_connection_ended(const struct bc_connection *conn)
{
	return conn->http.state == BC_OPAQUE && !(conn->http.flags & BC_REJOINS);
}

/* Where the next request begins is not known: the one at hand is undecided. */
bc_subprogram int bc_lose(struct bc_connection *conn, struct bc_totals *t)
{
	struct bc_http *h;

	if (!conn || !t)
		return 0;
	h = &conn->http;
	if (bc_http_open(h)) {
		bc_total_add(t, BC_TOTAL_SEEN, h->state == BC_METHOD);
		bc_outcome_add(t, BC_UNDECIDED, 1);
	}
	bc_http_wipe(h);
	bc_word_set(conn, BC_LOST);
	return 0;
}

/* The next `n` bytes of the stream are not parsed. In a body, that is none the worse for it. */
static __always_inline void bc_missing(struct bc_connection *conn, struct bc_totals *t, __u32 n,
				       bool seen)
{
	struct bc_http *h = &conn->http;
	bool body = (h->state == BC_BODY || h->state == BC_CHUNK) && h->length >= n;

	if (bc_word(conn) & BC_LOST)
		return;
	bc_total_add(t, BC_TOTAL_GAP, !(body && seen));
	if (body)
		bc_body_skip(h, n);
	else
		bc_lose(conn, t);
}

/* The connection goes on from where the segment in the workplace leaves the parser. */
static __always_inline void bc_apart_leave(struct bc_connection *conn, struct bc_workplace *w,
					   const struct bc_ruleset *rs, struct bc_totals *t)
{
	bc_apart_count(w, rs, t);
	bc_http_copy(&conn->http, &w->apart.http);
}

/* May a request begin where the parser stands? Not within a PROXY header. */
static __always_inline bool bc_at_start(const struct bc_http *h)
{
	return h->state == BC_START && h->token < 5;
}

/* The turn of the segment in the workplace has come, exactly at `next`. */
bc_subprogram int bc_apart_apply(struct bc_connection *conn, struct bc_workplace *w,
				 const struct bc_ruleset *rs, struct bc_totals *t)
{
	const struct bc_apart *apart;
	struct bc_http *h;
	__u32 len;

	if (!conn || !w || !rs || !t || bc_connection_ended(conn))
		return 0;
	apart = &w->apart;
	h = &conn->http;
	len = apart->end - apart->start;
	if (h->state == BC_OPAQUE)
		bc_lose(conn, t);
	if ((h->state == BC_BODY || h->state == BC_CHUNK) && h->length >= len) {
		bc_body_skip(h, len);
		return 0;
	}
	if (bc_word(conn) & BC_LOST) {
		if (apart->line != BC_KNOWN_LINE || apart->inside)
			return 0;
		bc_total_add(t, BC_TOTAL_RESYNC, 1);
		bc_word_clear(conn, BC_LOST);
	} else {
		bool inside = h->state == BC_BODY && h->length == apart->inside;

		if (inside)
			bc_body_skip(h, apart->inside);
		if (bc_connection_ended(conn))
			return 0;
		if (h->state == BC_START && h->flags & BC_DOUBTED && apart->line != BC_KNOWN_LINE) {
			bc_http_astray(h); /* it is of the protocol that was asked for */
			return 0;
		}
		if (!bc_at_start(h) || (apart->inside && !inside)) {
			/* It is not what it was taken for. */
			bc_total_add(t, BC_TOTAL_GAP, !bc_http_open(h));
			bc_lose(conn, t);
			return 0;
		}
	}
	bc_apart_leave(conn, w, rs, t);
	return 0;
}

/* Which pending segment comes first? Tells its number plus one in the workplace; 0: none waits. */
bc_subprogram int bc_pending_first(const struct bc_pending *pending,
				   const struct bc_connection *conn, struct bc_workplace *w)
{
	__u64 word;

	if (!pending || !conn || !w)
		return 0;
	word = bc_word(conn);
#pragma GCC unroll 1
	for (int i = 0; i < BC_PENDING; i++) {
		const struct bc_apart *apart = &pending->segment[i];
		__s32 ahead = bc_ahead(apart->start, word);

		if (!(word & BC_WAITS(i)) || (w->first && ahead >= w->first_ahead))
			continue;
		w->first = i + 1;
		w->first_ahead = ahead;
		/* Of a lost connection, what TCP has not taken may be anybody's. */
		w->first_taken = !(word & BC_LOST) || bc_ahead(w->sock.rcv_nxt, apart->end) >= 0;
	}
	return 0;
}

/* Take a pending segment into the workplace and, if its turn has come, make it count. */
static __always_inline void bc_pending_take(struct bc_visit *v, __u32 i, __u32 next)
{
	struct bc_apart *apart = &v->w->apart;
	__s32 n;

	if (!v->pending || i >= BC_PENDING)
		return;
	bc_apart_copy(apart, &v->pending->segment[i]);
	bc_apart_wipe(&v->pending->segment[i]);
	bc_word_clear(v->conn, BC_WAITS(i));
	n = bc_ahead(apart->end, next);
	if (n <= 0) /* parsed in order meanwhile */
		return;
	if (apart->start == next)
		bc_apart_apply(v->conn, v->w, v->rs, v->t);
	else
		bc_missing(v->conn, v->t, n, true); /* what of it is left can't be told apart */
	bc_word_move(v->conn, apart->end);
}

/* The first packet of a connection: where does it stand? */
static __always_inline void bc_connection_begin(struct bc_visit *v, __u64 word)
{
	const struct bc_socket *sock = &v->w->sock;
	__u64 now = BC_READY | sock->rcv_nxt;
	__u32 start;

	if (sock->bytes_received) {
		now |= BC_LOST;
		if (bc_arrival_waits(sock, &start))
			now = BC_READY | start;
	}
	/* It has come at once with the connection, but was not kept. */
	if (bc_word_swap(v->conn, word, now) && now & BC_LOST && sock->data_segs_in == 1)
		bc_total_add(v->t, BC_TOTAL_GAP, 1);
}

/* How many bytes does TCP have that were never seen here? */
static __always_inline __u32 bc_unseen(const struct bc_workplace *w, __u32 next)
{
	__s32 n = bc_ahead(w->sock.rcv_nxt, next);

	/* One alone may be the FIN, behind which no data comes. */
	if (n == 1 && !(w->segment.len && w->segment.seq == w->sock.rcv_nxt))
		return 0;
	return n > 0 ? n : 0;
}

/* Where does the segment at hand stand, when all before it has been done? */
static __always_inline enum bc_turn bc_turn_of(const struct bc_segment *seg, __u32 next)
{
	if (!seg->len || bc_ahead(seg->seq + seg->len, next) <= 0)
		return BC_TURN_PAST;
	return bc_ahead(seg->seq, next) <= 0 ? BC_TURN_NOW : BC_TURN_EARLY;
}

/* One piece of work on a connection, by who has claimed it or can; true: that was the last. */
static long bc_connection_step(__u32 i, struct bc_visit *v)
{
	struct bc_workplace *w = v->w;
	struct bc_connection *conn = v->conn;
	__u64 word = bc_word(conn);
	__u32 next = word, unseen;

	(void)i;
	if (!(word & BC_READY)) {
		bc_connection_begin(v, word);
		return 0;
	}
	w->turn = bc_turn_of(&w->segment, next);
	if (!w->owns) {
		if (word & BC_OWNED) { /* that one does the rest */
			if (w->turn == BC_TURN_NOW)
				w->turn = BC_TURN_EARLY;
			return 1;
		}
		w->owns = bc_word_swap(conn, word, word | BC_OWNED);
		return 0;
	}
	w->first = 0;
	if (bc_unlikely(word & BC_WAITS_ANY))
		bc_pending_first(v->pending, conn, w);
	unseen = bc_unseen(w, next);
	if (w->first && (w->first_ahead < 0 || (!w->first_ahead && w->first_taken))) {
		bc_pending_take(v, w->first - 1, next);
	} else if (unseen && bc_arrival_take(w, next)) {
		bc_apart_apply(conn, w, v->rs, v->t);
		bc_word_move(conn, w->apart.end);
	} else if (unseen) {
		if (w->first && w->first_taken && unseen > (__u32)w->first_ahead)
			unseen = w->first_ahead;
		bc_missing(conn, v->t, unseen, false);
		bc_word_move(conn, next + unseen);
	} else if (w->turn == BC_TURN_NOW) {
		return 1;
	} else if (bc_word_swap(conn, word, word & ~BC_OWNED)) {
		w->owns = 0;
		return 1;
	}
	return 0;
}

/*
 * Do what is due on a connection. Afterwards the segment at hand has its turn, and the
 * connection is claimed for it, or it has none, and is not. True: segments wait whose
 * storage was not given.
 */
bc_subprogram int bc_connection_work(struct bc_connection *conn, struct bc_pending *pending,
				     struct bc_workplace *w, const struct bc_ruleset *rs,
				     struct bc_totals *t)
{
	struct bc_visit v = {.conn = conn, .pending = pending, .w = w, .rs = rs, .t = t};

	if (!conn || !w || !rs || !t)
		return 0;
	if (bpf_loop(512, bc_connection_step, &v, 0) == 512 && w->owns) {
		bc_word_clear(conn, BC_OWNED);
		w->owns = 0;
		w->turn = BC_TURN_PAST;
	}
	/* What was applied is done with; the segment at hand is yet to be parsed. */
	if (w->apart.kept)
		bc_apart_wipe(&w->apart);
	return !pending && !w->owns && bc_word(conn) & BC_WAITS_ANY;
}

/*
 * What comes before a segment may be on another processor: being parsed, which takes about a
 * microsecond, or on its way to here. That is worth waiting for, since a head that is cut there
 * could not be put together later. How often the word is looked at: 10,000 times take some 30 us.
 */
#define BC_PATIENCE_PARSED 10000
#define BC_PATIENCE_ON_ITS_WAY 4000
#define BC_ON_ITS_WAY 65536 /* bytes: one packet's */

struct bc_wait {
	const struct bc_connection *conn;
	__u32 seq;
};

static long bc_wait_step(__u32 i, struct bc_wait *wait)
{
	__u64 word = bc_word(wait->conn);

	(void)i;
	return !(word & BC_OWNED) && bc_ahead(wait->seq, word) <= 0;
}

/* Where segments wait already, or bytes are missing for good, there is nothing to wait for. */
bc_subprogram int bc_connection_wait(const struct bc_connection *conn, const struct bc_workplace *w)
{
	struct bc_wait wait = {.conn = conn};
	__u32 patience = 0;
	__u64 word;
	__s32 hole;

	if (!conn || !w)
		return 0;
	wait.seq = w->segment.seq;
	word = bc_word(conn);
	hole = bc_ahead(wait.seq, word);
	if (word & BC_OWNED)
		patience = BC_PATIENCE_PARSED;
	else if ((word & BC_READY) && !(word & (BC_LOST | BC_WAITS_ANY)) && hole > 0 &&
		 hole < BC_ON_ITS_WAY && bc_ahead(wait.seq, w->sock.rcv_nxt) > 0)
		patience = BC_PATIENCE_ON_ITS_WAY;
	bpf_loop(patience, bc_wait_step, &wait, 0);
	return 0;
}

/* The segment in hand is ahead of its turn: does a body that is known reach into it? */
static __always_inline __u32 bc_body_ahead(const struct bc_connection *conn,
					   const struct bc_segment *seg)
{
	const struct bc_http *h = &conn->http;
	__u64 word = bc_word(conn);
	__u32 hole = seg->seq - (__u32)word;
	__u64 inside = 0;

	if (!(word & (BC_OWNED | BC_LOST)) && h->length > hole)
		inside = h->length - hole;
	if (h->state == BC_BODY || (h->state == BC_CHUNK && inside >= seg->len))
		return inside < seg->len ? inside : seg->len;
	return 0;
}

/* TCP takes a byte out of such a segment: what it touches is undecided. */
static __always_inline void bc_connection_urgent(struct bc_connection *conn, struct bc_totals *t)
{
	bool open = bc_http_open(&conn->http), lost = bc_word(conn) & BC_LOST;

	bc_total_add(t, BC_TOTAL_GAP, 1);
	if (!open && !lost) {
		bc_total_add(t, BC_TOTAL_SEEN, 1);
		bc_outcome_add(t, BC_UNDECIDED, 1);
	}
	bc_lose(conn, t);
}

/*
 * A segment on a subflow of an MPTCP connection (RFC 8684): has data come on another one, too?
 * A subflow's first sequence number is as good as a name for it.
 */
bc_subprogram int bc_connection_path(struct bc_connection *conn, struct bc_paths *paths,
				     struct bc_workplace *w)
{
	__u32 first, other;

	if (!conn || !w)
		return 0;
	w->sock.several = 1;
	if (!paths) /* no memory to tell by */
		return 0;
	__sync_val_compare_and_swap(&conn->path, 0, w->segment.seq | 1);
	first = __sync_val_compare_and_swap(&paths->first, 0, conn->path);
	other = first && first != conn->path;
	w->sock.several = other | __sync_fetch_and_or(&paths->several, other);
	return 0;
}

/* What is read of such a connection would be a part of it: nothing is, from now on. */
static __always_inline void bc_connection_give_up(struct bc_connection *conn, struct bc_totals *t)
{
	bc_total_add(t, BC_TOTAL_SUBFLOW, 1);
	bc_lose(conn, t);
	conn->http.state = BC_OPAQUE;
}

/* Nothing is read of the segment at hand; if it is its turn, the connection is claimed all the same. */
static __always_inline void bc_connection_pass(struct bc_workplace *w)
{
	w->done = w->segment.len;
	w->is_apart = 1;
	if (w->turn == BC_TURN_EARLY)
		w->turn = BC_TURN_PAST;
}

/* Set out on the segment at hand, whose turn is known. */
static __always_inline void bc_connection_set_out(struct bc_connection *conn,
						  struct bc_workplace *w, struct bc_totals *t)
{
	struct bc_http *h = &w->parser.http;
	bool now = w->turn == BC_TURN_NOW;

	if (now && conn->http.state == BC_OPAQUE && !bc_connection_ended(conn))
		bc_lose(conn, t);
	if (now && bc_connection_ended(conn)) { /* with what had to be done before */
		bc_connection_pass(w);
	} else if (bc_unlikely(w->sock.several || w->segment.flags & BC_TCP_URG)) {
		if (now && w->sock.several)
			bc_connection_give_up(conn, t);
		else if (now)
			bc_connection_urgent(conn, t);
		bc_connection_pass(w);
	} else if (!now || bc_word(conn) & BC_LOST) {
		w->is_apart = 1;
		h->later = 1; /* a connection does not begin here */
		if (now) { /* what does not begin with a request is not read */
			h->flags |= BC_DOUBTED;
			return;
		}
		bc_total_add(t, BC_TOTAL_EARLY, 1);
		w->apart.inside = bc_body_ahead(conn, &w->segment);
		w->done = w->apart.inside;
	} else {
		if (conn->http.state != BC_START)
			bc_http_copy(h, &conn->http);
		h->later = conn->http.later;
		h->token = conn->http.token;
		h->flags = conn->http.flags;
	}
}

/* Under BPF_PROG_RUN a connection begins, or its bytes come again, when the test says so. */
bc_subprogram int bc_connection_test(struct bc_connection *conn, const struct bc_workplace *w)
{
	if (!conn || !w)
		return 0;
	if (w->sock.fresh) {
		conn->word = 0;
		bc_http_wipe(&conn->http);
	}
	if (w->sock.again) {
		conn->word = BC_READY | w->sock.rcv_nxt;
		conn->http.state = BC_START;
		conn->http.flags = 0;
	}
	return 0;
}

/* What is due on a connection before the segment at hand, and where that one stands. */
static __always_inline void bc_connection_claim(struct bc_connection *conn,
						struct bc_pending *pending, struct bc_workplace *w,
						const struct bc_ruleset *rs, struct bc_totals *t)
{
	const struct bc_segment *seg = &w->segment;
	__u64 free = BC_READY | seg->seq;

	w->done = seg->len;
	if (bc_connection_ended(conn))
		return;
	/* Nearly every segment comes in its turn, while nobody else is here and nothing waits. */
	if (bc_likely(seg->len && bc_ahead(w->sock.rcv_nxt, seg->seq) <= 0 &&
		      bc_word_swap(conn, free, free | BC_OWNED))) {
		w->turn = BC_TURN_NOW;
		w->owns = 1;
		w->done = 0;
	} else {
		if (seg->len)
			bc_connection_wait(conn, w);
		bc_connection_work(conn, pending, w, rs, t);
		if (w->turn == BC_TURN_NOW)
			w->done = (__u32)bc_word(conn) - seg->seq;
		bc_total_add(t, BC_TOTAL_DUPLICATE,
			     seg->len && w->done && w->turn != BC_TURN_EARLY);
	}
	if (w->turn != BC_TURN_PAST)
		bc_connection_set_out(conn, w, t);
}

/*
 * A packet has come; `conn` is NULL for a listening socket, whose data is kept apart. Returns
 * where in the segment the first window is.
 */
bc_subprogram int bc_connection_enter(struct bc_connection *conn, struct bc_pending *pending,
				      struct bc_workplace *w, const struct bc_ruleset *rs,
				      struct bc_totals *t)
{
	if (!w || !rs || !t)
		return BC_NO_WINDOW;
	if (bc_likely(conn)) {
		if (testing)
			bc_connection_test(conn, w);
		bc_connection_claim(conn, pending, w, rs, t);
	} else {
		w->is_apart = 1;
		w->done = w->segment.flags & BC_TCP_URG ? w->segment.len : 0;
	}
	return bc_window_next(w);
}

/* Does a segment wait already that has come again? */
static __always_inline bool bc_pending_has(const struct bc_connection *conn,
					   const struct bc_pending *pending,
					   const struct bc_apart *apart)
{
#pragma GCC unroll 1
	for (int i = 0; i < BC_PENDING; i++)
		if (bc_word(conn) & BC_WAITS(i) && pending->segment[i].start == apart->start &&
		    pending->segment[i].end == apart->end)
			return true;
	return false;
}

/* Room for one more, reserved; BC_PENDING: there is none. */
static __always_inline __u32 bc_pending_room(struct bc_connection *conn)
{
#pragma GCC unroll 1
	for (__u32 i = 0; i < BC_PENDING; i++) {
		__u64 word = bc_word(conn);

		if (word & (BC_WAITS(i) | BC_FILLS(i)))
			continue;
		word = bc_word_set(conn, BC_FILLS(i));
		if (!(word & (BC_WAITS(i) | BC_FILLS(i))))
			return i;
		if (word & BC_WAITS(i)) /* another processor was here meanwhile, and is done */
			bc_word_clear(conn, BC_FILLS(i));
	}
	return BC_PENDING;
}

/* Remember the segment at hand until its turn comes. Without room for it, it becomes a gap. */
static __always_inline void bc_pending_keep(struct bc_connection *conn, struct bc_pending *pending,
					    struct bc_workplace *w)
{
	struct bc_apart *apart = &w->apart;
	__u32 at;

	bc_apart_complete(w);
	if (bc_pending_has(conn, pending, apart))
		return;
	at = bc_pending_room(conn);
	if (at >= BC_PENDING)
		return;
	bc_apart_copy(&pending->segment[at], apart);
	bc_word_set(conn, BC_WAITS(at));
	bc_word_clear(conn, BC_FILLS(at));
}

/* The segment at hand has been parsed in its turn: take over the parser's state. */
static __always_inline void bc_connection_take(struct bc_connection *conn, struct bc_workplace *w,
					       const struct bc_ruleset *rs, struct bc_totals *t)
{
	const struct bc_http *h = &w->parser.http;

	if (bc_unlikely(w->is_apart)) {
		if (w->apart.line != BC_KNOWN_LINE) {
			/* A request seems to begin, but too little of it is here to join in at. */
			if (!w->apart.requests && h->flags & BC_SEEN) {
				bc_total_add(t, BC_TOTAL_SEEN, 1);
				bc_outcome_add(t, BC_UNDECIDED, 1);
			}
			return;
		}
		bc_word_clear(conn, BC_LOST);
		bc_total_add(t, BC_TOTAL_RESYNC, 1);
		bc_http_copy(&w->apart.http, h);
		bc_apart_leave(conn, w, rs, t);
		return;
	}
	if (h->state != BC_START || conn->http.state != BC_START)
		bc_http_copy(&conn->http, h);
	conn->http.later = h->later;
	conn->http.token = h->token;
	conn->http.flags = h->flags;
}

/*
 * The segment at hand has been parsed, unless it is past: remember it, or let go of the
 * connection. True: bc_connection_work() must follow, and bc_workplace_clear().
 */
bc_subprogram int bc_connection_leave(struct bc_connection *conn, struct bc_pending *pending,
				      struct bc_workplace *w, const struct bc_ruleset *rs,
				      struct bc_totals *t)
{
	bool more = false;
	__u64 owned;
	__u32 end;

	if (!conn || !w || !rs || !t)
		return 0;
	end = w->segment.seq + w->segment.len;
	if (bc_likely(w->turn == BC_TURN_NOW)) {
		bc_connection_take(conn, w, rs, t);
		owned = BC_READY | BC_OWNED | (__u32)bc_word(conn);
		more = !bc_word_swap(conn, owned, BC_READY | end);
		if (bc_unlikely(more))
			bc_word_move(conn, end);
	} else if (w->turn == BC_TURN_EARLY && pending) {
		bc_pending_keep(conn, pending, w);
		more = true;
	}
	if (bc_unlikely(more))
		w->segment.len = 0;
	else
		bc_workplace_wipe(w);
	return more;
}

#endif
