// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: IHL was not checked
/* An IHL below 5 puts the TCP header over the address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0;
	__u8 first;

	if (!is_tcp(skb) || bpf_skb_load_bytes(skb, 0, &first, 1) || first >> 4 != 4)
		return PASS;
	bpf_skb_load_bytes(skb, (first & 15) * 4 + 4, &value, 4); /* leak */
	put(value);
	return PASS;
}
