// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Payload in the second of two structures in a value. */
#include "leak.h"

struct two {
	struct {
		__u64 first;
		__u64 second;
	} pair[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct two);
} pairs SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), key = 0;
	struct two two = {};

	if (!at || bpf_skb_load_bytes(skb, at, &two.pair[1].second, 8)) /* leak */
		return PASS;
	bpf_map_update_elem(&pairs, &key, &two, BPF_ANY);
	return PASS;
}
