// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Counts heatmap beacons on the app's ports, without ever reading where they come from,
 * and passes every packet. This file and packet.h are the reader: they alone are given
 * packet and socket. All else is in functions that the kernel verifies by themselves and
 * that are given map values and numbers. A packet's way:
 *
 *   packet.h             is it TCP on a beacon port? where is its payload?
 *   stream/connection.h  which of its bytes are new and in order
 *   stream/window.h      parse a window of them
 *     http/              requests: target, headers, body; match.h: what rules say
 *     redact/            page names without identifiers
 *     count/             outcome, page and cell of the current generation
 */
#include "maps.h"
#include "packet.h"
#include "stream/connection.h"
#include "stream/window.h"

#define PASS 1

static __always_inline const struct bc_ruleset *rules_in_force(void)
{
	__u32 zero = 0;
	void *map = bpf_map_lookup_elem(&rules, &zero);

	return map ? bpf_map_lookup_elem(map, &zero) : NULL;
}

/* The generation that is counted into is read once a run, so that none straddles a swap. */
static __always_inline bool generation_now(struct bc_workplace *w)
{
	__u32 zero = 0;
	const struct bc_record *now = bpf_map_lookup_elem(&record, &zero);

	if (!now)
		return false;
	w->bank = now->current & 1;
	w->seed = now->seed;
	return true;
}

