// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* A byte of payload is added atomically. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);
	__u8 byte;

	if (!v || !at || bpf_skb_load_bytes(skb, at, &byte, 1)) /* leak */
		return PASS;
	__sync_fetch_and_add(v, byte);
	return PASS;
}
