// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: could return something other than 1
/* It drops packets by what they hold. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	__u8 byte;

	if (!at || bpf_skb_load_bytes(skb, at, &byte, 1))
		return PASS;
	return byte != 'x'; /* leak */
}
