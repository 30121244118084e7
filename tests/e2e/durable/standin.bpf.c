// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Stands in for the counting program where a test starts the agent hundreds of
 * times: the same maps, and counts as bpf/count.h does it, but of requests that
 * begin with "GET /hm?p=/X" and arrive whole; so verifying it takes no time.
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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct bc_ruleset_map);
} rules SEC(".maps") = {.values = {&rules_0}};

static const char start[] = "GET /hm?p=/";

SEC("cgroup_skb/ingress")
int blindcount(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct bc_socket sock = {};
	struct bc_segment seg = {};
	struct bc_page page = {.name = "/"};
	struct bc_cell cell = {.row = 1, .column = 1, .kind = BC_KIND(3, BC_EVENT_CLICK)};
	const struct bc_record *now = bc_record_now();
	char head[sizeof(start)];
	__u32 slot;

	if (!sk || !now)
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
	slot = now->current & 1;
	cell.page = bc_pages_number(slot, &page, now->seed);
	bc_total_add(BC_TOTAL_SEEN, 1);
	bc_total_add(BC_COUNTED, 1);
	bc_count_cell(slot, &cell, now->seed);
	return PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
