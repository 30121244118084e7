// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: packet bytes that are not allowed could be read:
/* The offset comes from a map. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 zero = 0, value = 0;
	__u64 *at = bpf_map_lookup_elem(&out, &zero);

	if (!at)
		return PASS;
	bpf_skb_load_bytes(skb, *at, &value, 4); /* leak */
	put(value);
	return PASS;
}
