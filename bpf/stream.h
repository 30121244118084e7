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
 *             start exactly there, the record's results count, and the parser goes
 *             on from where the record leaves it; inside a body its length is
 *             skipped; inside a head it may be read as its rest (tail.h); anything
 *             else is undecided.
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
	struct bc_http http;
};

/* Its early segments: a second storage, which most sockets never need. Locked like the first. */
struct bc_earlies {
	struct bc_early record[BC_PENDING];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bc_conn);
} conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bc_earlies);
} earlies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct bc_conn);
} test_conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct bc_earlies);
} test_earlies SEC(".maps");

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
 * Whose turn is it, where it can't be told quickly? BC_TURN_NOW, or a gap, claims the
 * connection, and bc_commit() must follow. `skip` bytes of the segment have been parsed
 * already.
 */
static __always_inline enum bc_turn bc_claim(struct bc_conn *conn, const struct bc_socket *sock,
					     const struct bc_segment *seg, __u32 *skip, bool *gap)
{
	enum bc_turn turn = BC_TURN_EARLY;
	__u32 end = seg->seq + seg->len;

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

/* The record at hand counts, and the connection goes on from where it leaves the parser. */
static __always_inline void bc_early_leave(struct bc_visit *v)
{
	struct bc_early *early = &bc_workplace_of(&v->parse)->early;
	struct bc_conn *conn = v->conn;

	bc_results_count(&v->parse);
	if (early->http.facts & BC_SEEN && !(early->http.facts & BC_SETTLED))
		bc_total_add(BC_TOTAL_SEEN, 1);
	conn->http = early->http;
	conn->http.later = 1;
	conn->unsynced = 0;
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
	else if (h->state == BC_START || early->tail.lines.facts & (BC_HAS_LENGTH | BC_HAS_CODING))
		bc_early_leave(v);
	else
		bc_unsync(v->conn);
}

/* The rest of the request line stands in the window: read on. */
static __always_inline void bc_early_line(struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_http *h = &w->parse.http;
	__u32 facts = h->facts;

	bc_request_line(&w->parse, v->parse.rules);
	bc_line_tell(&v->parse, facts);
	if (w->parse.at < w->parse.end && h->state < BC_LINE)
		return;
	w->settling = BC_SETTLING_HEAD;
	if (h->state == BC_LINE) {
		bc_tail_merge(&v->parse, BC_JOIN_TARGET);
		return;
	}
	bc_http_settle(&v->parse, BC_MALFORMED);
	bc_http_opaque(h);
}

/* The record at hand begins inside of a head. */
static __always_inline void bc_early_join(struct bc_visit *v, enum bc_tail_join join)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	const struct bc_tail *t = &w->early.tail;

	w->parse.http = v->conn->http;
	w->apart = BC_IN_TURN;
	w->settling = BC_SETTLING_HEAD;
	if (join == BC_JOIN_TARGET) {
		__builtin_memcpy(w->parse.text, t->text, sizeof(t->text));
		w->parse.at = 0;
		w->parse.end = t->words & (BC_WINDOW - 1);
		w->settling = BC_SETTLING_LINE;
		return;
	}
	if (join == BC_JOIN_NOT) {
		bc_http_lost(&w->parse.http);
		bc_tail_give_up(&w->parse);
	}
	bc_tail_merge(&v->parse, join);
}

/* The record at hand begins inside of a request. */
static __always_inline void bc_early_inside(struct bc_visit *v, __u32 len)
{
	struct bc_conn *conn = v->conn;
	struct bc_http *h = &conn->http;
	enum bc_tail_join join;

	if ((h->state == BC_BODY || h->state == BC_CHUNK) && h->length >= len) {
		bc_body_skip(h, len);
		return;
	}
	join = bc_tail_fits(&v->parse, h);
	if (join == BC_JOIN_NOT && !bc_tail_frames(&v->parse, h)) {
		bc_unsync(conn);
		return;
	}
	bc_early_join(v, join);
}

