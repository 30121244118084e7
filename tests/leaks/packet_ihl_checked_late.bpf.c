// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: IHL was not checked
/* The IHL is checked, but only after the read. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0, offset;
	__u8 first;

	if (!is_tcp(skb) || bpf_skb_load_bytes(skb, 0, &first, 1) || first >> 4 != 4)
		return PASS;
	offset = (first & 15) * 4;
	hide(offset);
	bpf_skb_load_bytes(skb, offset + 4, &value, 4); /* leak */
	if (offset >= 20)
		put(value);
	return PASS;
}
