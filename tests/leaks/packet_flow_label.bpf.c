// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: a flow label is often computed from the addresses
/* The flow label of IPv6 (RFC 6437), or the number of an IPv4 packet. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0;

	bpf_skb_load_bytes(skb, 0, &value, 4); /* leak */
	put(value);
	return PASS;
}
