// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Payload into a global variable. */
#include "leak.h"

__u32 last;

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	__u8 byte;

	if (!at || bpf_skb_load_bytes(skb, at, &byte, 1)) /* leak */
		return PASS;
	last = byte;
	return PASS;
}
