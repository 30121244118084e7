// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* The sequence number, IPv4 alone, version and IHL checked as one. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0;
	__u8 first;

	if (!is_tcp(skb) || bpf_skb_load_bytes(skb, 0, &first, 1) || first < 0x45 || first > 0x4f)
		return PASS;
	bpf_skb_load_bytes(skb, (first - 0x40) * 4 + 4, &value, 4);
	put(value);
	return PASS;
}
