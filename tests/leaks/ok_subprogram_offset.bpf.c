// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* The offset is found by a function of its own. */
#include "leak.h"

static __noinline __u32 find(struct __sk_buff *skb)
{
	return transport_of(skb);
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 transport = find(skb), value = 0;

	if (!transport)
		return PASS;
	bpf_skb_load_bytes(skb, transport + 4, &value, 4);
	put(value);
	return PASS;
}
