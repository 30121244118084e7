/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which bytes of a segment are new, in order, and seen once.
 *
 * The hook runs before the socket is locked and before the backlog, so rcv_nxt
 * lags behind, and two processors may be here for one socket. Therefore:
 *
 *   next      The next byte to parse lives in the socket's storage. rcv_nxt only
 *             seeds it and is its floor: rcv_nxt beyond `next` is a gap.
 *   owner     A segment that holds `next` is claimed under the spin lock, parsed
 *             outside it (no helper may be called inside), and committed under it.
 *             Whoever comes meanwhile is early. In the common case, a segment that
 *             begins at `next` with nobody else around, both are one atomic swap.
 *   early     A segment ahead of its turn is parsed on its own, as if a request
 *             began at its first byte, into a pending record. When the bytes
 *             before it have been parsed, and the parser stands at a request's
 *             start exactly there, the record's results count; inside a body its
 *             length is skipped; inside a head it may be read as its rest (tail.h);
 *             anything else is undecided.
 *   unsynced  After a gap, or on a connection older than the program, nothing is
 *             known of where requests begin. The parser joins in again at a segment
 *             that starts with a whole and valid request line; as rcv_nxt may lag,
 *             any segment from `next` on will do. (A body that looks like a request
 *             and has a segment to itself would be taken for one here, only here.)
 *   arrivals  Data on the listening socket (deferred accept, fast open, a lost
 *             ACK, forgeries) has no socket of its own yet: only its length and
 *             results are kept, by end sequence, and count at the child's first
 *             packet if the child then says that it received just that.
 *
 * Each byte is parsed at most once, and what is parsed twice counts once: results
 * of early segments and arrivals are kept apart until their turn has come.
 */
#ifndef BC_STREAM_H
#define BC_STREAM_H

#include "tail.h"

#define BC_PENDING 3 /* early segments remembered on a socket */

/* A connection's state, in its socket's storage. */
struct bc_conn {
	struct bpf_spin_lock lock;
	__u32 unused;
	/* These eight bytes are one word to bc_claim_quick() and bc_commit_quick(). */
	__u32 next; /* sequence number of the next byte to parse */
	__u8 ready; /* seeded */
	__u8 owned; /* a processor is parsing */
	__u8 unsynced;
	__u8 waiting; /* early records in use, one bit each, and BC_LOCKED */
	struct bc_early early[BC_PENDING];
	struct bc_http http;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bc_conn);
} conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct bc_conn);
} test_conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct bc_early);
} arrivals SEC(".maps");

/* The request at hand can't be decided any more. */
static __always_inline void bc_http_lost(const struct bc_http *h)
{
	if (h->state == BC_METHOD)
		bc_total_add(BC_TOTAL_SEEN, 1);
	if (bc_http_open(h))
		bc_total_add(BC_UNDECIDED, 1);
}

#define BC_LOCKED 0x80 /* in `waiting`: only who holds the lock may change the word */

/* The word of a connection that is ready, in step, and has nothing waiting. */
static __always_inline __u64 bc_word_in_step(__u32 next, bool owned)
{
	return next | 1ULL << 32 | (__u64)owned << 40;
}

/*
 * The lock costs tens of nanoseconds, and nearly every segment comes in its turn
 * while nobody else is here: then one compare-and-swap claims the connection, and
 * one lets go of it. Whoever takes the lock shuts this way first.
 */
static __always_inline bool bc_claim_quick(struct bc_conn *conn, const struct bc_socket *sock,
					   const struct bc_segment *seg)
{
	__u64 free = bc_word_in_step(seg->seq, false);

	return (__s32)(sock->rcv_nxt - seg->seq) <= 0 &&
	       __sync_val_compare_and_swap((__u64 *)&conn->next, free,
					   bc_word_in_step(seg->seq, true)) == free;
}

static __always_inline bool bc_commit_quick(struct bc_conn *conn, __u32 end)
{
	__u64 owned = bc_word_in_step(conn->next, true);

	return (__s32)(end - conn->next) > 0 &&
	       __sync_val_compare_and_swap((__u64 *)&conn->next, owned,
					   bc_word_in_step(end, false)) == owned;
}

static __always_inline void bc_lock(struct bc_conn *conn)
{
	bpf_spin_lock(&conn->lock);
	__sync_fetch_and_or((__u64 *)&conn->next, (__u64)BC_LOCKED << 56);
}