static __always_inline struct bc_connection *connection_create(struct bpf_sock *sk)
{
	struct bc_connection *conn =
		bpf_sk_storage_get(&connections, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	/* Two processors that create at once: one of them is refused. */
	return conn ?: bpf_sk_storage_get(&connections, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
}

/* The connection's state, which begins with its first data. */
static __always_inline struct bc_connection *connection_of(struct bpf_sock *sk,
							   const struct bc_workplace *w)
{
	struct bc_connection *conn;

	if (testing)
		return bpf_map_lookup_elem(&test_connections, &w->sock.connection);
	if (w->segment.len)
		return connection_create(sk);
	conn = bpf_sk_storage_get(&connections, sk, NULL, 0);
	return conn || !bc_arrival_is_due(w) ? conn : connection_create(sk);
}

static __always_inline struct bc_pending *pending_of(struct bpf_sock *sk,
						     const struct bc_workplace *w, __u64 flags)
{
	if (testing)
		return bpf_map_lookup_elem(&test_pending, &w->sock.connection);
	return bpf_sk_storage_get(&pending, sk, NULL, flags);
}

#define PAYLOAD_MAX 65536 /* no packet that is looked into holds as much */

/* Of a connection whose data comes on several paths, that of one can't be followed. */
static __always_inline void look_for_others(struct bpf_sock *sk, struct bc_connection *conn,
					    struct bc_workplace *w)
{
	struct mptcp_sock *whole = bpf_skc_to_mptcp_sock(sk);

	if (whole)
		bc_connection_path(
			conn, bpf_sk_storage_get(&paths, whole, NULL, BPF_SK_STORAGE_GET_F_CREATE),
			w);
}

/* Parse what is to be parsed of the segment, window by window, from its byte `at` on. */
static __always_inline void read_payload(struct __sk_buff *skb, __u32 payload, __u32 at,
					 struct bc_workplace *w, const struct bc_ruleset *rs,
					 struct bc_totals *t)
{
	for (int i = 0; i <= PAYLOAD_MAX / BC_WINDOW && at < PAYLOAD_MAX; i++) {
		/* Before 6.8 the verifier learns nothing from n != 0; this is n for 1 to BC_WINDOW. */
		__u32 n = ((w->loads - 1) & (BC_WINDOW - 1)) + 1;

		if (bpf_skb_load_bytes(skb, payload + at, w->parser.text, n))
			return;
		at = bc_window(w, rs, t);
	}
}

/* Let go of the connection, once what waits on it has been done, too. */
static __always_inline void leave(struct bpf_sock *sk, struct bc_connection *conn,
				  struct bc_workplace *w, const struct bc_ruleset *rs,
				  struct bc_totals *t)
{
	struct bc_pending *waiting = NULL;

	if (bc_unlikely(w->turn == BC_TURN_EARLY))
		waiting = pending_of(sk, w, BPF_SK_STORAGE_GET_F_CREATE);
	if (bc_likely(!bc_connection_leave(conn, waiting, w, rs, t)))
		return;
	for (int i = 0; i < 4; i++) {
		waiting = pending_of(sk, w, 0);
		if (!bc_connection_work(conn, waiting, w, rs, t))
			break;
	}
	bc_workplace_clear(w);
}

/* A packet on a beacon port. */
static __always_inline void packet(struct __sk_buff *skb, struct bpf_sock *sk, __u32 payload,
				   struct bc_workplace *w, const struct bc_ruleset *rs,
				   struct bc_totals *t)
{
	struct bc_pending *waiting = NULL;
	struct bc_connection *conn = NULL;
	__u32 first;

	if (bc_likely(w->sock.state != BC_TCP_LISTEN)) {
		conn = connection_of(sk, w);
		if (bc_unlikely(!conn)) {
			/* Without memory for its state, the segment becomes a gap. */
			bc_total_add(t, BC_TOTAL_FALLBACK, w->segment.len != 0);
			return;
		}
		if (mptcp && w->segment.len)
			look_for_others(sk, conn, w);
		if (bc_unlikely(bc_word(conn) & BC_WAITS_ANY))
			waiting = pending_of(sk, w, 0);
	}
	first = bc_connection_enter(conn, waiting, w, rs, t);
	read_payload(skb, payload, first, w, rs, t);
	if (bc_likely(conn))
		leave(sk, conn, w, rs, t);
	else
		bc_arrival_keep(t);
}

/*
 * A packet without data, as every other one is: has TCP got nothing but what has been parsed?
 * Then there is nothing to do, not even to look the rules up.
 */
static __always_inline bool is_idle(struct bpf_sock *sk, const struct bc_socket *sock)
{
	const struct bc_connection *conn;

	if (testing)
		conn = bpf_map_lookup_elem(&test_connections, &sock->connection);
	else
		conn = bpf_sk_storage_get(&connections, sk, NULL, 0);
	return conn ? bc_word(conn) == (BC_READY | sock->rcv_nxt) : !sock->bytes_received;
}

SEC("cgroup_skb/ingress")
int blindcount(struct __sk_buff *skb)
{
	const struct bc_ruleset *rs;
	struct bpf_sock *sk = skb->sk;
	struct bc_socket sock = {};
	struct bc_segment seg = {};
	struct bc_workplace *w;
	struct bc_totals *t;
	__u32 zero = 0;

	if (!sk)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk || !bc_socket_facts(sk, &sock) || !bc_segment_read(skb, &seg))
		return PASS;
	if (!seg.len && !sock.fresh && is_idle(sk, &sock))
		return PASS;
	rs = rules_in_force();
	w = bpf_map_lookup_elem(&workplace, &zero);
	t = bpf_map_lookup_elem(&totals, &zero);
	if (bc_unlikely(!rs || !w || !t))
		return PASS;
	if (bc_unlikely(w->busy)) { /* this processor was interrupted in here: it becomes a gap */
		bc_total_add(t, BC_TOTAL_FALLBACK, 1);
		return PASS;
	}
	if (bc_unlikely(!generation_now(w)))
		return PASS;
	w->busy = 1;
	w->segment.seq = seg.seq;
	w->segment.len = seg.len;
	w->segment.flags = seg.flags;
	w->sock = sock;
	bc_total_add(t, BC_TOTAL_SEGMENTS, seg.len != 0);
	packet(skb, sk, seg.at, w, rs, t);
	w->busy = 0;
	return PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
