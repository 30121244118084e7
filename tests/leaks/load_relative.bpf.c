// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_skb_load_bytes_relative, which is not allowed
/* The source address relative to the network header. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 address = 0;

	bpf_skb_load_bytes_relative(skb, 12, &address, 4, BPF_HDR_START_NET); /* leak */
	put(address);
	return PASS;
}
