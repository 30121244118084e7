// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* It counts packets by their first byte. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	__u8 byte;

	if (!at || bpf_skb_load_bytes(skb, at, &byte, 1)) /* leak */
		return PASS;
	put(byte == 'G' ? 1 : 2);
	return PASS;
}
