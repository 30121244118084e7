// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: packet bytes that are not allowed could be read:
/* Before the TCP header: where addresses lie. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value = 0;
	__u32 transport = transport_of(skb);

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + (__u32)-8, &value, 4); /* leak */
	put(value);
	return PASS;
}
