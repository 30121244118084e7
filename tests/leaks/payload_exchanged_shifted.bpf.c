// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could land in map cells, field value.entry[].cell.page
/* A coordinate that is shifted one byte too little reaches into the page's number. */
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
	__u32 at = payload_of(skb), zero = 0;
	struct bc_cell_line *line = bpf_map_lookup_elem(&cells, &zero);
	__u8 text[4];
	__u64 word;

	if (!line || !at || bpf_skb_load_bytes(skb, at, text, sizeof(text)))
		return PASS;
	word = 1 | (__u64)text[0] << 24;
	__sync_val_compare_and_swap((__u64 *)&line->entry[1].cell, 0, word); /* leak */
	return PASS;
}
