// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 12 to 15 of the packet
/* The source address at its constant offset. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0;

	bpf_skb_load_bytes(skb, 12, &value, 4); /* leak */
	put(value);
	return PASS;
}