/* The record at hand begins where a request does. */
static __always_inline void bc_early_begin(struct bc_visit *v)
{
	struct bc_early *early = &bc_workplace_of(&v->parse)->early;

	if (!early->tail_read) {
		bc_early_leave(v);
		return;
	}
	/* What else is kept is of the other reading. */
	bc_total_add(BC_TOTAL_SEEN, early->ended);
	bc_total_add(early->valid ? BC_UNDECIDED : BC_MALFORMED, early->ended);
	bc_unsync(v->conn);
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

/* The record whose turn has come, or BC_PENDING. Called with the lock held. */
static __always_inline __u32 bc_early_due(const struct bc_conn *conn, const struct bc_earlies *all)
{
	__u32 due = BC_PENDING;

#pragma unroll
	for (int i = 0; i < BC_PENDING; i++) {
		__s32 ahead = all->record[i].start - conn->next;

		if (conn->waiting & 1 << i && (!ahead || (ahead < 0 && due == BC_PENDING)))
			due = i;
	}
	return due;
}

/* Take the next record whose turn has come, or, if there is none, let go of the connection. */
static __always_inline bool bc_early_take(struct bc_conn *conn, struct bc_earlies *all,
					  struct bc_workplace *w)
{
	struct bc_early *early = &w->early;
	__u32 due;

	bc_lock(conn);
	due = bc_early_due(conn, all);
	if (due >= BC_PENDING) {
		conn->owned = 0;
		bc_unlock(conn);
		return false;
	}
	*early = all->record[due];
	__builtin_memset(&all->record[due], 0, sizeof(all->record[due]));
	conn->waiting &= ~(1 << due);
	w->gap = early->start != conn->next;
	if ((__s32)(early->end - conn->next) > 0)
		conn->next = early->end;
	else
		early->end = early->start; /* parsed in order meanwhile */
	bc_unlock(conn);
	return true;
}

/* One step of a record whose turn has come inside of a head. */
static __always_inline void bc_early_settle(struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);

	if (w->settling == BC_SETTLING_LINE) {
		bc_early_line(v);
	} else if (w->parse.http.state == BC_PATTERN) {
		bc_in_pattern(&v->parse);
	} else {
		w->settling = BC_SETTLED_ALL;
		bc_tail_done(v);
	}
}

static long bc_early_next(__u32 i, struct bc_visit *v)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);

	(void)i;
	if (w->settling) {
		bc_early_settle(v);
		return 0;
	}
	if (!v->earlies || !bc_early_take(v->conn, v->earlies, w))
		return 1;
	if (w->early.end == w->early.start)
		return 0;
	if (w->gap) { /* it was covered in part */
		bc_total_add(BC_TOTAL_GAP, 1);
		bc_unsync(v->conn);
	} else {
		bc_early_apply(v);
	}
	return 0;
}

static __always_inline struct bc_earlies *bc_earlies_of(struct bpf_sock *sk,
							const struct bc_socket *sock, __u64 flags)
{
	if (testing)
		return bpf_map_lookup_elem(&test_earlies, &sock->connection);
	return bpf_sk_storage_get(&earlies, sk, NULL, flags);
}

/* Everything up to `end` has been parsed: go on with records, if any, then let go. */
static __always_inline void bc_commit(struct bc_visit *v, struct bpf_sock *sk,
				      const struct bc_socket *sock, __u32 end)
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
	if (!more)
		return;
	v->earlies = bc_earlies_of(sk, sock, 0);
	bpf_loop(512, bc_early_next, v, 0);
}

/* Remember a segment that was parsed on its own. True: its turn has come meanwhile. */
static __always_inline bool bc_early_keep(struct bc_conn *conn, struct bc_earlies *all,
					  const struct bc_early *early)
{
	__u32 free = BC_PENDING;
	bool claimed = false;

	bc_lock(conn);
#pragma unroll
	for (int i = 0; i < BC_PENDING; i++)
		if (!(conn->waiting & 1 << i))
			free = i;
#pragma unroll
	for (int i = 0; i < BC_PENDING; i++)
		if (conn->waiting & 1 << i && all->record[i].start == early->start &&
		    all->record[i].end == early->end)
			free = BC_PENDING;
	if (free < BC_PENDING) {
		all->record[free] = *early;
		conn->waiting |= 1 << free;
	}
	if (!conn->owned && (__s32)(early->start - conn->next) <= 0) {
		conn->owned = 1;
		claimed = true;
	}
	bc_unlock(conn);
	return claimed;
}

