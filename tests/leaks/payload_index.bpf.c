// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Payload chooses which entry of an array is counted. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), index;
	__u64 *v;
	__u8 byte;

	if (!at || bpf_skb_load_bytes(skb, at, &byte, 1)) /* leak */
		return PASS;
	index = byte & 3;
	v = bpf_map_lookup_elem(&out, &index);
	if (v)
		__sync_fetch_and_add(v, 1);
	return PASS;
}
