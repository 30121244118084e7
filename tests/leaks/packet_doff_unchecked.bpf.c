// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: the data offset was not checked
/* A data offset below 5 puts the payload over the header. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 transport = transport_of(skb), value = 0;
	__u8 byte;

	if (!transport)
		return PASS;
	hide(transport);
	if (bpf_skb_load_bytes(skb, transport + 12, &byte, 1))
		return PASS;
	bpf_skb_load_bytes(skb, transport + (byte >> 4) * 4, &value, 4); /* leak */
	put(value);
	return PASS;
}
