// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Payload in bytes of a key that belong to no member. */
#include "leak.h"

struct holed {
	__u32 small;
	__u64 large;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct holed);
	__type(value, __u64);
} holes SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct holed key = {};
	__u64 one = 1;
	__u8 text[4];

	if (!at || bpf_skb_load_bytes(skb, at, text, 4)) /* leak */
		return PASS;
	__builtin_memcpy((__u8 *)&key + 4, text, 4);
	bpf_map_update_elem(&holes, &key, &one, BPF_ANY);
	return PASS;
}
