// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 4 to
/* A length that reaches from the network header on over all that follows. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 transport = transport_of(skb);
	__u8 bytes[64] = {};

	if (!transport)
		return PASS;
	hide(transport);
	if (transport > 60)
		return PASS;
	bpf_skb_load_bytes(skb, 4, bytes, transport); /* leak */
	put(bytes[8]);
	return PASS;
}