static __always_inline void bc_unlock(struct bc_conn *conn)
{
	/* What stands above must be in the word before the quick way opens again. */
	asm volatile("" ::: "memory");
	conn->waiting &= ~BC_LOCKED;
	bpf_spin_unlock(&conn->lock);
}

/*
 * Whose turn is it? BC_TURN_NOW, or a gap, claims the connection, and
 * bc_commit() must follow. `skip` bytes of the segment have been parsed already.
 */
static __always_inline enum bc_turn bc_claim(struct bc_conn *conn, const struct bc_socket *sock,
					     const struct bc_segment *seg, __u32 *skip, bool *gap)
{
	enum bc_turn turn = BC_TURN_EARLY;
	__u32 end = seg->seq + seg->len;

	if (bc_likely(bc_claim_quick(conn, sock, seg)))
		return BC_TURN_NOW;
	bc_lock(conn);
	if (!conn->ready) {
		conn->ready = 1;
		conn->next = sock->rcv_nxt;
		conn->unsynced = sock->bytes_received != 0;
	}
	if (!conn->owned && (__s32)(sock->rcv_nxt - conn->next) > 0) {
		*gap = !conn->unsynced;
		conn->unsynced = 1;
		conn->next = sock->rcv_nxt;
	}
	if (!conn->owned && conn->unsynced && (__s32)(seg->seq - conn->next) > 0)
		conn->next = seg->seq;
	if ((__s32)(end - conn->next) <= 0) {
		turn = BC_TURN_PAST;
	} else if (!conn->owned && (__s32)(seg->seq - conn->next) <= 0) {
		turn = BC_TURN_NOW;
		*skip = conn->next - seg->seq;
	}
	if (*gap || turn == BC_TURN_NOW)
		conn->owned = 1;
	bc_unlock(conn);
	return turn;
}

/* Bytes are missing: the request at hand is lost, and where the next begins unknown. */
static __always_inline void bc_unsync(struct bc_conn *conn)
{
	bc_http_lost(&conn->http);
	__builtin_memset(&conn->http, 0, sizeof(conn->http));
	conn->unsynced = 1;
}

/* The owner has parsed a segment in its turn: take over the parser's state. */
static __always_inline void bc_take_over(struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_http *h = &w->parse.http;
	struct bc_conn *conn = v->conn;

	if (bc_unlikely(conn->unsynced)) {
		if (w->early.valid != BC_VALID_LINE)
			return;
		conn->unsynced = 0;
		bc_total_add(BC_TOTAL_RESYNC, 1);
		bc_results_count(&v->parse);
		if (h->facts & BC_SEEN && !(h->facts & BC_SETTLED))
			bc_total_add(BC_TOTAL_SEEN, 1);
	}
	/* At a request's start all is zero but `later`. */
	if (h->state != BC_START || conn->http.state != BC_START)
		conn->http = *h;
	conn->http.later = h->later;
}

/*
 * Where the record at hand leaves the connection: at a request's start; inside of
 * one that it began, which goes on undecided; or unknown.
 */
static __always_inline void bc_early_leave(struct bc_visit *v, __u8 state, __u8 begun, __u8 goes_on)
{
	struct bc_conn *conn = v->conn;

	bc_results_count(&v->parse);
	bc_total_add(BC_TOTAL_SEEN, begun);
	bc_total_add(BC_UNDECIDED, begun);
	__builtin_memset(&conn->http, 0, sizeof(conn->http));
	conn->http.later = 1;
	if (goes_on)
		conn->http.facts = BC_GIVEN_UP;
	conn->http.state = goes_on ?: state == BC_OPAQUE ? BC_OPAQUE : BC_START;
	conn->unsynced = !goes_on && state != BC_START && state != BC_OPAQUE;
}

/* The head that the record at hand ends, or goes on with, has been settled as far as it goes. */
static __always_inline void bc_tail_done(struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	const struct bc_early *early = &w->early;
	struct bc_http *h = &v->conn->http;
	__u32 behind = early->end - early->start - early->tail.head;

	*h = w->parse.http;
	if (!behind || h->state == BC_OPAQUE)
		return;
	if (h->state == BC_BODY && h->length >= behind)
		bc_body_skip(h, behind);
	else if (h->state == BC_START || early->tail.facts & (BC_HAS_LENGTH | BC_HAS_CODING))
		bc_early_leave(v, early->tail.behind, early->tail.begun, early->tail.goes_on);
	else
		bc_unsync(v->conn);
}

