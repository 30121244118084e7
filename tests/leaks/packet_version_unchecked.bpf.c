// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: the IP version was not checked
/* For IPv6 the low bits of byte 0 are no header length. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0, offset;
	__u8 first;

	if (!is_tcp(skb) || bpf_skb_load_bytes(skb, 0, &first, 1))
		return PASS;
	offset = (first & 15) * 4;
	if (offset < 20)
		return PASS;
	bpf_skb_load_bytes(skb, offset + 4, &value, 4); /* leak */
	put(value);
	return PASS;
}
