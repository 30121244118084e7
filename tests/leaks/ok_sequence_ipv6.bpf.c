// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* The sequence number, IPv6 alone, in one test of both bytes. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 header[8];
	__u32 value = 0;

	if (!is_tcp(skb) || bpf_skb_load_bytes(skb, 0, &header[0], 1) ||
	    bpf_skb_load_bytes(skb, 6, &header[6], 1))
		return PASS;
	if ((header[0] & 0xf0) != 0x60 || header[6] != IPPROTO_TCP)
		return PASS;
	bpf_skb_load_bytes(skb, 44, &value, 4);
	put(value);
	return PASS;
}
