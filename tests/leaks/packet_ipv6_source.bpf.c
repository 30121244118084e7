// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 16 to 23 of the packet
/* The second half of an IPv6 source address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value = 0;

	bpf_skb_load_bytes(skb, 16, &value, 8); /* leak */
	put(value);
	return PASS;
}
