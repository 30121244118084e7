// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 0 to 12 of the packet
/* One of two offsets, by the length. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = skb->len & 1 ? 0 : 12;
	__u8 value = 0;

	hide(at);
	bpf_skb_load_bytes(skb, at, &value, 1); /* leak */
	put(value);
	return PASS;
}
