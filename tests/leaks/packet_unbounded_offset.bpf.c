// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: by an offset that does not follow
/* A distance from the payload that has no bound wraps around. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 zero = 0, value = 0, at = payload_of(skb);
	__u64 *by = bpf_map_lookup_elem(&out, &zero);

	if (!at || !by)
		return PASS;
	bpf_skb_load_bytes(skb, at + *by, &value, 4); /* leak */
	put(value);
	return PASS;
}
