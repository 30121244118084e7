// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: packet bytes that are not allowed could be read:
/* An offset that wraps around from the payload to the address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0, at = payload_of(skb), back = 0xffffffe4;

	if (!at)
		return PASS;
	hide(back);
	bpf_skb_load_bytes(skb, at + back, &value, 4); /* leak */
	put(value);
	return PASS;
}
