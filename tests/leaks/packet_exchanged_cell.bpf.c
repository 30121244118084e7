// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 12 to 15 of the packet
/* The source address is exchanged for a free key, as a cell is. */
#include "leak.h"
#include "blindcount.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct bc_cell_line);
} cells SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 transport = transport_of(skb), zero = 0, address;
	struct bc_cell_line *line = bpf_map_lookup_elem(&cells, &zero);

	if (!line || transport < 20 || transport == 40 ||
	    bpf_skb_load_bytes(skb, 12, &address, sizeof(address))) /* leak */
		return PASS;
	__sync_val_compare_and_swap((__u64 *)&line->entry[1].cell, 0, address);
	return PASS;
}
