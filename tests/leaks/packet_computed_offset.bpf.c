// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 0 to 34 of the packet, by an offset that does not follow
/* An offset computed from the packet's length. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0, at = skb->len & 31;

	bpf_skb_load_bytes(skb, at, &value, 4); /* leak */
	put(value);
	return PASS;
}
