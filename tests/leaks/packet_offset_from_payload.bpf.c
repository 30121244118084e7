// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: packet bytes that are not allowed could be read:
// also: payload could go elsewhere
/* The offset comes from the payload: a visitor chooses what is read. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 value = 0, at = payload_of(skb);
	__u8 byte;

	if (!at || bpf_skb_load_bytes(skb, at, &byte, 1))
		return PASS;
	bpf_skb_load_bytes(skb, byte, &value, 4); /* leak */
	put(value);
	return PASS;
}
