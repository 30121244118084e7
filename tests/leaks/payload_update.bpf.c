// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Payload as what an entry is updated to. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	__u64 value, key = 1;

	if (!at || bpf_skb_load_bytes(skb, at, &value, 8)) /* leak */
		return PASS;
	bpf_map_update_elem(&seen, &key, &value, BPF_ANY);
	return PASS;
}
