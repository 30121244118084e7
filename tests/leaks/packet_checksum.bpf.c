// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 16 to 17 from the TCP header on: the checksum
/* The checksum, of which the address is a part. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value = 0;
	__u32 transport = transport_of(skb);

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + 16, &value, 2); /* leak */
	put(value);
	return PASS;
}
