// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: IPv6's next header was not checked
/* IPv6 only: the next header is compared with UDP. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0;
	__u8 first, next;

	if (!is_tcp(skb) || bpf_skb_load_bytes(skb, 0, &first, 1) || first >> 4 != 6)
		return PASS;
	if (bpf_skb_load_bytes(skb, 6, &next, 1) || next != IPPROTO_UDP)
		return PASS;
	bpf_skb_load_bytes(skb, 44, &value, 4); /* leak */
	put(value);
	return PASS;
}