/* The record at hand begins inside of a request. */
static __always_inline void bc_early_inside(struct bc_visit *v, __u32 len)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_conn *conn = v->conn;
	struct bc_http *h = &conn->http;
	bool fits;

	if ((h->state == BC_BODY || h->state == BC_CHUNK) && h->length >= len) {
		bc_body_skip(h, len);
		return;
	}
	fits = bc_tail_fits(&v->parse, h);
	if (!fits && !bc_tail_frames(&v->parse, h)) {
		bc_unsync(conn);
		return;
	}
	w->parse.http = *h;
	if (!fits) {
		bc_http_lost(h);
		bc_tail_give_up(&w->parse);
	}
	bc_tail_merge(&v->parse);
	w->settling = 1;
}

/* The record at hand begins where a request does. */
static __always_inline void bc_early_begin(struct bc_visit *v)
{
	struct bc_early *early = &bc_workplace_of(&v->parse)->early;

	if (early->tail_read) { /* the results are those of that reading */
		early->requests = 0;
		bc_total_add(BC_TOTAL_SEEN, early->ended);
		bc_total_add(early->valid ? BC_UNDECIDED : BC_MALFORMED, early->ended);
	}
	bc_early_leave(v, early->then, early->begun, early->goes_on);
}

/* The turn of the record at hand has come, exactly at `next`. */
static __always_inline void bc_early_apply(struct bc_visit *v)
{
	const struct bc_early *early = &bc_workplace_of(&v->parse)->early;
	struct bc_conn *conn = v->conn;

	if (conn->unsynced && early->valid == BC_VALID_LINE)
		bc_total_add(BC_TOTAL_RESYNC, 1);
	else if (conn->unsynced || conn->http.state == BC_OPAQUE)
		return;
	if (conn->http.state == BC_START)
		bc_early_begin(v);
	else
		bc_early_inside(v, early->end - early->start);
}

/* Take the next record whose turn has come, or, if there is none, let go of the connection. */
static __always_inline bool bc_early_take(struct bc_conn *conn, struct bc_early *early, bool *torn)
{
	bool found = false;

	bc_lock(conn);
#pragma unroll
	for (int i = 0; i < BC_PENDING; i++) {
		if (found || !(conn->waiting & 1 << i) ||
		    (__s32)(conn->early[i].start - conn->next) > 0)
			continue;
		*early = conn->early[i];
		early->kept = 1;
		conn->waiting &= ~(1 << i);
		found = true;
	}
	if (!found) {
		conn->owned = 0;
	} else {
		*torn = early->start != conn->next;
		if ((__s32)(early->end - conn->next) > 0)
			conn->next = early->end;
		else
			early->end = early->start; /* parsed in order meanwhile */
	}
	bc_unlock(conn);
	return found;
}

static long bc_early_next(__u32 i, struct bc_visit *v)
{
	struct bc_early *early = &bc_workplace_of(&v->parse)->early;
	bool torn = false;

	(void)i;
	if (bc_workplace_of(&v->parse)->settling) {
		if (bc_workplace_of(&v->parse)->parse.http.state == BC_PATTERN) {
			bc_in_pattern(&v->parse);
			return 0;
		}
		bc_workplace_of(&v->parse)->settling = false;
		bc_tail_done(v);
	}
	if (!bc_early_take(v->conn, early, &torn))
		return 1;
	if (early->end == early->start)
		return 0;
	if (torn)
		bc_unsync(v->conn);
	else
		bc_early_apply(v);
	return 0;
}

/* Everything up to `end` has been parsed: go on with records, if any, then let go. */
static __always_inline void bc_commit(struct bc_visit *v, __u32 end)
{
	struct bc_conn *conn = v->conn;
	bool more;

	if (bc_likely(bc_commit_quick(conn, end)))
		return;
	bc_lock(conn);
	if ((__s32)(end - conn->next) > 0)
		conn->next = end;
	more = conn->waiting & ~BC_LOCKED;
	conn->owned = more;
	bc_unlock(conn);
	if (more)
		bpf_loop(256, bc_early_next, v, 0);
}

