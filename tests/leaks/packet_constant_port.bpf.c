// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 20 to 21 of the packet
/* The source port of packets without IP options. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u16 value = 0;

	bpf_skb_load_bytes(skb, 20, &value, 2); /* leak */
	put(value);
	return PASS;
}
