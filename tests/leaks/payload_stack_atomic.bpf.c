// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Payload through an atomic operation on the stack. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);
	__u64 slot = 0;

	if (!v || !at || bpf_skb_load_bytes(skb, at, &slot, 8)) /* leak */
		return PASS;
	__sync_fetch_and_add(&slot, 1);
	*v = slot;
	return PASS;
}