/* Remember a segment that was parsed on its own. True: its turn has come meanwhile. */
static __always_inline bool bc_early_keep(struct bc_conn *conn, const struct bc_early *early)
{
	bool claimed = false, kept = false;

	bc_lock(conn);
#pragma unroll
	for (int i = 0; i < BC_PENDING; i++)
		if (conn->waiting & 1 << i && conn->early[i].start == early->start &&
		    conn->early[i].end == early->end)
			kept = true;
#pragma unroll
	for (int i = 0; i < BC_PENDING; i++) {
		if (kept || conn->waiting & 1 << i)
			continue;
		conn->early[i] = *early;
		conn->waiting |= 1 << i;
		kept = true;
	}
	if (!conn->owned && (__s32)(early->start - conn->next) <= 0) {
		conn->owned = 1;
		claimed = true;
	}
	bc_unlock(conn);
	return claimed;
}

/* Fill in the record of what has just been parsed apart. */
static __always_inline void bc_early_finish(struct bc_visit *v, const struct bc_segment *seg)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	const struct bc_http *h = &w->parse.http;

	w->early.start = seg->seq;
	w->early.end = seg->seq + seg->len;
	w->early.then = h->state;
	w->early.begun = bc_http_open(h);
	w->early.goes_on = bc_head_goes_on(h);
}

static __always_inline struct bc_conn *bc_conn_create(struct bpf_sock *sk)
{
	struct bc_conn *conn = bpf_sk_storage_get(&conns, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	/* Two processors that create at once: one of them is refused. */
	return conn ?: bpf_sk_storage_get(&conns, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
}

static __always_inline struct bc_conn *bc_conn_of(struct bpf_sock *sk, const struct bc_socket *sock,
						  bool create)
{
	struct bc_conn *conn;

	if (testing) {
		conn = bpf_map_lookup_elem(&test_conns, &sock->connection);
		if (conn && sock->fresh) {
			__builtin_memset(&conn->early, 0, sizeof(conn->early));
			__builtin_memset(&conn->http, 0, sizeof(conn->http));
			conn->ready = 0;
			conn->unsynced = 0;
			conn->waiting = 0;
		}
		if (conn && sock->again) {
			conn->next = sock->rcv_nxt;
			conn->http.state = BC_START;
		}
		return conn;
	}
	return create ? bc_conn_create(sk) : bpf_sk_storage_get(&conns, sk, NULL, 0);
}

/* If a record has been applied: the segment at hand is yet to be parsed. */
static __always_inline void bc_workplace_clear(struct bc_workplace *w)
{
	if (bc_likely(!w->early.kept))
		return;
	__builtin_memset(&w->early, 0, sizeof(w->early));
	__builtin_memset(&w->parse.http, 0, sizeof(w->parse.http));
}

/*
 * The first packet on a socket that has received bytes already: were they the
 * data that came to the listening socket? Then they count now.
 */
static __always_inline void bc_arrival_adopt(struct bc_visit *v, struct bpf_sock *sk,
					     const struct bc_socket *sock)
{
	struct bc_early *arrival = bpf_map_lookup_elem(&arrivals, &sock->rcv_nxt);
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_conn *conn;
	bool first;

	if (!arrival || arrival->end - arrival->start != sock->bytes_received)
		return;
	conn = bc_conn_of(sk, sock, true);
	if (!conn)
		return;
	bc_lock(conn);
	first = !conn->ready;
	if (first) {
		conn->ready = 1;
		conn->owned = 1;
		conn->next = sock->rcv_nxt;
	}
	bc_unlock(conn);
	if (!first)
		return;
	w->early = *arrival;
	w->early.kept = 1;
	bpf_map_delete_elem(&arrivals, &sock->rcv_nxt);
	v->conn = conn;
	bc_early_begin(v);
	bc_commit(v, sock->rcv_nxt);
}

/*
 * TCP has bytes that were not seen on this socket: they may have come to the
 * listening one, ahead of others. Then they count now, as an early segment.
 */
static __always_inline void bc_arrival_fill(struct bc_visit *v, const struct bc_socket *sock)
{
	struct bc_early *arrival = bpf_map_lookup_elem(&arrivals, &sock->rcv_nxt);
	struct bc_workplace *w = bc_workplace_of(&v->parse);

	if (!arrival || arrival->start != v->conn->next)
		return;
	w->early = *arrival;
	w->early.kept = 1;
	bpf_map_delete_elem(&arrivals, &sock->rcv_nxt);
	if (bc_early_keep(v->conn, &w->early))
		bc_commit(v, sock->rcv_nxt - (w->early.end - w->early.start));
}

/* Read a segment ahead of its turn into a record. */
static __always_inline void bc_early_read(struct bc_visit *v, const struct bc_segment *seg)
{
	bc_early_finish(v, seg);
	if (bc_workplace_of(&v->parse)->early.valid != BC_VALID_LINE)
		bc_tail_read(v, seg);
}

/* Data on a listening socket: keep what it is until its connection shows itself. */
static __always_inline void bc_stream_arrival(struct bc_visit *v, const struct bc_segment *seg)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);

	if (!seg->len)
		return;
	w->apart = BC_APART;
	bc_parse_bytes(&v->parse, seg, 0);
	bc_early_read(v, seg);
	if (bpf_map_update_elem(&arrivals, &w->early.end, &w->early, BPF_ANY))
		bc_total_add(BC_TOTAL_FALLBACK, 1);
}

