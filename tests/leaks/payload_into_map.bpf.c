// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could land in map out outside of one array of bytes
/* The helper itself writes payload into a map. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);

	if (!v || !at)
		return PASS;
	bpf_skb_load_bytes(skb, at, v, 8); /* leak */
	return PASS;
}
