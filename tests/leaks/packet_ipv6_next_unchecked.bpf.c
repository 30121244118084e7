// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: IPv6's next header was not checked
/* IPv6 only: extension headers move the TCP header. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0;
	__u8 first;

	if (!is_tcp(skb) || bpf_skb_load_bytes(skb, 0, &first, 1) || first >> 4 != 6)
		return PASS;
	bpf_skb_load_bytes(skb, 44, &value, 4); /* leak */
	put(value);
	return PASS;
}