/* Fill in the record of what has just been parsed apart, also as the rest of a head. */
static __always_inline void bc_early_read(struct bc_visit *v, const struct bc_segment *seg)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	const struct bc_http *h = &w->parse.http;
	bool begins = w->early.valid == BC_VALID_LINE ||
		      (!w->early.valid && !w->early.requests && h->method != BC_M_OTHER);

	w->early.start = seg->seq;
	w->early.end = seg->seq + seg->len;
	w->early.kept = 1;
	w->early.http = *h;
	if (!begins)
		bc_tail_read(v, seg);
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
	bc_commit(v, sk, sock, sock->rcv_nxt);
}

/*
 * TCP has bytes that were not seen on this socket: they may have come to the
 * listening one, ahead of others. Then they count now, as an early segment.
 */
static __always_inline void bc_arrival_fill(struct bc_visit *v, struct bpf_sock *sk,
					    const struct bc_socket *sock)
{
	struct bc_early *arrival = bpf_map_lookup_elem(&arrivals, &sock->rcv_nxt);
	struct bc_workplace *w = bc_workplace_of(&v->parse);

	if (!arrival || arrival->start != v->conn->next)
		return;
	v->earlies = bc_earlies_of(sk, sock, BPF_SK_STORAGE_GET_F_CREATE);
	if (!v->earlies)
		return;
	w->early = *arrival;
	w->early.kept = 1;
	bpf_map_delete_elem(&arrivals, &sock->rcv_nxt);
	if (bc_early_keep(v->conn, v->earlies, &w->early))
		bc_commit(v, sk, sock, sock->rcv_nxt - (w->early.end - w->early.start));
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
static __always_inline void bc_stream_early(struct bc_visit *v, struct bpf_sock *sk,
					    const struct bc_socket *sock,
					    const struct bc_segment *seg)
{
	bc_total_add(BC_TOTAL_EARLY, 1);
	v->earlies = bc_earlies_of(sk, sock, BPF_SK_STORAGE_GET_F_CREATE);
	if (!v->earlies) /* no memory for it: the segment becomes a gap */
		return;
	bc_early_read(v, seg);
	if (bc_early_keep(v->conn, v->earlies, &bc_workplace_of(&v->parse)->early))
		bc_commit(v, sk, sock, seg->seq);
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
 * Another processor is parsing, most likely what comes before: a segment takes it
 * about a microsecond, so it is worth waiting for.
 */
#define BC_PATIENCE 10000

static long bc_wait(__u32 i, struct bc_visit *v)
{
	(void)i;
	return !*(volatile __u8 *)&v->conn->owned;
}

/* Data on a connection. */
static __always_inline void bc_stream_segment(struct bc_visit *v, struct bpf_sock *sk,
					      const struct bc_socket *sock,
					      const struct bc_segment *seg)
{
	struct bc_workplace *w = bc_workplace_of(&v->parse);
	struct bc_conn *conn = v->conn;
	bool gap = false;
	__u32 skip = 0;

	w->turn = BC_TURN_NOW;
	if (bc_unlikely(!bc_claim_quick(conn, sock, seg))) {
		if (conn->owned)
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
		bc_stream_early(v, sk, sock, seg);
		return;
	}
	if (w->turn == BC_TURN_NOW)
		bc_take_over(v);
	if (w->turn == BC_TURN_NOW || w->gap)
		bc_commit(v, sk, sock, seg->seq + seg->len);
}

#define BC_TCP_ESTABLISHED 1

/*
 * A packet without data, such as the last of a connection: has TCP got bytes that were
 * never seen? (Behind the client's FIN, rcv_nxt counts that, too.)
 */
static __always_inline void bc_stream_behind(struct bc_conn *conn, const struct bc_socket *sock)
{
	bool behind, gap;

	if (sock->state != BC_TCP_ESTABLISHED || (__s32)(sock->rcv_nxt - conn->next) <= 0 ||
	    conn->http.state == BC_OPAQUE)
		return;
	bc_lock(conn);
	behind = !conn->owned && (__s32)(sock->rcv_nxt - conn->next) > 0;
	gap = behind && !conn->unsynced;
	if (behind) {
		conn->next = sock->rcv_nxt;
		conn->owned = 1;
	}
	bc_unlock(conn);
	if (!behind)
		return;
	bc_total_add(BC_TOTAL_GAP, gap);
	bc_unsync(conn);
	bc_lock(conn);
	conn->owned = 0;
	bc_unlock(conn);
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