/* Data ahead of its turn: keep it apart, unless its turn comes meanwhile. */
static __always_inline void bc_stream_early(struct bc_visit *v, const struct bc_segment *seg)
{
	bc_total_add(BC_TOTAL_EARLY, 1);
	bc_early_read(v, seg);
	if (bc_early_keep(v->conn, &bc_workplace_of(&v->parse)->early))
		bc_commit(v, seg->seq);
}

/*
 * A request asked for another protocol. Whether the server agreed is not seen: if it
 * did not, HTTP goes on, and the parser joins in again at the next request. A frame of
 * a WebSocket is none, since its first byte is no letter.
 */
static __always_inline bool bc_conn_upgrades(const struct bc_conn *conn)
{
	return conn->http.state == BC_OPAQUE && conn->http.facts & BC_UPGRADE_NAMED;
}

/* Nothing more is read of the connection. */
static __always_inline bool bc_conn_ended(const struct bc_conn *conn)
{
	return conn->http.state == BC_OPAQUE && !(conn->http.facts & BC_UPGRADE_NAMED);
}

/*
 * Another processor is parsing what comes before: a segment takes it about a
 * microsecond, so it is worth waiting for.
 */
#define BC_PATIENCE 10000

static long bc_wait(__u32 i, struct bc_visit *v)
{
	(void)i;
	return !*(volatile __u8 *)&v->conn->owned;
}

/* Data on a connection. */
static __always_inline void bc_stream_segment(struct bc_visit *v, const struct bc_socket *sock,
					      const struct bc_segment *seg)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_conn *conn = v->conn;
	bool gap = false;
	__u32 skip = 0;

	w->turn = bc_claim(conn, sock, seg, &skip, &gap);
	if (w->turn == BC_TURN_EARLY && conn->owned && !gap) {
		bpf_loop(BC_PATIENCE, bc_wait, v, 0);
		w->turn = bc_claim(conn, sock, seg, &skip, &gap);
	}
	w->gap = gap;
	if (bc_unlikely(gap))
		bc_total_add(BC_TOTAL_GAP, 1);
	if (bc_unlikely(gap || (w->turn == BC_TURN_NOW && bc_conn_upgrades(conn))))
		bc_unsync(conn);
	if (bc_unlikely(w->turn == BC_TURN_PAST || skip))
		bc_total_add(BC_TOTAL_DUPLICATE, 1);
	w->apart = w->turn == BC_TURN_EARLY || conn->unsynced ? BC_APART : BC_IN_TURN;
	if (!w->apart) {
		if (conn->http.state != BC_START)
			w->parse.http = conn->http;
		w->parse.http.later = conn->http.later;
	}
	if (w->turn != BC_TURN_PAST)
		bc_parse_bytes(&v->parse, seg, skip);
	if (bc_unlikely(w->turn == BC_TURN_EARLY)) {
		bc_stream_early(v, seg);
		return;
	}
	if (w->turn == BC_TURN_NOW)
		bc_take_over(v);
	if (w->turn == BC_TURN_NOW || w->gap)
		bc_commit(v, seg->seq + seg->len);
}

/* Leave nothing of the visitor's in the workplace. */
static __always_inline void bc_workplace_wipe(struct bc_workplace *w, __u32 used)
{
	if (w->parse.http.state != BC_START)
		__builtin_memset(&w->parse.http, 0, sizeof(w->parse.http));
	w->parse.http.later = 0;
	w->early.valid = 0;
	if (bc_unlikely(w->early.kept))
		__builtin_memset(&w->early, 0, sizeof(w->early));
	for (__u32 i = 0; i < BC_WINDOW; i += 64) {
		if (i >= used)
			break;
#pragma unroll
		for (__u32 j = 0; j < 64; j += 8)
			bc_put_word(&w->parse.text[i + j], 0);
	}
}

#endif
