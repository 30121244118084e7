// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 4 to 11 from the TCP header on: the acknowledgement
/* The sequence number, but too long. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value = 0;
	__u32 transport = transport_of(skb);

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + 4, &value, 8); /* leak */
	put(value);
	return PASS;
}
