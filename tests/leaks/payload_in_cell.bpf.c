// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* A coordinate that is no coordinate: the row takes no more than its field holds. */
#include "leak.h"

struct bc_wide_cell {
	__u64 page;
	__u64 row;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct bc_wide_cell);
	__type(value, __u64);
} cells SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct bc_wide_cell cell = {};
	__u64 one = 1;

	if (!at || bpf_skb_load_bytes(skb, at, &cell.row, 8)) /* leak */
		return PASS;
	bpf_map_update_elem(&cells, &cell, &one, BPF_ANY);
	return PASS;
}
