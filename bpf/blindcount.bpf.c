// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Counts heatmap beacons on the app's ports, without ever reading where they
 * come from, and passes every packet. The path of a packet:
 *
 *   segment.h  is it TCP on a beacon port? where is its payload?
 *   stream.h   which of its bytes are new and in order
 *   http.h     requests in them: target, headers, body
 *   redact.h   page names without identifiers
 *   rules.h    opt-outs, sites, page patterns
 *   count.h    outcome, page and cell of the current generation
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "blindcount.h"
#include "count.h"
#include "segment.h"
#include "stream.h"

#define PASS 1

struct bc_ruleset_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_ruleset);
} rules_0 SEC(".maps"), rules_1 SEC(".maps");

/* The rules in force; the other map is where the agent prepares the next. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct bc_ruleset_map);
} rules SEC(".maps") = {.values = {&rules_0}};

static __always_inline const struct bc_ruleset *rules_in_force(void)
{
	__u32 zero = 0;
	void *map = bpf_map_lookup_elem(&rules, &zero);

	return map ? bpf_map_lookup_elem(map, &zero) : NULL;
}

static __always_inline void visit(struct __sk_buff *skb, struct bpf_sock *sk,
				  const struct bc_socket *sock, const struct bc_segment *seg)
{
	const struct bc_ruleset *in_force = rules_in_force();
	const struct bc_record *generations = bc_record_now();
	__u32 zero = 0;
	struct bc_workplace *w = bpf_map_lookup_elem(&scratch, &zero);
	struct bc_visit v = {};

	if (bc_unlikely(!in_force || !generations || !w))
		return;
	/* This processor was interrupted in here: the segment becomes a gap. */
	if (bc_unlikely(w->busy)) {
		bc_total_add(BC_TOTAL_FALLBACK, 1);
		return;
	}
	w->busy = 1;
	v.parse.scratch = &w->parse;
	v.parse.rules = in_force;
	v.parse.source = skb;
	v.parse.slot = generations->current & 1;
	v.parse.generation = generations->slot[v.parse.slot].number;
	w->parse.seed = generations->seed;
	if (seg->len)
		bc_total_add(BC_TOTAL_SEGMENTS, 1);
	if (bc_unlikely(sock->state == BC_TCP_LISTEN)) {
		bc_stream_arrival(&v, seg);
	} else {
		v.conn = bc_conn_of(sk, sock, seg->len);
		if (bc_unlikely(!v.conn || !v.conn->ready))
			bc_arrival_adopt(&v, sk, sock);
		else if (bc_unlikely((__s32)(sock->rcv_nxt - v.conn->next) > 0))
			bc_arrival_fill(&v, sk, sock);
		bc_workplace_clear(w);
		/* Without memory for its state, the segment becomes a gap. */
		if (bc_unlikely(!v.conn && seg->len))
			bc_total_add(BC_TOTAL_FALLBACK, 1);
		else if (v.conn && seg->len && !bc_conn_ended(v.conn))
			bc_stream_segment(&v, sk, sock, seg);
		else if (v.conn && v.conn->ready && !seg->len)
			bc_stream_behind(v.conn, sock);
	}
	bc_workplace_wipe(w, seg->len);
	w->busy = 0;
}

SEC("cgroup_skb/ingress")
int blindcount(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct bc_socket sock = {};
	struct bc_segment seg = {};

	if (!sk)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk || !bc_socket_facts(sk, &sock) || !bc_segment_read(skb, &seg))
		return PASS;
	visit(skb, sk, &sock, &seg);
	return PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
