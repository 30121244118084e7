// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Payload chooses a place inside of a hash table's entry. */
#include "leak.h"

struct row {
	__u64 of[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct row);
} rows SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	struct row *row = bpf_map_lookup_elem(&rows, &zero);
	__u8 byte;

	if (!at || !row || bpf_skb_load_bytes(skb, at, &byte, 1)) /* leak */
		return PASS;
	row->of[byte] = 1;
	return PASS;
}
