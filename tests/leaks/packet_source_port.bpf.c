// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 0 to 1 from the TCP header on: the source port
/* The source port, of both IP versions. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value = 0;
	__u32 transport = transport_of(skb);

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + 0, &value, 2); /* leak */
	put(value);
	return PASS;
}
