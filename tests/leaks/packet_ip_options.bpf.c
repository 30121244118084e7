// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 20 to 23 of the packet
/* IP options: a record of the route holds addresses. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0;
	__u8 first;

	if (bpf_skb_load_bytes(skb, 0, &first, 1) || first < 0x46 || first > 0x4f)
		return PASS;
	bpf_skb_load_bytes(skb, 20, &value, 4); /* leak */
	put(value);
	return PASS;
}
