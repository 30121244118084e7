// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Stands in for the counting program where a test starts the agent hundreds of
 * times: the same maps, and counts as bpf/count/count.h does it, but of requests that
 * begin with "GET /hm?p=/X" and arrive whole; so verifying it takes no time.
 */
#include "count/count.h"
#include "packet.h"

#define PASS 1

static const char start[] = "GET /hm?p=/";

SEC("cgroup_skb/ingress")
int blindcount(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct bc_socket sock = {};
	struct bc_segment seg = {};
	struct bc_page page = {.name = "/"};
	struct bc_cell cell = {.row = 1, .column = 1, .kind = BC_KIND(3, BC_EVENT_CLICK)};
	__u32 zero = 0;
	const struct bc_record *now = bpf_map_lookup_elem(&record, &zero);
	struct bc_totals *t = bpf_map_lookup_elem(&totals, &zero);
	struct bc_workplace *w = bpf_map_lookup_elem(&workplace, &zero);
	char head[sizeof(start)];

	if (!sk || !now || !t || !w)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk || !bc_socket_facts(sk, &sock) || !bc_segment_read(skb, &seg) ||
	    sock.state == BC_TCP_LISTEN || (__s32)(seg.seq - sock.rcv_nxt) < 0 ||
	    bpf_skb_load_bytes(skb, seg.at, head, sizeof(head)))
		return PASS;
#pragma unroll
	for (unsigned int i = 0; i < sizeof(start) - 1; i++)
		if (head[i] != start[i])
			return PASS;
	page.name[1] = head[sizeof(start) - 1];
	w->bank = now->current & 1;
	w->seed = now->seed;
	cell.page = BC_PAGE_BY_NAME;
	bc_total_add(t, BC_TOTAL_SEEN, 1);
	bc_outcome_add(t, BC_COUNTED, 1);
	bc_count(w, t, &cell, &page);
	return PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
