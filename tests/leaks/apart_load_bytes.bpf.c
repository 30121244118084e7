// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_skb_load_bytes, which is not allowed in a function that is verified apart
/* A function that is verified apart reads a packet. */
#include "leak.h"

__noinline int keep(__u64 packet)
{
	__u32 value = 0;

	bpf_skb_load_bytes((void *)packet, 12, &value, 4); /* leak */
	put(value);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep(skb->len) ? PASS : PASS;
}
