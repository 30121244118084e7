// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A coordinate within its bounds as part of a key. */
#include "leak.h"
#include "blindcount.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct bc_cell);
	__type(value, __u64);
} cells SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct bc_cell cell = {.page = 1};
	__u64 one = 1;
	__u8 text[2];

	if (!at || bpf_skb_load_bytes(skb, at, text, 2))
		return PASS;
	cell.row = text[0] * 10 + text[1];
	cell.column = text[1] & 63;
	bpf_map_update_elem(&cells, &cell, &one, BPF_NOEXIST);
	return PASS;
}
